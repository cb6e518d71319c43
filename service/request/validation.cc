#include "service/request/validation.h"

#include <cmath>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "service/request/field_rules.h"
#include "service/request/field_violations.h"
#include "service/request/text.h"

namespace happiness {
namespace {

void CheckReadingId(const std::string& id, FieldViolations* violations) {
  constexpr char kField[] = "reading.reading_id";
  CheckText(kField, id, violations);
  if (id.size() > kMaxReadingIdBytes) {
    violations->Add(kField, absl::StrCat("must have at most ",
                                         kMaxReadingIdBytes, " bytes"));
  }
}

void CheckSource(const std::string& source, FieldViolations* violations) {
  constexpr char kField[] = "reading.source";
  const std::optional<TextShape> shape = CheckText(kField, source, violations);
  if (shape && shape->characters > kMaxSourceCharacters) {
    violations->Add(kField, absl::StrCat("must have at most ",
                                         kMaxSourceCharacters, " characters"));
  }
}

void CheckHappiness(const v1::Reading& reading, FieldViolations* violations) {
  constexpr char kField[] = "reading.happiness";
  if (!reading.has_happiness()) {
    violations->Add(kField, "must be set");
  } else if (!std::isfinite(reading.happiness())) {
    violations->Add(kField, "must be a finite number");
  } else if (reading.happiness() < kMinHappiness ||
             reading.happiness() > kMaxHappiness) {
    violations->Add(kField, absl::StrCat("must be from ", kMinHappiness, " to ",
                                         kMaxHappiness));
  }
}

void CheckObserveTime(const google::protobuf::Timestamp& time, absl::Time now,
                      FieldViolations* violations) {
  constexpr char kField[] = "reading.observe_time";
  if (CheckTime(kField, time, violations) &&
      absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos()) >
          now + kMaxTimeAhead) {
    violations->Add(kField,
                    "must be at most one minute ahead of the service's clock");
  }
}

}  // namespace

absl::Status ValidateReading(const v1::Reading& reading, absl::Time now) {
  FieldViolations violations;
  if (reading.sequence() != 0) {
    violations.Add("reading.sequence", "must be unset");
  }
  CheckReadingId(reading.reading_id(), &violations);
  if (reading.has_observe_time()) {
    CheckObserveTime(reading.observe_time(), now, &violations);
  }
  CheckPlace("reading.place", reading.place(), &violations);
  CheckHappiness(reading, &violations);
  CheckSource(reading.source(), &violations);
  return violations.ToStatus();
}

absl::Status ValidateStreamRequest(const v1::StreamReadingsRequest& request) {
  FieldViolations violations;
  CheckPlaces(request.places(), &violations);
  if (request.has_after_sequence() && request.after_sequence() < 0) {
    violations.Add("after_sequence", "must be at least 0");
  }
  if (request.has_backlog() &&
      (request.backlog() < 0 || request.backlog() > kMaxBacklog)) {
    violations.Add("backlog", absl::StrCat("must be from 0 to ", kMaxBacklog));
  }
  if (request.has_after_sequence() && request.has_backlog()) {
    violations.Add("backlog", "must not be set together with after_sequence");
  }
  if (request.has_start_time()) {
    CheckTime("start_time", request.start_time(), &violations);
    if (request.has_after_sequence() || request.has_backlog()) {
      violations.Add("start_time",
                     "must not be set together with after_sequence or backlog");
    }
  }
  return violations.ToStatus();
}

}  // namespace happiness
