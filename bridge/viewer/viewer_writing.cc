// The part of Viewer that writes.

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "bridge/viewer/shard.h"
#include "bridge/viewer/viewer.h"

namespace bridge {
namespace {

// How many pieces one gather write takes.
constexpr size_t kMaxPieces = 64;

}  // namespace

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
  if (state_ != State::kServing || blocked_ || socket_.encrypts() ||
      hello_ != nullptr || pace_ != nullptr || !outbox_.empty() ||
      place_.ending() != nullptr) {
    return false;
  }
  std::string_view bytes = place_.Fresh(wire_);
  if (bytes.empty()) return false;
  in_batch_ = true;
  shard_.batch().Add(*this, socket_.descriptor(), bytes);
  return true;
}

void Viewer::OnSent(ssize_t result) {
  in_batch_ = false;
  if (result < 0 && result != -EAGAIN && result != -EINTR) {
    return Disconnect("the connection broke");
  }
  if (result > 0) Sent(static_cast<size_t>(result));
  if (!outbox_.empty() || place_.next() < place_.ring().end()) WaitWritable();
  place_.Sent();
}

void Viewer::Pump() {
  while (is_open() && !blocked_) {
    Prepare();
    std::array<iovec, kMaxPieces> room;
    const std::span<const iovec> pieces(room.data(), Gather(room));
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
      outbox_.Append(std::exchange(hello_, nullptr)->header);
    }
    // The last frame of all waits for nothing.
    held_ = pace_ != nullptr && more && ending == nullptr && !pace_->MayPass();
    if (!more && ending != nullptr) Finish(*ending);
  }
}

// The order here is the order in Sent.
size_t Viewer::Gather(std::span<iovec> pieces) {
  size_t count = outbox_.Gather(pieces);
  if (state_ != State::kServing || hello_ != nullptr || held_) return count;
  const Ring& ring = place_.ring();
  for (uint64_t next = place_.next();
       next < ring.end() && count < pieces.size(); ++next) {
    std::string_view bytes = ring.at(next)->For(wire_);
    pieces[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
  }
  return count;
}

void Viewer::Sent(size_t bytes) {
  shard_.stats().bytes_sent.fetch_add(static_cast<int64_t>(bytes),
                                      std::memory_order_relaxed);
  bytes = outbox_.Sent(bytes);
  uint64_t begun = 0;
  while (bytes > 0) {
    const FramePtr& frame = place_.ring().at(place_.next() + begun++);
    std::string_view on_wire = frame->For(wire_);
    if (bytes < on_wire.size()) {
      outbox_.KeepRest(frame, on_wire.substr(bytes));
      break;
    }
    bytes -= on_wire.size();
  }
  if (begun > 0) {
    place_.Advance(begun);
    if (pace_ != nullptr) pace_->Passed();
  }
  frames_sent_ += begun;
  shard_.stats().frames_sent.fetch_add(static_cast<int64_t>(begun),
                                       std::memory_order_relaxed);
  last_sent_ = Clock::now();
  stalls_at_ = kNever;
}

void Viewer::WaitWritable() {
  if (std::exchange(blocked_, true)) return;
  stalls_at_ = std::min(stalls_at_, Clock::now() + absl::ToChronoMilliseconds(
                                                       options().stall_limit));
  shard_.poller().WatchWritable(socket_.descriptor(), *this, true);
}

}  // namespace bridge
