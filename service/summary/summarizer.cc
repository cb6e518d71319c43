#include "service/summary/summarizer.h"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <utility>

#include "happiness/v1/happiness.pb.h"
#include "service/log/entry.h"
#include "service/request/timestamps.h"

namespace happiness {
namespace {

constexpr size_t kBatch = 1'024;

}  // namespace

absl::StatusOr<absl::Time> Summarizer::Tick(absl::Time now,
                                            const Views& views) {
  const int64_t micros = ToMicros(now);
  const absl::Time again = now + kFollowInterval;
  const absl::StatusOr<bool> ready = Prepare(micros);
  if (!ready.ok()) return ready.status();
  if (!*ready) return again;
  const int64_t end = FloorTo(span_.period, micros);
  if (end > end_time_ || !standings_) {
    standings_ = followed_->windows.At(end);
    end_time_ = end;
    last_sequence_ = followed_->position;
    ++work_->computed;
  }
  Publish(views);
  return std::min(again, absl::FromUnixMicros(end_time_ + span_.period));
}

absl::StatusOr<bool> Summarizer::Prepare(int64_t now) {
  if (fill_ != nullptr) {
    if (!fill_->done()) return false;
    if (absl::Status status = TakeFill(); !status.ok()) return status;
  }
  absl::Status status;
  if (!followed_ || now < end_time_) {
    // At first, or because the clock was set back: what was forgotten since
    // belongs to the windows once more.
    const int64_t start = FloorTo(span_.period, now) - 2 * span_.window;
    end_time_ = 0;
    status = StartFill(
        {.windows = PlaceWindows(span_, source_.min_group, start)}, start);
  } else {
    status = Follow();
    if (status.ok()) return true;
    if (absl::IsFailedPrecondition(status) || absl::IsOutOfRange(status)) {
      status = StartFill(*std::move(followed_), std::nullopt);
    }
  }
  if (!status.ok()) return status;
  return false;
}

absl::Status Summarizer::StartFill(Followed from,
                                   std::optional<int64_t> start) {
  standings_.reset();
  followed_.reset();
  fill_first_ = source_.log->Extent().first;
  absl::StatusOr<std::shared_ptr<Fill>> fill =
      Fill::Start(source_.fills, std::move(from), start, bell_);
  if (!fill.ok()) return fill.status();
  fill_ = *std::move(fill);
  return absl::OkStatus();
}

absl::Status Summarizer::TakeFill() {
  absl::StatusOr<Followed> followed = fill_->Take();
  fill_.reset();
  if (!followed.ok()) return followed.status();
  followed_.emplace(*std::move(followed));
  followed_->position = std::max(followed_->position, fill_first_ - 1);
  return absl::OkStatus();
}

absl::Status Summarizer::Follow() {
  // What comes while we read is for the next time.
  const int64_t last = source_.log->Extent().last;
  while (followed_->position < last) {
    const absl::StatusOr<std::vector<EntryPtr>> entries =
        source_.log->ReadAfter(followed_->position, kBatch);
    if (!entries.ok()) return entries.status();
    for (const EntryPtr& entry : *entries) {
      followed_->windows.Add(entry->place, entry->observe_time,
                             entry->happiness, entry->source);
      followed_->position = entry->sequence;
    }
  }
  return absl::OkStatus();
}

void Summarizer::Publish(const Views& views) {
  for (const std::shared_ptr<SummaryView>& view : views) {
    if (view->end_time() == end_time_) continue;
    google::protobuf::Arena arena;
    auto* summary = google::protobuf::Arena::CreateMessage<v1::Summary>(&arena);
    standings_->Summarize(view->selection(), summary);
    summary->set_last_sequence(last_sequence_);
    view->Publish(end_time_, Encode(*summary));
    ++work_->encoded;
  }
}

size_t Summarizer::bytes() const {
  if (fill_ != nullptr) return fill_->bytes();
  return followed_ ? followed_->windows.bytes() : 0;
}

}  // namespace happiness
