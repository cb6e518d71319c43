#include "service/summary/standings.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "service/request/timestamps.h"

namespace happiness {
namespace {

void FillLevel(const Standing& standing, v1::Level* level) {
  *level = standing.level.ToProto();
  if (standing.trend) level->set_trend(*standing.trend);
}

}  // namespace

void Standings::Add(std::string_view place, Standing standing) {
  places_.push_back({.name = place, .standing = std::move(standing)});
}

void Standings::Rank() {
  std::sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) {
    return std::make_tuple(a.standing.level.mean(), a.name) <
           std::make_tuple(b.standing.level.mean(), b.name);
  });
  ranks_.reserve(places_.size());
  for (size_t i = 0; i < places_.size(); ++i) {
    ranks_.emplace(places_[i].name, i);
  }
}

std::vector<size_t> Standings::Ranks(const SummarySelection& selection) const {
  std::vector<size_t> ranks;
  for (const std::string& place : selection.places) {
    const auto rank = ranks_.find(place);
    if (rank != ranks_.end()) ranks.push_back(rank->second);
  }
  std::sort(ranks.begin(), ranks.end());
  return ranks;
}

void Standings::Summarize(const SummarySelection& selection,
                          v1::Summary* summary) const {
  FromMicros(end_time_, summary->mutable_end_time());
  FromMicros(window_, summary->mutable_window());
  FillLevel(world_, summary->mutable_world());
  const bool all = selection.places.empty();
  const std::vector<size_t> ranks = Ranks(selection);
  const size_t matching = all ? places_.size() : ranks.size();
  const size_t listed = std::min(matching, selection.limit);
  summary->mutable_places()->Reserve(static_cast<int>(listed));
  for (size_t i = 0; i < listed; ++i) {
    const Place& place = places_[all ? i : ranks[i]];
    v1::PlaceLevel* level = summary->add_places();
    level->set_place(place.name.data(), place.name.size());
    FillLevel(place.standing, level->mutable_level());
  }
  summary->set_more_places(static_cast<int32_t>(matching - listed));
  const auto withheld =
      all ? static_cast<std::ptrdiff_t>(withheld_.size())
          : std::count_if(selection.places.begin(), selection.places.end(),
                          [this](std::string_view place) {
                            return withheld_.contains(place);
                          });
  summary->set_withheld_places(static_cast<int32_t>(withheld));
}

}  // namespace happiness
