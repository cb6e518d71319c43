// Whatever bytes a client sends, in whatever pieces: the reader stays within
// its memory and its limits, and what it tells does not depend on the pieces.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/viewer/websocket_reader.h"
#include "tests/fuzz/require.h"

namespace bridge {
namespace {

using fuzz::Require;

constexpr WebSocketReader::Limits kLimits = {300};

// Writes down what it hears.
class Transcript : public WebSocketReader::Listener {
 public:
  void OnPing(std::string_view payload) override {
    Require(payload.size() <= 125, "a ping is a control frame");
    Require(!closed_, "a close is the last");
    text += "ping " + std::string(payload) + "\n";
  }
  void OnPong() override {
    Require(!closed_, "a close is the last");
    text += "pong\n";
  }
  void OnClose(uint16_t code) override {
    Require(!closed_, "a close is the last");
    Require(code >= 1000 && code < 5000, "a close code may be sent back");
    closed_ = true;
    text += "close " + std::to_string(code) + "\n";
  }

  std::string text;

 private:
  bool closed_ = false;
};

// `lengths` says in which pieces. A reader between two messages is replaced now
// and then, as viewers do.
std::string Read(std::string_view bytes, std::string_view lengths) {
  Transcript transcript;
  WebSocketReader reader(kLimits);
  for (size_t i = 0; !bytes.empty(); ++i) {
    size_t length = lengths.empty()
                        ? bytes.size()
                        : 1 + static_cast<uint8_t>(lengths[i % lengths.size()]);
    std::string_view piece = bytes.substr(0, length);
    std::optional<Reason> broken = reader.Read(piece, transcript);
    if (broken.has_value()) {
      return transcript.text + "broken " +
             std::to_string(static_cast<int>(*broken));
    }
    if (reader.idle()) reader = WebSocketReader(kLimits);
    bytes.remove_prefix(piece.size());
  }
  return transcript.text;
}

}  // namespace
}  // namespace bridge

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // First how many pieces' lengths follow, then those, then what the client
  // sends.
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  const size_t count =
      std::min<size_t>(static_cast<uint8_t>(input[0]), input.size() - 1);
  std::string_view lengths = input.substr(1, count);
  std::string_view bytes = input.substr(1 + count);
  const std::string whole = bridge::Read(bytes, "");
  fuzz::Require(whole == bridge::Read(bytes, std::string_view("\0", 1)),
                "byte by byte it is the same");
  fuzz::Require(whole == bridge::Read(bytes, lengths),
                "in these pieces it is the same");
  return 0;
}
