#include "bridge/dialogue/dialogue.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bridge/transcode/request.h"
#include "bridge/viewer/shard.h"

namespace bridge {
namespace {

constexpr Wire kTextFrame = {Framing::kWebSocket, /*chunked=*/false};

}  // namespace

void Dialogue::Start(Shard& shard, Arrival arrival, Caller* caller,
                     Hello hello) {
  std::string received = std::exchange(arrival.received, {});
  Begin(std::unique_ptr<Dialogue>(
            new Dialogue(shard, std::move(arrival), caller, std::move(hello))),
        std::move(received));
}

Dialogue::Dialogue(Shard& shard, Arrival arrival, Caller* caller, Hello hello)
    : Client(shard, std::move(arrival), /*reads_frames=*/true),
      hello_(std::move(hello)),
      share_(&shard.stats().buffered_bytes, hello_.max_buffered_bytes) {
  const Method& method = *hello_.route.method;
  talk_ = Talk::Start(shard.io(), &shard.stats(), caller,
                      {method.path, hello_.metadata, std::nullopt},
                      hello_.catalog, method, this);
}

// ---- What the client says.

void Dialogue::OnText(std::string_view piece) {
  heard_bytes_ += piece.size();
  if (!serving() || deaf_) return;
  incoming_.append(piece);
  if (Hold()) return;
  Finish(Ending::From(absl::UnavailableError(
      "what is being sent takes too much memory; try again")));
}

bool Dialogue::Hold() {
  const size_t size =
      incoming_.size() + waiting_bytes_ + writing_bytes_ + outgoing_bytes_;
  if (share_.Hold(static_cast<int64_t>(size))) return true;
  shard().stats().refusals.Add("buffered_bytes");
  return false;
}

void Dialogue::OnTextEnd() {
  ++heard_;
  if (!serving() || deaf_) return;
  std::string json = std::exchange(incoming_, {});
  if (no_more_) {
    return Finish(Ending::From(absl::InvalidArgumentError(
        "a message came behind the empty one, which was to be the last")));
  }
  if (json.empty()) {
    no_more_ = true;
  } else {
    waiting_bytes_ += json.size();
    waiting_.push_back(std::move(json));
  }
  SendOn();
}

// Sends the next message on, if it can be; reads on when none waits.
void Dialogue::SendOn() {
  if (!writing_ && !waiting_.empty()) {
    const std::string json = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= json.size();
    ++taken_;
    auto message = MessageOf(json);
    if (!message.ok()) {
      return Finish(Ending::From(absl::InvalidArgumentError(absl::StrCat(
          "message ", taken_, ": ", std::string(message.status().message()),
          taken_ > 1 ? " (those before it were sent on)" : ""))));
    }
    writing_ = true;
    writing_bytes_ = message->size();
    if (!Hold()) {
      return Finish(Ending::From(absl::UnavailableError(
          "what is being sent takes too much memory; try again")));
    }
    talk_->Write(*message);
  }
  if (!writing_ && waiting_.empty() && no_more_ &&
      !std::exchange(told_no_more_, true)) {
    talk_->WritesDone();
  }
  PauseReading(!waiting_.empty());
}

absl::StatusOr<std::string> Dialogue::MessageOf(std::string_view json) const {
  auto message =
      MessageFromBody(hello_.catalog->codec(), hello_.route.method->input(),
                      hello_.route.body, json);
  if (!message.ok()) return message.status();
  // What stands later wins: the path over the message.
  return *message + hello_.message;
}

// Messages wait for the upstream, and need no other bound; nor do pieces of
// them, unless they are tiny.
uint64_t Dialogue::Counted(uint64_t frames) {
  const uint64_t bytes = std::exchange(heard_bytes_, 0);
  const bool only_piece = bytes > 0 && frames == 1;
  const uint64_t heard = std::exchange(heard_, 0) + bytes / kTinyPieceBytes;
  return only_piece ? 0 : frames - std::min(frames, heard);
}

// ---- What the upstream says.

void Dialogue::OnWritten(bool ok) {
  writing_ = false;
  writing_bytes_ = 0;
  if (!ok) {
    // What comes now is for nobody; why, the end says.
    deaf_ = true;
    incoming_ = {};
    waiting_.clear();
    waiting_bytes_ = 0;
    share_.Hold(0);
    return PauseReading(false);
  }
  SendOn();
  Pump();
}

void Dialogue::OnFrame(FramePtr frame) {
  reading_ = false;
  outgoing_ = std::move(frame);
  outgoing_bytes_ = outgoing_->size() + outgoing_->For(kTextFrame).size();
  if (serving() && !Hold()) {
    Finish(Ending::From(absl::UnavailableError(
        "the answers that are being sent take too much memory; try again")));
  }
  Pump();
}

void Dialogue::OnEnd(const Ending& ending) {
  if (!ending_.has_value()) ending_ = ending;
  Pump();
}

// ---- What the client is told.

void Dialogue::Prepare() {
  if (outgoing_ == nullptr && ending_.has_value()) Finish(*ending_);
}

size_t Dialogue::Gather(std::span<iovec> pieces) {
  if (outgoing_ == nullptr) return 0;
  const std::string_view bytes = outgoing_->For(kTextFrame);
  pieces[0] = {const_cast<char*>(bytes.data()), bytes.size()};
  return 1;
}

uint64_t Dialogue::Taken(size_t bytes) {
  const std::string_view on_wire = outgoing_->For(kTextFrame);
  if (bytes < on_wire.size()) {
    outbox().KeepRest(outgoing_, on_wire.substr(bytes));
  }
  outgoing_ = nullptr;
  return 1;
}

// The next is asked for when the last has left.
void Dialogue::Settle() {
  if (reading_ || blocked() || outgoing_ != nullptr || !outbox().empty() ||
      ending_.has_value()) {
    return;
  }
  outgoing_bytes_ = 0;
  Hold();
  reading_ = true;
  talk_->Read();
}

void Dialogue::Leave(std::string_view /*close*/) {
  talk_->Leave();
  outgoing_ = nullptr;
  outgoing_bytes_ = 0;
  writing_bytes_ = 0;
  incoming_ = {};
  waiting_.clear();
  waiting_bytes_ = 0;
  share_.Hold(0);
}

}  // namespace bridge
