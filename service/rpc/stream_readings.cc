#include "service/rpc/stream_readings.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "happiness/v1/happiness.pb.h"
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

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamReadings::Start(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
    ReadingLog* log, OpenStreams* streams, Pass pass) {
  auto stream = std::make_shared<StreamReadings>(context, log, streams);
  stream->Begin(stream, std::move(pass), [&] { return stream->Open(request); });
  return stream.get();
}

absl::StatusOr<std::string> StreamReadings::Open(
    const grpc::ByteBuffer& bytes) {
  v1::StreamReadingsRequest request;
  if (absl::Status status = ParseMessage(bytes, &request); !status.ok()) {
    return status;
  }
  if (absl::Status status = ValidateStreamRequest(request); !status.ok()) {
    return status;
  }
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<LogCursor> cursor = LogCursor::Open(log_, request);
  if (!cursor.ok()) return cursor.status();
  cursor_ = *std::move(cursor);
  return Describe(request);
}

void StreamReadings::OnSentAll() { log_->HelpToWake(); }

OutgoingStream::Step StreamReadings::Next() {
  const absl::StatusOr<State> next = FindNext();
  if (!next.ok()) return {.state = State::kEnding, .end = next.status()};
  Step step = {.state = *next,
               .message = &sending_,
               .more_follows = cursor_->HasMoreAtHand()};
  if (cursor_->WantsFetch()) {
    step.work = [self = shared_from_this(),
                 fetch = cursor_->StartFetch()]() mutable {
      std::move(fetch)(
          [self](LogCursor::Fetched it) { self->OnFetched(std::move(it)); });
    };
  }
  return step;
}

absl::StatusOr<OutgoingStream::State> StreamReadings::FindNext() {
  const absl::StatusOr<LogCursor::Outcome> outcome = cursor_->Next();
  if (!outcome.ok()) return outcome.status();
  switch (*outcome) {
    case LogCursor::Outcome::kFound:
      sending_.Swap(&cursor_->reading());
      return State::kSending;
    case LogCursor::Outcome::kStored:
      return State::kFetching;
    case LogCursor::Outcome::kCaughtUp:
      if (log_->Wait(cursor_->position(), shared_from_this())) {
        return State::kWaiting;
      }
      return State::kYielding;  // There is more by now.
    case LogCursor::Outcome::kUnfinished:
      return State::kYielding;
  }
  return absl::InternalError("no such outcome");
}

void StreamReadings::OnFetched(LogCursor::Fetched fetched) {
  absl::Status status;
  {
    absl::MutexLock lock(&mutex_);
    status = cursor_->Take(std::move(fetched));
  }
  if (!status.ok()) return End(status);
  Advance(State::kFetching);
}

void StreamReadings::StopWaiting() {
  {
    absl::MutexLock lock(&mutex_);
    if (cursor_.has_value()) cursor_->Abandon();
  }
  log_->StopWaiting(shared_from_this());
}

void StreamReadings::OnMore() { Advance(State::kWaiting); }

}  // namespace happiness
