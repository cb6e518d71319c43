#include "service/request/field_violations.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "service/request/grpc_status.h"

namespace happiness {

void FieldViolations::Add(std::string_view field, std::string_view rule) {
  if (bad_request_.field_violations_size() == kMax) return;
  google::rpc::BadRequest::FieldViolation* violation =
      bad_request_.add_field_violations();
  violation->set_field(std::string(field));
  violation->set_description(std::string(rule));
}

absl::Status FieldViolations::ToStatus(absl::StatusCode code) const {
  if (empty()) return absl::OkStatus();
  std::string message;
  for (const auto& violation : bad_request_.field_violations()) {
    absl::StrAppend(&message, message.empty() ? "" : "; ", violation.field(),
                    " ", violation.description());
  }
  absl::Status status(code, message);
  AddDetail(bad_request_, &status);
  return status;
}

}  // namespace happiness
