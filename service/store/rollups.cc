#include "service/store/rollups.h"

#include <algorithm>
#include <string>

#include "service/store/places.h"

namespace happiness {
namespace {

constexpr char kWriteMinute[] =
    "INSERT INTO minutes"
    " (place, start, count, sum, min, max, sources, last_sequence)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
    " ON CONFLICT (place, start) DO UPDATE SET"
    " count = count + excluded.count, sum = sum + excluded.sum,"
    " min = min(min, excluded.min), max = max(max, excluded.max),"
    " sources = merge_sources(sources, excluded.sources),"
    " last_sequence = max(last_sequence, excluded.last_sequence)";
constexpr char kWriteHour[] =
    "INSERT INTO hours (place, start, count, sum, min, max, sources)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    " ON CONFLICT (place, start) DO UPDATE SET"
    " count = count + excluded.count, sum = sum + excluded.sum,"
    " min = min(min, excluded.min), max = max(max, excluded.max),"
    " sources = merge_sources(sources, excluded.sources)";

std::string_view BlobOf(sqlite3_value* value) {
  const void* bytes = sqlite3_value_blob(value);
  return {static_cast<const char*>(bytes),
          static_cast<size_t>(sqlite3_value_bytes(value))};
}

// merge_sources(kept, added), both SourceSets: nearly always they are the same,
// or the one that is kept has all of the other.
void MergeSources(sqlite3_context* context, int, sqlite3_value** arguments) {
  const std::string_view kept = BlobOf(arguments[0]);
  const std::string_view added = BlobOf(arguments[1]);
  if (added.empty() || kept == added) {
    sqlite3_result_value(context, arguments[0]);
    return;
  }
  SourceSet set = SourceSet::FromBytes(kept);
  set.Merge(SourceSet::FromBytes(added));
  const std::string merged = set.ToBytes();
  sqlite3_result_blob64(context, merged.data(), merged.size(),
                        SQLITE_TRANSIENT);
}

// What remains of the level of places in the level of the world.
Level WithoutSources(Level level) {
  level.sources.Clear();
  return level;
}

}  // namespace

absl::Status RegisterRollupFunctions(Database& writer) {
  const int code = sqlite3_create_function_v2(
      writer.handle(), "merge_sources", 2,
      SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, nullptr,
      MergeSources, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus()
                           : FromSqlite(code, sqlite3_errmsg(writer.handle()));
}

void RollupBatch::Rollup::Merge(const Rollup& other) {
  level.Merge(other.level);
  last_sequence = std::max(last_sequence, other.last_sequence);
}

void RollupBatch::Add(int64_t place, int64_t observe_time, double happiness,
                      std::string_view source, int64_t sequence) {
  Rollup& minute = minutes_[{place, MinuteOf(observe_time)}];
  minute.level.Add(happiness, HashOfSource(source));
  minute.last_sequence = std::max(minute.last_sequence, sequence);
}

absl::Status RollupBatch::Flush(Database& writer) {
  const Rollups minutes = std::exchange(minutes_, {});
  Rollups of_world;
  Rollups hours;
  for (const auto& [key, minute] : minutes) {
    const auto [place, start] = key;
    const int64_t hour = FloorTo(60, start) / 60;
    const Rollup world = {WithoutSources(minute.level), minute.last_sequence};
    of_world[{kWorld, start}].Merge(world);
    hours[{place, hour}].Merge(minute);
    hours[{kWorld, hour}].Merge(world);
  }
  absl::Status status = Write(minutes, kWriteMinute, writer);
  if (status.ok()) status = Write(of_world, kWriteMinute, writer);
  if (status.ok()) status = Write(hours, kWriteHour, writer);
  return status;
}

absl::Status RollupBatch::Write(const Rollups& rollups, const char* sql,
                                Database& writer) {
  Query query(writer, sql);
  for (const auto& [key, rollup] : rollups) {
    const Level& level = rollup.level;
    const std::string sources = level.sources.ToBytes();
    query.Bind(1, key.first);
    query.Bind(2, key.second);
    query.Bind(3, level.count);
    query.Bind(4, level.sum);
    query.BindReal(5, level.min);
    query.BindReal(6, level.max);
    query.BindBlob(7, sources);
    query.Bind(8, rollup.last_sequence);  // which an hour has no place for
    if (absl::Status status = query.Run(); !status.ok()) return status;
    query.Reset();
  }
  return absl::OkStatus();
}

absl::Status ForgetMinutes(Database& writer,
                           const absl::flat_hash_set<PlaceTime>& minutes,
                           int64_t horizon) {
  absl::flat_hash_set<PlaceTime> all = minutes;
  for (const auto& [place, start] : minutes) all.insert({kWorld, start});
  Query query(writer,
              "DELETE FROM minutes"
              " WHERE place = ? AND start = ? AND last_sequence <= ?");
  for (const auto& [place, start] : all) {
    query.Bind(1, place);
    query.Bind(2, start);
    query.Bind(3, horizon);
    if (absl::Status status = query.Run(); !status.ok()) return status;
    query.Reset();
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> ForgetHours(Database& writer, int64_t before,
                                    int64_t limit) {
  Query query(writer,
              "DELETE FROM hours WHERE (place, start) IN"
              " (SELECT place, start FROM hours WHERE start < ?"
              " ORDER BY start LIMIT ?)");
  query.Bind(1, HourOf(before));
  query.Bind(2, limit);
  if (absl::Status status = query.Run(); !status.ok()) return status;
  return writer.changes();
}

}  // namespace happiness
