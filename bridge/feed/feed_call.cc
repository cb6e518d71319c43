// The part of Feed that runs the upstream call: when it reads, what comes of
// it, and how it is opened again.

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bridge/feed/feed.h"
#include "bridge/feed/hub.h"

namespace bridge {
namespace {

namespace net = boost::asio;

constexpr absl::Duration kFirstBackoff = absl::Milliseconds(100);
constexpr absl::Duration kMaxBackoff = absl::Seconds(2);

// A refusal may come right behind the headers. Waiting for it lets viewers over
// HTTP have its status.
constexpr absl::Duration kSettle = absl::Milliseconds(20);

// Where messages never stop coming, old ones can't be told from new ones: after
// so many times `accept_grace` the old ones are taken to be here.
constexpr int kMostWaits = 3;

// A private feed's turn, whichever is over first. One that has nothing to read,
// or whose upstream is slow, holds up nobody.
constexpr int kTurnMessages = 16;
constexpr absl::Duration kTurnTime = absl::Milliseconds(10);

// How far a private feed reads ahead of its viewer.
constexpr size_t kMostFramesAhead = 128;
constexpr size_t kMostBytesAhead = 512 << 10;

// In the place of a ring's end.
constexpr uint64_t kAny = UINT64_MAX;

}  // namespace

// Reading ahead of the slowest shard (or of the viewer, if private) stops at
// half the ring, so that what it still needs is not pushed out, unless single
// messages are larger than the other half.
bool Feed::MayRead() const {
  size_t frames = (options_.ring.frames + 1) / 2;
  size_t bytes = (options_.ring.bytes + 1) / 2;
  if (kind_ == Kind::kPrivate) {
    frames = std::min(frames, kMostFramesAhead);
    bytes = std::min(bytes, kMostBytesAhead);
  }
  return std::all_of(links_.begin(), links_.end(), [&](const Link& link) {
    mutex_.AssertHeld();
    return ring_.end() - link.passed < frames &&
           ring_.BytesFrom(link.passed) < bytes;
  });
}

void Feed::ReadOnIfPaused() {
  if (!paused_ || !MayRead()) return;
  if (kind_ == Kind::kPrivate && turn_ == 0) {
    if (!std::exchange(awaits_turn_, true)) {
      hub_->turns()->Await(shared_from_this());
    }
    return;
  }
  paused_ = false;
  net::post(home_, [self = shared_from_this()] {
    if (self->call_ != nullptr) self->call_->Read();
  });
}

// A message has come, maybe after its turn.
void Feed::CountTurn() {
  if (turn_ > 1) {
    --turn_;
  } else {
    EndTurn();
  }
}

void Feed::EndTurn() {
  if (std::exchange(turn_, 0) > 0) hub_->turns()->Give();
}

void Feed::OnTurn() {
  net::post(home_, [self = shared_from_this()] { self->BeginTurn(); });
}

void Feed::BeginTurn() {
  {
    absl::MutexLock lock(&mutex_);
    awaits_turn_ = false;
    if (!paused_ || call_ == nullptr || phase_ == Phase::kEnded || !MayRead()) {
      return hub_->turns()->Give();
    }
    turn_ = kTurnMessages;
    paused_ = false;
  }
  call_->Read();
  turn_timer_.expires_after(absl::ToChronoMilliseconds(kTurnTime));
  turn_timer_.async_wait([self = shared_from_this()](auto error) {
    if (error) return;
    absl::MutexLock lock(&self->mutex_);
    self->EndTurn();
  });
}

void Feed::OnAccepted() {
  absl::MutexLock lock(&mutex_);
  accepted_ = true;
  net::post(home_, [self = shared_from_this()] {
    self->ReachAfter(kSettle, Phase::kOpen, kMostWaits);
  });
}

bool Feed::OnMessage(grpc::ByteBuffer message) {
  std::optional<int64_t> cursor;
  if (query_.method->position.resumable()) {
    cursor = CursorOf(query_.method->position, &message);
    if (!cursor.has_value()) return Refuse("malformed", NoCursor());
    if (!IsNew(*cursor)) return true;
  }
  std::string bytes = ToString(message);
  absl::Status wire = JsonCodec::Check(query_.method->output(), bytes);
  if (!wire.ok()) return Refuse("malformed", wire);
  stats_->messages_taken.fetch_add(1);
  auto frame = std::make_shared<const Frame>(std::move(bytes), cursor, frames_);
  if (frames_->tells_json()) frame->For({Framing::kWebSocket, false});
  return Publish(std::move(frame));
}

absl::Status Feed::NoCursor() const {
  return absl::InternalError(absl::StrCat(
      "the upstream sent a message which is not a valid ",
      query_.method->output().full_name(), ": where its cursor, ",
      query_.method->position.cursor->name(), ", must be is something else"));
}

// Ends the stream with what the upstream did wrong. Gives whether to read on.
bool Feed::Refuse(std::string_view kind, const absl::Status& why) {
  stats_->upstream_faults.Report(kind, query_.method->path, why);
  Close(Ending::From(why));
  return false;
}

void Feed::OnMessagesEnd() {
  net::post(home_, [self = shared_from_this()] { self->ReleaseCall(); });
}

void Feed::OnDone(const grpc::Status& status) {
  net::post(home_,
            [self = shared_from_this(), status] { self->HandleDone(status); });
}

void Feed::OpenCall() {
  std::string request = opening_.request;
  {
    absl::MutexLock lock(&mutex_);
    if (phase_ == Phase::kEnded) return;
    if (cursor_.has_value()) {
      request = StartAfter(query_.method->position, query_.request, *cursor_);
    }
    accepted_ = false;
    delivered_ = false;
    paused_ = true;
  }
  opened_ = Clock::now();
  stats_->upstream_calls.fetch_add(1);
  Metadata metadata = query_.metadata;
  metadata.insert(metadata.end(), opening_.trace.begin(), opening_.trace.end());
  call_ = hub_->caller()->Start(
      {query_.method->path, std::move(metadata), std::nullopt},
      shared_from_this());
  call_->WriteLast(ToByteBuffer(request));
  {
    absl::MutexLock lock(&mutex_);
    ReadOnIfPaused();
  }
  ReachAfter(options_.accept_grace, Phase::kOpen, kMostWaits);
}

// Takes the call as accepted if it still runs then; and as settled when nothing
// has come for some time, or after so many waits.
void Feed::ReachAfter(absl::Duration delay, Phase phase, int waits) {
  uint64_t end;
  {
    absl::MutexLock lock(&mutex_);
    end = ring_.end();
  }
  grace_timer_.expires_after(absl::ToChronoMilliseconds(delay));
  auto due = [self = shared_from_this(), phase, waits, end](auto error) {
    if (error || self->call_ == nullptr) return;
    if (self->ReachUnlessMoreCame(phase, waits > 0 ? end : kAny)) return;
    self->ReachAfter(self->options_.accept_grace, Phase::kSettled, waits - 1);
  };
  grace_timer_.async_wait(std::move(due));
}

// Gives whether there is nothing more to wait for.
bool Feed::ReachUnlessMoreCame(Phase phase, uint64_t end) {
  absl::MutexLock lock(&mutex_);
  if (phase == Phase::kSettled && end != kAny && ring_.end() != end) {
    return false;
  }
  Reach(phase);
  return phase_ >= Phase::kSettled;
}

void Feed::ReleaseCall() {
  if (call_ != nullptr) std::exchange(call_, nullptr)->Release();
}

void Feed::HandleDone(const grpc::Status& status) {
  grace_timer_.cancel();
  if (status.ok()) {
    End(Ending::Of(Reason::kFinished));
  } else if (IsTooLarge(status)) {
    Refuse("too_large", TooLarge(status));
  } else if (status.error_code() != grpc::StatusCode::UNAVAILABLE) {
    End(Ending::From(status));
  } else if (MayRetry()) {
    if (retries_ == 0) {
      spdlog::warn("feed of {} lost its upstream: {}", query_.method->path,
                   status.error_message());
    }
    RetryLater();
  } else {
    End(Ending::Of(
        Reason::kUpstreamGone,
        absl::StrCat("the upstream is gone: ", status.error_message())));
  }
}

bool Feed::MayRetry() {
  absl::MutexLock lock(&mutex_);
  if (phase_ == Phase::kEnded) return false;
  // A private stream that has begun stands at a place which only its request
  // knew, if it has no cursors: opening it again would send its beginning
  // twice.
  if (kind_ == Kind::kPrivate && ring_.end() > 0 && !cursor_.has_value()) {
    return false;
  }
  // An upstream that accepts a call and drops it at once is not back.
  const Clock::time_point now = Clock::now();
  const absl::Duration open = absl::FromChrono(now - opened_);
  if (delivered_ || (accepted_ && open >= kMaxBackoff)) {
    outage_since_.reset();
    retries_ = 0;
  }
  if (!outage_since_.has_value()) outage_since_ = now;
  return absl::FromChrono(now - *outage_since_) < options_.patience;
}

void Feed::RetryLater() {
  absl::Duration backoff =
      std::min(kFirstBackoff * (1 << std::min(retries_++, 10)), kMaxBackoff);
  backoff *= absl::Uniform(random_, 0.5, 1.0);
  retry_timer_.expires_after(absl::ToChronoMilliseconds(backoff));
  retry_timer_.async_wait([self = shared_from_this()](auto error) {
    if (error) return;
    self->stats_->upstream_reconnects.fetch_add(1);
    self->OpenCall();
  });
}

}  // namespace bridge
