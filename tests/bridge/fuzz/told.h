// What a client must be able to rely on in what the bridge tells it.

#ifndef TESTS_BRIDGE_FUZZ_TOLD_H_
#define TESTS_BRIDGE_FUZZ_TOLD_H_

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "bridge/endings.h"
#include "bridge/transcode/utf8.h"
#include "tests/fuzz/require.h"

namespace bridge {

// JSON of messages and of errors is a text frame, and a line of NDJSON.
inline void CheckJson(const std::string& json) {
  fuzz::Require(IsValidUtf8(json), "JSON is UTF-8");
  fuzz::Require(json.find_first_of("\r\n") == json.npos, "JSON is one line");
}

// A refusal is short, whatever it is that it quotes, and can be read.
inline void CheckRefusal(const absl::Status& status) {
  constexpr size_t kMaxMessageBytes = 500;
  fuzz::Require(status.message().size() <= kMaxMessageBytes,
                "a refusal is short");
  const std::string json = Ending::From(status).Json();
  CheckJson(json);
  google::protobuf::Struct parsed;
  fuzz::Require(
      google::protobuf::util::JsonStringToMessage(json, &parsed).ok() &&
          parsed.fields().contains("error"),
      "an error is JSON");
}

}  // namespace bridge

#endif  // TESTS_BRIDGE_FUZZ_TOLD_H_
