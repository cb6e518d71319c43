#include "bridge/viewer/outbox.h"

#include <algorithm>
#include <utility>

namespace bridge {
namespace {

// Counts as sent what is left of `text` from `sent` on, as far as `bytes` go.
void Take(std::string* text, size_t* sent, size_t* bytes) {
  const size_t taken = std::min(*bytes, text->size() - *sent);
  *sent += taken;
  *bytes -= taken;
  if (*sent < text->size()) return;
  text->clear();
  *sent = 0;
}

void Take(std::string_view* text, size_t* bytes) {
  const size_t taken = std::min(*bytes, text->size());
  text->remove_prefix(taken);
  *bytes -= taken;
}

}  // namespace

void Outbox::KeepRest(FramePtr frame, std::string_view rest, std::string head,
                      std::string_view tail) {
  parts().head = std::move(head);
  parts().frame = std::move(frame);
  parts().rest = rest;
  parts().tail = tail;
}

void Outbox::Append(std::string_view bytes) {
  if (!bytes.empty()) parts().own.append(bytes);
}

void Outbox::SetPong(std::string frame) { parts().pong = std::move(frame); }

void Outbox::DropPong() {
  if (empty()) return;
  parts_->pong.clear();
  FreeIfEmpty();
}

size_t Outbox::Gather(std::span<iovec> pieces) {
  if (empty()) return 0;
  Parts& parts = *parts_;
  if (parts.own.empty()) parts.own = std::exchange(parts.pong, {});
  size_t count = 0;
  auto add = [&](std::string_view bytes) {
    if (bytes.empty()) return;
    pieces[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
  };
  add(std::string_view(parts.head).substr(parts.head_sent));
  add(parts.rest);
  add(parts.tail);
  add(std::string_view(parts.own).substr(parts.own_sent));
  return count;
}

size_t Outbox::Sent(size_t bytes) {
  if (empty()) return bytes;
  Parts& parts = *parts_;
  Take(&parts.head, &parts.head_sent, &bytes);
  Take(&parts.rest, &bytes);
  Take(&parts.tail, &bytes);
  Take(&parts.own, &parts.own_sent, &bytes);
  FreeIfEmpty();
  return bytes;
}

size_t Outbox::own_bytes() const {
  return empty() ? 0 : parts_->own.size() - parts_->own_sent;
}

Outbox::Parts& Outbox::parts() {
  if (parts_ == nullptr) parts_ = std::make_unique<Parts>();
  return *parts_;
}

void Outbox::FreeIfEmpty() {
  if (parts_->head.empty() && parts_->rest.empty() && parts_->tail.empty() &&
      parts_->own.empty() && parts_->pong.empty()) {
    parts_ = nullptr;
  }
}

}  // namespace bridge
