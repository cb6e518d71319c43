#include "bridge/feed/frame.h"

namespace bridge {

std::string_view Frame::For(Wire wire) const {
  if (wire.framing == Framing::kWebSocket) return websocket_;
  Lazy& lazy = wire.framing == Framing::kEventStream ? event_stream_ : ndjson_;
  absl::call_once(lazy.once, [&] {
    lazy.bytes = FramedMessage(wire.framing, json(), cursor_);
  });
  return OnWire(wire, lazy.bytes);
}

}  // namespace bridge
