#include "service/rpc/recorder.h"

#include "service/request/field_violations.h"

namespace happiness {

absl::Status Recorder::CheckOwn(const Appended& appended) const {
  if (!appended.duplicate || source.empty() ||
      appended.entry->source == source) {
    return absl::OkStatus();
  }
  FieldViolations violations;
  violations.Add("reading.reading_id",
                 "must not be that of a reading from another source");
  return violations.ToStatus(absl::StatusCode::kAlreadyExists);
}

}  // namespace happiness
