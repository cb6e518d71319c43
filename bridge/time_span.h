// How long something takes, on the command line.

#ifndef BRIDGE_TIME_SPAN_H_
#define BRIDGE_TIME_SPAN_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace bridge {

// A flag's absl::Duration, whose error says what is missing: most often the
// unit.
class TimeSpan {
 public:
  TimeSpan() = default;
  // Not explicit: it is one.
  TimeSpan(absl::Duration value) : value_(value) {}
  operator absl::Duration() const { return value_; }

  friend bool AbslParseFlag(absl::string_view text, TimeSpan* span,
                            std::string* error) {
    if (absl::ParseDuration(text, &span->value_)) return true;
    *error = "must be a number with a unit, such as 300ms, 10s, 5m or 24h";
    return false;
  }
  friend std::string AbslUnparseFlag(TimeSpan span) {
    return absl::FormatDuration(span.value_);
  }

 private:
  absl::Duration value_;
};

}  // namespace bridge

#endif  // BRIDGE_TIME_SPAN_H_
