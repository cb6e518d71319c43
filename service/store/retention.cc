#include "service/store/retention.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "happiness/v1/happiness.pb.h"
#include "service/request/timestamps.h"
#include "service/store/places.h"
#include "service/store/reading_ids.h"
#include "service/store/rollups.h"

namespace happiness {
namespace {

constexpr absl::Duration kAfterError = absl::Seconds(5);
constexpr absl::Duration kTogether = absl::Seconds(1);
constexpr absl::Duration kBetweenHours = absl::Minutes(1);
constexpr int64_t kHoursAtATime = 4'096;
constexpr int64_t kPlacesAtATime = 1'024;

// Deletes the id of the reading with `sequence` that is serialised in
// `encoded`, unless a later one has it by now.
absl::Status ForgetId(Database& db, int64_t sequence,
                      std::string_view encoded) {
  v1::Reading reading;
  if (!reading.ParseFromArray(encoded.data(),
                              static_cast<int>(encoded.size()))) {
    return absl::DataLossError("a reading in the store is damaged");
  }
  const StoredId id(reading.reading_id());
  Query query(db,
              "DELETE FROM reading_ids WHERE reading_id = ? AND sequence = ?");
  id.BindTo(query, 1);
  query.Bind(2, sequence);
  return query.Run();
}

absl::Status MoveHorizon(Database& db, int64_t horizon) {
  Query readings(db, "DELETE FROM readings WHERE sequence <= ?");
  readings.Bind(1, horizon);
  if (absl::Status status = readings.Run(); !status.ok()) return status;
  Query query(db, "UPDATE horizon SET sequence = ?");
  query.Bind(1, horizon);
  return query.Run();
}

}  // namespace

bool Retention::IsDue(absl::Time now, int64_t horizon, int64_t last) const {
  // Unless the clock was set back meanwhile.
  const bool paused = now < paused_until_ && now >= paused_until_ - kAfterError;
  // What is to go at once is tried for again and again: somebody waits for it.
  if (paused && horizon >= gone_) return false;
  return now >= due_ || horizon < gone_ ||
         (options_.readings > 0 && last - horizon > options_.readings);
}

absl::StatusOr<int64_t> Retention::Step(Database& writer, absl::Time now,
                                        int64_t horizon, int64_t last,
                                        int64_t limit) {
  paused_until_ = absl::InfinitePast();
  forgotten_places_.clear();
  absl::Status begun = writer.Execute("BEGIN IMMEDIATE");
  absl::StatusOr<int64_t> end =
      begun.ok() ? Delete(writer, now, horizon, last, limit) : begun;
  if (end.ok()) {
    if (absl::Status status = writer.Execute("COMMIT"); !status.ok()) {
      end = status;
    }
  }
  if (!end.ok()) {
    forgotten_places_.clear();
    due_ = paused_until_ = now + kAfterError;
    if (sqlite3_get_autocommit(writer.handle()) == 0) {
      writer.Execute("ROLLBACK").IgnoreError();
    }
  }
  return end;
}

absl::StatusOr<int64_t> Retention::Delete(Database& db, absl::Time now,
                                          int64_t horizon, int64_t last,
                                          int64_t limit) {
  const int64_t too_old = ToMicros(now - options_.age);
  const int64_t too_many =
      std::max(gone_, options_.readings > 0 ? last - options_.readings : 0);
  absl::flat_hash_set<PlaceTime> minutes;
  int64_t end = horizon;
  absl::Time due = now + options_.age;
  {
    Query query(db,
                "SELECT sequence, place, observe_time, record_time, encoded "
                "FROM readings WHERE sequence > ? ORDER BY sequence");
    query.Bind(1, horizon);
    for (;;) {
      const absl::StatusOr<bool> row = query.Step();
      if (!row.ok()) return row.status();
      if (!*row) {
        end = std::max(end, gone_);
        break;
      }
      const int64_t record_time = query.Int(3);
      if (record_time > too_old && query.Int(0) > too_many) {
        end = std::max(end, gone_);
        // With those of the next second: not a sync of the disk for each.
        due = absl::FromUnixMicros(record_time) + options_.age + kTogether;
        break;
      }
      if (end - horizon == limit) {
        due = now;  // There is more.
        break;
      }
      end = query.Int(0);
      minutes.emplace(query.Int(1), MinuteOf(query.Int(2)));
      if (absl::Status status = ForgetId(db, end, query.Blob(4));
          !status.ok()) {
        return status;
      }
    }
  }
  if (end > horizon) {
    if (absl::Status status = MoveHorizon(db, end); !status.ok()) return status;
    if (absl::Status status = ForgetMinutes(db, minutes, end); !status.ok()) {
      return status;
    }
  }
  if (now >= hours_due_) {
    const absl::StatusOr<int64_t> hours =
        ForgetHours(db, ToMicros(now - options_.history), kHoursAtATime);
    if (!hours.ok()) return hours.status();
    auto places = ForgetPlaces(db, &last_place_, kPlacesAtATime);
    if (!places.ok()) return places.status();
    forgotten_places_ = *std::move(places);
    hours_due_ = *hours == kHoursAtATime ? now : now + kBetweenHours;
  }
  due_ = std::min(due, hours_due_);
  return end;
}

}  // namespace happiness
