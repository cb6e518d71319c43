#include "bridge/transcode/json_codec.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "bridge/transcode/json_text.h"
#include "bridge/transcode/utf8.h"
#include "bridge/transcode/wire_check.h"

namespace bridge {
namespace {

using google::protobuf::Descriptor;

constexpr char kUrlPrefix[] = "type.googleapis.com";

std::string TypeUrl(const Descriptor& type) {
  return absl::StrCat(kUrlPrefix, "/", type.full_name());
}

std::string_view View(absl::string_view text) {
  return {text.data(), text.size()};
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

// "invalid value 5 for type TYPE_STRING" to "invalid value 5: must be a
// string", and "nobody: Cannot find field." What they quote may be as long as
// the JSON.
std::string Told(absl::string_view message) {
  constexpr absl::string_view kType = " for type ";
  const size_t type = message.rfind(kType);
  if (type != message.npos) {
    absl::string_view name = message.substr(type + kType.size());
    absl::ConsumePrefix(&name, absl::StrCat(kUrlPrefix, "/"));
    const std::string value = Shortened(View(message.substr(0, type)));
    return absl::ConsumePrefix(&name, "TYPE_")
               ? absl::StrCat(value, ": must be ", KindOf(name))
               : absl::StrCat(value, kType, Shortened(View(name)));
  }
  const size_t colon = std::min(message.rfind(": "), message.size());
  return absl::StrCat(Shortened(View(message.substr(0, colon))),
                      Shortened(View(message.substr(colon))));
}

// Protobuf's parser draws the place of an error in the text below its message,
// and puts the path to a field in parentheses: "(reading.happiness): invalid
// value …", "(reading) mood: Cannot find field". Makes "reading.happiness:
// invalid value …" of it, and "reading.mood: Cannot find field".
std::string OneLine(std::string message) {
  if (absl::StrContains(message, "Root element must be a message")) {
    return "must be a JSON object";
  }
  if (message.ends_with('^')) {
    message.resize(std::min(message.find('\n'), message.size()));
    return absl::StrCat("not valid JSON: ", Shortened(message));
  }
  std::replace(message.begin(), message.end(), '\n', ' ');
  absl::string_view rest = message;
  std::string path;
  if (const size_t end = rest.find(')');
      end != rest.npos && absl::ConsumePrefix(&rest, "(")) {
    path = Shortened(View(rest.substr(0, end - 1)));
    rest.remove_prefix(std::min(end, rest.size()));
  }
  if (absl::ConsumePrefix(&rest, ": ")) {
    if (!path.empty()) path += ": ";
  } else if (absl::ConsumePrefix(&rest, " ")) {
    path += '.';
  }
  return absl::StrCat(path, Told(rest));
}

}  // namespace

JsonCodec::JsonCodec(const google::protobuf::DescriptorPool* pool)
    : resolver_(google::protobuf::util::NewTypeResolverForDescriptorPool(
          kUrlPrefix, pool)),
      messages_(pool) {}

absl::Status JsonCodec::Check(const Descriptor& type,
                              std::string_view serialized) {
  google::protobuf::io::ArrayInputStream in(
      serialized.data(), static_cast<int>(serialized.size()));
  absl::Status wire = CheckWire(type, &in, serialized.size());
  if (wire.ok()) return wire;
  return absl::InternalError(
      absl::StrCat("the upstream sent a message which is not a valid ",
                   type.full_name(), ": ", Shortened(View(wire.message()))));
}

absl::StatusOr<std::string> JsonCodec::ToJson(
    const Descriptor& type, const grpc::ByteBuffer& serialized) const {
  const std::string bytes = ToString(serialized);
  absl::Status wire = Check(type, bytes);
  if (!wire.ok()) return wire;
  return TellInJson(type, bytes);
}

absl::StatusOr<std::string> JsonCodec::TellInJson(
    const Descriptor& type, std::string_view serialized) const {
  std::string json;
  {
    google::protobuf::io::ArrayInputStream in(
        serialized.data(), static_cast<int>(serialized.size()));
    google::protobuf::io::StringOutputStream out(&json);
    auto status = google::protobuf::util::BinaryToJsonStream(
        resolver_.get(), TypeUrl(type), &in, &out);
    if (!status.ok()) {
      return absl::InternalError(
          absl::StrCat("the upstream sent a message which can't be told in "
                       "JSON, a ",
                       type.full_name()));
    }
  }
  // A message with no field set is an object too.
  return json.empty() ? "{}" : json;
}

absl::StatusOr<std::string> JsonCodec::FromJson(const Descriptor& type,
                                                std::string_view json) const {
  if (JsonDepth(json, kMaxJsonDepth + 1) > kMaxJsonDepth) {
    return absl::InvalidArgumentError(absl::StrCat(
        "objects and lists are more than ", kMaxJsonDepth, " deep"));
  }
  if (!IsValidUtf8(json)) {
    return absl::InvalidArgumentError("not valid JSON: must be valid UTF-8");
  }
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
  // Protobuf's writer lets an object pass as the value of a map of strings, and
  // writes what is no message.
  google::protobuf::io::ArrayInputStream written(
      serialized.data(), static_cast<int>(serialized.size()));
  absl::Status status = CheckWire(type, &written, serialized.size());
  if (!status.ok()) return status;
  return serialized;
}

absl::StatusOr<std::string> JsonCodec::Canonical(
    const Descriptor& type, std::string_view serialized) const {
  const std::unique_ptr<google::protobuf::Message> message(
      messages_.GetPrototype(&type)->New());
  if (!message->ParsePartialFromArray(serialized.data(),
                                      static_cast<int>(serialized.size()))) {
    return absl::InvalidArgumentError(
        absl::StrCat("the request is not a valid ", type.full_name()));
  }
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream out(&bytes);
    google::protobuf::io::CodedOutputStream coded(&out);
    coded.SetSerializationDeterministic(true);
    message->SerializePartialToCodedStream(&coded);
  }
  return bytes;
}

std::string ToString(const grpc::ByteBuffer& serialized) {
  std::string bytes;
  std::vector<grpc::Slice> slices;
  if (!serialized.Valid() || !serialized.Dump(&slices).ok()) return bytes;
  bytes.reserve(serialized.Length());
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

grpc::ByteBuffer ToByteBuffer(std::string_view serialized) {
  grpc::Slice slice(serialized.data(), serialized.size());
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace bridge
