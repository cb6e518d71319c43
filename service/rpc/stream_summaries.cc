#include "service/rpc/stream_summaries.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "happiness/v1/happiness.pb.h"
#include "service/request/grpc_status.h"
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

std::string Since(absl::Time start) {
  return absl::FormatDuration(
      absl::Trunc(absl::Now() - start, absl::Milliseconds(1)));
}

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamSummaries::Start(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
    Summarizers* summarizers, OpenStreams* streams) {
  auto stream = std::make_shared<StreamSummaries>(context->peer(), streams);
  {
    absl::MutexLock lock(&stream->mutex_);
    stream->self_ = stream;
  }
  absl::Status status = streams->Add(stream);
  if (status.ok()) status = stream->Open(request, summarizers);
  if (status.ok()) {
    // The headers say that the call is accepted, also when the first summary
    // has much to read before it.
    stream->StartSendInitialMetadata();
  } else {
    stream->End(status);
    stream->Advance(State::kOpening);
  }
  return stream.get();
}

StreamSummaries::StreamSummaries(std::string peer, OpenStreams* streams)
    : peer_(std::move(peer)), streams_(streams) {}

absl::Status StreamSummaries::Open(const grpc::ByteBuffer& bytes,
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
  spdlog::info("StreamSummaries opened by {}: {}", peer_, Describe(*query));
  return absl::OkStatus();
}

void StreamSummaries::Advance(State from) {
  State next;
  absl::Status end;
  {
    absl::MutexLock lock(&mutex_);
    if (state_ != from) return;
    next = state_ = Next();
    end = end_;
  }
  if (next == State::kSending) StartWrite(sending_.get());
  if (next == State::kEnding) Finish(ToGrpcStatus(end));
}

StreamSummaries::State StreamSummaries::Next() {
  if (!end_.ok()) return State::kEnding;
  absl::StatusOr<EncodedSummary> newer = view_->NewerThan(sending_, self_);
  if (!newer.ok()) {
    end_ = newer.status();
    return State::kEnding;
  }
  if (*newer == nullptr) return State::kWaiting;
  sending_ = *std::move(newer);
  ++sent_;
  return State::kSending;
}

void StreamSummaries::End(absl::Status status) {
  std::shared_ptr<StreamSummaries> self;
  std::shared_ptr<SummaryView> view;
  {
    absl::MutexLock lock(&mutex_);
    if (end_.ok()) end_ = std::move(status);
    if (state_ != State::kWaiting) return;
    self = self_;
    view = view_;
  }
  view->StopWaiting(self);
  Advance(State::kWaiting);
}

void StreamSummaries::OnSendInitialMetadataDone(bool ok) {
  if (!ok) End(absl::CancelledError("the client is gone"));
  Advance(State::kOpening);
}

void StreamSummaries::OnWriteDone(bool ok) {
  if (!ok) End(absl::CancelledError("the client is gone"));
  Advance(State::kSending);
}

void StreamSummaries::OnSummary() { Advance(State::kWaiting); }

void StreamSummaries::OnCancel() {
  End(absl::CancelledError("the client is gone"));
}

void StreamSummaries::ShutDown() { End(ShuttingDown()); }

void StreamSummaries::OnDone() {
  std::shared_ptr<StreamSummaries> self;
  {
    absl::MutexLock lock(&mutex_);
    self = std::move(self_);
    // One that was never opened is a bad request, of which there may be many.
    const auto level = view_ ? spdlog::level::info : spdlog::level::debug;
    spdlog::log(level,
                "StreamSummaries of {} ended after {} with {} summaries: {}",
                peer_, Since(start_), sent_, end_.ToString());
    view_ = nullptr;
  }
  streams_->Remove(self);
}

}  // namespace happiness
