#include "service/request/message_parsing.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "service/request/field_violations.h"
#include "service/request/text.h"

namespace happiness {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

// The path of a field below `parent`. Elements of repeated fields are counted
// from 1, as google.rpc.BadRequest does.
std::string PathOf(const std::string& parent, const FieldDescriptor& field,
                   int occurrence) {
  std::string path =
      absl::StrCat(parent, parent.empty() ? "" : ".", field.name());
  if (field.is_repeated()) absl::StrAppend(&path, "[", occurrence, "]");
  return path;
}

// Walks the fields of a message of type `descriptor` as they stand on the wire
// and adds a violation for each string that is not UTF-8. Recursion is bounded:
// no message of the contract contains itself.
void FindInvalidUtf8(const UnknownFieldSet& fields,
                     const Descriptor& descriptor, const std::string& parent,
                     FieldViolations* violations) {
  std::map<int, int> occurrences;
  for (int i = 0; i < fields.field_count(); ++i) {
    const UnknownField& wire = fields.field(i);
    const FieldDescriptor* field = descriptor.FindFieldByNumber(wire.number());
    if (field == nullptr ||
        wire.type() != UnknownField::TYPE_LENGTH_DELIMITED) {
      continue;
    }
    const std::string path =
        PathOf(parent, *field, ++occurrences[wire.number()]);
    if (field->type() == FieldDescriptor::TYPE_STRING) {
      if (!IsValidUtf8(wire.length_delimited())) {
        violations->Add(path, "must be valid UTF-8");
      }
    } else if (field->type() == FieldDescriptor::TYPE_MESSAGE) {
      UnknownFieldSet nested;
      if (nested.ParseFromString(wire.length_delimited())) {
        FindInvalidUtf8(nested, *field->message_type(), path, violations);
      }
    }
  }
}

absl::Status ExplainFailure(grpc::ByteBuffer bytes,
                            const Descriptor& descriptor) {
  grpc::ProtoBufferReader reader(&bytes);
  UnknownFieldSet fields;
  FieldViolations violations;
  if (fields.ParseFromZeroCopyStream(&reader)) {
    FindInvalidUtf8(fields, descriptor, "", &violations);
  }
  if (!violations.empty()) return violations.ToStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("not a valid ", descriptor.full_name(), " message"));
}

}  // namespace

absl::Status ParseMessage(const grpc::ByteBuffer& bytes,
                          google::protobuf::Message* message) {
  grpc::ByteBuffer copy = bytes;  // shares the slices; the reader consumes it
  grpc::ProtoBufferReader reader(&copy);
  if (!reader.status().ok() || !message->ParseFromZeroCopyStream(&reader)) {
    return ExplainFailure(bytes, *message->GetDescriptor());
  }
  message->DiscardUnknownFields();
  return absl::OkStatus();
}

}  // namespace happiness
