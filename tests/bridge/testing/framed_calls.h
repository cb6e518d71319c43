// Calls of the ticker in gRPC-Web and Connect, and what they say.

#ifndef TESTS_BRIDGE_TESTING_FRAMED_CALLS_H_
#define TESTS_BRIDGE_TESTING_FRAMED_CALLS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {

inline constexpr char kService[] = "/bridge.testing.Ticker/";
inline constexpr char kGrpcWeb[] = "application/grpc-web+proto";
inline constexpr char kGrpcWebText[] = "application/grpc-web-text";
inline constexpr char kConnectProto[] = "application/connect+proto";
inline constexpr char kConnectJson[] = "application/connect+json";

using Lines = std::vector<std::string>;
using Messages = std::vector<std::pair<int, std::string>>;

inline std::string Prefixed(int flags, const std::string& payload) {
  const size_t size = payload.size();
  const std::string prefix = {
      static_cast<char>(flags), static_cast<char>(size >> 24),
      static_cast<char>(size >> 16), static_cast<char>(size >> 8),
      static_cast<char>(size)};
  return prefix + payload;
}

// The messages of a body, with their flags. What is no message is one with -1.
inline Messages Split(std::string body) {
  Messages messages;
  while (!body.empty()) {
    if (body.size() < 5) return {{-1, body}};
    size_t size = 0;
    for (int i = 1; i < 5; ++i)
      size = size << 8 | static_cast<uint8_t>(body[i]);
    if (body.size() < 5 + size) return {{-1, body}};
    messages.emplace_back(static_cast<uint8_t>(body[0]), body.substr(5, size));
    body.erase(0, 5 + size);
  }
  return messages;
}

inline std::string Base64(const std::string& bytes) {
  return absl::Base64Escape(bytes);
}

// Of pieces, each with its padding.
inline std::string FromBase64(const std::string& digits) {
  std::string bytes;
  for (size_t i = 0; i < digits.size(); i += 4) {
    std::string plain;
    EXPECT_TRUE(absl::Base64Unescape(digits.substr(i, 4), &plain)) << digits;
    bytes += plain;
  }
  return bytes;
}

inline std::string GetBytes(int64_t number, int fail = 0, int size = 0) {
  GetRequest request;
  request.set_number(number);
  request.set_fail(fail);
  request.set_size(size);
  return request.SerializeAsString();
}

inline std::string CountBytes(int to, int end_with = 0) {
  CountRequest request;
  request.set_to(to);
  request.set_end_with(end_with);
  return request.SerializeAsString();
}

inline std::string TickBytes(int64_t number, const std::string& text = "") {
  Tick tick;
  tick.set_number(number);
  tick.set_text(text);
  return tick.SerializeAsString();
}

inline std::string PutBytes(int64_t number) {
  PutRequest request;
  request.mutable_tick()->set_number(number);
  return request.SerializeAsString();
}

class FramedTest : public BridgeTest {
 protected:
  HttpAnswer Call(const std::string& method, const std::string& type,
                  const std::string& body, Lines header = {}) {
    header.push_back("Content-Type: " + type);
    return Fetch(port(), "POST", kService + method, header, body);
  }

  // With limits that are soon reached.
  void StartSmall() {
    Options options = TestOptions();
    options.http.max_body_bytes = 1000;
    Start(std::move(options));
  }
};

}  // namespace bridge::testing

#endif  // TESTS_BRIDGE_TESTING_FRAMED_CALLS_H_
