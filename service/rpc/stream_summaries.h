// StreamSummaries: the level of happiness, every period, to one client.

#ifndef SERVICE_RPC_STREAM_SUMMARIES_H_
#define SERVICE_RPC_STREAM_SUMMARIES_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/rpc/open_streams.h"
#include "service/summary/summarizers.h"
#include "service/summary/summary_view.h"

namespace happiness {

// One call of StreamSummaries. It owns itself until OnDone.
//
// It is always in one of the states below. Only what a state waits for, or the
// end of the call while it is kWaiting, takes the stream out of it, so there is
// never more than one write, or one end, under way. gRPC, the summaries' thread
// and the server call it at the same time: the mutex orders them. gRPC is never
// called with the mutex held, because it may react at once; the view is (lock
// order: this mutex, then the view's).
class StreamSummaries final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                              public SummaryView::Waiter,
                              public OpenStreams::Stream {
 public:
  // Starts the reactor of a call. `summarizers` and `streams` must outlive it.
  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Start(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
      Summarizers* summarizers, OpenStreams* streams);

  // For Start alone.
  StreamSummaries(std::string peer, OpenStreams* streams);

  void OnSummary() override;  // of SummaryView::Waiter
  void ShutDown() override;   // of OpenStreams::Stream

 private:
  enum class State {
    kOpening,  // the headers are on their way
    kSending,  // a summary is on its way
    kWaiting,  // for the next summary
    kEnding,   // Finish was called, or is about to be
  };

  // The reactions of grpc::ServerWriteReactor.
  void OnSendInitialMetadataDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  absl::Status Open(const grpc::ByteBuffer& request, Summarizers* summarizers)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // If the stream is in state `from`, takes it to the next one and starts what
  // that one waits for.
  void Advance(State from) ABSL_LOCKS_EXCLUDED(mutex_);

  // Finds out what is to be done next.
  State Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Ends the stream with `status`, unless it ends already: at once if it is
  // kWaiting, otherwise after what is on its way.
  void End(absl::Status status) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::string peer_;
  const absl::Time start_ = absl::Now();
  OpenStreams* const streams_;

  absl::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kOpening;
  std::shared_ptr<StreamSummaries> self_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<SummaryView> view_ ABSL_GUARDED_BY(mutex_);
  absl::Status end_ ABSL_GUARDED_BY(mutex_);  // not OK: ends, with this
  int64_t sent_ ABSL_GUARDED_BY(mutex_) = 0;

  // The last one that was sent. Set when the state becomes kSending, and
  // unchanged while it is.
  EncodedSummary sending_;
};

}  // namespace happiness

#endif  // SERVICE_RPC_STREAM_SUMMARIES_H_
