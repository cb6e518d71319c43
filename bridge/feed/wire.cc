#include "bridge/feed/wire.h"

#include "absl/strings/str_cat.h"
#include "bridge/transcode/utf8.h"

namespace bridge {
namespace {

void AppendBigEndian(uint64_t value, int bytes, std::string* out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(value >> shift));
  }
}

}  // namespace

std::string WebSocketFrame(Opcode opcode, std::string_view payload) {
  constexpr uint8_t kFin = 0x80;
  std::string frame;
  frame.reserve(10 + payload.size());
  frame.push_back(static_cast<char>(kFin | static_cast<uint8_t>(opcode)));
  if (payload.size() < 126) {
    frame.push_back(static_cast<char>(payload.size()));
  } else if (payload.size() < 65536) {
    frame.push_back(126);
    AppendBigEndian(payload.size(), 2, &frame);
  } else {
    frame.push_back(127);
    AppendBigEndian(payload.size(), 8, &frame);
  }
  return frame.append(payload);
}

std::string WebSocketClose(uint16_t code, std::string_view reason) {
  constexpr size_t kMaxReason = 123;
  if (reason.size() > kMaxReason) reason = reason.substr(0, kMaxReason);
  while (!IsValidUtf8(reason)) reason.remove_suffix(1);
  std::string payload;
  AppendBigEndian(code, 2, &payload);
  return WebSocketFrame(Opcode::kClose, payload.append(reason));
}

std::string HttpChunk(std::string_view payload) {
  std::string chunk = absl::StrCat(absl::Hex(payload.size()), "\r\n");
  return chunk.append(payload).append("\r\n");
}

std::string FramedMessage(Framing framing, std::string_view json,
                          std::optional<int64_t> cursor) {
  std::string message;
  message.reserve(json.size() + 40);
  switch (framing) {
    case Framing::kWebSocket:
      return WebSocketFrame(Opcode::kText, json);
    case Framing::kEventStream:
      if (cursor.has_value()) absl::StrAppend(&message, "id: ", *cursor, "\n");
      return HttpChunk(message.append("data: ").append(json).append("\n\n"));
    case Framing::kNdjson:
      return HttpChunk(message.append(json).append("\n"));
  }
  return message;
}

std::string_view OnWire(Wire wire, std::string_view framed) {
  if (wire.framing == Framing::kWebSocket || wire.chunked) return framed;
  framed.remove_prefix(framed.find('\n') + 1);
  framed.remove_suffix(2);
  return framed;
}

}  // namespace bridge
