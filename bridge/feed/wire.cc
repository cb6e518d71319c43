#include "bridge/feed/wire.h"

#include "absl/strings/str_cat.h"
#include "bridge/framing/connect.h"
#include "bridge/framing/grpc_web.h"
#include "bridge/transcode/utf8.h"

namespace bridge {
namespace {

void AppendBigEndian(uint64_t value, int bytes, std::string* out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(value >> shift));
  }
}

// What a framing has of its own for the end, as a chunk.
std::string EndMessage(Framing framing, const Ending& ending) {
  switch (framing) {
    case Framing::kWebSocket:
    case Framing::kWebSocketProto:
      // Text on either: by that an error is told from a message.
      return ending.ok() ? "" : WebSocketFrame(Opcode::kText, ending.Json());
    case Framing::kEventStream:
    case Framing::kNdjson:
      return ending.ok() ? "" : FramedMessage(framing, ending.Json());
    case Framing::kGrpcWeb:
    case Framing::kGrpcWebText:
      return HttpChunk(
          GrpcWebTrailers(ending, framing == Framing::kGrpcWebText));
    case Framing::kConnectJson:
    case Framing::kConnectProto:
    case Framing::kConnectJsonGzip:
    case Framing::kConnectProtoGzip:
      return HttpChunk(ConnectEnd(ending));
  }
  return "";
}

}  // namespace

std::string WebSocketHeader(Opcode opcode, size_t payload_bytes) {
  constexpr uint8_t kFin = 0x80;
  std::string header;
  header.push_back(static_cast<char>(kFin | static_cast<uint8_t>(opcode)));
  if (payload_bytes < 126) {
    header.push_back(static_cast<char>(payload_bytes));
  } else if (payload_bytes < 65536) {
    header.push_back(126);
    AppendBigEndian(payload_bytes, 2, &header);
  } else {
    header.push_back(127);
    AppendBigEndian(payload_bytes, 8, &header);
  }
  return header;
}

std::string WebSocketFrame(Opcode opcode, std::string_view payload) {
  std::string frame;
  frame.reserve(kMaxWebSocketHeader + payload.size());
  return frame.append(WebSocketHeader(opcode, payload.size())).append(payload);
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

std::string FramedMessage(Framing framing, std::string_view message,
                          std::optional<int64_t> cursor) {
  std::string text;
  switch (framing) {
    case Framing::kWebSocket:
      return WebSocketFrame(Opcode::kText, message);
    case Framing::kWebSocketProto:
      return WebSocketFrame(Opcode::kBinary, message);
    case Framing::kEventStream:
      text.reserve(message.size() + 40);
      if (cursor.has_value()) absl::StrAppend(&text, "id: ", *cursor, "\n");
      return HttpChunk(text.append("data: ").append(message).append("\n\n"));
    case Framing::kNdjson:
      text.reserve(message.size() + 1);
      return HttpChunk(text.append(message).append("\n"));
    case Framing::kGrpcWeb:
    case Framing::kGrpcWebText:
      return HttpChunk(
          GrpcWebMessage(message, framing == Framing::kGrpcWebText));
    case Framing::kConnectJson:
    case Framing::kConnectProto:
      return HttpChunk(ConnectMessage(message, /*gzip=*/false));
    case Framing::kConnectJsonGzip:
    case Framing::kConnectProtoGzip:
      return HttpChunk(ConnectMessage(message, /*gzip=*/true));
  }
  return text;
}

std::string_view JsonIn(std::string_view text_frame) {
  switch (text_frame[1]) {
    case 126:
      return text_frame.substr(4);
    case 127:
      return text_frame.substr(10);
    default:
      return text_frame.substr(2);
  }
}

std::string FramedEnd(Wire wire, const Ending& ending) {
  const std::string message = EndMessage(wire.framing, ending);
  std::string bytes = message.empty() ? "" : std::string(OnWire(wire, message));
  if (IsWebSocket(wire.framing)) {
    return bytes + WebSocketClose(ending.close_code, ending.message);
  }
  return wire.chunked ? bytes.append(kLastHttpChunk) : bytes;
}

std::string_view OnWire(Wire wire, std::string_view framed) {
  if (IsWebSocket(wire.framing) || wire.chunked) return framed;
  framed.remove_prefix(framed.find('\n') + 1);
  framed.remove_suffix(2);
  return framed;
}

}  // namespace bridge
