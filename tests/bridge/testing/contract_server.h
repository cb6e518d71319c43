// A real gRPC server of whatever contract a test says.

#ifndef TESTS_BRIDGE_TESTING_CONTRACT_SERVER_H_
#define TESTS_BRIDGE_TESTING_CONTRACT_SERVER_H_

#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server.h>

#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace bridge::testing {

// Serves the one service of one file that imports nothing, and tells of it by
// reflection, until it is destroyed. Each method sends one message; one that
// streams then goes on without another. Thread-safe.
class ContractServer final : public grpc::CallbackGenericService {
 public:
  // `messages`, serialised, by the name of the method that sends it. Port 0 is
  // a free one.
  ContractServer(google::protobuf::FileDescriptorProto file,
                 std::map<std::string, std::string> messages, int port = 0);
  // Ends every call with UNAVAILABLE.
  ~ContractServer() override;

  int port() const { return port_; }

 private:
  class Reflection;
  class Method;

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;
  std::string Answer(const grpc::ByteBuffer& question) const;
  std::string ServiceName() const;

  const google::protobuf::FileDescriptorProto file_;
  const std::map<std::string, std::string> messages_;
  int port_ = 0;

  absl::Mutex mutex_;
  std::set<Method*> open_ ABSL_GUARDED_BY(mutex_);  // streams

  std::unique_ptr<grpc::Server> server_;
};

}  // namespace bridge::testing

#endif  // TESTS_BRIDGE_TESTING_CONTRACT_SERVER_H_
