#include "service/rpc/stream_summaries.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "happiness/v1/happiness.pb.h"
#include "service/request/message_parsing.h"
#include "service/request/summary_query.h"

namespace happiness {
namespace {

// For the log.
std::string Describe(const SummaryQuery& query) {
  const size_t places = query.selection.places.size();
  return absl::StrCat(
      absl::FormatDuration(absl::Microseconds(query.span.window)), " every ",
      absl::FormatDuration(absl::Microseconds(query.span.period)), ", ",
      query.selection.limit, " of ", places == 0 ? "all" : absl::StrCat(places),
      " places");
}

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamSummaries::Start(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
    Summarizers* summarizers, OpenStreams* streams, Pass pass) {
  auto stream = std::make_shared<StreamSummaries>(context, streams);
  stream->Begin(stream, std::move(pass),
                [&] { return stream->Open(request, summarizers); });
  return stream.get();
}

absl::StatusOr<std::string> StreamSummaries::Open(const grpc::ByteBuffer& bytes,
                                                  Summarizers* summarizers) {
  v1::StreamSummariesRequest request;
  if (absl::Status status = ParseMessage(bytes, &request); !status.ok()) {
    return status;
  }
  const absl::StatusOr<SummaryQuery> query = ToSummaryQuery(request);
  if (!query.ok()) return query.status();
  absl::StatusOr<std::shared_ptr<SummaryView>> view =
      summarizers->Watch(*query);
  if (!view.ok()) return view.status();
  absl::MutexLock lock(&mutex_);
  view_ = *std::move(view);
  return Describe(*query);
}

OutgoingStream::Step StreamSummaries::Next() {
  absl::StatusOr<EncodedSummary> newer =
      view_->NewerThan(sending_, shared_from_this());
  if (!newer.ok()) return {.state = State::kEnding, .end = newer.status()};
  if (*newer == nullptr) return {.state = State::kWaiting};
  sending_ = *std::move(newer);
  return {.state = State::kSending, .message = sending_.get()};
}

void StreamSummaries::StopWaiting() {
  std::shared_ptr<SummaryView> view;
  {
    absl::MutexLock lock(&mutex_);
    view = std::exchange(view_, nullptr);
  }
  if (view != nullptr) view->StopWaiting(shared_from_this());
}

void StreamSummaries::OnSummary() { Advance(State::kWaiting); }

void StreamSummaries::OnTooSlow() {
  Break(absl::CancelledError("the client takes no summaries"));
}

}  // namespace happiness
