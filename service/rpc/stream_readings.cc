#include "service/rpc/stream_readings.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "happiness/v1/happiness.pb.h"
#include "service/request/grpc_status.h"
#include "service/request/message_parsing.h"
#include "service/request/timestamps.h"
#include "service/request/validation.h"

namespace happiness {
namespace {

// For the log. Only requests that are valid, so names without line breaks.
std::string Describe(const v1::StreamReadingsRequest& request) {
  constexpr int kMaxNamed = 3;
  std::string places = "all places";
  if (!request.places().empty()) {
    const int named = std::min(request.places_size(), kMaxNamed);
    places = absl::StrJoin(request.places().begin(),
                           request.places().begin() + named, ", ");
    if (request.places_size() > named) {
      absl::StrAppend(&places, " and ", request.places_size() - named, " more");
    }
  }
  if (request.has_after_sequence()) {
    return absl::StrCat(places, ", after ", request.after_sequence());
  }
  if (request.has_start_time()) {
    return absl::StrCat(
        places, ", from ",
        absl::FormatTime(absl::FromUnixMicros(ToMicros(request.start_time())),
                         absl::UTCTimeZone()));
  }
  return absl::StrCat(places, ", backlog ", request.backlog());
}

std::string Since(absl::Time start) {
  return absl::FormatDuration(
      absl::Trunc(absl::Now() - start, absl::Milliseconds(1)));
}

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamReadings::Start(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
    ReadingLog* log, OpenStreams* streams) {
  auto stream = std::make_shared<StreamReadings>(context->peer(), log, streams);
  {
    absl::MutexLock lock(&stream->mutex_);
    stream->self_ = stream;
  }
  absl::Status status = stream->Open(request);
  if (status.ok()) status = streams->Add(stream);
  if (status.ok()) {
    // The headers say that the call is accepted, long before the first reading
    // does when the log is quiet.
    stream->StartSendInitialMetadata();
  } else {
    stream->End(status);
    stream->Advance(State::kOpening);
  }
  return stream.get();
}

StreamReadings::StreamReadings(std::string peer, ReadingLog* log,
                               OpenStreams* streams)
    : peer_(std::move(peer)), log_(log), streams_(streams) {}

absl::Status StreamReadings::Open(const grpc::ByteBuffer& bytes) {
  absl::MutexLock lock(&mutex_);
  v1::StreamReadingsRequest request;
  if (absl::Status status = ParseMessage(bytes, &request); !status.ok()) {
    return status;
  }
  if (absl::Status status = ValidateStreamRequest(request); !status.ok()) {
    return status;
  }
  absl::StatusOr<LogCursor> cursor = LogCursor::Open(log_, request);
  if (!cursor.ok()) return cursor.status();
  cursor_ = *std::move(cursor);
  spdlog::info("StreamReadings opened by {}: {}", peer_, Describe(request));
  return absl::OkStatus();
}

void StreamReadings::Advance(State from) {
  State next;
  absl::Status end;
  LogCursor::Fetch fetch;
  std::shared_ptr<StreamReadings> self;
  {
    absl::MutexLock lock(&mutex_);
    if (state_ != from) return;
    next = state_ = Next();
    end = end_;
    if (next != State::kEnding && cursor_->WantsFetch()) {
      fetch = cursor_->StartFetch();
    }
    self = self_;
  }
  if (fetch) {
    std::move(fetch)(
        [self](LogCursor::Fetched it) { self->OnFetched(std::move(it)); });
  }
  switch (next) {
    case State::kSending:
      StartWrite(&sending_);
      break;
    case State::kYielding:
      alarm_.emplace();
      alarm_->Set(std::chrono::system_clock::now(),
                  [this](bool) { Advance(State::kYielding); });
      break;
    case State::kEnding:
      Finish(ToGrpcStatus(end));
      break;
    case State::kOpening:
    case State::kFetching:
    case State::kWaiting:
      break;
  }
}

StreamReadings::State StreamReadings::Next() {
  if (!end_.ok()) return State::kEnding;
  absl::StatusOr<LogCursor::Outcome> outcome = cursor_->Next();
  if (!outcome.ok()) {
    end_ = outcome.status();
    return State::kEnding;
  }
  switch (*outcome) {
    case LogCursor::Outcome::kFound:
      sending_.Swap(&cursor_->reading());
      ++sent_;
      return State::kSending;
    case LogCursor::Outcome::kCaughtUp:
      if (log_->Wait(cursor_->position(), self_)) return State::kWaiting;
      return State::kYielding;  // There is more by now.
    case LogCursor::Outcome::kStored:
      return State::kFetching;
    case LogCursor::Outcome::kUnfinished:
      return State::kYielding;
  }
  return State::kEnding;
}

void StreamReadings::End(absl::Status status) {
  std::shared_ptr<StreamReadings> self;
  State from;
  {
    absl::MutexLock lock(&mutex_);
    if (end_.ok()) end_ = std::move(status);
    if (cursor_.has_value()) cursor_->Abandon();
    from = state_;
    if (from != State::kWaiting && from != State::kFetching) return;
    self = self_;
  }
  log_->StopWaiting(self);
  Advance(from);
}

void StreamReadings::OnSendInitialMetadataDone(bool ok) {
  if (!ok) End(absl::CancelledError("the client is gone"));
  Advance(State::kOpening);
}

void StreamReadings::OnWriteDone(bool ok) {
  if (!ok) End(absl::CancelledError("the client is gone"));
  Advance(State::kSending);
}

void StreamReadings::OnFetched(LogCursor::Fetched fetched) {
  {
    absl::MutexLock lock(&mutex_);
    const absl::Status status = cursor_->Take(std::move(fetched));
    if (end_.ok()) end_ = status;
  }
  Advance(State::kFetching);
}

void StreamReadings::OnMore() { Advance(State::kWaiting); }

void StreamReadings::OnCancel() {
  End(absl::CancelledError("the client is gone"));
}

void StreamReadings::ShutDown() { End(ShuttingDown()); }

void StreamReadings::OnDone() {
  std::shared_ptr<StreamReadings> self;
  {
    absl::MutexLock lock(&mutex_);
    self = std::move(self_);
    // One that was never opened is a bad request, of which there may be many.
    const auto level = cursor_ ? spdlog::level::info : spdlog::level::debug;
    spdlog::log(level,
                "StreamReadings of {} ended after {} with {} readings: {}",
                peer_, Since(start_), sent_, end_.ToString());
  }
  streams_->Remove(self);
}

}  // namespace happiness
