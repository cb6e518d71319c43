#include "bridge/viewer/delivery.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace bridge {
namespace {

constexpr std::string_view kPrefix = "bridge.";
constexpr std::string_view kDelivery = "bridge.delivery";
constexpr std::string_view kMaxRate = "bridge.maxRate";
// Frames a second.
constexpr double kLowestRate = 0.001;
constexpr double kHighestRate = 1000;

absl::Status Wrong(std::string_view name, std::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat(
      "parameter \"", std::string(name), "\": ", std::string(rule)));
}

}  // namespace

absl::StatusOr<Delivery> Delivery::Take(std::vector<Parameter>* query) {
  std::optional<std::string> mode;
  std::optional<std::string> max_rate;
  for (const auto& [name, value] : *query) {
    if (!name.starts_with(kPrefix)) continue;
    if (name != kDelivery && name != kMaxRate) {
      return Wrong(name, "the bridge knows bridge.delivery and bridge.maxRate");
    }
    std::optional<std::string>& known = name == kDelivery ? mode : max_rate;
    if (known.has_value()) return Wrong(name, "is given twice");
    known = value;
  }
  std::erase_if(*query, [](const Parameter& parameter) {
    return parameter.first.starts_with(kPrefix);
  });

  Delivery delivery;
  if (mode.has_value() && mode != "all" && mode != "latest") {
    return Wrong(kDelivery, "must be all or latest");
  }
  delivery.latest = mode == "latest" || max_rate.has_value();
  if (!max_rate.has_value()) return delivery;
  double rate;
  if (!absl::SimpleAtod(*max_rate, &rate)) rate = 0;
  auto interval = IntervalOf(rate);
  if (!interval.ok()) {
    const absl::string_view rule = interval.status().message();
    return Wrong(kMaxRate, {rule.data(), rule.size()});
  }
  if (mode == "all") {
    return Wrong(kMaxRate, "skips messages, which bridge.delivery=all forbids");
  }
  delivery.interval = *interval;
  return delivery;
}

absl::StatusOr<absl::Duration> Delivery::IntervalOf(double rate) {
  if (rate >= kLowestRate && rate <= kHighestRate) {
    return absl::Seconds(1) / rate;
  }
  return absl::InvalidArgumentError(
      "must be a number of frames a second, from 0.001 to 1000");
}

absl::Status Delivery::CheckNone(const std::vector<Parameter>& query) {
  for (const auto& [name, value] : query) {
    if (name == kDelivery || name == kMaxRate) {
      return Wrong(name, "is for streams that viewers share, and this is none");
    }
  }
  return absl::OkStatus();
}

}  // namespace bridge
