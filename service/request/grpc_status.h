// The edge between absl::Status, which is used inside, and grpc::Status, which
// is what clients get.

#ifndef SERVICE_REQUEST_GRPC_STATUS_H_
#define SERVICE_REQUEST_GRPC_STATUS_H_

#include <google/protobuf/message.h>
#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"

namespace happiness {

// Attaches `detail` to `status`, which must not be OK, to be sent to the client
// beside the message. At most one of each type.
void AddDetail(const google::protobuf::Message& detail, absl::Status* status);

// `status` with another message, and with the same details.
absl::Status WithMessage(const std::string& message,
                         const absl::Status& status);

// The same code, message and details. The details become a google.rpc.Status
// in the trailer "grpc-status-details-bin".
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace happiness

#endif  // SERVICE_REQUEST_GRPC_STATUS_H_
