#include "bridge/viewer/viewer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "bridge/viewer/shard.h"

namespace bridge {
namespace {

// Longer than anything that is waited for.
constexpr absl::Duration kForever = absl::Hours(24 * 365);

constexpr std::string_view kComment = ":\n\n";

// What the kernel has not sent yet is old when it is: let it be nothing.
void HoldNothingBack(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &on, sizeof on);
}

}  // namespace

void Viewer::Start(Shard& shard, Arrival arrival, std::shared_ptr<Tap> tap,
                   Hello hello) {
  std::string received = std::exchange(arrival.received, {});
  Begin(std::unique_ptr<Viewer>(new Viewer(shard, std::move(arrival),
                                           std::move(tap), std::move(hello))),
        std::move(received));
}

Viewer::Viewer(Shard& shard, Arrival arrival, std::shared_ptr<Tap> tap,
               Hello hello)
    : Client(shard, std::move(arrival),
             /*reads_frames=*/IsWebSocket(hello.wire.framing)),
      wire_(hello.wire),
      latest_(hello.delivery.latest),
      place_(shard, *this, std::move(tap), hello.position,
             std::exchange(hello.request, {}), std::exchange(hello.client, {})),
      deadline_(hello.deadline) {
  if (latest_) HoldNothingBack(socket().descriptor());
  if (hello.delivery.interval > absl::ZeroDuration()) {
    pace_ = std::make_shared<Pace>(shard.io(), hello.delivery.interval,
                                   [this] { Pump(); });
  }
  if (!is_websocket()) hello_ = std::make_unique<Hello>(std::move(hello));
}

// ---- Writing.

void Viewer::OnTap() {
  // Known at once, even while the socket takes nothing.
  if (!serving() || in_batch_) return;
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
  if (!serving() || blocked() || socket().encrypts() || hello_ != nullptr ||
      pace_ != nullptr || !outbox().empty() || place_.ending() != nullptr) {
    return false;
  }
  std::string_view bytes = place_.Fresh(wire_);
  if (bytes.empty()) return false;
  in_batch_ = true;
  shard().batch().Add(*this, socket().descriptor(), bytes);
  return true;
}

void Viewer::OnSent(ssize_t result) {
  in_batch_ = false;
  if (result < 0 && result != -EAGAIN && result != -EINTR) {
    return Disconnect("the connection broke");
  }
  if (result > 0) Sent(static_cast<size_t>(result));
  if (!outbox().empty() || place_.next() < place_.ring().end()) WaitWritable();
  place_.Sent();
}

void Viewer::SkipOldFrames() {
  if (latest_) place_.SkipToNewest();
}

// Decides what comes next besides frames.
void Viewer::Prepare() {
  place_.Update();
  SkipOldFrames();
  const bool more = place_.next() < place_.ring().end();
  const Ending* ending = place_.ending();
  if (more) {
    const Frame& frame = *place_.ring().at(place_.next());
    if (frame.For(wire_).empty()) {
      return Finish(Ending::From(frame.why_not()));
    }
  }
  if (hello_ != nullptr && place_.open() && (ending == nullptr || more)) {
    outbox().Append(std::exchange(hello_, nullptr)->header);
  }
  // The last frame of all waits for nothing.
  held_ = pace_ != nullptr && more && ending == nullptr && !pace_->MayPass();
  if (!more && ending != nullptr) Finish(*ending);
}

// The order here is the order in Taken.
size_t Viewer::Gather(std::span<iovec> pieces) {
  if (hello_ != nullptr || held_) return 0;
  const Ring& ring = place_.ring();
  size_t count = 0;
  for (uint64_t next = place_.next();
       next < ring.end() && count < pieces.size(); ++next) {
    std::string_view bytes = ring.at(next)->For(wire_);
    if (bytes.empty()) break;  // Prepare tells why
    pieces[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
  }
  return count;
}

uint64_t Viewer::Taken(size_t bytes) {
  uint64_t begun = 0;
  while (bytes > 0) {
    const FramePtr& frame = place_.ring().at(place_.next() + begun++);
    std::string_view on_wire = frame->For(wire_);
    if (bytes < on_wire.size()) {
      outbox().KeepRest(frame, on_wire.substr(bytes));
      break;
    }
    bytes -= on_wire.size();
  }
  place_.Advance(begun);
  if (pace_ != nullptr) pace_->Passed();
  return begun;
}

// ---- Time.

void Viewer::ObserveLag() {
  shard().stats().lag.Observe(
      static_cast<double>(place_.ring().end() - place_.next()));
}

std::chrono::milliseconds Viewer::QuietLimit() const {
  if (is_websocket()) return Client::QuietLimit();
  return absl::ToChronoMilliseconds(wire_.framing == Framing::kEventStream
                                        ? options().comment_interval
                                        : kForever);
}

void Viewer::KeepAlive(Clock::time_point now) {
  if (is_websocket()) return Client::KeepAlive(now);
  if (hello_ != nullptr || now < last_sent() + QuietLimit()) return;
  outbox().Append(wire_.chunked ? HttpChunk(kComment) : std::string(kComment));
}

// ---- Ending.

std::string Viewer::Farewell(const Ending& ending) {
  std::unique_ptr<Hello> hello = std::move(hello_);
  if (hello == nullptr) return FramedEnd(wire_, ending);
  if (!ending.ok() && hello->refuse) return hello->refuse(ending);
  return hello->header + FramedEnd(wire_, ending);
}

void Viewer::Leave(std::string_view /*close*/) {
  place_.Leave(IsOfCall(wire_.framing));
}

}  // namespace bridge
