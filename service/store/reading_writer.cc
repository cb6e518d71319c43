#include "service/store/reading_writer.h"

#include <grpcpp/support/slice.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "service/request/timestamps.h"
#include "service/store/reading_ids.h"
#include "service/store/readings.h"

namespace happiness {

absl::StatusOr<std::unique_ptr<ReadingWriter>> ReadingWriter::Open(
    Database db, size_t max_places) {
  std::unique_ptr<ReadingWriter> writer(
      new ReadingWriter(std::move(db), max_places));
  if (absl::Status status = RegisterRollupFunctions(writer->db_);
      !status.ok()) {
    return status;
  }
  if (absl::Status status = writer->Load(); !status.ok()) return status;
  return writer;
}

absl::Status ReadingWriter::Load() {
  const absl::StatusOr<int64_t> last = ReadLastSequence(db_);
  if (!last.ok()) return last.status();
  Query time(db_, "SELECT record_time FROM readings WHERE sequence = ?");
  time.Bind(1, *last);
  const absl::StatusOr<bool> found = time.Step();
  if (!found.ok()) return found.status();
  Query places(db_, "SELECT name, place FROM places");
  absl::MutexLock lock(&places_mutex_);
  for (;;) {
    const absl::StatusOr<bool> row = places.Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    places_.emplace(places.Text(0), places.Int(1));
  }
  last_sequence_ = committed_ = *last;
  record_time_ = *found ? time.Int(0) : 0;
  return absl::OkStatus();
}

absl::Status ReadingWriter::Begin(absl::Time now) {
  // The clock may be set back; the time of recording is not.
  record_time_ = std::max(record_time_, ToMicros(now));
  return db_.Execute("BEGIN IMMEDIATE");
}

absl::Status ReadingWriter::CheckPlaces(
    const std::vector<v1::Reading>& readings) const {
  absl::flat_hash_set<std::string_view> unknown;
  absl::ReaderMutexLock lock(&places_mutex_);
  for (const v1::Reading& reading : readings) {
    if (places_.contains(reading.place())) continue;
    unknown.insert(reading.place());
    if (places_.size() + unknown.size() <= max_places_) continue;
    return absl::ResourceExhaustedError(absl::StrCat(
        "the limit of ", max_places_, " places is reached, and \"",
        reading.place(),
        "\" would be one more: only readings of known places can be "
        "recorded"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Appended>> ReadingWriter::Add(
    std::vector<v1::Reading> readings) {
  std::vector<Appended> all;
  all.reserve(readings.size());
  for (v1::Reading& reading : readings) {
    reading.set_sequence(last_sequence_ + 1);
    absl::StatusOr<Appended> written = AddOne(reading);
    if (!written.ok()) return written.status();
    all.push_back(*std::move(written));
  }
  return all;
}

absl::StatusOr<Appended> ReadingWriter::AddRecorded(v1::Reading reading,
                                                    int64_t record_time,
                                                    int64_t forgotten) {
  assert(reading.sequence() > last_sequence_);
  record_time_ = std::max(record_time_, record_time);
  absl::StatusOr<Appended> appended = AddOne(reading);
  if (!appended.ok() || !appended->duplicate) return appended;
  const absl::StatusOr<bool> freed = FreeId(reading.reading_id(), forgotten);
  if (!freed.ok()) return freed.status();
  return *freed ? AddOne(reading) : appended;
}

absl::StatusOr<Appended> ReadingWriter::AddOne(const v1::Reading& reading) {
  const absl::StatusOr<bool> is_new =
      TakeId(reading.reading_id(), reading.sequence());
  if (!is_new.ok()) return is_new.status();
  if (!*is_new) {
    absl::StatusOr<EntryPtr> known = Find(reading.reading_id());
    if (!known.ok()) return known.status();
    return Appended{*std::move(known), /*duplicate=*/true};
  }
  const absl::StatusOr<int64_t> place = NumberOf(reading.place());
  if (!place.ok()) return place.status();
  EntryPtr entry = MakeEntry(reading);
  if (absl::Status status = Insert(*entry, *place); !status.ok()) return status;
  rollups_.Add(*place, entry->observe_time, entry->happiness, entry->source,
               entry->sequence);
  last_sequence_ = entry->sequence;
  added_.push_back(entry);
  return Appended{std::move(entry), /*duplicate=*/false};
}

absl::StatusOr<bool> ReadingWriter::TakeId(const std::string& id,
                                           int64_t sequence) {
  const StoredId stored(id);
  Query query(db_,
              "INSERT INTO reading_ids (reading_id, sequence) VALUES (?, ?) "
              "ON CONFLICT DO NOTHING");
  stored.BindTo(query, 1);
  query.Bind(2, sequence);
  if (absl::Status status = query.Run(); !status.ok()) return status;
  return db_.changes() > 0;
}

absl::StatusOr<EntryPtr> ReadingWriter::Find(const std::string& id) {
  const absl::StatusOr<int64_t> sequence = SequenceOf(db_, id);
  if (!sequence.ok()) return sequence.status();
  const auto added =
      std::lower_bound(added_.begin(), added_.end(), *sequence,
                       [](const EntryPtr& entry, int64_t sequence) {
                         return entry->sequence < sequence;
                       });
  if (added != added_.end() && (*added)->sequence == *sequence) return *added;
  v1::Reading reading;
  if (absl::Status status = ReadOne(db_, *sequence, &reading); !status.ok()) {
    return status;
  }
  return MakeEntry(reading);
}

absl::StatusOr<bool> ReadingWriter::FreeId(const std::string& id,
                                           int64_t recorded_to) {
  const StoredId stored(id);
  Query query(db_,
              "DELETE FROM reading_ids WHERE reading_id = ?1 AND EXISTS "
              "(SELECT 1 FROM readings WHERE readings.sequence = "
              "reading_ids.sequence AND record_time <= ?2)");
  stored.BindTo(query, 1);
  query.Bind(2, recorded_to);
  if (absl::Status status = query.Run(); !status.ok()) return status;
  return db_.changes() > 0;
}

absl::StatusOr<int64_t> ReadingWriter::NumberOf(const std::string& place) {
  absl::MutexLock lock(&places_mutex_);
  if (const auto known = places_.find(place); known != places_.end()) {
    return known->second;
  }
  Query query(db_, "INSERT INTO places (name) VALUES (?)");
  query.BindText(1, place);
  if (absl::Status status = query.Run(); !status.ok()) return status;
  const int64_t number = sqlite3_last_insert_rowid(db_.handle());
  places_.emplace(place, number);
  new_places_.push_back(place);
  return number;
}

absl::Status ReadingWriter::Insert(const Entry& entry, int64_t place) {
  grpc::Slice bytes;
  if (!entry.encoded.TrySingleSlice(&bytes).ok()) {
    return absl::InternalError("a reading is not in one slice");
  }
  Query query(db_,
              "INSERT INTO readings (sequence, place, observe_time, "
              "record_time, encoded) VALUES (?, ?, ?, ?, ?)");
  query.Bind(1, entry.sequence);
  query.Bind(2, place);
  query.Bind(3, entry.observe_time);
  query.Bind(4, record_time_);
  query.BindBlob(5,
                 {reinterpret_cast<const char*>(bytes.begin()), bytes.size()});
  return query.Run();
}

absl::Status ReadingWriter::Commit() {
  if (absl::Status status = rollups_.Flush(db_); !status.ok()) return status;
  if (absl::Status status = db_.Execute("COMMIT"); !status.ok()) return status;
  committed_ = last_sequence_;
  added_.clear();
  new_places_.clear();
  return absl::OkStatus();
}

void ReadingWriter::Rollback() {
  // SQLite has undone it already after some errors.
  if (sqlite3_get_autocommit(db_.handle()) == 0) {
    db_.Execute("ROLLBACK").IgnoreError();
  }
  rollups_ = RollupBatch();
  added_.clear();
  Forget(new_places_);
  new_places_.clear();
  last_sequence_ = committed_;
}

void ReadingWriter::Forget(const std::vector<std::string>& places) {
  absl::MutexLock lock(&places_mutex_);
  for (const std::string& place : places) places_.erase(place);
}

}  // namespace happiness
