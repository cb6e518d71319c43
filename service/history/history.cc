#include "service/history/history.h"

#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/history/reading_scan.h"
#include "service/level/level.h"
#include "service/request/timestamps.h"
#include "service/store/places.h"
#include "service/store/readings.h"

namespace happiness {
namespace {

constexpr char kMinutes[] =
    "SELECT start, count, sum, min, max, sources FROM minutes"
    " WHERE place = ? AND start >= ? AND start < ? ORDER BY start";
constexpr char kHours[] =
    "SELECT start, count, sum, min, max, sources FROM hours"
    " WHERE place = ? AND start >= ? AND start < ? ORDER BY start";

// Puts what comes in the order of time together into steps.
class Steps {
 public:
  // `*response` must remain live while this is in use.
  Steps(const HistoryQuery& query, size_t min_group,
        v1::QueryHistoryResponse* response)
      : step_(query.step), min_group_(min_group), response_(response) {
    FromMicros(step_, response_->mutable_step());
    response_->set_withheld_steps(0);
  }

  // The level of the step in which `time` is.
  Level& At(int64_t time) {
    const int64_t start = FloorTo(step_, time);
    if (!level_ || start != start_) {
      Finish();
      start_ = start;
      level_.emplace();
    }
    return *level_;
  }

  // To be called when all is there.
  void Finish() {
    if (!level_) return;
    if (level_->sources.size() < min_group_) {
      response_->set_withheld_steps(response_->withheld_steps() + 1);
    } else {
      v1::HistoryStep* step = response_->add_steps();
      FromMicros(start_, step->mutable_start_time());
      *step->mutable_level() = level_->ToProto();
    }
    level_.reset();
  }

 private:
  const int64_t step_;
  const size_t min_group_;
  v1::QueryHistoryResponse* const response_;
  int64_t start_ = 0;
  std::optional<Level> level_;  // of the step that starts there
};

absl::Status TooMuch(const char* what, int64_t limit) {
  return absl::ResourceExhaustedError(absl::StrCat(
      "more than ", limit, " ", what, " would have to be looked at: ",
      "start_time must be nearer to end_time, or step longer"));
}

Level LevelOf(const Query& row) {
  Level level;
  level.count = row.Int(1);
  level.sum = row.Real(2);
  level.min = row.Real(3);
  level.max = row.Real(4);
  level.sources = SourceSet::FromBytes(row.Blob(5));
  return level;
}

// `sql` gives the rows of a roll-up, each of which is about `unit`
// microseconds.
absl::Status AddRollups(Database& db, const char* sql, int64_t unit,
                        int64_t place, const HistoryQuery& query,
                        int64_t max_looks, Steps* steps) {
  Query rows(db, sql);
  rows.Bind(1, place);
  rows.Bind(2, query.start / unit);
  rows.Bind(3, query.end / unit);
  for (int64_t looks = 0;; ++looks) {
    const absl::StatusOr<bool> row = rows.Step();
    if (!row.ok()) return row.status();
    if (!*row) return absl::OkStatus();
    if (looks == max_looks) return TooMuch("roll-ups", max_looks);
    steps->At(rows.Int(0) * unit).Merge(LevelOf(rows));
  }
}

absl::Status AddReadings(Database& db, int64_t place, const HistoryQuery& query,
                         int64_t max_looks, Steps* steps) {
  std::vector<int64_t> places;
  if (place != kWorld) places.push_back(place);
  ReadingScan scan(db,
                   {.places = places, .start = query.start, .end = query.end},
                   max_looks);
  v1::Reading reading;
  for (;;) {
    const absl::StatusOr<ReadingScan::Outcome> outcome = scan.Next();
    if (!outcome.ok()) return outcome.status();
    switch (*outcome) {
      case ReadingScan::Outcome::kEnd:
        return absl::OkStatus();
      case ReadingScan::Outcome::kUnfinished:
        return TooMuch("readings", max_looks);
      case ReadingScan::Outcome::kFound:
        break;
    }
    absl::Status status = ReadOne(db, scan.position().sequence, &reading);
    if (!status.ok()) return status;
    steps->At(scan.position().observe_time)
        .Add(reading.happiness(), HashOfSource(reading.source()));
  }
}

}  // namespace

absl::StatusOr<v1::QueryHistoryResponse> ReadHistory(Database& db,
                                                     const HistoryQuery& query,
                                                     size_t min_group,
                                                     int64_t max_looks) {
  const Snapshot snapshot(db);
  v1::QueryHistoryResponse response;
  const bool world = query.place.empty();
  Steps steps(query, world ? 0 : min_group, &response);
  int64_t place = kWorld;
  if (!world) {
    const absl::StatusOr<std::optional<int64_t>> known =
        FindPlace(db, query.place);
    if (!known.ok()) return known.status();
    if (!*known) return response;
    place = **known;
  }
  absl::Status status;
  if (query.step % kHourMicros == 0) {
    status =
        AddRollups(db, kHours, kHourMicros, place, query, max_looks, &steps);
  } else if (query.step % kMinuteMicros == 0) {
    status = AddRollups(db, kMinutes, kMinuteMicros, place, query, max_looks,
                        &steps);
  } else {
    status = AddReadings(db, place, query, max_looks, &steps);
  }
  if (!status.ok()) return status;
  steps.Finish();
  return response;
}

}  // namespace happiness
