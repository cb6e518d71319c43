// A real gRPC server that sends whatever bytes a test says.

#ifndef TESTS_BRIDGE_TESTING_RAW_SERVER_H_
#define TESTS_BRIDGE_TESTING_RAW_SERVER_H_

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server.h>

#include <memory>
#include <string>
#include <vector>

namespace bridge::testing {

// Takes every method. To each call it gives the same messages, once the client
// has sent all of its own, and then OK.
class RawServer final : public grpc::CallbackGenericService {
 public:
  explicit RawServer(std::vector<std::string> messages);
  ~RawServer() override;

  std::string target() const;
  std::shared_ptr<grpc::Channel> InProcess();

 private:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;

  const std::vector<std::string> messages_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace bridge::testing

#endif  // TESTS_BRIDGE_TESTING_RAW_SERVER_H_
