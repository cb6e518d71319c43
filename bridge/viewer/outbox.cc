#include "bridge/viewer/outbox.h"

#include <algorithm>
#include <utility>

namespace bridge {

void Outbox::KeepRest(FramePtr frame, std::string_view rest) {
  parts().frame = std::move(frame);
  parts().rest = rest;
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
  add(parts.rest);
  add(std::string_view(parts.own).substr(parts.own_sent));
  return count;
}

size_t Outbox::Sent(size_t bytes) {
  if (empty()) return bytes;
  Parts& parts = *parts_;
  size_t taken = std::min(bytes, parts.rest.size());
  parts.rest.remove_prefix(taken);
  bytes -= taken;
  taken = std::min(bytes, parts.own.size() - parts.own_sent);
  parts.own_sent += taken;
  bytes -= taken;
  if (parts.own_sent == parts.own.size()) {
    parts.own.clear();
    parts.own_sent = 0;
  }
  FreeIfEmpty();
  return bytes;
}

Outbox::Parts& Outbox::parts() {
  if (parts_ == nullptr) parts_ = std::make_unique<Parts>();
  return *parts_;
}

void Outbox::FreeIfEmpty() {
  if (parts_->rest.empty() && parts_->own.empty() && parts_->pong.empty()) {
    parts_ = nullptr;
  }
}

}  // namespace bridge
