// The part of Client that reads.

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bridge/viewer/client.h"
#include "bridge/viewer/shard.h"

namespace bridge {
namespace {

// How many seconds' worth of frames a client may send at once.
constexpr uint64_t kBurstSeconds = 5;
// How many reads a client gets before others have their turn.
constexpr int kMaxReads = 2;

}  // namespace

void Client::OnReady(bool readable, bool writable) {
  if (writable && blocked_) {
    blocked_ = false;
    shard_.poller().Watch(socket_.descriptor(), *this, {!paused_, false});
    Pump();
  }
  if (!readable || !is_open()) return;
  if (!paused_) {
    OnReadable();
  } else if (HasLeft()) {
    Disconnect("the client left");
  }
}

void Client::OnReadable() {
  uint64_t frames = 0;
  const auto take = [&](std::string_view bytes) {
    if (is_open()) frames += Received(bytes);
  };
  for (int reads = 0; reads < kMaxReads && !paused_; ++reads) {
    const ssize_t size = socket_.Read(shard_.scratch(), take);
    if (!is_open() || size == -EAGAIN) break;
    if (size == 0) return Disconnect("the client left");
    if (size < 0) return Disconnect("the connection broke");
    Count(std::max<uint64_t>(std::exchange(frames, 0), 1));
    if (!is_open()) return;
  }
  // TLS may have something to say of its own.
  if (socket_.has_output()) Pump();
}

// What was told of a socket may be older than that it is not read.
bool Client::HasLeft() const {
  pollfd socket = {socket_.descriptor(), POLLRDHUP, 0};
  return ::poll(&socket, 1, 0) > 0;
}

void Client::PauseReading(bool paused) {
  if (std::exchange(paused_, paused) == paused) return;
  pong_due_ = kNever;  // its pong is not read either
  shard_.poller().Watch(socket_.descriptor(), *this, {!paused_, blocked_});
}

// Over HTTP nothing more is expected, and what comes is dropped; so it is after
// a frame that broke a rule.
uint64_t Client::Received(std::string_view bytes) {
  if (!reads_frames_) return 0;
  if (reader_ == nullptr) {
    reader_ = std::make_unique<WebSocketReader>(
        WebSocketReader::Limits{.message_bytes = max_message_bytes()});
  }
  const uint64_t before = reader_->frames();
  std::optional<Reason> broken = reader_->Read(bytes, *this);
  const uint64_t frames = reader_->frames() - before;
  if (broken.has_value()) reads_frames_ = false;
  if (broken.has_value() || reader_->idle()) reader_ = nullptr;
  if (broken == Reason::kTooBig) shard_.stats().refusals.Add("message_bytes");
  if (broken.has_value()) Finish(Ending::Of(*broken));
  Pump();
  return frames;
}

void Client::Count(uint64_t frames) {
  const uint32_t rate = options().inbound_rate;
  const uint64_t burst = kBurstSeconds * rate + extra_burst();
  if (!is_open() ||
      allowance_.Take(Counted(frames), rate, burst, Clock::now())) {
    return;
  }
  if (!serving()) return Disconnect("it went on sending");
  shard_.stats().refusals.Add("viewer_frames");
  // What is on its way already may come: with it unread, the connection would
  // be reset, and the client not see why.
  allowance_ = {};
  reads_frames_ = false;
  reader_ = nullptr;
  Finish(Ending::Of(Reason::kTooManyFrames,
                    absl::StrCat("too much is sent: a viewer may send ", rate,
                                 " frames a second")));
  Pump();
}

void Client::OnPing(std::string_view payload) {
  if (!serving()) return;
  // RFC 6455, section 5.5.3: only the latest ping needs an answer. So a client
  // that pings and never reads costs one pong.
  outbox_.SetPong(WebSocketFrame(Opcode::kPong, payload));
}

void Client::OnPong() { pong_due_ = kNever; }

void Client::OnClose(uint16_t code) {
  constexpr uint16_t kNoStatus = 1005;
  peer_closed_ = true;
  if (state_ == State::kWaiting) return Disconnect("closed");
  if (state_ == State::kFlushing) return;  // our own close frame is on its way
  BeginFlushing(code == kNoStatus ? WebSocketFrame(Opcode::kClose, "")
                                  : WebSocketClose(code, ""),
                kLeft, "the client closed");
}

}  // namespace bridge
