#include "service/history/place_minutes.h"

namespace happiness {
namespace {

constexpr char kNextMinute[] =
    "SELECT start FROM minutes WHERE place = ? AND start >= ?"
    " ORDER BY start LIMIT 1";
constexpr char kPreviousMinute[] =
    "SELECT start FROM minutes WHERE place = ? AND start <= ?"
    " ORDER BY start DESC LIMIT 1";

}  // namespace

PlaceMinutes::PlaceMinutes(Database& db, std::vector<int64_t> places,
                           int64_t from, bool newest_first)
    : db_(db),
      newest_first_(newest_first),
      from_(from),
      unsought_(std::move(places)),
      upcoming_(Later{newest_first}) {}

absl::StatusOr<std::optional<int64_t>> PlaceMinutes::Next() {
  for (; !unsought_.empty(); unsought_.pop_back()) {
    absl::Status status = Seek(unsought_.back(), from_);
    if (!status.ok()) return status;
  }
  if (upcoming_.empty()) return std::optional<int64_t>();
  const int64_t minute = upcoming_.top().first;
  while (!upcoming_.empty() && upcoming_.top().first == minute) {
    const int64_t place = upcoming_.top().second;
    upcoming_.pop();
    absl::Status status = Seek(place, newest_first_ ? minute - 1 : minute + 1);
    if (!status.ok()) return status;
  }
  return std::optional(minute);
}

absl::Status PlaceMinutes::Seek(int64_t place, int64_t from) {
  Query query(db_, newest_first_ ? kPreviousMinute : kNextMinute);
  query.Bind(1, place);
  query.Bind(2, from);
  const absl::StatusOr<bool> found = query.Step();
  if (found.ok() && *found) upcoming_.emplace(query.Int(0), place);
  return found.status();
}

}  // namespace happiness
