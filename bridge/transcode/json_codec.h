// Protobuf messages to JSON and back, for types known only at run time.

#ifndef BRIDGE_TRANSCODE_JSON_CODEC_H_
#define BRIDGE_TRANSCODE_JSON_CODEC_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/type_resolver.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace bridge {

// Speaks proto3 JSON (lowerCamelCase names, int64 as strings; names as in the
// proto are taken as well) for every type of one descriptor pool.
//
// Thread-safe. The pool must outlive the codec.
class JsonCodec {
 public:
  // How deep JSON may be: three messages a level, in google.protobuf.Struct, of
  // the hundred that protobuf's readers take.
  static constexpr size_t kMaxJsonDepth = 32;

  explicit JsonCodec(const google::protobuf::DescriptorPool* pool);

  // INTERNAL, for it is the upstream's mistake, if that is no message of `type`
  // (CheckWire).
  static absl::Status Check(const google::protobuf::Descriptor& type,
                            std::string_view serialized);

  // A message, which Check has found to be one, as JSON on one line, in valid
  // UTF-8. INTERNAL if it can't be told: nested too deeply, or an Any of an
  // unknown type.
  absl::StatusOr<std::string> TellInJson(
      const google::protobuf::Descriptor& type,
      std::string_view serialized) const;

  // Both of it.
  absl::StatusOr<std::string> ToJson(const google::protobuf::Descriptor& type,
                                     const grpc::ByteBuffer& serialized) const;

  // A JSON object as a serialised message. INVALID_ARGUMENT, with the field's
  // name where one is at fault: no JSON, not UTF-8, too deep, an unknown field,
  // a value that does not fit its field. What it quotes is short.
  absl::StatusOr<std::string> FromJson(const google::protobuf::Descriptor& type,
                                       std::string_view json) const;

  // The same message in the bytes that all who mean it have in common, whatever
  // wrote them: fields in order, and none that says its default.
  // INVALID_ARGUMENT if it is no message of `type`.
  absl::StatusOr<std::string> Canonical(
      const google::protobuf::Descriptor& type,
      std::string_view serialized) const;

 private:
  const std::unique_ptr<google::protobuf::util::TypeResolver> resolver_;
  mutable google::protobuf::DynamicMessageFactory messages_;  // thread-safe
};

// A serialised message as gRPC carries it, and back.
grpc::ByteBuffer ToByteBuffer(std::string_view serialized);
std::string ToString(const grpc::ByteBuffer& serialized);

}  // namespace bridge

#endif  // BRIDGE_TRANSCODE_JSON_CODEC_H_
