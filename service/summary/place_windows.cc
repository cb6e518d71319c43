#include "service/summary/place_windows.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "service/level/source_set.h"
#include "service/request/timestamps.h"

namespace happiness {
namespace {

size_t BytesOf(const SourceSet& sources) {
  // The first two need no memory of their own.
  return sources.size() > 2 ? 2 * sizeof(uint32_t) * sources.size() : 0;
}

// Of a place, besides its buckets; the last is what the map and the heap take.
size_t BytesOf(const std::string& name) {
  return sizeof(name) + sizeof(std::vector<Level>) + name.size() + 32;
}

std::optional<double> Trend(const Level& current, const Level& before) {
  if (current.count == 0 || before.count == 0) return std::nullopt;
  return current.mean() - before.mean();
}

}  // namespace

PlaceWindows::PlaceWindows(SummarySpan span, size_t min_group, int64_t start)
    : span_(span),
      periods_(span.window / span.period),
      min_group_(min_group),
      first_(IndexOf(start)) {}

int64_t PlaceWindows::IndexOf(int64_t time) const {
  return FloorTo(span_.period, time) / span_.period;
}

PlaceWindows::Buckets& PlaceWindows::BucketsOf(std::string_view place) {
  const absl::string_view name(place.data(), place.size());
  if (auto found = places_.find(name); found != places_.end()) {
    return found->second;
  }
  const auto added = places_.try_emplace(std::string(place)).first;
  bytes_ += BytesOf(added->first);
  return added->second;
}

PlaceWindows::Bucket& PlaceWindows::BucketAt(int64_t index, Buckets* buckets) {
  // Nearly all readings are of the latest period.
  if (buckets->empty() || buckets->back().index < index) {
    return Append(index, buckets);
  }
  const auto at = std::lower_bound(
      buckets->begin(), buckets->end(), index,
      [](const Bucket& bucket, int64_t i) { return bucket.index < i; });
  if (at->index == index) return *at;
  const auto place = at - buckets->begin();
  Append(index, buckets);
  std::rotate(buckets->begin() + place, buckets->end() - 1, buckets->end());
  return *(buckets->begin() + place);
}

PlaceWindows::Bucket& PlaceWindows::Append(int64_t index, Buckets* buckets) {
  if (buckets->size() == buckets->capacity()) {
    // Grows by less than a vector does by itself: most will never fill it.
    const size_t capacity = buckets->capacity();
    buckets->reserve(capacity + capacity / 4 + 1);
    bytes_ += (buckets->capacity() - capacity) * sizeof(Bucket);
  }
  Bucket& bucket = buckets->emplace_back();
  bucket.index = index;
  return bucket;
}

void PlaceWindows::Add(std::string_view place, int64_t observe_time,
                       double happiness, std::string_view source) {
  const int64_t index = IndexOf(observe_time);
  if (index < first_) return;
  Level& level = BucketAt(index, &BucketsOf(place)).level;
  if (min_group_ == 1) return level.Add(happiness);
  bytes_ -= BytesOf(level.sources);
  level.Add(happiness, HashOfSource(source));
  bytes_ += BytesOf(level.sources);
}

void PlaceWindows::Forget(Buckets* buckets) {
  const auto kept = std::find_if(
      buckets->begin(), buckets->end(),
      [this](const Bucket& bucket) { return bucket.index >= first_; });
  // What stays has to move, so some go at a time.
  if (8 * (kept - buckets->begin()) < buckets->end() - buckets->begin()) return;
  for (auto bucket = buckets->begin(); bucket != kept; ++bucket) {
    bytes_ -= BytesOf(bucket->level.sources);
  }
  const size_t capacity = buckets->capacity();
  buckets->erase(buckets->begin(), kept);
  if (2 * buckets->size() < capacity) buckets->shrink_to_fit();
  bytes_ -= (capacity - buckets->capacity()) * sizeof(Bucket);
}

PlaceWindows::Sums PlaceWindows::SumUp(const Buckets& buckets,
                                       int64_t end) const {
  Sums sums;
  for (const Bucket& bucket : buckets) {
    if (bucket.index < first_) continue;
    if (bucket.index >= end) break;
    (bucket.index < end - periods_ ? sums.before : sums.current)
        .Merge(bucket.level);
  }
  return sums;
}

bool PlaceWindows::IsGroup(const Level& level) const {
  return min_group_ == 1 || level.sources.size() >= min_group_;
}

void PlaceWindows::Rate(std::string_view place, const Sums& sums,
                        Standings* standings) const {
  if (sums.current.count == 0) return;
  if (!IsGroup(sums.current)) return standings->AddWithheld(place);
  Standing standing{.level = sums.current, .trend = std::nullopt};
  if (IsGroup(sums.before)) standing.trend = Trend(sums.current, sums.before);
  standings->Add(place, std::move(standing));
}

Standings PlaceWindows::At(int64_t end_time) {
  const int64_t end = IndexOf(end_time);
  first_ = end - 2 * periods_;
  Standings standings(span_.window, end_time);
  Sums world;
  for (auto place = places_.begin(); place != places_.end();) {
    auto& [name, buckets] = *place;
    Forget(&buckets);
    if (buckets.empty()) {
      bytes_ -= BytesOf(name);
      places_.erase(place++);
      continue;
    }
    const Sums sums = SumUp(buckets, end);
    Rate(name, sums, &standings);
    world.current.Merge(sums.current);
    world.before.Merge(sums.before);
    ++place;
  }
  standings.SetWorld(
      {.level = world.current, .trend = Trend(world.current, world.before)});
  standings.Rank();
  return standings;
}

}  // namespace happiness
