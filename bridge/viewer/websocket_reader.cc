#include "bridge/viewer/websocket_reader.h"

#include <algorithm>

namespace bridge {
namespace {

constexpr uint16_t kNoStatus = 1005;

// Which codes may stand in a close frame: RFC 6455, section 7.4, and IANA's
// registry.
bool IsValidCloseCode(uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

uint64_t BigEndian(const uint8_t* bytes, size_t count) {
  uint64_t value = 0;
  for (size_t i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

// The bytes of the length field that follows the first two bytes.
size_t LengthBytes(uint8_t second_byte) {
  switch (second_byte & 0x7F) {
    case 126:
      return 2;
    case 127:
      return 8;
    default:
      return 0;
  }
}

}  // namespace

std::optional<Reason> WebSocketReader::Read(std::string_view bytes,
                                            Listener& listener) {
  while (state_ != State::kClosed) {
    if (state_ == State::kHeader) {
      if (bytes.empty()) return std::nullopt;
      header_[header_size_++] = static_cast<uint8_t>(bytes[0]);
      bytes.remove_prefix(1);
      if (auto reason = ReadHeader()) return reason;
      continue;
    }
    size_t size =
        std::min<uint64_t>(bytes.size(), payload_size_ - payload_read_);
    if (auto reason = ReadPayload(bytes.substr(0, size), listener))
      return reason;
    bytes.remove_prefix(size);
    if (payload_read_ < payload_size_) return std::nullopt;
    if (auto reason = EndFrame(listener)) return reason;
  }
  return std::nullopt;
}

// Looks at the header as far as it is here, so that a wrong one is refused at
// the first wrong byte.
std::optional<Reason> WebSocketReader::ReadHeader() {
  if (header_size_ == 1) {
    bool reserved_bits = header_[0] & 0x70;
    if (reserved_bits) return Reason::kProtocolError;
    opcode_ = static_cast<Opcode>(header_[0] & 0x0F);
    return CheckOpcode(header_[0] & 0x80);
  }
  bool masked = header_[1] & 0x80;
  if (!masked) return Reason::kProtocolError;
  size_t length_bytes = LengthBytes(header_[1]);
  if (is_control() && length_bytes > 0) return Reason::kProtocolError;
  if (header_size_ < 2 + length_bytes + mask_.size()) return std::nullopt;

  payload_size_ = length_bytes == 0 ? header_[1] & 0x7F
                                    : BigEndian(&header_[2], length_bytes);
  bool shortest =
      length_bytes == 0 || payload_size_ > (length_bytes == 2 ? 125 : 65535);
  if (!shortest || payload_size_ >> 63) return Reason::kProtocolError;
  if (!is_control()) {
    if (payload_size_ > limits_.message_bytes - message_size_) {
      return Reason::kTooBig;
    }
    message_size_ += payload_size_;
  }
  std::copy_n(&header_[2 + length_bytes], mask_.size(), mask_.begin());
  header_size_ = 0;
  payload_read_ = 0;
  state_ = State::kPayload;
  return std::nullopt;
}

std::optional<Reason> WebSocketReader::CheckOpcode(bool fin) {
  fin_ = fin;
  switch (opcode_) {
    case Opcode::kBinary:
      return in_message_ ? Reason::kProtocolError : Reason::kNotText;
    case Opcode::kText:
      if (in_message_) return Reason::kProtocolError;
      text_ = Utf8Validator();
      message_size_ = 0;
      return std::nullopt;
    case Opcode::kContinuation:
      if (!in_message_) return Reason::kProtocolError;
      return std::nullopt;
    case Opcode::kClose:
    case Opcode::kPing:
    case Opcode::kPong:
      if (!fin) return Reason::kProtocolError;
      return std::nullopt;
  }
  return Reason::kProtocolError;
}

std::optional<Reason> WebSocketReader::ReadPayload(std::string_view bytes,
                                                   Listener& listener) {
  std::array<char, 512> room;
  while (!bytes.empty()) {
    const size_t size = std::min(bytes.size(), room.size());
    for (size_t i = 0; i < size; ++i) {
      room[i] = static_cast<char>(bytes[i] ^
                                  mask_[(payload_read_ + i) % mask_.size()]);
    }
    const std::string_view plain(room.data(), size);
    if (is_control()) {
      std::copy_n(plain.data(), size, control_.data() + payload_read_);
    } else if (!text_.Add(plain)) {
      return Reason::kBadUtf8;
    } else {
      listener.OnText(plain);
    }
    payload_read_ += size;
    bytes.remove_prefix(size);
  }
  return std::nullopt;
}

std::optional<Reason> WebSocketReader::EndFrame(Listener& listener) {
  state_ = State::kHeader;
  ++frames_;
  std::string_view payload(control_.data(), is_control() ? payload_size_ : 0);
  switch (opcode_) {
    case Opcode::kClose:
      return EndClose(listener);
    case Opcode::kPing:
      listener.OnPing(payload);
      return std::nullopt;
    case Opcode::kPong:
      listener.OnPong();
      return std::nullopt;
    default:
      in_message_ = !fin_;
      if (fin_ && !text_.complete()) return Reason::kBadUtf8;
      if (fin_) listener.OnTextEnd();
      return std::nullopt;
  }
}

std::optional<Reason> WebSocketReader::EndClose(Listener& listener) {
  state_ = State::kClosed;
  uint16_t code = kNoStatus;
  if (payload_size_ == 1) return Reason::kProtocolError;
  if (payload_size_ >= 2) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(control_.data());
    code = static_cast<uint16_t>(BigEndian(bytes, 2));
    if (!IsValidCloseCode(code)) return Reason::kProtocolError;
    if (!IsValidUtf8({control_.data() + 2, payload_size_ - 2})) {
      return Reason::kBadUtf8;
    }
  }
  listener.OnClose(code);
  return std::nullopt;
}

}  // namespace bridge
