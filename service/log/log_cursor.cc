#include "service/log/log_cursor.h"

#include <algorithm>
#include <utility>

namespace happiness {

LogCursor::LogCursor(const ReadingLog* log,
                     const v1::StreamReadingsRequest& request)
    : log_(log), places_(request.places().begin(), request.places().end()) {}

absl::StatusOr<LogCursor> LogCursor::Open(
    const ReadingLog* log, const v1::StreamReadingsRequest& request) {
  LogCursor cursor(log, request);
  if (request.has_after_sequence()) {
    cursor.position_ = request.after_sequence();
    if (absl::Status status = cursor.Fill(); !status.ok()) return status;
    return cursor;
  }
  const LogExtent extent = log->Extent();
  cursor.position_ = extent.last;
  if (request.backlog() == 0) return cursor;
  cursor.may_skip_ = true;
  if (cursor.places_.empty()) {
    cursor.position_ =
        std::max(extent.first - 1, extent.last - request.backlog());
  } else {
    cursor.backlog_missing_ = request.backlog();
  }
  return cursor;
}

absl::StatusOr<LogCursor::Outcome> LogCursor::Next() {
  entry_.reset();
  for (size_t looked_at = 0; looked_at < kMaxLookedAt;) {
    if (backlog_missing_ > 0) {
      looked_at += SeekBack();
      continue;
    }
    if (batch_next_ == batch_.size()) {
      if (absl::Status status = Fill(); !status.ok()) return status;
      if (batch_.empty()) return Outcome::kCaughtUp;
    }
    EntryPtr entry = std::move(batch_[batch_next_++]);
    position_ = entry->sequence;
    ++looked_at;
    if (Matches(*entry)) {
      entry_ = std::move(entry);
      return Outcome::kFound;
    }
  }
  return Outcome::kUnfinished;
}

size_t LogCursor::SeekBack() {
  const int64_t first = log_->Extent().first;
  const int64_t from =
      std::max(first - 1, position_ - static_cast<int64_t>(kBatch));
  if (from >= position_) {
    // There is nothing before: the backlog is all that is kept.
    backlog_missing_ = 0;
    return 0;
  }
  absl::StatusOr<std::vector<EntryPtr>> entries =
      log_->ReadAfter(from, static_cast<size_t>(position_ - from));
  if (!entries.ok()) return 1;  // The ring moved on just now. Look again.
  for (auto entry = entries->rbegin(); entry != entries->rend(); ++entry) {
    position_ = (*entry)->sequence - 1;
    if (Matches(**entry) && --backlog_missing_ == 0) break;
  }
  return entries->size();
}

absl::Status LogCursor::Fill() {
  batch_next_ = 0;
  batch_.clear();
  absl::StatusOr<std::vector<EntryPtr>> batch =
      log_->ReadAfter(position_, kBatch);
  while (may_skip_ && absl::IsOutOfRange(batch.status())) {
    // The ring has moved on since the backlog was asked for.
    position_ = log_->Extent().first - 1;
    batch = log_->ReadAfter(position_, kBatch);
  }
  // Here a reader that fell behind the ring will read on from storage, when
  // there is one.
  if (!batch.ok()) return batch.status();
  batch_ = *std::move(batch);
  if (!batch_.empty()) may_skip_ = false;
  return absl::OkStatus();
}

}  // namespace happiness
