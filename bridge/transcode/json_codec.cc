#include "bridge/transcode/json_codec.h"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace bridge {
namespace {

using google::protobuf::Descriptor;

constexpr char kUrlPrefix[] = "type.googleapis.com";

std::string TypeUrl(const Descriptor& type) {
  return absl::StrCat(kUrlPrefix, "/", type.full_name());
}

// What a value of a field must be, by the name that the parser has for its
// type.
std::string KindOf(absl::string_view type) {
  if (absl::StrContains(type, "STRING")) return "a string";
  if (absl::StrContains(type, "BYTES")) return "base64";
  if (absl::StrContains(type, "BOOL")) return "true or false";
  if (absl::StrContains(type, "ENUM")) return "one of the enum's names";
  if (absl::StrContains(type, "DOUBLE") || absl::StrContains(type, "FLOAT")) {
    return "a number";
  }
  return "an integer that fits";
}

// Protobuf's parser draws the place of an error below its message, and puts
// the path to the field in parentheses: "(reading.happiness): invalid value …
// for type TYPE_DOUBLE", "(reading) mood: Cannot find field". Keeps the words:
// "reading.happiness: invalid value …: must be a number", "reading.mood: Cannot
// find field".
std::string OneLine(std::string message) {
  constexpr absl::string_view kType = " for type TYPE_";
  message = message.substr(0, message.find('\n'));
  if (absl::StrContains(message, "Root element must be a message")) {
    return "must be a JSON object";
  }
  if (const size_t type = message.rfind(kType.data()); type != message.npos) {
    message = absl::StrCat(message.substr(0, type), ": must be ",
                           KindOf(message.substr(type + kType.size())));
  }
  if (message.starts_with(": ")) return message.substr(2);
  size_t end = message.find(')');
  if (message.starts_with("Unexpected") || message.starts_with("Expected")) {
    return absl::StrCat("not valid JSON: ", message);
  }
  if (!message.starts_with('(') || end == message.npos) return message;
  std::string path = message.substr(1, end - 1);
  std::string rest = message.substr(end + 1);
  return rest.starts_with(' ') ? absl::StrCat(path, ".", rest.substr(1))
                               : absl::StrCat(path, rest);
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
