// StreamSummaries: the level of happiness, every period, to one client.

#ifndef SERVICE_RPC_STREAM_SUMMARIES_H_
#define SERVICE_RPC_STREAM_SUMMARIES_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "service/access/pass.h"
#include "service/rpc/open_streams.h"
#include "service/rpc/outgoing_stream.h"
#include "service/summary/summarizers.h"
#include "service/summary/summary_view.h"

namespace happiness {

// One call of StreamSummaries. It owns itself, as an OutgoingStream does.
class StreamSummaries final
    : public OutgoingStream,
      public SummaryView::Waiter,
      public std::enable_shared_from_this<StreamSummaries> {
 public:
  // Starts the reactor of a call. `summarizers` and `streams` must outlive it.
  // `pass` let it in.
  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Start(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
      Summarizers* summarizers, OpenStreams* streams, Pass pass = {});

  // For Start alone.
  StreamSummaries(grpc::CallbackServerContext* context, OpenStreams* streams)
      : OutgoingStream("StreamSummaries", "summaries", context, streams) {}

  // Of SummaryView::Waiter.
  void OnSummary() override;
  void OnTooSlow() override;

 private:
  absl::StatusOr<std::string> Open(const grpc::ByteBuffer& request,
                                   Summarizers* summarizers)
      ABSL_LOCKS_EXCLUDED(mutex_);

  Step Next() override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StopWaiting() override ABSL_LOCKS_EXCLUDED(mutex_);

  std::shared_ptr<SummaryView> view_ ABSL_GUARDED_BY(mutex_);
  EncodedSummary sending_ ABSL_GUARDED_BY(mutex_);  // or the last that was sent
};

}  // namespace happiness

#endif  // SERVICE_RPC_STREAM_SUMMARIES_H_
