#include "service/log/log_cursor.h"

#include <algorithm>
#include <utility>

#include "service/request/timestamps.h"

namespace happiness {

LogCursor::LogCursor(ReadingLog* log, const v1::StreamReadingsRequest& request)
    : log_(log), search_(std::make_shared<ReadingLog::Search>()) {
  search_->places.insert(request.places().begin(), request.places().end());
}

absl::StatusOr<LogCursor> LogCursor::Open(
    ReadingLog* log, const v1::StreamReadingsRequest& request) {
  LogCursor cursor(log, request);
  const LogExtent extent = log->Extent();
  if (request.has_after_sequence()) {
    cursor.position_ = request.after_sequence();
    if (absl::Status status = CheckPosition(cursor.position_, extent);
        !status.ok()) {
      return status;
    }
    if (cursor.position_ > extent.last) {
      cursor.start_.emplace().ahead = cursor.position_;
    }
    return cursor;
  }
  cursor.position_ = extent.last;
  cursor.may_skip_ = request.has_start_time() || request.backlog() > 0;
  if (request.has_start_time()) {
    cursor.start_.emplace().time =
        absl::FromUnixMicros(ToMicros(request.start_time()));
  } else if (request.backlog() > 0 && !cursor.search_->places.empty()) {
    ReadingLog::Start& start = cursor.start_.emplace();
    start.backlog = request.backlog();
    start.last = extent.last;
  } else {
    cursor.position_ =
        std::max(extent.first - 1, extent.last - request.backlog());
  }
  return cursor;
}

absl::StatusOr<LogCursor::Outcome> LogCursor::Next() {
  reading_.Clear();
  needs_fetch_ = false;
  if (TakeNextOfStretch()) return Outcome::kFound;
  // What is being fetched comes before what is in memory.
  if (start_.has_value() || fetching_) {
    needs_fetch_ = true;
    return Outcome::kStored;
  }
  for (size_t looked_at = 0; looked_at < kMaxLookedAt; ++looked_at) {
    if (batch_next_ == batch_.size()) {
      const absl::StatusOr<bool> in_memory = Fill();
      if (!in_memory.ok()) return in_memory.status();
      if (!*in_memory) {
        needs_fetch_ = true;
        return Outcome::kStored;
      }
      if (batch_.empty()) return Outcome::kCaughtUp;
    }
    const EntryPtr entry = std::move(batch_[batch_next_++]);
    position_ = entry->sequence;
    if (Matches(*entry)) {
      reading_ = entry->encoded;
      return Outcome::kFound;
    }
  }
  return Outcome::kUnfinished;
}

bool LogCursor::HasMoreAtHand() const {
  return HasStretch() ||
         (batch_next_ < batch_.size() && Matches(*batch_[batch_next_]));
}

bool LogCursor::TakeNextOfStretch() {
  if (!HasStretch() && ahead_.has_value()) {
    stretch_ = *std::exchange(ahead_, std::nullopt);
    stretch_next_ = 0;
  }
  if (HasStretch()) {
    Stretch::Encoded& next = stretch_.readings[stretch_next_++];
    position_ = next.sequence;
    reading_.Swap(&next.reading);
    return true;
  }
  position_ = std::max(position_, stretch_.end);
  stretch_ = Stretch();
  stretch_next_ = 0;
  return false;
}

absl::StatusOr<bool> LogCursor::Fill() {
  batch_next_ = 0;
  batch_.clear();
  absl::StatusOr<std::vector<EntryPtr>> batch =
      log_->ReadAfter(position_, kBatch);
  while (may_skip_ && absl::IsOutOfRange(batch.status())) {
    position_ = log_->Extent().first - 1;
    batch = log_->ReadAfter(position_, kBatch);
  }
  if (absl::IsFailedPrecondition(batch.status())) return false;
  if (!batch.ok()) return batch.status();
  batch_ = *std::move(batch);
  if (!batch_.empty()) may_skip_ = false;
  return true;
}

bool LogCursor::WantsFetch() const {
  if (fetching_ || ahead_.has_value()) return false;
  return needs_fetch_ ||
         (stretch_.more && 2 * stretch_next_ >= stretch_.readings.size());
}

void LogCursor::Abandon() { search_->abandoned = true; }

LogCursor::Fetch LogCursor::StartFetch() {
  fetching_ = true;
  if (!start_.has_value()) {
    return [log = log_, position = std::max(position_, stretch_.end),
            search = search_](ReadingLog::StretchCallback done) {
      log->ReadStored(position, search, kStretch, std::move(done));
    };
  }
  return [log = log_, start = *start_,
          search = search_](ReadingLog::StretchCallback done) {
    log->Locate(
        start, search,
        [done = std::move(done)](absl::StatusOr<int64_t> position) mutable {
          if (!position.ok()) return std::move(done)(position.status());
          std::move(done)(Stretch{{}, *position, *position, false});
        });
  };
}

absl::Status LogCursor::Take(Fetched fetched) {
  fetching_ = false;
  if (HasStretch()) {
    // Read ahead. If that failed, it will be asked for again when it is needed.
    if (fetched.ok()) ahead_ = *std::move(fetched);
    return absl::OkStatus();
  }
  if (may_skip_ && absl::IsOutOfRange(fetched.status())) {
    position_ = log_->Extent().first - 1;
    return absl::OkStatus();
  }
  if (!fetched.ok()) return fetched.status();
  if (start_.has_value()) {
    start_.reset();
    position_ = fetched->end;
    return absl::OkStatus();
  }
  stretch_ = *std::move(fetched);
  stretch_next_ = 0;
  if (!stretch_.readings.empty()) may_skip_ = false;
  return absl::OkStatus();
}

}  // namespace happiness
