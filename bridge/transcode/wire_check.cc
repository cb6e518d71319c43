#include "bridge/transcode/wire_check.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <climits>
#include <string>

#include "absl/strings/str_cat.h"
#include "bridge/transcode/utf8.h"

namespace bridge {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using WireType = WireFormatLite::WireType;

WireType WireTypeOf(const FieldDescriptor& field) {
  return WireFormatLite::WireTypeForFieldType(
      static_cast<WireFormatLite::FieldType>(field.type()));
}

class Checker {
 public:
  Checker(google::protobuf::io::ZeroCopyInputStream* in, size_t size)
      : in_(in) {
    in_.PushLimit(static_cast<int>(size));
  }

  // Up to the limit, or to the tag that ends the group. `type` is null in a
  // field that is not known.
  bool Fields(const Descriptor* type, uint32_t end_tag = 0) {
    while (in_.BytesUntilLimit() > 0) {
      uint64_t tag;
      if (!ReadShort(&tag) || tag > UINT32_MAX) return Fail(type);
      if (end_tag != 0 && tag == end_tag) return true;
      if (!Field(type, static_cast<uint32_t>(tag))) return Fail(type);
    }
    return end_tag == 0 || Fail(type);
  }

  absl::Status status() const {
    return absl::InvalidArgumentError(
        absl::StrCat(fault_, bad_text_ ? ": must be valid UTF-8"
                                       : ": its bytes are no such value"));
  }

 private:
  bool Field(const Descriptor* type, uint32_t tag) {
    const int number = WireFormatLite::GetTagFieldNumber(tag);
    if (number == 0) return false;
    const FieldDescriptor* field =
        type == nullptr ? nullptr : type->FindFieldByNumber(number);
    const bool good = Value(field, tag);
    if (!good && field != nullptr && fault_.empty()) {
      fault_ = field->full_name();
    }
    return good;
  }

  // A field that comes with another wire type than its own is as one that is
  // not known, and passed over.
  bool Value(const FieldDescriptor* field, uint32_t tag) {
    const WireType wire = WireFormatLite::GetTagWireType(tag);
    const bool known = field != nullptr && WireTypeOf(*field) == wire;
    switch (wire) {
      case WireFormatLite::WIRETYPE_VARINT:
      case WireFormatLite::WIRETYPE_FIXED32:
      case WireFormatLite::WIRETYPE_FIXED64:
        return SkipNumber(wire);
      case WireFormatLite::WIRETYPE_START_GROUP:
        return Group(known ? field->message_type() : nullptr, tag);
      case WireFormatLite::WIRETYPE_LENGTH_DELIMITED:
        break;
      default:
        return false;
    }
    uint64_t length;
    if (!ReadShort(&length) || length > INT_MAX ||
        static_cast<int>(length) > in_.BytesUntilLimit()) {
      return false;
    }
    const int size = static_cast<int>(length);
    if (known && field->message_type() != nullptr) {
      return Message(*field->message_type(), size);
    }
    if (known && field->type() == FieldDescriptor::TYPE_STRING) {
      return Text(*field, size);
    }
    if (!known && field != nullptr && field->is_packable()) {
      return Packed(WireTypeOf(*field), size);
    }
    return in_.Skip(size);
  }

  bool Message(const Descriptor& type, int size) {
    const auto [limit, depth] = in_.IncrementRecursionDepthAndPushLimit(size);
    const bool good = depth >= 0 && Fields(&type);
    in_.DecrementRecursionDepthAndPopLimit(limit);
    return good;
  }

  bool Group(const Descriptor* type, uint32_t tag) {
    const bool good = in_.IncrementRecursionDepth() &&
                      Fields(type, WireFormatLite::MakeTag(
                                       WireFormatLite::GetTagFieldNumber(tag),
                                       WireFormatLite::WIRETYPE_END_GROUP));
    in_.DecrementRecursionDepth();
    return good;
  }

  bool Text(const FieldDescriptor& field, int size) {
    if (field.file()->syntax() != FileDescriptor::SYNTAX_PROTO3) {
      return in_.Skip(size);  // may be anything
    }
    if (!in_.ReadString(&text_, size)) return false;
    bad_text_ = !IsValidUtf8(text_);
    return !bad_text_;
  }

  bool Packed(WireType wire, int size) {
    const CodedInputStream::Limit limit = in_.PushLimit(size);
    bool good = true;
    while (good && in_.BytesUntilLimit() > 0) good = SkipNumber(wire);
    in_.PopLimit(limit);
    return good;
  }

  // A tag or a length: protobuf's parser refuses more than five bytes, and its
  // way to JSON would drop the higher bits.
  bool ReadShort(uint64_t* number) {
    const int begin = in_.CurrentPosition();
    return in_.ReadVarint64(number) && in_.CurrentPosition() - begin <= 5;
  }

  bool SkipNumber(WireType wire) {
    uint64_t unused;
    if (wire == WireFormatLite::WIRETYPE_VARINT) {
      return in_.ReadVarint64(&unused);
    }
    const int size = wire == WireFormatLite::WIRETYPE_FIXED32 ? 4 : 8;
    return in_.BytesUntilLimit() >= size && in_.Skip(size);
  }

  bool Fail(const Descriptor* type) {
    if (fault_.empty() && type != nullptr) fault_ = type->full_name();
    return false;
  }

  CodedInputStream in_;
  std::string text_;  // its memory serves all
  std::string fault_;
  bool bad_text_ = false;
};

}  // namespace

absl::Status CheckWire(const Descriptor& type,
                       google::protobuf::io::ZeroCopyInputStream* in,
                       size_t size) {
  if (size > INT_MAX) {
    return absl::InvalidArgumentError("is more than 2 GiB");
  }
  Checker checker(in, size);
  return checker.Fields(&type) ? absl::OkStatus() : checker.status();
}

}  // namespace bridge
