// The part of StreamsSocket that writes.

#include <algorithm>
#include <boost/asio/post.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bridge/streams/streams_socket.h"

namespace bridge {
namespace {

// Messages in one write, each of three pieces, of the 64 that one takes.
constexpr size_t kPieces = 3;
constexpr size_t kMaxPlanned = 20;
// What a stream sends before the next has its turn, if that is more than one
// message.
constexpr uint64_t kTurnMessages = 8;
constexpr size_t kTurnBytes = 16 << 10;

iovec Piece(std::string_view bytes) {
  return {const_cast<char*>(bytes.data()), bytes.size()};
}

}  // namespace

void StreamsSocket::OnChange(Stream& stream) {
  MakeDue(stream);
  if (std::exchange(woken_, true)) return;
  boost::asio::post(shard().io(), [weak = std::weak_ptr(self_)] {
    const auto self = weak.lock();
    if (self != nullptr) (*self)->Run();
  });
}

void StreamsSocket::MakeDue(Stream& stream) {
  if (!stream.is_linked()) due_.push_back(stream);
}

void StreamsSocket::Run() {
  woken_ = false;
  if (serving()) Pump();
}

// Leaves in the list who has something to send. One who is told much already
// is told that first: what ends, ends with words of its own.
void StreamsSocket::Prepare() {
  held_ = true;
  for (auto next = due_.begin(); next != due_.end();) {
    if (outbox().own_bytes() > kMaxUntold) return;
    Look(*next++);
  }
  held_ = false;
}

void StreamsSocket::Look(Stream& stream) {
  stream.Update();
  if (stream.TakeOpened()) {
    Tell(stream.id(), "\"opened\":{}");
    stream.Update();
  }
  if (const Ending* ending = stream.ending()) return End(stream, *ending);
  if (stream.sendable() == 0) return stream.unlink();
  const Frame& next = *stream.at(0);
  if (next.json().empty()) End(stream, Ending::From(next.why_not()));
}

// The order here is the order in Taken.
size_t StreamsSocket::Gather(std::span<iovec> pieces) {
  plan_.clear();
  if (held_ || due_.empty()) return 0;
  plan_.reserve(kMaxPlanned);  // the pieces point into it
  for (Stream& stream : due_) stream.gathered = 0;
  for (bool more = true; more;) {
    more = false;
    for (Stream& stream : due_) {
      if (GatherTurn(stream, pieces)) more = true;
    }
  }
  return plan_.size() * kPieces;
}

// Gives whether there was something.
bool StreamsSocket::GatherTurn(Stream& stream, std::span<iovec> pieces) {
  const size_t most = std::min(kMaxPlanned, pieces.size() / kPieces);
  size_t bytes = 0;
  uint64_t count = 0;
  while (plan_.size() < most && stream.gathered < stream.sendable() &&
         count < kTurnMessages && bytes < kTurnBytes) {
    const FramePtr& frame = stream.at(stream.gathered);
    if (frame->json().empty()) break;  // Look tells why
    plan_.push_back({&stream, frame, StreamPrefix(stream.id(), *frame)});
    iovec* const piece = &pieces[(plan_.size() - 1) * kPieces];
    piece[0] = Piece(plan_.back().prefix.text());
    piece[1] = Piece(frame->json());
    piece[2] = Piece(StreamPrefix::kTail);
    bytes += frame->size();
    ++stream.gathered;
    ++count;
  }
  return count > 0;
}

uint64_t StreamsSocket::Taken(size_t bytes) {
  uint64_t begun = 0;
  for (Planned& planned : plan_) {
    if (bytes == 0) break;
    ++begun;
    const std::string_view prefix = planned.prefix.text();
    const std::string_view json = planned.frame->json();
    const size_t size = prefix.size() + json.size() + 1;
    if (bytes < size) {
      const size_t of_json = bytes > prefix.size() ? bytes - prefix.size() : 0;
      outbox().KeepRest(
          planned.frame, json.substr(of_json),
          std::string(prefix.substr(std::min(bytes, prefix.size()))),
          StreamPrefix::kTail);
    }
    bytes -= std::min(bytes, size);
    planned.stream->Sent();
    // Next time it is behind the others.
    planned.stream->unlink();
    due_.push_back(*planned.stream);
  }
  earned_ = std::min(earned_ + begun, kMaxEarned);
  plan_.clear();
  return begun;
}

void StreamsSocket::Settle() {
  plan_.clear();
  if (due_.empty()) plan_.shrink_to_fit();
  if (paused() && outbox().own_bytes() <= kMaxUntold / 2) PauseReading(false);
}

void StreamsSocket::ObserveLag() {
  const auto limit = absl::ToChronoMilliseconds(options().stall_limit);
  const auto now = Clock::now();
  std::vector<Stream*> stalled;
  for (const auto& [id, stream] : streams_) {
    shard().stats().lag.Observe(static_cast<double>(stream->lag()));
    if (stream->HeldUpFor(limit, now)) stalled.push_back(stream.get());
  }
  for (Stream* stream : stalled) {
    shard().stats().refusals.Add("write_timeout");
    End(*stream, Ending::Of(Reason::kTooSlow,
                            "too slow: nothing was granted for a long time, "
                            "and it has an upstream call for itself; open it "
                            "again and resume"));
  }
}

}  // namespace bridge
