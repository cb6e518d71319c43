// What the service's tests share.

#ifndef TESTS_SERVICE_SUPPORT_H_
#define TESTS_SERVICE_SUPPORT_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "happiness/v1/happiness.grpc.pb.h"
#include "service/log/memory_log.h"
#include "service/server.h"
#include "service/store/read_pool.h"
#include "service/store/store.h"

namespace happiness {

// A test that is not done by then has failed; it must not hang.
inline constexpr absl::Duration kTestDeadline = absl::Seconds(60);

// A valid reading with an id.
v1::Reading MakeReading(const std::string& place, double happiness,
                        const std::string& id = "");

// Appends `count` readings of `place`, the ids of which are `place` and a
// number. Returns their entries.
std::vector<EntryPtr> AppendReadings(ReadingLog* log, const std::string& place,
                                     int count);

v1::Reading Decode(const grpc::ByteBuffer& bytes);

// The details that came with a status.
google::rpc::BadRequest DetailsOf(const grpc::Status& status);

// A call with kTestDeadline.
std::unique_ptr<grpc::ClientContext> MakeContext();

// A server on a free port, with a log of its own, and a client in process.
struct TestServer {
  explicit TestServer(size_t capacity = MemoryLog::kDefaultCapacity,
                      size_t max_streams = 1'000);

  // A channel by which a client comes over a socket.
  std::shared_ptr<grpc::Channel> Connect() const;

  MemoryLog log;
  const std::unique_ptr<Store> store = Store::InMemory();
  std::unique_ptr<ReadPool> queries = *ReadPool::Start(*store, 1, 1'000);
  std::unique_ptr<Server> server;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::HappinessService::Stub> stub;
};

// A StreamReadings call, read one reading at a time.
class TestStream {
 public:
  // Returns when the server has accepted the call.
  TestStream(v1::HappinessService::Stub* stub,
             const v1::StreamReadingsRequest& request);
  ~TestStream();

  // The next reading; fails the test if the stream ends instead.
  v1::Reading Read();

  // The sequences of the next `count`.
  std::vector<int64_t> ReadSequences(int count);

  void Cancel() { context_->TryCancel(); }

  // The status with which it ends; reads and drops what comes before.
  grpc::Status Finish();

 private:
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReader<v1::Reading>> reader_;
  bool finished_ = false;
};

v1::StreamReadingsRequest After(int64_t sequence);
v1::StreamReadingsRequest Backlog(int32_t count,
                                  const std::vector<std::string>& places = {});

}  // namespace happiness

#endif  // TESTS_SERVICE_SUPPORT_H_
