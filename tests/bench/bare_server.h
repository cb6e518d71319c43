// What the service is measured against: gRPC alone.

#ifndef TESTS_BENCH_BARE_SERVER_H_
#define TESTS_BENCH_BARE_SERVER_H_

#include <grpcpp/server.h>

#include <cstdint>
#include <memory>

#include "service/rpc/happiness_service.h"

namespace bench {

// A HappinessService that does nothing: the calls are raw, as the service's
// are, and each answer is the same ByteBuffer. What the service reaches of its
// speed is what gRPC leaves. Thread-safe.
class BareServer final : public happiness::RawService {
 public:
  // Serves on a free port of loopback. A stream ends after `readings`.
  explicit BareServer(int64_t readings);
  ~BareServer() override;

  int port() const { return port_; }

 private:
  grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamReadings(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;
  grpc::ServerUnaryReactor* RecordReading(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerReadReactor<grpc::ByteBuffer>* RecordReadings(
      grpc::CallbackServerContext* context,
      grpc::ByteBuffer* response) override;

  const int64_t readings_;
  const grpc::ByteBuffer reading_;

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace bench

#endif  // TESTS_BENCH_BARE_SERVER_H_
