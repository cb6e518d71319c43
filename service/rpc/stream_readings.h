// StreamReadings: the log, live, to one client.

#ifndef SERVICE_RPC_STREAM_READINGS_H_
#define SERVICE_RPC_STREAM_READINGS_H_

#include <grpcpp/alarm.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/log/log_cursor.h"
#include "service/log/reading_log.h"
#include "service/rpc/open_streams.h"

namespace happiness {

// One call of StreamReadings. It owns itself until OnDone.
//
// It is always in one of the states below. Only what a state waits for, or the
// end of the call while it is kWaiting, takes the stream out of it, so there is
// never more than one write, or one end, under way. gRPC, the log and the
// server call it on threads of theirs, at the same time: the mutex orders them.
// gRPC is never called with the mutex held, because it may react at once; the
// log is (lock order: this mutex, then the log's).
class StreamReadings final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                             public ReadingLog::Waiter,
                             public OpenStreams::Stream {
 public:
  // Starts the reactor of a call. `log` and `streams` must outlive it.
  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Start(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
      ReadingLog* log, OpenStreams* streams);

  // For Start alone.
  StreamReadings(std::string peer, ReadingLog* log, OpenStreams* streams);

  void OnMore() override;    // of ReadingLog::Waiter
  void ShutDown() override;  // of OpenStreams::Stream

 private:
  enum class State {
    kOpening,   // the headers are on their way
    kSending,   // a reading is on its way
    kFetching,  // the storage is being read
    kWaiting,   // for the log to have more
    kYielding,  // lets other calls run in the midst of a long search
    kEnding,    // Finish was called, or is about to be
  };

  // The reactions of grpc::ServerWriteReactor.
  void OnSendInitialMetadataDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  absl::Status Open(const grpc::ByteBuffer& request)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // If the stream is in state `from`, takes it to the next one and starts what
  // that one waits for.
  void Advance(State from) ABSL_LOCKS_EXCLUDED(mutex_);

  void OnFetched(LogCursor::Fetched fetched) ABSL_LOCKS_EXCLUDED(mutex_);

  // Finds out what is to be done next.
  State Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Ends the stream with `status`, unless it ends already: at once if it is
  // kWaiting or kFetching, otherwise after what is on its way.
  void End(absl::Status status) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::string peer_;
  const absl::Time start_ = absl::Now();
  ReadingLog* const log_;
  OpenStreams* const streams_;

  absl::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kOpening;
  std::shared_ptr<StreamReadings> self_ ABSL_GUARDED_BY(mutex_);
  std::optional<LogCursor> cursor_ ABSL_GUARDED_BY(mutex_);
  absl::Status end_ ABSL_GUARDED_BY(mutex_);  // not OK: ends, with this
  int64_t sent_ ABSL_GUARDED_BY(mutex_) = 0;

  // Set when the state becomes kSending, and unchanged while it is.
  grpc::ByteBuffer sending_;
  // Used by the one thread that took the state to kYielding.
  std::optional<grpc::Alarm> alarm_;
};

}  // namespace happiness

#endif  // SERVICE_RPC_STREAM_READINGS_H_
