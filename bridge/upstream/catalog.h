// What the upstream offers: its methods, the HTTP routes to them, and the types
// that they speak.

#ifndef BRIDGE_UPSTREAM_CATALOG_H_
#define BRIDGE_UPSTREAM_CATALOG_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/descriptor_database.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "bridge/transcode/json_codec.h"
#include "bridge/transcode/path_template.h"
#include "bridge/transcode/request.h"
#include "bridge/upstream/position.h"

namespace bridge {

// One method of the upstream. Lives as long as its catalog.
struct Method {
  std::string path;  // "/package.Service/Method"
  const google::protobuf::MethodDescriptor* descriptor;
  PositionFields position;
  // It changes nothing, as far as its service says: it streams to its client
  // alone, or google.api.http has it for GET, or its idempotency_level is
  // NO_SIDE_EFFECTS.
  bool safe = false;

  const google::protobuf::Descriptor& input() const {
    return *descriptor->input_type();
  }
  const google::protobuf::Descriptor& output() const {
    return *descriptor->output_type();
  }
};

// What a request's HTTP method and path lead to.
struct Route {
  const Method* method = nullptr;
  Body body;
  std::vector<Parameter> bound;  // by the path
};

// Immutable, hence thread-safe. Shared by all who use a method of it, so that a
// stream goes on with the types that it began with when the upstream changes.
class Catalog {
 public:
  // Files in a row of which each imports the next.
  static constexpr int kMaxImportDepth = 100;
  // Methods, and rules of google.api.http, good or bad, together.
  static constexpr size_t kMaxRoutes = 10'000;

  // Makes the catalog of all services in `files` that are named by `services`,
  // or of all if that is empty. INVALID_ARGUMENT if the files do not fit
  // together; NOT_FOUND if no service is among them. A google.api.http rule
  // that can't be served, or a bridge.v1.stream_position that can't be used, is
  // left out and told in warnings().
  static absl::StatusOr<std::shared_ptr<const Catalog>> Make(
      google::protobuf::FileDescriptorSet files,
      std::vector<std::string> services = {});

  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  // The route for an HTTP method ("GET") and a path (still encoded). NOT_FOUND
  // if there is no such path; UNIMPLEMENTED if it is there for other HTTP
  // methods: AllowedMethods tells them.
  absl::StatusOr<Route> Find(std::string_view http_method,
                             std::string_view path) const;

  // The method of this name: "package.Service/Method", or its path. Null if
  // there is none.
  const Method* FindMethod(std::string_view name) const;

  // "GET, POST": the HTTP methods for which a path has a route.
  std::string AllowedMethods(std::string_view path) const;

  const JsonCodec& codec() const { return codec_; }
  const std::deque<Method>& methods() const { return methods_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

  // True if `other` was made from the same files, of the same services.
  bool SameAs(const Catalog& other) const {
    return fingerprint_ == other.fingerprint_;
  }

 private:
  struct Binding {
    std::string http_method;
    PathTemplate path;
    const Method* method;
    Body body;
  };

  explicit Catalog(const google::protobuf::FileDescriptorSet& files);
  absl::Status AddServices(const std::vector<std::string>& names);
  void AddMethod(const google::protobuf::MethodDescriptor* descriptor);
  size_t AddHttpRules(Method& method, size_t most);
  absl::Status Bind(std::string_view http_method, std::string_view path,
                    std::string_view body, Method& method);

  // Keeps the first of the pool's errors, which are else all logged.
  class FirstError : public google::protobuf::DescriptorPool::ErrorCollector {
   public:
    void AddError(const std::string& file, const std::string& element,
                  const google::protobuf::Message* descriptor,
                  ErrorLocation location, const std::string& message) override;
    const std::string& text() const { return text_; }

   private:
    std::string text_;
  };

  std::string fingerprint_;
  FirstError error_;  // used under the pool's lock, but for AddServices
  google::protobuf::SimpleDescriptorDatabase database_;
  google::protobuf::DescriptorPool pool_;
  const JsonCodec codec_;
  std::deque<Method> methods_;  // a deque: methods keep their addresses
  absl::flat_hash_map<std::string_view, const Method*> by_path_;
  std::vector<Binding> bindings_;  // the most specific first
  std::vector<std::string> warnings_;
};

}  // namespace bridge

#endif  // BRIDGE_UPSTREAM_CATALOG_H_
