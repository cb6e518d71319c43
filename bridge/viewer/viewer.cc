#include "bridge/viewer/viewer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bridge/viewer/shard.h"

namespace bridge {
namespace {

namespace net = boost::asio;

// How many pieces one gather write takes.
constexpr size_t kMaxPieces = 64;
// How many reads a viewer gets before others have their turn.
constexpr int kMaxReads = 2;

// What the kernel holds for one that reads slowly; it would hold megabytes.
constexpr int kSendBuffer = 256 << 10;

using NotSentLowWater =
    net::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;

constexpr std::string_view kComment = ":\n\n";

}  // namespace

void Viewer::Start(Shard& shard, Socket socket, std::shared_ptr<Tap> tap,
                   Hello hello) {
  std::string received = std::exchange(hello.received, {});
  std::shared_ptr<Viewer> viewer(
      new Viewer(shard, std::move(socket), std::move(tap), std::move(hello)));
  viewer->WaitReadable();
  viewer->Schedule(viewer->connected_);
  viewer->Pump();
  if (!received.empty()) viewer->Received(received);
}

Viewer::Viewer(Shard& shard, Socket socket, std::shared_ptr<Tap> tap,
               Hello hello)
    : shard_(shard),
      wire_(hello.wire),
      latest_(hello.delivery.latest),
      name_(std::exchange(hello.name, {})),
      connected_(absl::Now()),
      socket_(std::move(socket)),
      place_(shard, *this, std::move(tap), hello.position,
             std::exchange(hello.request, {})),
      last_sent_(connected_) {
  boost::system::error_code ignored;
  socket_.native_non_blocking(true, ignored);
  socket_.set_option(net::ip::tcp::no_delay(true), ignored);
  socket_.set_option(net::socket_base::send_buffer_size(kSendBuffer), ignored);
  if (latest_) {
    // What the kernel has not sent yet is old when it is: let it be nothing.
    socket_.set_option(NotSentLowWater(1), ignored);
  }
  if (hello.delivery.interval > absl::ZeroDuration()) {
    pace_ = std::make_shared<Pace>(shard.io(), hello.delivery.interval,
                                   [this] { Pump(); });
  }
  if (is_websocket()) {
    reader_.emplace(shard.viewer_options().inbound);
    next_ping_ = connected_ + shard.viewer_options().ping_interval;
  } else {
    hello_ = std::make_unique<Hello>(std::move(hello));
  }
  shard_.stats().viewers.fetch_add(1);
}

Viewer::~Viewer() { shard_.stats().viewers.fetch_sub(1); }

// ---- Writing.

void Viewer::OnTap() {
  // Known at once, even while the socket takes nothing.
  if (state_ != State::kServing || in_batch_) return;
  place_.Update();
  SkipOldFrames();
  if (place_.fell_off()) {
    Finish(Ending::Of(Reason::kTooSlow));
  }
  if (!JoinBatch()) Pump();
}

// One that has nothing to send but the newest frames does so with all the
// others.
bool Viewer::JoinBatch() {
  if (state_ != State::kServing || blocked_ || hello_ != nullptr ||
      pace_ != nullptr || place_.ending() != nullptr || !control_.empty() ||
      !pong_.empty() || !partial_rest_.empty()) {
    return false;
  }
  std::string_view bytes = place_.Fresh(wire_);
  if (bytes.empty()) return false;
  in_batch_ = true;
  shard_.batch().Add(*this, socket_.native_handle(), bytes);
  return true;
}

void Viewer::OnSent(ssize_t result) {
  in_batch_ = false;
  if (result < 0 && result != -EAGAIN && result != -EINTR) {
    return Disconnect("the connection broke");
  }
  if (result > 0) Sent(static_cast<size_t>(result));
  if (!partial_rest_.empty() || place_.next() < place_.ring().end()) {
    WaitWritable();
  }
  place_.Sent();
}

void Viewer::Pump() {
  while (socket_.is_open() && !blocked_) {
    Prepare();
    std::array<iovec, kMaxPieces> pieces;
    msghdr message = {};
    message.msg_iov = pieces.data();
    message.msg_iovlen = Gather(pieces);
    if (message.msg_iovlen == 0) break;
    size_t size = 0;
    for (size_t i = 0; i < message.msg_iovlen; ++i) size += pieces[i].iov_len;

    ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN) return Disconnect("the connection broke");
    if (sent > 0) Sent(static_cast<size_t>(sent));
    if (sent < static_cast<ssize_t>(size)) WaitWritable();
  }
  if (!place_.left()) place_.Sent();
  if (state_ == State::kFlushing && !blocked_) Flushed();
}

void Viewer::SkipOldFrames() {
  if (latest_) place_.SkipToNewest();
}

// Decides what comes next besides frames.
void Viewer::Prepare() {
  if (state_ == State::kServing) {
    place_.Update();
    SkipOldFrames();
    const bool more = place_.next() < place_.ring().end();
    const Ending* ending = place_.ending();
    if (hello_ != nullptr && place_.open() && (ending == nullptr || more)) {
      control_ += std::exchange(hello_, nullptr)->header;
    }
    // The last frame of all waits for nothing.
    held_ = pace_ != nullptr && more && ending == nullptr && !pace_->MayPass();
    if (!more && ending != nullptr) Finish(*ending);
  }
  if (control_.empty()) control_ = std::exchange(pong_, {});
}

// The order here is the order in Sent.
size_t Viewer::Gather(std::span<iovec> pieces) const {
  size_t count = 0;
  auto add = [&](std::string_view bytes) {
    pieces[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
  };
  if (!partial_rest_.empty()) add(partial_rest_);
  if (!control_.empty()) {
    add(std::string_view(control_).substr(control_sent_));
  }
  if (state_ != State::kServing || hello_ != nullptr || held_) return count;
  const Ring& ring = place_.ring();
  for (uint64_t next = place_.next();
       next < ring.end() && count < pieces.size(); ++next) {
    add(ring.at(next)->For(wire_));
  }
  return count;
}

void Viewer::Sent(size_t bytes) {
  auto take = [&bytes](size_t available) {
    size_t taken = std::min(bytes, available);
    bytes -= taken;
    return taken;
  };
  partial_rest_.remove_prefix(take(partial_rest_.size()));
  if (partial_rest_.empty()) partial_.reset();
  control_sent_ += take(control_.size() - control_sent_);
  if (control_sent_ == control_.size()) {
    control_.clear();
    control_sent_ = 0;
  }
  uint64_t begun = 0;
  while (bytes > 0) {
    const FramePtr& frame = place_.ring().at(place_.next() + begun++);
    std::string_view on_wire = frame->For(wire_);
    size_t taken = take(on_wire.size());
    if (taken == on_wire.size()) continue;
    partial_ = frame;
    partial_rest_ = on_wire.substr(taken);
  }
  if (begun > 0) {
    place_.Advance(begun);
    if (pace_ != nullptr) pace_->Passed();
  }
  frames_sent_ += begun;
  shard_.stats().frames_sent.fetch_add(static_cast<int64_t>(begun),
                                       std::memory_order_relaxed);
  last_sent_ = absl::Now();
  stalls_at_ = absl::InfiniteFuture();
}

void Viewer::WaitWritable() {
  blocked_ = true;
  stalls_at_ =
      std::min(stalls_at_, absl::Now() + shard_.viewer_options().stall_limit);
  socket_.async_wait(Socket::wait_write,
                     [self = shared_from_this()](auto error) {
                       if (error) return;
                       self->blocked_ = false;
                       self->Pump();
                     });
}

// ---- Reading.

void Viewer::WaitReadable() {
  socket_.async_wait(Socket::wait_read,
                     [self = shared_from_this()](auto error) {
                       if (!error) self->OnReadable();
                     });
}

void Viewer::OnReadable() {
  std::span<char> room = shard_.scratch();
  for (int reads = 0; reads < kMaxReads; ++reads) {
    ssize_t size = ::recv(socket_.native_handle(), room.data(), room.size(), 0);
    if (size == 0) return Disconnect("the client left");
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) break;
    if (size < 0) return Disconnect("the connection broke");
    Received({room.data(), static_cast<size_t>(size)});
    if (!socket_.is_open()) return;
  }
  WaitReadable();
}

// Over HTTP nothing more is expected, and what comes is dropped; so it is after
// a frame that broke a rule.
void Viewer::Received(std::string_view bytes) {
  if (!reader_.has_value()) return;
  std::optional<Reason> broken = reader_->Read(bytes, *this);
  if (broken.has_value()) {
    reader_.reset();
    Finish(Ending::Of(*broken));
  }
  Pump();
}

void Viewer::OnPing(std::string_view payload) {
  if (state_ != State::kServing) return;
  // RFC 6455, section 5.5.3: only the latest ping needs an answer. So a client
  // that pings and never reads costs one pong.
  pong_ = WebSocketFrame(Opcode::kPong, payload);
}

void Viewer::OnPong() {
  pong_due_ = absl::InfiniteFuture();
  next_ping_ = absl::Now() + shard_.viewer_options().ping_interval;
}

void Viewer::OnClose(uint16_t code) {
  constexpr uint16_t kNoStatus = 1005;
  peer_closed_ = true;
  if (state_ == State::kWaiting) return Disconnect("closed");
  if (state_ == State::kFlushing) return;  // our own close frame is on its way
  BeginFlushing(code == kNoStatus ? WebSocketFrame(Opcode::kClose, "")
                                  : WebSocketClose(code, ""),
                "the client closed");
}

// ---- Time.

void Viewer::OnDue() {
  if (!socket_.is_open()) return;
  absl::Time now = absl::Now();
  if (now >= gives_up_) return Disconnect(ended_);
  if (state_ == State::kServing) {
    if (now >= stalls_at_) {
      Finish(Ending::Of(Reason::kStalled));
    } else if (now >= pong_due_) {
      Finish(Ending::Of(Reason::kNoPong));
    } else if (!blocked_ && hello_ == nullptr) {
      KeepAlive(now);
    }
    Pump();
  }
  if (socket_.is_open() && !TimerWheel::Member::is_linked()) Schedule(now);
}

void Viewer::KeepAlive(absl::Time now) {
  const ViewerOptions& options = shard_.viewer_options();
  if (now >= next_ping_) {
    control_ += WebSocketFrame(Opcode::kPing, "");
    next_ping_ = absl::InfiniteFuture();
    pong_due_ = now + options.pong_wait;
  }
  if (wire_.framing == Framing::kEventStream &&
      now >= last_sent_ + options.comment_interval) {
    control_ += wire_.chunked ? HttpChunk(kComment) : std::string(kComment);
  }
}

void Viewer::Schedule(absl::Time now) {
  const ViewerOptions& options = shard_.viewer_options();
  // A stall may begin at any time; it is looked for often enough.
  absl::Time next = now + options.stall_limit / 4;
  next = std::min({next, gives_up_, stalls_at_, pong_due_, next_ping_});
  if (wire_.framing == Framing::kEventStream) {
    next = std::min(next, last_sent_ + options.comment_interval);
  }
  TimerWheel::Member::unlink();
  shard_.timers().Add(*this, absl::ToChronoMilliseconds(next - now));
}

// ---- Ending.

void Viewer::Finish(const Ending& ending) {
  if (state_ != State::kServing) return;
  if (!ending.ok()) {
    spdlog::info("{}: closed with {}: {}", name_, ending.close_code,
                 ending.message);
  }
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

void Viewer::BeginFlushing(std::string last_bytes, std::string why) {
  state_ = State::kFlushing;
  ended_ = std::move(why);
  control_ += last_bytes;
  pong_.clear();
  place_.Leave();
  absl::Time now = absl::Now();
  gives_up_ = now + shard_.viewer_options().close_wait;
  Schedule(now);
}

void Viewer::Flushed() {
  state_ = State::kWaiting;
  if (peer_closed_) return Disconnect(ended_);
  // The client's close frame is still to come, if we can still read it.
  if (reader_.has_value()) return;
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Viewer::Disconnect(std::string_view why) {
  spdlog::debug("{}: gone after {}, {} frames: {}", name_,
                absl::FormatDuration(absl::Now() - connected_), frames_sent_,
                std::string(why));
  state_ = State::kWaiting;
  TimerWheel::Member::unlink();
  if (!place_.left()) place_.Leave();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace bridge
