#include "bridge/streams/request.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "bridge/transcode/json_codec.h"
#include "bridge/transcode/json_text.h"

namespace bridge {
namespace {

const JsonCodec& Codec() {
  static const auto* const codec =
      new JsonCodec(google::protobuf::DescriptorPool::generated_pool());
  return *codec;
}

}  // namespace

absl::StatusOr<v1::StreamsRequest> ParseStreamsRequest(std::string_view json) {
  auto serialized = Codec().FromJson(*v1::StreamsRequest::descriptor(), json);
  if (!serialized.ok()) return serialized.status();
  v1::StreamsRequest request;
  if (!request.ParseFromString(*serialized)) {
    return absl::InvalidArgumentError("not a message of bridge.v1.streams");
  }
  if (request.request_case() == v1::StreamsRequest::REQUEST_NOT_SET) {
    return absl::InvalidArgumentError("must have open, grant or close");
  }
  return request;
}

std::optional<uint32_t> IdOfOpen(std::string_view json) {
  google::protobuf::Struct message;
  if (!google::protobuf::util::JsonStringToMessage({json.data(), json.size()},
                                                   &message)
           .ok()) {
    return std::nullopt;
  }
  const auto open = message.fields().find("open");
  if (open == message.fields().end()) return std::nullopt;
  const auto& fields = open->second.struct_value().fields();
  const auto id = fields.find("id");
  if (id == fields.end() || !id->second.has_number_value()) return std::nullopt;
  const double number = id->second.number_value();
  if (number < 0 || number > UINT32_MAX || number != std::trunc(number)) {
    return std::nullopt;
  }
  return static_cast<uint32_t>(number);
}

absl::StatusOr<std::string> RequestJson(const v1::StreamsRequest::Open& open) {
  if (!open.has_request()) return "{}";
  std::string json;
  auto status =
      google::protobuf::util::MessageToJsonString(open.request(), &json);
  if (status.ok()) return json;
  const auto why = status.message();
  return absl::InvalidArgumentError(
      absl::StrCat("open.request: ", Shortened({why.data(), why.size()})));
}

absl::StatusOr<Delivery> DeliveryOf(const v1::StreamsRequest::Open& open) {
  Delivery delivery;
  delivery.latest = open.latest() || open.has_max_rate();
  if (!open.has_max_rate()) return delivery;
  auto interval = Delivery::IntervalOf(open.max_rate());
  if (!interval.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "open.maxRate: ", std::string(interval.status().message())));
  }
  delivery.interval = *interval;
  return delivery;
}

}  // namespace bridge
