// Which fields of a request break which rules, on the way to becoming an
// INVALID_ARGUMENT status:
//
//   FieldViolations violations;
//   violations.Add("reading.place", "must not be empty");
//   return violations.ToStatus();

#ifndef SERVICE_REQUEST_FIELD_VIOLATIONS_H_
#define SERVICE_REQUEST_FIELD_VIOLATIONS_H_

#include <string_view>

#include "absl/status/status.h"
#include "google/rpc/error_details.pb.h"

namespace happiness {

// Collects violations: the first kMax of them, because a status travels in a
// header, and clients refuse headers of more than 8 KiB. Not thread-safe.
class FieldViolations {
 public:
  static constexpr int kMax = 8;

  // `field` is the path of the field in the request, `rule` what it must be
  // ("must not be empty"). Together they read as a sentence.
  void Add(std::string_view field, std::string_view rule);

  bool empty() const { return bad_request_.field_violations().empty(); }

  const google::rpc::BadRequest& bad_request() const { return bad_request_; }

  // OK if there are none. Otherwise an error of that code, whose message has
  // all of them ("reading.place must not be empty; ...") and whose payload is
  // the google.rpc.BadRequest (see grpc_status.h).
  absl::Status ToStatus(
      absl::StatusCode code = absl::StatusCode::kInvalidArgument) const;

 private:
  google::rpc::BadRequest bad_request_;
};

}  // namespace happiness

#endif  // SERVICE_REQUEST_FIELD_VIOLATIONS_H_
