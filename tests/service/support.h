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
#include "service/access/access.h"
#include "service/log/stored_log.h"
#include "service/server.h"
#include "service/storage.h"

namespace happiness {

// A test that is not done by then has failed; it must not hang.
inline constexpr absl::Duration kTestDeadline = absl::Seconds(60);

// A valid reading with an id.
v1::Reading MakeReading(const std::string& place, double happiness,
                        const std::string& id = "");

// A log of its own, in memory.
struct TestLog {
  explicit TestLog(const StoredLogOptions& options = {});

  const std::unique_ptr<Storage> storage;
  StoredLog& log = *storage->log();
};

// Keeps the latest `readings` alone.
StoredLogOptions Keeping(int64_t readings);

// Appends `readings`, and returns when the log has answered.
absl::StatusOr<std::vector<Appended>> Append(ReadingLog* log,
                                             std::vector<v1::Reading> readings);

// Returns when the log has let go of what it keeps no longer: at most 256
// readings for each append.
void Settle(ReadingLog* log);

// Appends a reading of `place` that was felt at `time`, in microseconds since
// 1970.
void AppendAt(ReadingLog* log, const std::string& place, int64_t time,
              double happiness = 5, const std::string& source = "web");

// Appends `count` readings of `place`, the ids of which are `place` and a
// number. Returns their entries.
std::vector<EntryPtr> AppendReadings(ReadingLog* log, const std::string& place,
                                     int count);

v1::Reading Decode(const grpc::ByteBuffer& bytes);

// The violations that came with a status.
google::rpc::BadRequest DetailsOf(const grpc::Status& status);

// A call with kTestDeadline; with that token, if one is given.
std::unique_ptr<grpc::ClientContext> MakeContext(const std::string& token = "");

// Recording needs a token, and each is that of whose name it is.
Access NamesForTokens();

// A server on a free port, with a log of its own, and a client in process.
struct TestServer : TestLog {
  explicit TestServer(const StoredLogOptions& options = {},
                      size_t max_streams = 1'000, const GrpcTls& tls = {},
                      const Access* access = nullptr);

  // A channel by which a client comes over a socket.
  std::shared_ptr<grpc::Channel> Connect() const;

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
