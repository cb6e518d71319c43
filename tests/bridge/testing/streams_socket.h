// A WebSocket at /streams, before a ticker: what is said on it.

#ifndef TESTS_BRIDGE_TESTING_STREAMS_SOCKET_H_
#define TESTS_BRIDGE_TESTING_STREAMS_SOCKET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {

// A method of the ticker's, as `open` names it.
inline std::string Ticker(std::string_view method) {
  return absl::StrCat("bridge.testing.Ticker/", std::string(method));
}

// `more` are the other fields: ",\"window\":1", say.
inline std::string Open(int64_t id, std::string_view method,
                        std::string_view more = "") {
  return absl::StrCat(R"({"open":{"id":)", id, R"(,"method":")", Ticker(method),
                      "\"", std::string(more), "}}");
}

inline std::string Grant(int id, int messages) {
  return absl::StrCat(R"({"grant":{"id":)", id, R"(,"messages":)", messages,
                      "}}");
}

inline std::string Close(int id) {
  return absl::StrCat(R"({"close":{"id":)", id, "}}");
}

inline std::string Opened(int id) {
  return absl::StrCat(R"({"id":)", id, R"(,"opened":{}})");
}

inline std::string Ended(int id) {
  return absl::StrCat(R"({"id":)", id, R"(,"ended":{}})");
}

inline std::string Closed(int id) {
  return absl::StrCat(R"({"id":)", id, R"(,"closed":{}})");
}

inline std::string Message(int id, int64_t number,
                           std::string_view text = "x") {
  return absl::StrCat(R"({"id":)", id, R"(,"cursor":")", number,
                      R"(","message":{"number":")", number, R"(","text":")",
                      std::string(text), R"("}})");
}

inline std::string ErrorOf(int id) {
  return absl::StrCat(R"({"id":)", id, R"(,"error":{"code":)");
}

class SocketOfStreamsTest : public BridgeTest {
 protected:
  void SetUp() override { Start(); }

  std::unique_ptr<WebSocketClient> Connect(
      std::vector<std::pair<std::string, std::string>> fields = {},
      int receive_buffer = 0) {
    return std::make_unique<WebSocketClient>(port(), "/streams",
                                             std::move(fields), receive_buffer);
  }

  // Opens a stream of ticks, and waits until it is there.
  static void Watch(WebSocketClient& client, int id,
                    std::string_view more = "") {
    client.Write(Open(id, "Watch", more));
    ASSERT_EQ(client.Read(), Opened(id));
  }

  int64_t Refusals(const std::string& limit) const {
    const auto counts = bridge_->stats().refusals.Counts();
    const auto found = counts.find(limit);
    return found == counts.end() ? 0 : static_cast<int64_t>(found->second);
  }

  int64_t Closes(const std::string& code) const {
    const auto counts = bridge_->stats().closes.Counts();
    const auto found = counts.find(code);
    return found == counts.end() ? 0 : static_cast<int64_t>(found->second);
  }
};

}  // namespace bridge::testing

#endif  // TESTS_BRIDGE_TESTING_STREAMS_SOCKET_H_
