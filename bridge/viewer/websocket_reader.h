// Reads what a browser sends over a WebSocket.

#ifndef BRIDGE_VIEWER_WEBSOCKET_READER_H_
#define BRIDGE_VIEWER_WEBSOCKET_READER_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "bridge/endings.h"
#include "bridge/feed/wire.h"
#include "bridge/transcode/utf8.h"

namespace bridge {

// The receiving side of RFC 6455 for a server: checks every rule for what
// clients send, and hands on control frames, and messages as they pass, piece
// by piece. Does no input or output; bytes may come in pieces of any size.
//
// Takes less than 200 bytes, and holds no message: of a control frame only, it
// keeps the payload.
class WebSocketReader {
 public:
  struct Limits {
    uint64_t message_bytes = 4096;
  };

  // What the client says. Payloads live during the call.
  class Listener {
   public:
    virtual ~Listener() = default;
    // A piece of a message, which may end within a character; and that the
    // message is whole. Who only watches has nothing to say.
    virtual void OnText(std::string_view /*piece*/) {}
    virtual void OnTextEnd() {}
    virtual void OnPing(std::string_view payload) = 0;
    virtual void OnPong() = 0;
    // The last thing heard. `code` is 1005 if the client gave none.
    virtual void OnClose(uint16_t code) = 0;
  };

  explicit WebSocketReader(Limits limits) : limits_(limits) {}

  // Takes the next bytes. A reason means that they break a rule and the
  // connection must be closed for it; nothing may be read after that, nor after
  // a close frame.
  std::optional<Reason> Read(std::string_view bytes, Listener& listener);

  // How many whole frames were read.
  uint64_t frames() const { return frames_; }

  // Between two messages, where a new reader would do as well.
  bool idle() const {
    return state_ == State::kHeader && header_size_ == 0 && !in_message_;
  }

 private:
  enum class State : uint8_t { kHeader, kPayload, kClosed };

  std::optional<Reason> ReadHeader();
  std::optional<Reason> CheckOpcode(bool fin);
  std::optional<Reason> ReadPayload(std::string_view bytes, Listener& listener);
  std::optional<Reason> EndFrame(Listener& listener);
  std::optional<Reason> EndClose(Listener& listener);
  bool is_control() const { return static_cast<uint8_t>(opcode_) >= 8; }

  Limits limits_;
  State state_ = State::kHeader;
  Opcode opcode_ = Opcode::kContinuation;  // of the frame
  bool fin_ = false;
  bool in_message_ = false;  // between the frames of a fragmented one

  uint8_t header_size_ = 0;
  std::array<uint8_t, 14> header_;
  std::array<uint8_t, 4> mask_;
  uint64_t payload_read_ = 0;
  uint64_t payload_size_ = 0;
  uint64_t message_size_ = 0;
  uint64_t frames_ = 0;
  Utf8Validator text_;
  std::array<char, 125> control_;
};

}  // namespace bridge

#endif  // BRIDGE_VIEWER_WEBSOCKET_READER_H_
