// A reading's way from a request to the log: parsed, validated, completed.

#ifndef SERVICE_REQUEST_INTAKE_H_
#define SERVICE_REQUEST_INTAKE_H_

#include <grpcpp/support/byte_buffer.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "happiness/v1/happiness.pb.h"
#include "service/request/message_parsing.h"
#include "service/request/validation.h"

namespace happiness {

// Fills in what the client left unset: an id, and `now` as the time.
void Complete(absl::Time now, v1::Reading* reading);

// The reading in `bytes`, a serialised `Request` (v1::RecordReadingRequest or
// v1::RecordReadingsRequest), ready for ReadingLog::Append. INVALID_ARGUMENT if
// it breaks a rule.
template <typename Request>
absl::StatusOr<v1::Reading> TakeReading(const grpc::ByteBuffer& bytes,
                                        absl::Time now) {
  Request request;
  if (absl::Status status = ParseMessage(bytes, &request); !status.ok()) {
    return status;
  }
  if (absl::Status status = ValidateReading(request.reading(), now);
      !status.ok()) {
    return status;
  }
  v1::Reading reading = std::move(*request.mutable_reading());
  Complete(now, &reading);
  return reading;
}

}  // namespace happiness

#endif  // SERVICE_REQUEST_INTAKE_H_
