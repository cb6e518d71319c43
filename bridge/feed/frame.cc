#include "bridge/feed/frame.h"

namespace bridge {
namespace {

class AsItIs final : public FrameMaker {
 public:
  absl::StatusOr<std::string> ToJson(std::string_view message) const override {
    return std::string(message);
  }
  void CountMade(int64_t) const override {}
};

}  // namespace

std::shared_ptr<const FrameMaker> JsonAsItIs() {
  static const auto& maker =
      *new std::shared_ptr<const FrameMaker>(std::make_shared<AsItIs>());
  return maker;
}

Frame::~Frame() {
  int64_t made = 0;
  for (const auto& framed : framed_) {
    const std::string* bytes = framed.load(std::memory_order_relaxed);
    if (bytes != nullptr) made += static_cast<int64_t>(bytes->size());
    delete bytes;
  }
  if (made > 0) maker_->CountMade(-made);
}

std::string_view Frame::For(Wire wire) const {
  const std::string* framed = framed_[static_cast<size_t>(wire.framing)].load(
      std::memory_order_acquire);
  if (framed == nullptr) {
    absl::MutexLock lock(&mutex_);
    framed = &Make(wire.framing);
  }
  return framed->empty() ? *framed : OnWire(wire, *framed);
}

std::string_view Frame::json() const {
  const std::string_view text_frame = For({Framing::kWebSocket, false});
  return text_frame.empty() ? text_frame : JsonIn(text_frame);
}

absl::Status Frame::why_not() const {
  absl::MutexLock lock(&mutex_);
  return why_not_;
}

const std::string& Frame::Make(Framing framing) const {
  auto& framed = framed_[static_cast<size_t>(framing)];
  const std::string* made = framed.load(std::memory_order_relaxed);
  if (made != nullptr) return *made;
  made = new std::string(Framed(framing));
  maker_->CountMade(static_cast<int64_t>(made->size()));
  framed.store(made, std::memory_order_release);
  return *made;
}

// JSON is made once, for the WebSocket, and stands there for the others.
std::string Frame::Framed(Framing framing) const {
  if (CarriesProto(framing)) return FramedMessage(framing, message_, cursor_);
  if (framing != Framing::kWebSocket) {
    const std::string& text_frame = Make(Framing::kWebSocket);
    return text_frame.empty()
               ? ""
               : FramedMessage(framing, JsonIn(text_frame), cursor_);
  }
  auto json = maker_->ToJson(message_);
  if (json.ok()) return FramedMessage(framing, *json, cursor_);
  why_not_ = json.status();
  return "";
}

}  // namespace bridge
