// What calls that record have in common.

#ifndef SERVICE_RPC_RECORDER_H_
#define SERVICE_RPC_RECORDER_H_

#include <grpcpp/support/byte_buffer.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "happiness/v1/happiness.pb.h"
#include "metrics/label_counts.h"
#include "service/log/reading_log.h"
#include "service/request/intake.h"

namespace happiness {

struct Recorder {
  ReadingLog* log;
  // Of all that is recorded, unless it is for the client to say: then empty.
  std::string source;
  metrics::LabelCounts* refused;  // calls that end with an error, by its code

  // As TakeReading.
  template <typename Request>
  absl::StatusOr<v1::Reading> Take(const grpc::ByteBuffer& bytes) const {
    absl::StatusOr<v1::Reading> reading =
        TakeReading<Request>(bytes, absl::Now());
    if (reading.ok() && !source.empty()) reading->set_source(source);
    return reading;
  }

  void Count(const absl::Status& end) const {
    if (!end.ok()) refused->Add(absl::StatusCodeToString(end.code()));
  }
};

}  // namespace happiness

#endif  // SERVICE_RPC_RECORDER_H_
