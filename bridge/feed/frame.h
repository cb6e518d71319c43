// One message of a feed, encoded once for however many watch it.

#ifndef BRIDGE_FEED_FRAME_H_
#define BRIDGE_FEED_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/call_once.h"
#include "bridge/feed/wire.h"

namespace bridge {

// Immutable to its users; shared by the rings of all shards and by the viewers
// in the middle of it. Safe to use from any thread.
class Frame {
 public:
  // `json` is one JSON value without line breaks; `cursor` the message's, if
  // its method has one.
  explicit Frame(std::string_view json,
                 std::optional<int64_t> cursor = std::nullopt)
      : cursor_(cursor),
        websocket_(FramedMessage(Framing::kWebSocket, json, cursor)),
        json_offset_(websocket_.size() - json.size()) {}

  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  // The bytes for viewers of this wire, which live as long as the frame. Each
  // framing is built when the first viewer asks for it, and then kept.
  std::string_view For(Wire wire) const;

  std::optional<int64_t> cursor() const { return cursor_; }

  // The memory that the message takes in the framing that it always has.
  size_t size() const { return websocket_.size(); }

  std::string_view json() const {
    return std::string_view(websocket_).substr(json_offset_);
  }

 private:
  struct Lazy {
    absl::once_flag once;
    std::string bytes;
  };

  const std::optional<int64_t> cursor_;
  const std::string websocket_;
  const size_t json_offset_;
  mutable Lazy event_stream_;
  mutable Lazy ndjson_;
};

using FramePtr = std::shared_ptr<const Frame>;

}  // namespace bridge

#endif  // BRIDGE_FEED_FRAME_H_
