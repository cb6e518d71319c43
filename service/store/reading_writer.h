// Writes readings into the store: numbered, each id once, with the roll-ups
// that they belong to.
//
//   writer.Begin(now);
//   auto written = writer.Add(readings);  // for each call of Append
//   writer.Commit();                      // now it is on the disk

#ifndef SERVICE_STORE_READING_WRITER_H_
#define SERVICE_STORE_READING_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "happiness/v1/happiness.pb.h"
#include "service/log/entry.h"
#include "service/store/database.h"
#include "service/store/rollups.h"

namespace happiness {

// For one thread, but for CheckPlaces; its connection is the only one that
// writes.
//
// An error of the store's, from any method, breaks the transaction: Rollback
// must follow, after which nothing of it has happened. The writer can then be
// used again; whether the store can, the next transaction finds out.
class ReadingWriter {
 public:
  // `db` is the writer's connection. At most `max_places` places get a number.
  static absl::StatusOr<std::unique_ptr<ReadingWriter>> Open(Database db,
                                                             size_t max_places);

  // The last sequence that is committed, or that would be.
  int64_t last_sequence() const { return last_sequence_; }

  absl::Status Begin(absl::Time now);

  // RESOURCE_EXHAUSTED, for the client, if these readings would take the
  // number of places beyond the limit. Breaks nothing. May be called from any
  // thread.
  absl::Status CheckPlaces(const std::vector<v1::Reading>& readings) const;

  // Writes `readings`, which are valid and complete but for the sequence.
  absl::StatusOr<std::vector<Appended>> Add(std::vector<v1::Reading> readings);

  // Writes a reading as another log has recorded it: complete, with a sequence
  // after last_sequence(), at `record_time` (microseconds since 1970). One
  // whose id another has is a duplicate, unless that was recorded up to
  // `forgotten`, and so is as good as gone.
  absl::StatusOr<Appended> AddRecorded(v1::Reading reading, int64_t record_time,
                                       int64_t forgotten);

  absl::Status Commit();
  void Rollback();

  // Between two transactions: these places have been deleted from the store,
  // and are new if they come again.
  void Forget(const std::vector<std::string>& places);

  Database& db() { return db_; }

 private:
  ReadingWriter(Database db, size_t max_places)
      : db_(std::move(db)), max_places_(max_places) {}

  // Reads what the store has.
  absl::Status Load();

  // The reading has its sequence.
  absl::StatusOr<Appended> AddOne(const v1::Reading& reading);
  absl::StatusOr<bool> TakeId(const std::string& id, int64_t sequence);
  // What has the id.
  absl::StatusOr<EntryPtr> Find(const std::string& id);
  // Takes it from a reading that was recorded up to then. False if what has it
  // is later.
  absl::StatusOr<bool> FreeId(const std::string& id, int64_t recorded_to);
  absl::StatusOr<int64_t> NumberOf(const std::string& place);
  absl::Status Insert(const Entry& entry, int64_t place);

  Database db_;
  const size_t max_places_;

  int64_t committed_ = 0;      // the last sequence that is
  int64_t last_sequence_ = 0;  // with those of the transaction
  int64_t record_time_ = 0;    // of the transaction; microseconds since 1970
  // All places, by name.
  mutable absl::Mutex places_mutex_;
  absl::flat_hash_map<std::string, int64_t> places_
      ABSL_GUARDED_BY(places_mutex_);

  // Of the transaction.
  std::vector<EntryPtr> added_;
  std::vector<std::string> new_places_;
  RollupBatch rollups_;
};

}  // namespace happiness

#endif  // SERVICE_STORE_READING_WRITER_H_
