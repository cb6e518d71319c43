#include "bridge/transcode/json_codec.h"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace bridge {
namespace {

using google::protobuf::Descriptor;

constexpr char kUrlPrefix[] = "type.googleapis.com";

std::string TypeUrl(const Descriptor& type) {
  return absl::StrCat(kUrlPrefix, "/", type.full_name());
}

// Protobuf's parser draws the place of an error below its message, and puts
// the field's path in parentheses. Keeps the words: "happiness: invalid value
// "abc" for type TYPE_DOUBLE".
std::string OneLine(std::string message) {
  message = message.substr(0, message.find('\n'));
  absl::StrReplaceAll({{"(", ""}, {"): ", ": "}, {") ", "."}}, &message);
  absl::string_view line = message;
  absl::ConsumePrefix(&line, ": ");
  return std::string(line);
}

}  // namespace

JsonCodec::JsonCodec(const google::protobuf::DescriptorPool* pool)
    : resolver_(google::protobuf::util::NewTypeResolverForDescriptorPool(
          kUrlPrefix, pool)) {}

absl::StatusOr<std::string> JsonCodec::ToJson(
    const Descriptor& type, grpc::ByteBuffer serialized) const {
  std::string json;
  if (serialized.Valid()) {
    grpc::ProtoBufferReader reader(&serialized);
    google::protobuf::io::StringOutputStream out(&json);
    auto status = google::protobuf::util::BinaryToJsonStream(
        resolver_.get(), TypeUrl(type), &reader, &out);
    if (!status.ok()) {
      return absl::DataLossError(
          absl::StrCat("the upstream sent a message which is not a valid ",
                       type.full_name()));
    }
  }
  // A message with no field set is an object too.
  return json.empty() ? "{}" : json;
}

absl::StatusOr<std::string> JsonCodec::FromJson(const Descriptor& type,
                                                std::string_view json) const {
  std::string serialized;
  google::protobuf::io::ArrayInputStream in(json.data(),
                                            static_cast<int>(json.size()));
  {
    google::protobuf::io::StringOutputStream out(&serialized);
    auto status = google::protobuf::util::JsonToBinaryStream(
        resolver_.get(), TypeUrl(type), &in, &out);
    if (!status.ok()) {
      return absl::InvalidArgumentError(OneLine(std::string(status.message())));
    }
  }
  return serialized;
}

grpc::ByteBuffer ToByteBuffer(std::string_view serialized) {
  grpc::Slice slice(serialized.data(), serialized.size());
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace bridge
