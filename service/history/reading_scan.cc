#include "service/history/reading_scan.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "service/request/timestamps.h"
#include "service/store/rollups.h"

namespace happiness {
namespace {

// Two statements each way, because SQLite does not seek to a pair of which the
// second is the primary key: (observe_time, sequence) > (?, ?) would look again
// at all readings of that microsecond, of which an import may bring many.
constexpr char kNewerInMicrosecond[] =
    "SELECT observe_time, sequence, place FROM readings"
    " WHERE observe_time = ? AND sequence > ? ORDER BY sequence";
constexpr char kNewer[] =
    "SELECT observe_time, sequence, place FROM readings"
    " WHERE observe_time > ? AND observe_time < ?"
    " ORDER BY observe_time, sequence";
constexpr char kOlderInMicrosecond[] =
    "SELECT observe_time, sequence, place FROM readings"
    " WHERE observe_time = ? AND sequence < ? ORDER BY sequence DESC";
constexpr char kOlder[] =
    "SELECT observe_time, sequence, place FROM readings"
    " WHERE observe_time < ? AND observe_time >= ?"
    " ORDER BY observe_time DESC, sequence DESC";

ListPosition BeginningOf(const ReadingScan::Options& options) {
  if (options.after) return *options.after;
  return {options.newest_first ? options.end : options.start, 0};
}

}  // namespace

ReadingScan::ReadingScan(Database& db, Options options, int64_t max_looks)
    : db_(db),
      options_(std::move(options)),
      places_(options_.places.begin(), options_.places.end()),
      looks_left_(max_looks),
      position_(BeginningOf(options_)) {
  if (options_.places.empty()) return;
  minutes_.emplace(db, options_.places, MinuteOf(position_.observe_time),
                   options_.newest_first);
}

absl::StatusOr<ReadingScan::Outcome> ReadingScan::Next() {
  for (;;) {
    if (!query_) {
      if (stage_ == Stage::kNothing) {
        const absl::StatusOr<bool> entered = EnterNextPiece();
        if (!entered.ok()) return entered.status();
        if (!*entered) return Outcome::kEnd;
      }
      OpenQuery();
    }
    const absl::StatusOr<bool> row = query_->Step();
    if (!row.ok()) return row.status();
    if (!*row) {
      query_.reset();
      continue;
    }
    if (looks_left_ == 0) return Outcome::kUnfinished;
    --looks_left_;
    position_ = {query_->Int(0), query_->Int(1)};
    if (places_.empty() || places_.contains(query_->Int(2))) {
      return Outcome::kFound;
    }
  }
}

absl::StatusOr<bool> ReadingScan::EnterNextPiece() {
  const int64_t end = options_.newest_first ? options_.start : options_.end;
  if (!minutes_) {
    if (std::exchange(entered_, true)) return false;
    far_end_ = end;
  } else {
    const absl::StatusOr<std::optional<int64_t>> minute = minutes_->Next();
    if (!minute.ok()) return minute.status();
    if (!*minute) return false;
    EnterMinute(**minute);
  }
  if (options_.newest_first ? position_.observe_time < options_.start
                            : position_.observe_time >= options_.end) {
    return false;
  }
  stage_ = Stage::kRest;
  return true;
}

void ReadingScan::EnterMinute(int64_t minute) {
  const int64_t start = minute * kMinuteMicros;
  const int64_t end = start + kMinuteMicros;
  if (options_.newest_first) {
    position_ = std::min(position_, ListPosition{end, 0});
    far_end_ = std::max(start, options_.start);
  } else {
    position_ = std::max(position_, ListPosition{start, 0});
    far_end_ = std::min(end, options_.end);
  }
}

void ReadingScan::OpenQuery() {
  if (stage_ == Stage::kRest) {
    query_.emplace(
        db_, options_.newest_first ? kOlderInMicrosecond : kNewerInMicrosecond);
    query_->Bind(2, position_.sequence);
    stage_ = Stage::kBehind;
  } else {
    query_.emplace(db_, options_.newest_first ? kOlder : kNewer);
    query_->Bind(2, far_end_);
    stage_ = Stage::kNothing;
  }
  query_->Bind(1, position_.observe_time);
}

}  // namespace happiness
