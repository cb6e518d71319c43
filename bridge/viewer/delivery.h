// Which frames of a stream a viewer gets.

#ifndef BRIDGE_VIEWER_DELIVERY_H_
#define BRIDGE_VIEWER_DELIVERY_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bridge/transcode/url.h"

namespace bridge {

// Chosen by each viewer, with parameters beside those of the request:
//
//   bridge.delivery=all      every message in order (the default)
//   bridge.delivery=latest   the newest, whenever there is room for it
//   bridge.maxRate=2         the same, at most twice a second
struct Delivery {
  // Takes those parameters out of a query. INVALID_ARGUMENT names the one that
  // is wrong.
  static absl::StatusOr<Delivery> Take(std::vector<Parameter>* query);

  // Between two frames, for so many a second. INVALID_ARGUMENT says the rule.
  static absl::StatusOr<absl::Duration> IntervalOf(double rate);

  // For a method that streams nothing: INVALID_ARGUMENT if there are any.
  static absl::Status CheckNone(const std::vector<Parameter>& query);

  bool latest = false;
  // Between two frames at least; zero for as quick as may be. Only for latest.
  absl::Duration interval;
};

}  // namespace bridge

#endif  // BRIDGE_VIEWER_DELIVERY_H_
