#include "service/summary/fill.h"

#include <utility>

#include "happiness/v1/happiness.pb.h"
#include "service/request/timestamps.h"
#include "service/store/readings.h"

namespace happiness {
namespace {

// In the order of the index. Two statements, because SQLite finds the place in
// the index by the time alone if both stand in one comparison.
constexpr char kSameTime[] =
    "SELECT observe_time, sequence, encoded FROM readings"
    " WHERE observe_time = ?1 AND sequence > ?2 AND sequence <= ?3"
    " ORDER BY sequence LIMIT ?4";
constexpr char kLater[] =
    "SELECT observe_time, sequence, encoded FROM readings"
    " WHERE observe_time > ?1 AND sequence <= ?2"
    " ORDER BY observe_time, sequence LIMIT ?3";
constexpr char kBySequence[] =
    "SELECT sequence, encoded FROM readings"
    " WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence LIMIT ?3";

}  // namespace

absl::StatusOr<std::shared_ptr<Fill>> Fill::Start(
    ReadPool* pool, Followed from, std::optional<int64_t> start,
    std::shared_ptr<waiting::Bell> bell) {
  auto fill = std::make_shared<Fill>(std::move(from), start, std::move(bell));
  if (absl::Status status = Continue(pool, fill); !status.ok()) return status;
  return fill;
}

Fill::Fill(Followed from, std::optional<int64_t> start,
           std::shared_ptr<waiting::Bell> bell)
    : bell_(std::move(bell)),
      followed_(std::move(from)),
      bytes_(followed_.windows.bytes()) {
  if (start) place_ = {.time = *start, .sequence = 0};
}

absl::Status Fill::Continue(ReadPool* pool, const std::shared_ptr<Fill>& fill) {
  return pool->Run([pool, fill](Database& db) {
    if (fill->stopped_) return;
    absl::StatusOr<bool> last = fill->ReadChunk(db);
    if (last.ok() && !*last) {
      absl::Status status = Continue(pool, fill);
      if (status.ok()) return;
      last = std::move(status);
    }
    fill->Finish(std::move(last).status());
  });
}

absl::StatusOr<bool> Fill::ReadChunk(Database& db) {
  if (!last_) {
    const absl::StatusOr<int64_t> last = ReadLastSequence(db);
    if (!last.ok()) return last.status();
    last_ = *last;
  }
  const absl::StatusOr<bool> last =
      place_ ? ReadByTime(db) : ReadBySequence(db);
  bytes_ = followed_.windows.bytes();
  return last;
}

absl::StatusOr<bool> Fill::ReadByTime(Database& db) {
  Query same_time(db, kSameTime);
  same_time.Bind(1, place_->time);
  same_time.Bind(2, place_->sequence);
  same_time.Bind(3, *last_);
  same_time.Bind(4, kChunk);
  const absl::StatusOr<int64_t> same = AddRows(same_time);
  if (!same.ok()) return same.status();
  if (*same == kChunk) return false;
  Query later(db, kLater);
  later.Bind(1, place_->time);
  later.Bind(2, *last_);
  later.Bind(3, kChunk - *same);
  const absl::StatusOr<int64_t> more = AddRows(later);
  if (!more.ok()) return more.status();
  if (*same + *more < kChunk) {
    place_.reset();
    followed_.position = *std::exchange(last_, std::nullopt);
  }
  return false;
}

absl::StatusOr<int64_t> Fill::AddRows(Query& query) {
  for (int64_t rows = 0;; ++rows) {
    const absl::StatusOr<bool> row = query.Step();
    if (!row.ok()) return row.status();
    if (!*row) return rows;
    place_ = {.time = query.Int(0), .sequence = query.Int(1)};
    if (absl::Status status = Add(query.Blob(2)); !status.ok()) return status;
  }
}

absl::StatusOr<bool> Fill::ReadBySequence(Database& db) {
  Query query(db, kBySequence);
  query.Bind(1, followed_.position);
  query.Bind(2, *last_);
  query.Bind(3, kChunk);
  for (int64_t rows = 0;; ++rows) {
    const absl::StatusOr<bool> row = query.Step();
    if (!row.ok()) return row.status();
    if (!*row) return rows < kChunk;
    followed_.position = query.Int(0);
    if (absl::Status status = Add(query.Blob(1)); !status.ok()) return status;
  }
}

absl::Status Fill::Add(std::string_view encoded) {
  v1::Reading reading;
  if (!reading.ParseFromArray(encoded.data(),
                              static_cast<int>(encoded.size()))) {
    return absl::DataLossError("a reading in the store is damaged");
  }
  followed_.windows.Add(reading.place(), ToMicros(reading.observe_time()),
                        reading.happiness(), reading.source());
  return absl::OkStatus();
}

void Fill::Finish(absl::Status status) {
  {
    absl::MutexLock lock(&mutex_);
    end_ = std::move(status);
  }
  bell_->Ring();
}

bool Fill::done() const {
  absl::MutexLock lock(&mutex_);
  return end_.has_value();
}

absl::StatusOr<Followed> Fill::Take() {
  absl::MutexLock lock(&mutex_);
  if (!end_->ok()) return *std::move(end_);
  return std::move(followed_);
}

}  // namespace happiness
