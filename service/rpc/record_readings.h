// RecordReadings: a stream of readings into the log.

#ifndef SERVICE_RPC_RECORD_READINGS_H_
#define SERVICE_RPC_RECORD_READINGS_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "happiness/v1/happiness.pb.h"
#include "service/access/pass.h"
#include "service/rpc/open_streams.h"
#include "service/rpc/recorder.h"

namespace happiness {

// One call of RecordReadings. It owns itself until OnDone.
//
// Reading and appending go on at the same time, one read and one append under
// way at most: what arrives during an append waits in a batch and is appended
// next, all at once. While the batch is full nothing is read, so that the
// client is held back by flow control and a call costs bounded memory.
//
// gRPC, the log and the server call it on threads of theirs, at the same time;
// the mutex orders them, and neither gRPC nor the log is called with it held.
class RecordReadings final : public grpc::ServerReadReactor<grpc::ByteBuffer>,
                             public OpenStreams::Stream {
 public:
  // How many readings wait, while as many again may be on their way into the
  // log.
  static constexpr size_t kMaxBatch = 512;

  // Starts the reactor of a call. `response` is what gRPC gave for the answer;
  // `streams` and what `recorder` points to must outlive the call. `pass` let
  // it in.
  static grpc::ServerReadReactor<grpc::ByteBuffer>* Start(
      grpc::CallbackServerContext* context, grpc::ByteBuffer* response,
      Recorder recorder, OpenStreams* streams, Pass pass = {});

  // For Start alone.
  RecordReadings(std::string caller, grpc::ByteBuffer* response,
                 Recorder recorder, OpenStreams* streams);

  void Stop(const absl::Status& why) override;  // of OpenStreams::Stream

 private:
  // The reactions of grpc::ServerReadReactor.
  void OnReadDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // Starts what can be started: the next append, the next read, the end.
  void Advance() ABSL_LOCKS_EXCLUDED(mutex_);

  void OnAppended(absl::StatusOr<std::vector<Appended>> appended)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes the reading in incoming_ into the batch.
  void TakeIncoming() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // The error of the first whose id belongs to another source.
  absl::Status Count(const std::vector<Appended>& appended)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // How the call ends: with end_, which then says what was recorded all the
  // same.
  absl::Status End() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // No more is read. What was read is still appended, unless the log failed.
  void StopReading(absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string caller_;
  grpc::ByteBuffer* const response_;
  const Recorder recorder_;
  OpenStreams* const streams_;

  absl::Mutex mutex_;
  std::shared_ptr<RecordReadings> self_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool appending_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;   // no more is read
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;  // Finish is called
  absl::Status end_ ABSL_GUARDED_BY(mutex_);       // how the call ends
  int64_t read_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t appended_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<v1::Reading> batch_ ABSL_GUARDED_BY(mutex_);
  v1::RecordReadingsResponse counts_ ABSL_GUARDED_BY(mutex_);

  // Belongs to gRPC while reading_.
  grpc::ByteBuffer incoming_;
};

}  // namespace happiness

#endif  // SERVICE_RPC_RECORD_READINGS_H_
