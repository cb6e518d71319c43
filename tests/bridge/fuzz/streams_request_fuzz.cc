// Whatever text a client sends at /streams: it is refused by what is wrong with
// it, or is a message of which all parts can be used.

#include <google/protobuf/stubs/logging.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "bridge/streams/request.h"
#include "tests/bridge/fuzz/told.h"
#include "tests/fuzz/require.h"

namespace bridge {
namespace {

using fuzz::Require;

void FuzzOpen(const v1::StreamsRequest::Open& open) {
  const auto json = RequestJson(open);
  if (json.ok()) {
    CheckJson(*json);
    Require(json->starts_with('{'), "a request is an object");
  } else {
    CheckRefusal(json.status());
  }
  const auto delivery = DeliveryOf(open);
  if (!delivery.ok()) return CheckRefusal(delivery.status());
  Require(delivery->latest || delivery->interval == absl::ZeroDuration(),
          "a rate skips messages");
}

void Fuzz(std::string_view text) {
  const auto request = ParseStreamsRequest(text);
  if (!request.ok()) {
    Require(absl::IsInvalidArgument(request.status()), "the client's fault");
    return CheckRefusal(request.status());
  }
  if (request->has_open()) FuzzOpen(request->open());
}

}  // namespace
}  // namespace bridge

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  google::protobuf::SetLogHandler(nullptr);
  bridge::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
