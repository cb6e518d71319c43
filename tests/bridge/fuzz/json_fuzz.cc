// Whatever JSON a client sends: it is refused by what is wrong with it, or
// means the same ever after. And whatever bytes an upstream sends as a message:
// they are refused where protobuf's own parser refuses them.

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "bridge/transcode/json_codec.h"
#include "bridge/transcode/json_text.h"
#include "bridge/transcode/request.h"
#include "bridge/transcode/wire_check.h"
#include "tests/bridge/fuzz/told.h"
#include "tests/bridge/testing/rooms.pb.h"
#include "tests/fuzz/require.h"

namespace bridge {
namespace {

using fuzz::Require;
using google::protobuf::Descriptor;

const JsonCodec& Codec() {
  static const auto* const kCodec =
      new JsonCodec(google::protobuf::DescriptorPool::generated_pool());
  return *kCodec;
}

void CheckJsonRefusal(const absl::Status& status) {
  CheckRefusal(status);
  Require(absl::IsInvalidArgument(status), "the code says who is at fault");
  const std::string why(status.message());
  Require(why.find(": ") != why.npos || why == "must be a JSON object" ||
              why.starts_with("objects and lists are more than") ||
              why.find("oneof field '") != why.npos ||
              why == "Proto fields must have a name." ||
              why.starts_with("invalid value "),
          "a refusal names a field, or says that it is no JSON");
}

template <typename Message>
void FuzzJson(std::string_view json) {
  const Descriptor& type = *Message::descriptor();
  const auto bytes = Codec().FromJson(type, json);
  if (!bytes.ok()) return CheckJsonRefusal(bytes.status());
  Require(JsonDepth(json) <= JsonCodec::kMaxJsonDepth, "JSON is not too deep");
  Message message;
  Require(message.ParseFromString(*bytes), "the upstream can read it");
  const auto told = Codec().ToJson(type, ToByteBuffer(*bytes));
  Require(told.ok(), "what was understood can be told");
  CheckJson(*told);
  const auto again = Codec().FromJson(type, *told);
  Require(again.ok(), "what was told is understood");
  Message same;
  Require(same.ParseFromString(*again), "the upstream can read that, too");
  Require(*Codec().ToJson(type, ToByteBuffer(*again)) == *told,
          "it means the same ever after");
}

// As the field of a message.
void FuzzField(std::string_view json) {
  const Descriptor& type = *testing::CreateRoomRequest::descriptor();
  const Body body = {Body::kField, type.FindFieldByName("room")};
  const auto bytes = MessageFromBody(Codec(), type, body, json);
  const auto room = Codec().FromJson(*testing::Room::descriptor(), json);
  Require(bytes.ok() == room.ok(), "a field is read as a message is");
  if (!bytes.ok()) return;
  testing::CreateRoomRequest request;
  Require(request.ParseFromString(*bytes) && request.has_room(),
          "the field is there");
}

template <typename Message>
void FuzzBytes(std::string_view bytes) {
  const Descriptor& type = *Message::descriptor();
  google::protobuf::io::ArrayInputStream in(bytes.data(),
                                            static_cast<int>(bytes.size()), 7);
  const bool good = CheckWire(type, &in, bytes.size()).ok();
  Message message;
  const bool parsed =
      message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  Require(parsed || !good, "what is taken is such a message");
  if (!parsed) return;
  const std::string plain = message.SerializeAsString();
  google::protobuf::io::ArrayInputStream again(plain.data(),
                                               static_cast<int>(plain.size()));
  Require(CheckWire(type, &again, plain.size()).ok(),
          "such a message is taken");
  const auto json = Codec().ToJson(type, ToByteBuffer(bytes));
  if (json.ok()) CheckJson(*json);
}

}  // namespace
}  // namespace bridge

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Protobuf's parser takes text that ends where its own buffer begins for a
  // part of that, and throws. No text of ours does: it has a byte behind it.
  const std::string json(reinterpret_cast<const char*>(data), size);
  bridge::FuzzJson<bridge::testing::Room>(json);
  bridge::FuzzJson<bridge::testing::Integers>(json);
  bridge::FuzzField(json);
  bridge::FuzzBytes<bridge::testing::Room>(json);
  bridge::FuzzBytes<bridge::testing::Integers>(json);
  return 0;
}
