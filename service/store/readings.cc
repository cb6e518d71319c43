#include "service/store/readings.h"

#include <grpcpp/support/slice.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "service/store/places.h"
#include "service/store/reading_ids.h"

namespace happiness {
namespace {

// The numbers of places; a place that has none has no readings.
class NumberFilter {
 public:
  static absl::StatusOr<NumberFilter> Make(Database& db,
                                           const PlaceFilter& places) {
    NumberFilter filter;
    filter.all_ = places.empty();
    for (const std::string& name : places) {
      const auto place = FindPlace(db, name);
      if (!place.ok()) return place.status();
      if (place->has_value()) filter.numbers_.insert(**place);
    }
    return filter;
  }

  bool Matches(int64_t place) const { return all_ || numbers_.contains(place); }
  bool MatchesNothing() const { return !all_ && numbers_.empty(); }

 private:
  bool all_ = false;
  absl::flat_hash_set<int64_t> numbers_;
};

grpc::ByteBuffer ToByteBuffer(std::string_view bytes) {
  const grpc::Slice slice(bytes.data(), bytes.size());
  return grpc::ByteBuffer(&slice, 1);
}

absl::StatusOr<int64_t> ReadNumber(Database& db, const char* sql) {
  Query query(db, sql);
  const absl::StatusOr<bool> row = query.Step();
  if (!row.ok()) return row.status();
  return *row ? query.Int(0) : 0;
}

}  // namespace

absl::StatusOr<Stretch> ReadStretch(Database& db, int64_t after, int64_t last,
                                    const PlaceFilter& places, size_t limit) {
  const Snapshot snapshot(db);
  const auto filter = NumberFilter::Make(db, places);
  if (!filter.ok()) return filter.status();
  const absl::StatusOr<int64_t> horizon = ReadHorizon(db);
  if (!horizon.ok()) return horizon.status();
  Stretch stretch;
  stretch.start = std::max(after, *horizon);
  stretch.end = std::max(last, stretch.start);
  if (filter->MatchesNothing()) return stretch;
  stretch.end = std::min(stretch.end, stretch.start + kMaxRowsRead);
  stretch.more = stretch.end < last;
  Query query(db,
              "SELECT sequence, place, encoded FROM readings "
              "WHERE sequence > ? AND sequence <= ? ORDER BY sequence");
  query.Bind(1, stretch.start);
  query.Bind(2, stretch.end);
  size_t bytes = 0;
  for (;;) {
    const absl::StatusOr<bool> row = query.Step();
    if (!row.ok()) return row.status();
    if (!*row) return stretch;
    if (!filter->Matches(query.Int(1))) continue;
    stretch.readings.push_back({query.Int(0), ToByteBuffer(query.Blob(2))});
    bytes += query.Blob(2).size();
    if (stretch.readings.size() == limit || bytes >= kMaxStretchBytes) {
      stretch.end = stretch.readings.back().sequence;
      stretch.more = true;
      return stretch;
    }
  }
}

absl::StatusOr<bool> SeekBack(Database& db, const PlaceFilter& places,
                              BacklogSearch* backlog) {
  const Snapshot snapshot(db);
  const auto filter = NumberFilter::Make(db, places);
  if (!filter.ok()) return filter.status();
  const absl::StatusOr<int64_t> horizon = ReadHorizon(db);
  if (!horizon.ok()) return horizon.status();
  if (filter->MatchesNothing()) return true;
  const int64_t end = std::max(*horizon, backlog->looked_to - kMaxRowsRead);
  Query query(db,
              "SELECT sequence, place FROM readings "
              "WHERE sequence <= ? AND sequence > ? ORDER BY sequence DESC");
  query.Bind(1, backlog->looked_to);
  query.Bind(2, end);
  for (;;) {
    const absl::StatusOr<bool> row = query.Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    if (!filter->Matches(query.Int(1))) continue;
    backlog->start = query.Int(0) - 1;
    if (--backlog->missing == 0) return true;
  }
  backlog->looked_to = end;
  return end == *horizon;
}

// A binary search, as the time of recording never decreases. Some sequences may
// have no reading.
absl::StatusOr<int64_t> LastBefore(Database& db, int64_t time) {
  const Snapshot snapshot(db);
  const absl::StatusOr<int64_t> horizon = ReadHorizon(db);
  if (!horizon.ok()) return horizon.status();
  const absl::StatusOr<int64_t> last = ReadLastSequence(db);
  if (!last.ok()) return last.status();
  int64_t before = *horizon;       // recorded before `time`, or not kept
  int64_t not_before = *last + 1;  // recorded later, or not yet
  Query query(db,
              "SELECT sequence, record_time FROM readings "
              "WHERE sequence >= ? ORDER BY sequence LIMIT 1");
  while (not_before - before > 1) {
    const int64_t middle = before + (not_before - before) / 2;
    query.Reset();
    query.Bind(1, middle);
    const absl::StatusOr<bool> row = query.Step();
    if (!row.ok()) return row.status();
    if (*row && query.Int(1) < time) {
      before = query.Int(0);
    } else {
      not_before = middle;
    }
  }
  return before;
}

absl::Status ReadOne(Database& db, int64_t sequence, v1::Reading* reading) {
  Query query(db, "SELECT encoded FROM readings WHERE sequence = ?");
  query.Bind(1, sequence);
  const absl::StatusOr<bool> row = query.Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::DataLossError("a reading is missing in the store");
  const std::string_view bytes = query.Blob(0);
  if (!reading->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("a reading in the store is damaged");
  }
  return absl::OkStatus();
}

absl::StatusOr<EntryPtr> FindById(Database& db, const std::string& id) {
  const Snapshot snapshot(db);
  const absl::StatusOr<int64_t> sequence = SequenceOf(db, id);
  if (!sequence.ok()) return sequence.status();
  if (*sequence == 0) return nullptr;
  v1::Reading reading;
  if (absl::Status status = ReadOne(db, *sequence, &reading); !status.ok()) {
    return status;
  }
  return MakeEntry(reading);
}

absl::StatusOr<int64_t> SequenceOf(Database& db, const std::string& id) {
  const StoredId stored(id);
  Query query(db, "SELECT sequence FROM reading_ids WHERE reading_id = ?");
  stored.BindTo(query, 1);
  const absl::StatusOr<bool> row = query.Step();
  if (!row.ok()) return row.status();
  return *row ? query.Int(0) : 0;
}

absl::StatusOr<int64_t> ReadHorizon(Database& db) {
  return ReadNumber(db, "SELECT sequence FROM horizon");
}

absl::StatusOr<int64_t> ReadLastSequence(Database& db) {
  return ReadNumber(db,
                    "SELECT max((SELECT sequence FROM horizon),"
                    " (SELECT ifnull(max(sequence), 0) FROM readings))");
}

}  // namespace happiness
