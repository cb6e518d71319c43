// StreamReadings: the log, live, to one client.

#ifndef SERVICE_RPC_STREAM_READINGS_H_
#define SERVICE_RPC_STREAM_READINGS_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "service/access/pass.h"
#include "service/log/log_cursor.h"
#include "service/log/reading_log.h"
#include "service/rpc/open_streams.h"
#include "service/rpc/outgoing_stream.h"

namespace happiness {

// One call of StreamReadings. It owns itself, as an OutgoingStream does; what
// it has fetched holds it too.
class StreamReadings final
    : public OutgoingStream,
      public ReadingLog::Waiter,
      public std::enable_shared_from_this<StreamReadings> {
 public:
  // Starts the reactor of a call. `log` and `streams` must outlive it.
  // `pass` let it in.
  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Start(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
      ReadingLog* log, OpenStreams* streams, Pass pass = {});

  // For Start alone.
  StreamReadings(grpc::CallbackServerContext* context, ReadingLog* log,
                 OpenStreams* streams)
      : OutgoingStream("StreamReadings", "readings", context, streams),
        log_(log) {}

  void OnMore() override;  // of ReadingLog::Waiter

 private:
  absl::StatusOr<std::string> Open(const grpc::ByteBuffer& request)
      ABSL_LOCKS_EXCLUDED(mutex_);

  Step Next() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StopWaiting() override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnSentAll() override ABSL_LOCKS_EXCLUDED(mutex_);

  // The state that comes next, or why there is none.
  absl::StatusOr<State> FindNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void OnFetched(LogCursor::Fetched fetched) ABSL_LOCKS_EXCLUDED(mutex_);

  ReadingLog* const log_;
  std::optional<LogCursor> cursor_ ABSL_GUARDED_BY(mutex_);
  grpc::ByteBuffer sending_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace happiness

#endif  // SERVICE_RPC_STREAM_READINGS_H_
