#include "service/rpc/outgoing_stream.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

#include "service/request/grpc_status.h"
#include "service/rpc/caller.h"

namespace happiness {
namespace {

std::string Since(absl::Time start) {
  return absl::FormatDuration(
      absl::Trunc(absl::Now() - start, absl::Milliseconds(1)));
}

absl::Status ClientIsGone() {
  return absl::CancelledError("the client is gone");
}

// What an operator reads, unless there is too much of it.
spdlog::level::level_enum LogLevel(OpenStreams& streams) {
  return streams.MayLog() ? spdlog::level::info : spdlog::level::debug;
}

}  // namespace

OutgoingStream::OutgoingStream(const char* method, const char* things,
                               grpc::CallbackServerContext* context,
                               OpenStreams* streams)
    : method_(method),
      things_(things),
      caller_(DescribeCaller(*context)),
      context_(context),
      streams_(streams) {}

void OutgoingStream::Begin(
    std::shared_ptr<OutgoingStream> self, Pass pass,
    absl::FunctionRef<absl::StatusOr<std::string>()> open) {
  {
    absl::MutexLock lock(&mutex_);
    self_ = self;
  }
  absl::Status status = streams_->Add(self, std::move(pass));
  if (status.ok()) {
    const absl::StatusOr<std::string> what = open();
    status = what.status();
    if (status.ok()) {
      spdlog::log(LogLevel(*streams_), "{} opened by {}: {}", method_, caller_,
                  *what);
      absl::MutexLock lock(&mutex_);
      opened_ = true;
    }
  }
  if (status.ok()) return StartSendInitialMetadata();
  End(status);
  Advance(State::kOpening);
}

OutgoingStream::State OutgoingStream::Advance(State from) {
  Step step;
  {
    absl::MutexLock lock(&mutex_);
    if (state_ != from) return from;
    if (end_.ok()) {
      step = Next();
      end_ = step.end;
    }
    if (!end_.ok()) step = {.state = State::kEnding, .end = end_};
    state_ = step.state;
    if (step.state == State::kSending) ++sent_;
  }
  if (step.work) std::move(step.work)();
  switch (step.state) {
    case State::kSending:
      StartWrite(step.message, step.more_follows
                                   ? grpc::WriteOptions().set_buffer_hint()
                                   : grpc::WriteOptions());
      break;
    case State::kYielding:
      alarm_.emplace();
      // Due for long: gRPC's timers may stand still when the clock is set back.
      alarm_->Set(std::chrono::system_clock::time_point(),
                  [this](bool) { Advance(State::kYielding); });
      break;
    case State::kEnding:
      Finish(ToGrpcStatus(step.end));
      break;
    case State::kOpening:
    case State::kFetching:
    case State::kWaiting:
      break;
  }
  return step.state;
}

void OutgoingStream::End(absl::Status status) {
  State from;
  std::shared_ptr<OutgoingStream> self;
  {
    absl::MutexLock lock(&mutex_);
    if (end_.ok()) end_ = std::move(status);
    from = state_;
    self = self_;  // which an end at the same time may let go of
  }
  if (self == nullptr) return;
  StopWaiting();
  if (from == State::kWaiting || from == State::kFetching) Advance(from);
}

void OutgoingStream::Break(absl::Status status) {
  End(std::move(status));
  {
    absl::MutexLock lock(&mutex_);
    if (state_ != State::kSending || breaking_) return;
    breaking_ = true;
  }
  context_->TryCancel();
  {
    absl::MutexLock lock(&mutex_);
    breaking_ = false;
    if (!written_) return;
  }
  Advance(State::kSending);
}

void OutgoingStream::OnSendInitialMetadataDone(bool ok) {
  if (!ok) End(ClientIsGone());
  Advance(State::kOpening);
}

void OutgoingStream::OnWriteDone(bool ok) {
  if (!ok) End(ClientIsGone());
  {
    absl::MutexLock lock(&mutex_);
    written_ = breaking_;
    if (breaking_) return;  // Break goes on.
  }
  if (Advance(State::kSending) == State::kWaiting) OnSentAll();
}

void OutgoingStream::OnCancel() { End(ClientIsGone()); }

void OutgoingStream::Stop(const absl::Status& why) { End(why); }

void OutgoingStream::OnDone() {
  std::shared_ptr<OutgoingStream> self;
  bool opened;
  {
    absl::MutexLock lock(&mutex_);
    self = std::move(self_);
    opened = opened_;
  }
  // One that was never opened is a bad request, of which there may be many.
  const auto level = opened ? LogLevel(*streams_) : spdlog::level::debug;
  if (spdlog::should_log(level)) {
    absl::MutexLock lock(&mutex_);
    spdlog::log(level, "{} of {} ended after {} with {} {}: {}", method_,
                caller_, Since(start_), sent_, things_, end_.ToString());
  }
  StopWaiting();
  streams_->Remove(self);
}

}  // namespace happiness
