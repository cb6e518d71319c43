#include "bridge/upstream/position.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <initializer_list>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bridge {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

bool IsInteger(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return true;
    default:
      return false;
  }
}

bool IsTime(const FieldDescriptor& field) {
  return field.message_type() != nullptr &&
         field.message_type()->well_known_type() ==
             Descriptor::WELLKNOWNTYPE_TIMESTAMP;
}

// Finds the field called `name`, if that is not empty.
absl::Status Find(const Descriptor& message, const char* option,
                  const std::string& name, bool (*fits)(const FieldDescriptor&),
                  const char* kind, const FieldDescriptor** field) {
  if (name.empty()) return absl::OkStatus();
  const FieldDescriptor* found = message.FindFieldByName(name);
  if (found == nullptr || found->is_repeated() || !fits(*found)) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, ": ", message.full_name(), " has no field \"",
                     name, "\" that is ", kind));
  }
  *field = found;
  return absl::OkStatus();
}

// How the field stands in serialised messages.
WireFormatLite::WireType WireTypeOf(const FieldDescriptor& field) {
  return WireFormatLite::WireTypeForFieldType(
      static_cast<WireFormatLite::FieldType>(field.type()));
}

bool IsZigZag(const FieldDescriptor& field) {
  return field.type() == FieldDescriptor::TYPE_SINT32 ||
         field.type() == FieldDescriptor::TYPE_SINT64;
}

// From what stands on the wire to the integer that it means.
int64_t Decode(const FieldDescriptor& field, uint64_t bits) {
  if (IsZigZag(field)) return WireFormatLite::ZigZagDecode64(bits);
  if (field.type() == FieldDescriptor::TYPE_SFIXED32) {
    return static_cast<int32_t>(bits);
  }
  return static_cast<int64_t>(bits);
}

std::optional<int64_t> ValueOf(const FieldDescriptor& field,
                               const UnknownField& unknown) {
  switch (unknown.type()) {
    case UnknownField::TYPE_VARINT:
      return Decode(field, unknown.varint());
    case UnknownField::TYPE_FIXED32:
      return Decode(field, unknown.fixed32());
    case UnknownField::TYPE_FIXED64:
      return Decode(field, unknown.fixed64());
    default:
      return std::nullopt;
  }
}

// Serialised messages merge by standing one behind the other.
std::string Append(std::string message, const FieldDescriptor& field,
                   int64_t value) {
  UnknownFieldSet set;
  switch (WireTypeOf(field)) {
    case WireFormatLite::WIRETYPE_FIXED32:
      set.AddFixed32(field.number(), static_cast<uint32_t>(value));
      break;
    case WireFormatLite::WIRETYPE_FIXED64:
      set.AddFixed64(field.number(), static_cast<uint64_t>(value));
      break;
    default:
      set.AddVarint(field.number(), IsZigZag(field)
                                        ? WireFormatLite::ZigZagEncode64(value)
                                        : static_cast<uint64_t>(value));
  }
  std::string last;
  set.SerializeToString(&last);
  return message.append(last);
}

bool ReadBits(CodedInputStream* in, WireFormatLite::WireType type,
              uint64_t* bits) {
  if (type == WireFormatLite::WIRETYPE_VARINT) return in->ReadVarint64(bits);
  if (type == WireFormatLite::WIRETYPE_FIXED64) {
    return in->ReadLittleEndian64(bits);
  }
  uint32_t half = 0;
  bool read = in->ReadLittleEndian32(&half);
  *bits = half;
  return read;
}

}  // namespace

absl::StatusOr<PositionFields> FindPositionFields(
    const v1::StreamPosition& option, const Descriptor& request,
    const Descriptor& response) {
  constexpr char kInteger[] = "a single integer";
  PositionFields fields;
  for (const absl::Status& status : {
           Find(response, "cursor", option.cursor(), IsInteger, kInteger,
                &fields.cursor),
           Find(request, "after", option.after(), IsInteger, kInteger,
                &fields.after),
           Find(request, "backlog", option.backlog(), IsInteger, kInteger,
                &fields.backlog),
           Find(request, "start_time", option.start_time(), IsTime,
                "a google.protobuf.Timestamp", &fields.start_time),
       }) {
    if (!status.ok()) return status;
  }
  if (fields.resumable() &&
      fields.cursor->cpp_type() != fields.after->cpp_type()) {
    return absl::InvalidArgumentError(
        absl::StrCat("after: \"", option.after(), "\" has another type than \"",
                     option.cursor(), "\", the cursor"));
  }
  return fields;
}

PositionedRequest TakeApart(const PositionFields& fields,
                            const std::string& request) {
  UnknownFieldSet parts;
  if (!parts.ParseFromString(request)) return {request, {}};
  UnknownFieldSet shared;
  Position position;
  const FieldDescriptor* given = nullptr;
  for (int i = 0; i < parts.field_count(); ++i) {
    const UnknownField& part = parts.field(i);
    const FieldDescriptor* found = nullptr;
    for (const FieldDescriptor* field :
         {fields.after, fields.backlog, fields.start_time}) {
      if (field != nullptr && field->number() == part.number()) found = field;
    }
    if (found == nullptr) {
      shared.AddField(part);
      continue;
    }
    // Of a field that is there twice the last one counts, as everywhere.
    bool another = given != nullptr && given != found;
    given = found;
    std::optional<int64_t> value = ValueOf(*found, part);
    if (another || !fields.resumable() || !value.has_value()) {
      position.kind = Position::Kind::kOther;
    } else if (position.kind != Position::Kind::kOther) {
      position = {found == fields.after ? Position::Kind::kAfter
                                        : Position::Kind::kBacklog,
                  *value};
    }
  }
  if (position.kind == Position::Kind::kBacklog && position.value < 0) {
    position.kind = Position::Kind::kOther;  // which the upstream will refuse
  }
  PositionedRequest result = {"", position};
  shared.SerializeToString(&result.shared);
  return result;
}

std::string StartAfter(const PositionFields& fields, std::string shared,
                       int64_t cursor) {
  return Append(std::move(shared), *fields.after, cursor);
}

std::string StartWithBacklog(const PositionFields& fields, std::string shared,
                             int64_t count) {
  return Append(std::move(shared), *fields.backlog, count);
}

bool IsPossible(const PositionFields& fields, int64_t cursor) {
  switch (fields.after->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return std::in_range<int32_t>(cursor);
    case FieldDescriptor::CPPTYPE_UINT32:
      return std::in_range<uint32_t>(cursor);
    case FieldDescriptor::CPPTYPE_UINT64:
      return std::in_range<uint64_t>(cursor);
    default:
      return true;
  }
}

std::optional<int64_t> CursorOf(const PositionFields& fields,
                                grpc::ByteBuffer* message) {
  if (!message->Valid()) return 0;
  const FieldDescriptor& field = *fields.cursor;
  const WireFormatLite::WireType type = WireTypeOf(field);
  const uint32_t wanted = WireFormatLite::MakeTag(field.number(), type);
  grpc::ProtoBufferReader bytes(message);
  CodedInputStream in(&bytes);
  uint64_t bits = 0;
  while (uint32_t tag = in.ReadTag()) {
    if (tag != wanted &&
        WireFormatLite::GetTagFieldNumber(tag) == field.number()) {
      return std::nullopt;
    }
    bool read = tag == wanted ? ReadBits(&in, type, &bits)
                              : WireFormatLite::SkipField(&in, tag);
    if (!read) return std::nullopt;
  }
  return Decode(field, bits);
}

}  // namespace bridge
