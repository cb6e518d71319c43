#include "service/history/history.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/history/reading_scan.h"
#include "service/level/level.h"
#include "service/request/timestamps.h"
#include "service/store/places.h"
#include "service/store/readings.h"

namespace happiness {
namespace {

// A roll-up: the rows of it from one number on to another, in units since 1970.
struct Rollup {
  const char* sql;
  int64_t unit;  // microseconds
};

constexpr char kMinutes[] =
    "SELECT start, count, sum, min, max, sources FROM minutes"
    " WHERE place = ? AND start >= ? AND start < ? ORDER BY start";
constexpr char kHours[] =
    "SELECT start, count, sum, min, max, sources FROM hours"
    " WHERE place = ? AND start >= ? AND start < ? ORDER BY start";

// How many readings ReadingScan would look at: all in the whole minutes of the
// interval in which the place has some.
constexpr char kCountReadings[] =
    "SELECT sum(world.count) FROM minutes AS one"
    " JOIN minutes AS world ON world.place = ?1 AND world.start = one.start"
    " WHERE one.place = ?2 AND one.start >= ?3 AND one.start < ?4";

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

  // All readings up to this one are taken into account.
  void IncludesAllTo(int64_t sequence) {
    response_->set_last_sequence(sequence);
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
  level.sum = row.Int(2);
  level.min = row.Real(3);
  level.max = row.Real(4);
  level.sources = SourceSet::FromBytes(row.Blob(5));
  return level;
}

// The roll-up out of which the steps can be put together, if one is.
std::optional<Rollup> RollupFor(int64_t step) {
  if (step % kHourMicros == 0) return Rollup{kHours, kHourMicros};
  if (step % kMinuteMicros == 0) return Rollup{kMinutes, kMinuteMicros};
  return std::nullopt;
}

// What an answer is made of, read in chunks, each in a Snapshot of its own.
class Source {
 public:
  virtual ~Source() = default;

  // Adds up to `limit` more to `steps`. Whether those were the last.
  virtual absl::StatusOr<bool> Add(int64_t limit, Steps* steps) = 0;
};

class RollupSource final : public Source {
 public:
  RollupSource(Database& db, Rollup rollup, int64_t place,
               const HistoryQuery& query)
      : db_(db),
        rollup_(rollup),
        place_(place),
        next_(query.start / rollup.unit),
        end_(query.end / rollup.unit) {}

  absl::StatusOr<bool> Add(int64_t limit, Steps* steps) override {
    Query rows(db_, rollup_.sql);
    rows.Bind(1, place_);
    rows.Bind(2, next_);
    rows.Bind(3, end_);
    for (int64_t looks = 0;; ++looks) {
      const absl::StatusOr<bool> row = rows.Step();
      if (!row.ok()) return row.status();
      if (!*row) return true;
      if (looks == limit) return false;
      steps->At(rows.Int(0) * rollup_.unit).Merge(LevelOf(rows));
      next_ = rows.Int(0) + 1;
    }
  }

 private:
  Database& db_;
  const Rollup rollup_;
  const int64_t place_;
  int64_t next_;
  const int64_t end_;
};

class ReadingSource final : public Source {
 public:
  ReadingSource(Database& db, int64_t place, const HistoryQuery& query)
      : db_(db), scan_({.start = query.start, .end = query.end}) {
    if (place != kWorld) scan_.places.push_back(place);
  }

  absl::StatusOr<bool> Add(int64_t limit, Steps* steps) override {
    ReadingScan scan(db_, scan_, limit);
    for (;;) {
      const absl::StatusOr<ReadingScan::Outcome> outcome = scan.Next();
      if (!outcome.ok()) return outcome.status();
      scan_.after = scan.position();
      if (*outcome != ReadingScan::Outcome::kFound) {
        return *outcome == ReadingScan::Outcome::kEnd;
      }
      absl::Status status = ReadOne(db_, scan.position().sequence, &reading_);
      if (!status.ok()) return status;
      steps->At(scan.position().observe_time)
          .Add(reading_.happiness(), HashOfSource(reading_.source()));
    }
  }

 private:
  Database& db_;
  ReadingScan::Options scan_;
  v1::Reading reading_;
};

absl::StatusOr<int64_t> CountReadings(Database& db, int64_t place,
                                      const HistoryQuery& query) {
  Query count(db, kCountReadings);
  count.Bind(1, kWorld);
  count.Bind(2, place);
  count.Bind(3, FloorTo(kMinuteMicros, query.start + kMinuteMicros - 1) /
                    kMinuteMicros);
  count.Bind(4, FloorTo(kMinuteMicros, query.end) / kMinuteMicros);
  if (const absl::StatusOr<bool> row = count.Step(); !row.ok()) {
    return row.status();
  }
  return count.Int(0);
}

absl::Status SayWhatIsIncluded(Database& db, Steps* steps) {
  const absl::StatusOr<int64_t> sequence = ReadLastSequence(db);
  if (!sequence.ok()) return sequence.status();
  steps->IncludesAllTo(*sequence);
  return absl::OkStatus();
}

absl::Status AddAll(Database& db, Source& source, const HistoryLimits& limits,
                    const char* what, GoOn go_on, Steps* steps) {
  for (int64_t looks = 0; looks < limits.looks; looks += limits.chunk) {
    if (absl::Status status = go_on(); !status.ok()) return status;
    const Snapshot snapshot(db);
    const absl::StatusOr<bool> last =
        source.Add(std::min(limits.chunk, limits.looks - looks), steps);
    if (!last.ok()) return last.status();
    if (*last) return SayWhatIsIncluded(db, steps);
  }
  return TooMuch(what, limits.looks);
}

absl::Status AddSteps(Database& db, int64_t place, const HistoryQuery& query,
                      const HistoryLimits& limits, GoOn go_on, Steps* steps) {
  if (const std::optional<Rollup> rollup = RollupFor(query.step)) {
    RollupSource source(db, *rollup, place, query);
    return AddAll(db, source, limits, "roll-ups", go_on, steps);
  }
  // Nobody is to wait for what is refused in the end.
  const absl::StatusOr<int64_t> count = CountReadings(db, place, query);
  if (!count.ok()) return count.status();
  if (*count > limits.looks) return TooMuch("readings", limits.looks);
  ReadingSource source(db, place, query);
  return AddAll(db, source, limits, "readings", go_on, steps);
}

}  // namespace

absl::StatusOr<v1::QueryHistoryResponse> ReadHistory(
    Database& db, const HistoryQuery& query, size_t min_group,
    const HistoryLimits& limits, GoOn go_on) {
  v1::QueryHistoryResponse response;
  const bool world = query.place.empty();
  Steps steps(query, world ? 0 : min_group, &response);
  int64_t place = kWorld;
  if (!world) {
    const Snapshot snapshot(db);  // the place is unknown up to that sequence
    const absl::StatusOr<std::optional<int64_t>> known =
        FindPlace(db, query.place);
    if (!known.ok()) return known.status();
    if (known->has_value()) {
      place = **known;
    } else if (absl::Status status = SayWhatIsIncluded(db, &steps);
               !status.ok()) {
      return status;
    } else {
      return response;
    }
  }
  absl::Status status = AddSteps(db, place, query, limits, go_on, &steps);
  if (!status.ok()) return status;
  steps.Finish();
  return response;
}

}  // namespace happiness
