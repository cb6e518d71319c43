#include "tests/service/fuzz/refusal.h"

#include <grpcpp/support/status.h>

#include <string>

#include "absl/strings/str_split.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "service/request/grpc_status.h"
#include "tests/fuzz/require.h"

namespace happiness {
namespace {

using fuzz::Require;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr size_t kMaxHeaderBytes = 8 << 10;

// Whether `path` ("reading.place", "places[3]") leads to a field.
bool HasField(const Descriptor& message, const std::string& path) {
  const Descriptor* inside = &message;
  for (absl::string_view part : absl::StrSplit(path, '.')) {
    std::string name(part);
    const size_t bracket = name.find('[');
    const bool is_element = bracket != name.npos;
    if (is_element) name.resize(bracket);
    const FieldDescriptor* field =
        inside == nullptr ? nullptr : inside->FindFieldByName(name);
    if (field == nullptr || (is_element && !field->is_repeated())) return false;
    inside = field->message_type();
  }
  return true;
}

}  // namespace

void CheckRefusal(const absl::Status& status, const Descriptor& request) {
  Require(absl::IsInvalidArgument(status), "the code says who is at fault");
  const grpc::Status sent = ToGrpcStatus(status);
  // gRPC sends details in base64.
  Require(sent.error_message().size() + sent.error_details().size() * 4 / 3 <
              kMaxHeaderBytes,
          "a refusal fits into a header");
  google::rpc::Status details;
  Require(details.ParseFromString(sent.error_details()),
          "details are a status");
  google::rpc::BadRequest bad_request;
  if (details.details().empty()) {
    Require(sent.error_message() ==
                "not a valid " + request.full_name() + " message",
            "what names no field is no such message at all");
    return;
  }
  Require(details.details(0).UnpackTo(&bad_request) &&
              !bad_request.field_violations().empty(),
          "a refusal names a field");
  for (const auto& violation : bad_request.field_violations()) {
    Require(HasField(request, violation.field()), "the field is there");
    Require(
        sent.error_message().find(violation.field() + " " +
                                  violation.description()) != std::string::npos,
        "the message says the rule");
  }
}

}  // namespace happiness
