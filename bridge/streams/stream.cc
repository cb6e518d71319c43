#include "bridge/streams/stream.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bridge {
namespace {

// A number as text, without memory of its own.
class Digits {
 public:
  explicit Digits(int64_t value)
      : end_(std::to_chars(text_, text_ + sizeof text_, value).ptr) {}
  std::string_view text() const {
    return {text_, static_cast<size_t>(end_ - text_)};
  }

 private:
  char text_[24];
  char* end_;
};

constexpr std::string_view kId = "{\"id\":";
constexpr std::string_view kCursor = ",\"cursor\":\"";
constexpr std::string_view kMessage = ",\"message\":";

}  // namespace

StreamPrefix::StreamPrefix(uint32_t id, const Frame& frame) {
  const Digits id_digits(id);
  const Digits cursor(frame.cursor().value_or(0));
  size_t payload = kId.size() + id_digits.text().size() + kMessage.size() +
                   frame.json().size() + kTail.size();
  if (frame.cursor().has_value()) {
    payload += kCursor.size() + cursor.text().size() + 1;
  }
  Append(WebSocketHeader(Opcode::kText, payload));
  Append(kId);
  Append(id_digits.text());
  if (frame.cursor().has_value()) {
    Append(kCursor);
    Append(cursor.text());
    Append("\"");
  }
  Append(kMessage);
}

void StreamPrefix::Append(std::string_view text) {
  assert(size_ + text.size() <= sizeof text_);
  std::memcpy(text_ + size_, text.data(), text.size());
  size_ += text.size();
}

Stream::Stream(Shard& shard, uint32_t id, uint32_t window,
               const Delivery& delivery, AddressLimits::Ticket ticket,
               std::function<void(Stream&)> on_change)
    : shard_(shard),
      ticket_(std::move(ticket)),
      id_(id),
      on_change_(std::move(on_change)) {
  if (window > 0) granted_ = window;
  if (delivery.interval > absl::ZeroDuration()) {
    pace_ = std::make_shared<Pace>(shard.io(), delivery.interval,
                                   [this] { OnChange(); });
  }
  shard_.stats().streams.fetch_add(1);
}

Stream::~Stream() { shard_.stats().streams.fetch_sub(1); }

absl::Status Stream::Grant(uint32_t messages) {
  const char* wrong = nullptr;
  if (!granted_.has_value()) {
    wrong = "grant.id: this stream was opened without a window";
  } else if (messages == 0) {
    wrong = "grant.messages: must be 1 or more";
  } else if (*granted_ + messages > kMaxGranted) {
    wrong = "grant.messages: more than 1000000000 would be granted";
  }
  if (wrong != nullptr) return absl::InvalidArgumentError(wrong);
  *granted_ += messages;
  held_up_since_.reset();
  return absl::OkStatus();
}

void Stream::Update() {
  source_->Update();
  sendable_ = std::min(source_->ready(), granted_.value_or(UINT64_MAX));
  if (!told_opened_) sendable_ = 0;
  // The last message of all waits for nothing.
  if (sendable_ > 0 && pace_ != nullptr && source_->ending() == nullptr) {
    sendable_ = pace_->MayPass() ? 1 : 0;
  }
}

bool Stream::TakeOpened() {
  const Ending* const ending = source_->ending();
  const bool begins = source_->open() && (ending == nullptr || ending->ok() ||
                                          source_->ready() > 0);
  return begins && !std::exchange(told_opened_, true);
}

bool Stream::HeldUpFor(std::chrono::milliseconds limit,
                       std::chrono::steady_clock::time_point now) {
  if (granted_ != 0u || !source_->holds_call()) {
    held_up_since_.reset();
    return false;
  }
  if (!held_up_since_.has_value()) held_up_since_ = now;
  return now - *held_up_since_ > limit;
}

const Ending* Stream::ending() const {
  return source_->ready() == 0 ? source_->ending() : nullptr;
}

void Stream::Sent() {
  source_->Advance(1);
  --sendable_;
  if (granted_.has_value()) --*granted_;
  if (pace_ != nullptr) pace_->Passed();
}

}  // namespace bridge
