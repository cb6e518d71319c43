// Clients of StreamReadings that cost as little as gRPC lets them: messages are
// counted, and not parsed.

#ifndef TESTS_BENCH_RAW_CLIENT_H_
#define TESTS_BENCH_RAW_CLIENT_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>

#include <cstdint>
#include <memory>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "happiness/v1/happiness.pb.h"

namespace bench {

// One call. Used by one thread.
class RawStream final
    : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // Opens the call. When the server has accepted it `opened` is counted down,
  // and `received` when `expected` readings have come. Both must outlive it.
  RawStream(std::shared_ptr<grpc::Channel> channel,
            const happiness::v1::StreamReadingsRequest& request,
            int64_t expected, absl::BlockingCounter* opened,
            absl::BlockingCounter* received);
  // Cancels the call.
  ~RawStream() override;

 private:
  void OnReadInitialMetadataDone(bool ok) override;
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  const int64_t expected_;
  absl::BlockingCounter* const opened_;
  absl::BlockingCounter* const received_;

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  absl::Notification done_;

  // Used by the reactions, one at a time.
  grpc::ByteBuffer message_;
  int64_t count_ = 0;
};

}  // namespace bench

#endif  // TESTS_BENCH_RAW_CLIENT_H_
