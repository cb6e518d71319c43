#include "bridge/viewer/client.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bridge/viewer/shard.h"

namespace bridge {
namespace {

// How many pieces one gather write takes.
constexpr size_t kMaxPieces = 64;

}  // namespace

Client::Client(Shard& shard, Arrival arrival, bool reads_frames)
    : shard_(shard),
      ticket_(std::move(arrival.ticket)),
      socket_(arrival.socket.native_handle(), std::move(arrival.tls)),
      reads_frames_(reads_frames),
      connected_(Clock::now()),
      last_sent_(connected_) {
  boost::system::error_code ignored;
  arrival.socket.native_non_blocking(true, ignored);
  arrival.socket.release(ignored);  // it has an owner now
  SetUpClientSocket(socket_.descriptor(), options().stall_limit);
  shard_.stats().viewers.fetch_add(1);
}

Client::~Client() {
  if (is_open()) shard_.stats().viewers.fetch_sub(1);
}

void Client::Begin(std::unique_ptr<Client> owned, std::string received) {
  Client& client = *owned;
  Shard& shard = client.shard_;
  shard.Keep(std::move(owned));
  if (!shard.poller().Add(client.socket_.descriptor(), client)) {
    return client.Disconnect("the kernel has no room for it");
  }
  client.Schedule(client.connected_);
  client.Pump();
  if (!received.empty() && client.is_open()) {
    client.Count(client.Received(received));
  }
}

const ViewerOptions& Client::options() const { return shard_.viewer_options(); }

// ---- Writing.

void Client::Pump() {
  while (is_open() && !blocked_) {
    if (serving()) Prepare();
    std::array<iovec, kMaxPieces> room;
    size_t count = outbox_.Gather(room);
    if (serving()) count += Gather(std::span(room).subspan(count));
    const std::span<const iovec> pieces(room.data(), count);
    if (pieces.empty() && !socket_.has_output()) break;
    size_t size = 0;
    for (const iovec& piece : pieces) size += piece.iov_len;

    const ssize_t sent = socket_.Write(pieces);
    if (sent < 0 && sent != -EAGAIN) return Disconnect("the connection broke");
    if (sent > 0) Sent(static_cast<size_t>(sent));
    if (sent < static_cast<ssize_t>(size) || socket_.has_output()) {
      WaitWritable();
    }
  }
  if (serving()) Settle();
  if (state_ == State::kFlushing && !blocked_) Flushed();
}

void Client::Sent(size_t bytes) {
  shard_.stats().bytes_sent.fetch_add(static_cast<int64_t>(bytes),
                                      std::memory_order_relaxed);
  bytes = outbox_.Sent(bytes);
  if (bytes > 0) {
    const uint64_t begun = Taken(bytes);
    frames_sent_ += begun;
    shard_.stats().frames_sent.fetch_add(static_cast<int64_t>(begun),
                                         std::memory_order_relaxed);
  }
  last_sent_ = Clock::now();
  stalls_at_ = kNever;
}

void Client::WaitWritable() {
  if (std::exchange(blocked_, true)) return;
  stalls_at_ = std::min(stalls_at_, Clock::now() + absl::ToChronoMilliseconds(
                                                       options().stall_limit));
  shard_.poller().Watch(socket_.descriptor(), *this, {!paused_, true});
}

// ---- Time.

void Client::OnDue() {
  if (!is_open()) return;
  const auto now = Clock::now();
  if (now >= gives_up_) return Disconnect(ended_);
  if (serving()) {
    ObserveLag();
    if (now >= deadline()) {
      Finish(Ending::Of(Reason::kDeadline));
    } else if (now >= stalls_at_) {
      shard_.stats().refusals.Add("write_timeout");
      Finish(Ending::Of(Reason::kStalled));
    } else if (now >= pong_due_) {
      Finish(Ending::Of(Reason::kNoPong));
    } else if (!blocked_) {
      KeepAlive(now);
    }
    Pump();
  }
  if (is_open() && !TimerWheel::Member::is_linked()) Schedule(now);
}

std::chrono::milliseconds Client::QuietLimit() const {
  return absl::ToChronoMilliseconds(options().ping_interval);
}

void Client::KeepAlive(Clock::time_point now) {
  if (now < last_sent_ + QuietLimit() || pong_due_ != kNever) return;
  outbox_.Append(WebSocketFrame(Opcode::kPing, ""));
  // Of one that is not read its machine alone can say that it is there.
  if (paused_) return;
  pong_due_ = now + absl::ToChronoMilliseconds(options().pong_wait);
}

void Client::Schedule(Clock::time_point now) {
  // A stall may begin at any time; it is looked for often enough.
  auto next = now + absl::ToChronoMilliseconds(options().stall_limit) / 4;
  next = std::min(
      {next, gives_up_, stalls_at_, pong_due_, last_sent_ + QuietLimit()});
  if (serving()) next = std::min(next, deadline());
  TimerWheel::Member::unlink();
  shard_.timers().Add(*this,
                      std::chrono::ceil<std::chrono::milliseconds>(next - now));
}

// ---- Ending.

void Client::Finish(const Ending& ending) {
  if (!serving()) return;
  // In an outage all viewers end at once, and to look up a name takes time:
  // /metrics has how many.
  if (!ending.ok() && spdlog::should_log(spdlog::level::debug)) {
    spdlog::debug("{} {}: closed with {}: {}", socket_.PeerName(), subject(),
                  ending.close_code, ending.message);
  }
  Tell(ending);
}

// Not in the log: it is the affair of all viewers, and there may be many.
void Client::Dismiss(const Ending& ending) {
  if (!serving()) return;
  Tell(ending);
  Pump();
}

void Client::Tell(const Ending& ending) {
  BeginFlushing(Farewell(ending), absl::StrCat(ending.close_code),
                ending.ok() ? "the stream ended" : "told why");
}

std::string Client::Farewell(const Ending& ending) {
  std::string bytes;
  if (!ending.ok()) bytes = WebSocketFrame(Opcode::kText, ending.Json());
  return bytes + WebSocketClose(ending.close_code, ending.message);
}

void Client::BeginFlushing(std::string_view last_bytes, std::string_view close,
                           const char* why) {
  state_ = State::kFlushing;
  ended_ = why;
  outbox_.DropPong();
  outbox_.Append(last_bytes);
  shard_.stats().closes.Add(close);
  Leave(close);
  PauseReading(false);  // its close frame is to be heard
  const auto now = Clock::now();
  gives_up_ = now + absl::ToChronoMilliseconds(options().close_wait);
  Schedule(now);
}

void Client::Flushed() {
  state_ = State::kWaiting;
  if (peer_closed_) return Disconnect(ended_);
  // The client's close frame is still to come, if we can still read it.
  if (!reads_frames_) socket_.ShutdownSend();
}

void Client::Disconnect(const char* why) {
  if (!is_open()) return;
  spdlog::debug("{}: gone after {} s, {} frames: {}", socket_.PeerName(),
                std::chrono::duration_cast<std::chrono::seconds>(Clock::now() -
                                                                 connected_)
                    .count(),
                frames_sent_, why);
  const bool served = serving();
  state_ = State::kWaiting;
  if (served) {
    shard_.stats().closes.Add(kLeft);
    Leave(kLeft);
  }
  TimerWheel::Member::unlink();
  socket_.Close();
  shard_.stats().viewers.fetch_sub(1);
  shard_.Bury(*this);
}

}  // namespace bridge
