// How a message stands on the wire for each kind of viewer, and how a stream
// ends there.

#ifndef BRIDGE_FEED_WIRE_H_
#define BRIDGE_FEED_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/endings.h"

namespace bridge {

// What a message is wrapped in.
enum class Framing : uint8_t {
  kWebSocket,        // JSON in an RFC 6455 text frame, unmasked
  kWebSocketProto,   // the message as it came, in a binary frame
  kEventStream,      // "id: CURSOR\ndata: JSON\n\n", text/event-stream
  kNdjson,           // "JSON\n", application/x-ndjson
  kGrpcWeb,          // as it came, behind a prefix: application/grpc-web+proto
  kGrpcWebText,      // that in base64, application/grpc-web-text+proto
  kConnectJson,      // JSON behind a prefix, application/connect+json
  kConnectProto,     // as it came, behind one, application/connect+proto
  kConnectJsonGzip,  // these two where the client takes gzip
  kConnectProtoGzip,
};
inline constexpr size_t kFramings = 10;

constexpr bool IsWebSocket(Framing framing) {
  return framing <= Framing::kWebSocketProto;
}

// Whether it carries messages as they came; else in JSON.
constexpr bool CarriesProto(Framing framing) {
  return framing == Framing::kWebSocketProto || framing == Framing::kGrpcWeb ||
         framing == Framing::kGrpcWebText ||
         framing == Framing::kConnectProto ||
         framing == Framing::kConnectProtoGzip;
}

// Whether it is that of a call, which its client ends when it has enough; else
// a page's, which may be back in a moment.
constexpr bool IsOfCall(Framing framing) {
  return framing >= Framing::kGrpcWeb;
}

// A viewer's framing, and whether HTTP chunks surround it. HTTP/1.0 clients,
// proxies among them, know no chunks: for them the stream's end is the
// connection's.
struct Wire {
  Framing framing = Framing::kWebSocket;
  bool chunked = false;
};

// RFC 6455, section 5.2.
enum class Opcode : uint8_t {
  kContinuation = 0x0,
  kText = 0x1,
  kBinary = 0x2,
  kClose = 0x8,
  kPing = 0x9,
  kPong = 0xA,
};

// What stands before the payload of a whole, unmasked frame.
inline constexpr size_t kMaxWebSocketHeader = 10;
std::string WebSocketHeader(Opcode opcode, size_t payload_bytes);

// One whole, unmasked frame.
std::string WebSocketFrame(Opcode opcode, std::string_view payload);

// A close frame. `reason` is cut to the 123 bytes that fit, between characters.
std::string WebSocketClose(uint16_t code, std::string_view reason);

// One chunk of HTTP/1.1's chunked transfer coding, and the end of it.
std::string HttpChunk(std::string_view payload);
inline constexpr std::string_view kLastHttpChunk = "0\r\n\r\n";

// One message: JSON without a line break, or as it came if the framing carries
// that. HTTP framings come as a chunk. An event stream tells the message's
// `cursor`, if it has one: a browser that comes back gives it as Last-Event-ID.
std::string FramedMessage(Framing framing, std::string_view message,
                          std::optional<int64_t> cursor = std::nullopt);

// The payload of a text frame that FramedMessage made.
std::string_view JsonIn(std::string_view text_frame);

// The last bytes of a stream: the error, if it is one, and the end, as the wire
// says them.
std::string FramedEnd(Wire wire, const Ending& ending);

// FramedMessage's result as `wire` carries it: without the chunk around it
// where the client knows none. The result points into `framed`.
std::string_view OnWire(Wire wire, std::string_view framed);

}  // namespace bridge

#endif  // BRIDGE_FEED_WIRE_H_
