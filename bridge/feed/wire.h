// How a JSON message stands on the wire for each kind of viewer.

#ifndef BRIDGE_FEED_WIRE_H_
#define BRIDGE_FEED_WIRE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bridge {

// What a message is wrapped in.
enum class Framing : uint8_t {
  kWebSocket,    // an RFC 6455 text frame, unmasked
  kEventStream,  // "id: CURSOR\ndata: JSON\n\n", text/event-stream
  kNdjson,       // "JSON\n", application/x-ndjson
};

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

// One whole, unmasked frame.
std::string WebSocketFrame(Opcode opcode, std::string_view payload);

// A close frame. `reason` is cut to the 123 bytes that fit, between characters.
std::string WebSocketClose(uint16_t code, std::string_view reason);

// One chunk of HTTP/1.1's chunked transfer coding, and the end of it.
std::string HttpChunk(std::string_view payload);
inline constexpr std::string_view kLastHttpChunk = "0\r\n\r\n";

// `json`, which contains no line break, as one message. HTTP framings come as a
// chunk. An event stream tells the message's `cursor`, if it has one: a browser
// that comes back gives it as Last-Event-ID.
std::string FramedMessage(Framing framing, std::string_view json,
                          std::optional<int64_t> cursor = std::nullopt);

// FramedMessage's result as `wire` carries it: without the chunk around it
// where the client knows none. The result points into `framed`.
std::string_view OnWire(Wire wire, std::string_view framed);

}  // namespace bridge

#endif  // BRIDGE_FEED_WIRE_H_
