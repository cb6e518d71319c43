#include "service/summary/summarizers.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "service/store/read_error.h"

namespace happiness {
namespace {

// What a view counts towards SummaryLimits::listed.
size_t Listed(const SummarySelection& selection) {
  return std::max({selection.limit, selection.places.size(), size_t{1}});
}

}  // namespace

absl::StatusOr<std::shared_ptr<SummaryView>> Summarizers::Watch(
    const SummaryQuery& query) {
  absl::MutexLock lock(&mutex_);
  const absl::StatusOr<Watched*> watched = WatchedFor(query.span);
  if (!watched.ok()) return watched.status();
  auto& views = (*watched)->views;
  const auto known = views.find(query.selection);
  if (known == views.end()) {
    if (absl::Status status = MakeRoom(query); !status.ok()) return status;
    listed_ += Listed(query.selection);
  } else if (std::shared_ptr<SummaryView> view = known->second.lock()) {
    return view;
  }
  auto view = std::make_shared<SummaryView>(query.selection);
  views[query.selection] = view;
  bell_->Ring();
  return view;
}

absl::StatusOr<Summarizers::Watched*> Summarizers::WatchedFor(
    SummarySpan span) {
  if (const auto known = all_.find(span); known != all_.end()) {
    return &known->second;
  }
  if (span != DefaultSpan() && Others() >= limits_.summarizers) {
    DropViews();
    const auto idle =
        std::find_if(all_.begin(), all_.end(), [](const All::value_type& one) {
          return one.first != DefaultSpan() && one.second.views.empty();
        });
    if (idle == all_.end()) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "the limit of ", limits_.summarizers,
          " different windows and periods is reached: ask for one that others "
          "watch, or for the default, which is always to be had"));
    }
    all_.erase(idle);
  }
  Watched& watched = all_[span];
  watched.summarizer =
      std::make_shared<Summarizer>(span, source_, bell_, &work_);
  return &watched;
}

size_t Summarizers::Others() const {
  return all_.size() - (all_.contains(DefaultSpan()) ? 1 : 0);
}

absl::Status Summarizers::MakeRoom(const SummaryQuery& query) {
  if (IsPlain(query)) return absl::OkStatus();
  const SummarySelection& selection = query.selection;
  if (listed_ + Listed(selection) <= limits_.listed) return absl::OkStatus();
  DropViews();
  if (listed_ + Listed(selection) <= limits_.listed) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("the limit of ", limits_.listed,
                   " places in all different summaries is reached: ask for "
                   "fewer places, or with the same limit as others"));
}

void Summarizers::DropViews() {
  for (auto& [span, watched] : all_) {
    for (auto view = watched.views.begin(); view != watched.views.end();) {
      if (view->second.expired()) {
        listed_ -= Listed(view->first);
        watched.views.erase(view++);
      } else {
        ++view;
      }
    }
  }
}

absl::Time Summarizers::Tick(absl::Time now) {
  absl::Time next = absl::InfiniteFuture();
  std::vector<Turn> done;
  for (Turn& turn : TakeTurns(now)) {
    const absl::StatusOr<absl::Time> again =
        turn.summarizer->Tick(now, turn.views);
    if (!again.ok()) {
      End(turn, ForReader(again.status()));
      continue;
    }
    next = std::min(next, *again);
    done.push_back(std::move(turn));
  }
  KeepWithinBytes(std::move(done));
  return next;
}

std::vector<Summarizers::Turn> Summarizers::TakeTurns(absl::Time now) {
  std::vector<Turn> turns;
  absl::MutexLock lock(&mutex_);
  DropViews();
  for (auto one = all_.begin(); one != all_.end();) {
    auto& [span, watched] = *one;
    watched.idle_since = watched.views.empty()
                             ? std::min(watched.idle_since, now)
                             : absl::InfiniteFuture();
    if (now - watched.idle_since >= kLinger) {
      all_.erase(one++);
      continue;
    }
    Turn& turn = turns.emplace_back(span, watched.summarizer);
    for (const auto& [selection, weak] : watched.views) {
      // Somebody may have let go of it just now.
      if (auto view = weak.lock()) turn.views.push_back(std::move(view));
    }
    ++one;
  }
  return turns;
}

void Summarizers::KeepWithinBytes(std::vector<Turn> turns) {
  // Sizes as of now: one that is being filled grows meanwhile.
  std::vector<std::tuple<bool, size_t, Turn*>> sizes;
  size_t bytes = 0;
  for (Turn& turn : turns) {
    sizes.emplace_back(turn.span != DefaultSpan(), turn.summarizer->bytes(),
                       &turn);
    bytes += std::get<size_t>(sizes.back());
  }
  std::sort(sizes.begin(), sizes.end());
  for (; bytes > limits_.bytes && !sizes.empty(); sizes.pop_back()) {
    bytes -= std::get<size_t>(sizes.back());
    End(*std::get<Turn*>(sizes.back()),
        absl::ResourceExhaustedError(absl::StrCat(
            "the limit of ", limits_.bytes >> 20,
            " MiB for all summaries is reached: ask for a shorter window, or "
            "a longer period")));
  }
}

void Summarizers::End(const Turn& turn, const absl::Status& status) {
  spdlog::warn("the summaries of {} every {} end: {}",
               absl::FormatDuration(absl::Microseconds(turn.span.window)),
               absl::FormatDuration(absl::Microseconds(turn.span.period)),
               status.ToString());
  Summarizer::Views views;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = all_.find(turn.span);
    if (found == all_.end() || found->second.summarizer != turn.summarizer) {
      return;
    }
    // Also those that have come since the turn began.
    for (const auto& [selection, weak] : found->second.views) {
      listed_ -= Listed(selection);
      if (auto view = weak.lock()) views.push_back(std::move(view));
    }
    all_.erase(found);
  }
  for (const std::shared_ptr<SummaryView>& view : views) view->End(status);
}

size_t Summarizers::size() const {
  absl::MutexLock lock(&mutex_);
  return all_.size();
}

}  // namespace happiness
