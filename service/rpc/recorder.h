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
#include "service/access/write_limits.h"
#include "service/log/entry.h"
#include "service/log/reading_log.h"
#include "service/request/intake.h"

namespace happiness {

struct Recorder {
  // What calls over a source's limit are counted as.
  static constexpr char kTokenLimit[] = "TOKEN_LIMIT";

  ReadingLog* log;
  // Of all that is recorded, unless it is for the client to say: then empty.
  std::string source;
  // Calls that end with an error, by its code, or by what limits a source.
  metrics::LabelCounts* refused;
  WriteLimits* limits;  // of each source

  // As TakeReading, within the source's limit, by which a bad reading counts,
  // too.
  template <typename Request>
  absl::StatusOr<v1::Reading> Take(const grpc::ByteBuffer& bytes) const {
    absl::Status allowed = limits->Take(source, WriteLimits::Clock::now());
    if (!allowed.ok()) return allowed;
    absl::StatusOr<v1::Reading> reading =
        TakeReading<Request>(bytes, absl::Now());
    if (reading.ok() && !source.empty()) reading->set_source(source);
    return reading;
  }

  // ALREADY_EXISTS, which says nothing of that reading, if the id belongs to
  // one of another source: whose token may record need not see others'
  // readings, nor must think that his own is there. Where nobody has a name all
  // may.
  absl::Status CheckOwn(const Appended& appended) const;

  void Count(const absl::Status& end) const {
    if (end.ok()) return;
    refused->Add(WriteLimits::Refused(end)
                     ? kTokenLimit
                     : absl::StatusCodeToString(end.code()));
  }
};

}  // namespace happiness

#endif  // SERVICE_RPC_RECORDER_H_
