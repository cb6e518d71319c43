#include "bridge/viewer/viewer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bridge/viewer/shard.h"

namespace bridge {
namespace {

// How many seconds' worth of frames a client may send at once.
constexpr uint64_t kBurstSeconds = 5;
// How many reads a viewer gets before others have their turn.
constexpr int kMaxReads = 2;

// Longer than anything that is waited for.
constexpr absl::Duration kForever = absl::Hours(24 * 365);

constexpr std::string_view kComment = ":\n\n";

// Where the client ends it, in Stats::closes.
constexpr std::string_view kLeft = "left";

// What the kernel has not sent yet is old when it is: let it be nothing.
void HoldNothingBack(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &on, sizeof on);
}

}  // namespace

void Viewer::Start(Shard& shard, Socket socket, std::shared_ptr<Tap> tap,
                   Hello hello) {
  boost::system::error_code ignored;
  socket.native_non_blocking(true, ignored);
  std::string received = std::exchange(hello.received, {});
  auto owned = std::unique_ptr<Viewer>(new Viewer(
      shard, socket.native_handle(), std::move(tap), std::move(hello)));
  socket.release(ignored);  // it has an owner now
  Viewer& viewer = *owned;
  shard.Keep(std::move(owned));
  if (!shard.poller().Add(viewer.socket_.descriptor(), viewer)) {
    return viewer.Disconnect("the kernel has no room for it");
  }
  viewer.Schedule(viewer.connected_);
  viewer.Pump();
  if (!received.empty() && viewer.is_open()) {
    viewer.Count(viewer.Received(received));
  }
}

Viewer::Viewer(Shard& shard, int descriptor, std::shared_ptr<Tap> tap,
               Hello hello)
    : shard_(shard),
      ticket_(std::move(hello.ticket)),
      socket_(descriptor, std::move(hello.tls)),
      wire_(hello.wire),
      latest_(hello.delivery.latest),
      reads_frames_(is_websocket()),
      place_(shard, *this, std::move(tap), hello.position,
             std::exchange(hello.request, {}), std::exchange(hello.client, {})),
      connected_(Clock::now()),
      last_sent_(connected_) {
  SetUpClientSocket(descriptor, options().stall_limit);
  if (latest_) HoldNothingBack(descriptor);
  if (hello.delivery.interval > absl::ZeroDuration()) {
    pace_ = std::make_shared<Pace>(shard.io(), hello.delivery.interval,
                                   [this] { Pump(); });
  }
  if (!is_websocket()) hello_ = std::make_unique<Hello>(std::move(hello));
  shard_.stats().viewers.fetch_add(1);
}

Viewer::~Viewer() {
  if (is_open()) shard_.stats().viewers.fetch_sub(1);
}

const ViewerOptions& Viewer::options() const { return shard_.viewer_options(); }

// ---- Reading.

void Viewer::OnReady(bool readable, bool writable) {
  if (writable && blocked_) {
    blocked_ = false;
    shard_.poller().WatchWritable(socket_.descriptor(), *this, false);
    Pump();
  }
  if (readable && is_open()) OnReadable();
}

void Viewer::OnReadable() {
  uint64_t frames = 0;
  const auto take = [&](std::string_view bytes) {
    if (is_open()) frames += Received(bytes);
  };
  for (int reads = 0; reads < kMaxReads; ++reads) {
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

// Over HTTP nothing more is expected, and what comes is dropped; so it is after
// a frame that broke a rule.
uint64_t Viewer::Received(std::string_view bytes) {
  if (!reads_frames_) return 0;
  if (reader_ == nullptr) {
    reader_ = std::make_unique<WebSocketReader>(options().inbound);
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

void Viewer::Count(uint64_t pieces) {
  const uint32_t rate = options().inbound_rate;
  const uint64_t burst = kBurstSeconds * rate;
  if (!is_open() || allowance_.Take(pieces, rate, burst, Clock::now())) return;
  if (state_ != State::kServing) return Disconnect("it went on sending");
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

void Viewer::OnPing(std::string_view payload) {
  if (state_ != State::kServing) return;
  // RFC 6455, section 5.5.3: only the latest ping needs an answer. So a client
  // that pings and never reads costs one pong.
  outbox_.SetPong(WebSocketFrame(Opcode::kPong, payload));
}

void Viewer::OnPong() { pong_due_ = kNever; }

void Viewer::OnClose(uint16_t code) {
  constexpr uint16_t kNoStatus = 1005;
  peer_closed_ = true;
  if (state_ == State::kWaiting) return Disconnect("closed");
  if (state_ == State::kFlushing) return;  // our own close frame is on its way
  shard_.stats().closes.Add(kLeft);
  BeginFlushing(code == kNoStatus ? WebSocketFrame(Opcode::kClose, "")
                                  : WebSocketClose(code, ""),
                "the client closed");
}

// ---- Time.

void Viewer::OnDue() {
  if (!is_open()) return;
  const auto now = Clock::now();
  if (now >= gives_up_) return Disconnect(ended_);
  if (state_ == State::kServing) {
    shard_.stats().lag.Observe(
        static_cast<double>(place_.ring().end() - place_.next()));
    if (now >= stalls_at_) {
      shard_.stats().refusals.Add("write_timeout");
      Finish(Ending::Of(Reason::kStalled));
    } else if (now >= pong_due_) {
      Finish(Ending::Of(Reason::kNoPong));
    } else if (!blocked_ && hello_ == nullptr) {
      KeepAlive(now);
    }
    Pump();
  }
  if (is_open() && !TimerWheel::Member::is_linked()) Schedule(now);
}

// How long it may hear nothing.
std::chrono::milliseconds Viewer::QuietLimit() const {
  if (is_websocket()) {
    return absl::ToChronoMilliseconds(options().ping_interval);
  }
  return absl::ToChronoMilliseconds(wire_.framing == Framing::kEventStream
                                        ? options().comment_interval
                                        : kForever);
}

void Viewer::KeepAlive(Clock::time_point now) {
  if (now < last_sent_ + QuietLimit() || pong_due_ != kNever) return;
  if (is_websocket()) {
    outbox_.Append(WebSocketFrame(Opcode::kPing, ""));
    pong_due_ = now + absl::ToChronoMilliseconds(options().pong_wait);
  } else {
    outbox_.Append(wire_.chunked ? HttpChunk(kComment) : std::string(kComment));
  }
}

void Viewer::Schedule(Clock::time_point now) {
  // A stall may begin at any time; it is looked for often enough.
  auto next = now + absl::ToChronoMilliseconds(options().stall_limit) / 4;
  next = std::min(
      {next, gives_up_, stalls_at_, pong_due_, last_sent_ + QuietLimit()});
  TimerWheel::Member::unlink();
  shard_.timers().Add(*this,
                      std::chrono::ceil<std::chrono::milliseconds>(next - now));
}

// ---- Ending.

void Viewer::Finish(const Ending& ending) {
  if (state_ != State::kServing) return;
  // In an outage all viewers end at once, and to look up a name takes time:
  // /metrics has how many.
  if (!ending.ok() && spdlog::should_log(spdlog::level::debug)) {
    spdlog::debug("{} {}: closed with {}: {}", socket_.PeerName(),
                  place_.method(), ending.close_code, ending.message);
  }
  Tell(ending);
}

// Not in the log: it is the affair of all viewers, and there may be many.
void Viewer::Dismiss(const Ending& ending) {
  if (state_ != State::kServing) return;
  Tell(ending);
  Pump();
}

void Viewer::Tell(const Ending& ending) {
  shard_.stats().closes.Add(absl::StrCat(ending.close_code));
  BeginFlushing(Farewell(ending),
                ending.ok() ? "the stream ended" : "told why");
}

// The last bytes: the error, if it is one, and the end as the wire says it.
std::string Viewer::Farewell(const Ending& ending) {
  std::unique_ptr<Hello> hello = std::move(hello_);
  if (hello != nullptr && !ending.ok()) return hello->refuse(ending);
  std::string bytes = hello != nullptr ? hello->header : "";
  if (!ending.ok()) {
    bytes += OnWire(wire_, FramedMessage(wire_.framing, ending.Json()));
  }
  if (is_websocket()) {
    return bytes + WebSocketClose(ending.close_code, ending.message);
  }
  return wire_.chunked ? bytes.append(kLastHttpChunk) : bytes;
}

void Viewer::BeginFlushing(std::string_view last_bytes, const char* why) {
  state_ = State::kFlushing;
  ended_ = why;
  outbox_.DropPong();
  outbox_.Append(last_bytes);
  place_.Leave();
  const auto now = Clock::now();
  gives_up_ = now + absl::ToChronoMilliseconds(options().close_wait);
  Schedule(now);
}

void Viewer::Flushed() {
  state_ = State::kWaiting;
  if (peer_closed_) return Disconnect(ended_);
  // The client's close frame is still to come, if we can still read it.
  if (!reads_frames_) socket_.ShutdownSend();
}

void Viewer::Disconnect(const char* why) {
  if (!is_open()) return;
  spdlog::debug("{}: gone after {} s, {} frames: {}", socket_.PeerName(),
                std::chrono::duration_cast<std::chrono::seconds>(Clock::now() -
                                                                 connected_)
                    .count(),
                frames_sent_, why);
  if (state_ == State::kServing) shard_.stats().closes.Add(kLeft);
  state_ = State::kWaiting;
  TimerWheel::Member::unlink();
  if (!place_.left()) place_.Leave();
  socket_.Close();
  shard_.stats().viewers.fetch_sub(1);
  shard_.Bury(*this);
}

}  // namespace bridge
