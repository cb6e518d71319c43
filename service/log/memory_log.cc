#include "service/log/memory_log.h"

#include <utility>

namespace happiness {

ReadingLog::Appended MemoryLog::AppendOne(v1::Reading& reading) {
  if (auto known = by_id_.find(reading.reading_id()); known != by_id_.end()) {
    return {.entry = known->second, .duplicate = true};
  }
  reading.set_sequence(ring_.next_sequence());
  EntryPtr entry = MakeEntry(reading);
  if (const EntryPtr pushed_out = ring_.Push(entry)) {
    by_id_.erase(pushed_out->reading_id);
  }
  by_id_.emplace(entry->reading_id, entry);
  return {.entry = std::move(entry), .duplicate = false};
}

void MemoryLog::Append(std::vector<v1::Reading> readings, AppendCallback done) {
  std::vector<Appended> appended;
  appended.reserve(readings.size());
  Waiters waiters;
  {
    absl::MutexLock lock(&mutex_);
    const int64_t next = ring_.next_sequence();
    for (v1::Reading& reading : readings) {
      appended.push_back(AppendOne(reading));
    }
    if (ring_.next_sequence() != next) waiters.swap(waiters_);
  }
  std::move(done)(std::move(appended));
  for (const std::shared_ptr<Waiter>& waiter : waiters) waiter->OnMore();
}

LogExtent MemoryLog::Extent() const {
  absl::ReaderMutexLock lock(&mutex_);
  return ring_.Extent();
}

absl::StatusOr<std::vector<EntryPtr>> MemoryLog::ReadAfter(int64_t sequence,
                                                           size_t limit) const {
  absl::ReaderMutexLock lock(&mutex_);
  return ring_.ReadAfter(sequence, limit);
}

bool MemoryLog::Wait(int64_t sequence, std::shared_ptr<Waiter> waiter) {
  absl::MutexLock lock(&mutex_);
  if (sequence < ring_.Extent().last) return false;
  waiters_.insert(std::move(waiter));
  return true;
}

void MemoryLog::StopWaiting(const std::shared_ptr<Waiter>& waiter) {
  absl::MutexLock lock(&mutex_);
  waiters_.erase(waiter);
}

}  // namespace happiness
