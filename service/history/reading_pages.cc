#include "service/history/reading_pages.h"

#include <optional>
#include <string>
#include <vector>

#include "service/history/reading_scan.h"
#include "service/request/page_token.h"
#include "service/store/places.h"
#include "service/store/readings.h"

namespace happiness {
namespace {

// Where the readings of a page stand, and behind what the next page begins, if
// there is one.
struct Positions {
  std::vector<ListPosition> page;
  std::optional<ListPosition> next_after;
};

absl::StatusOr<Positions> Find(ReadingScan* scan, size_t page_size) {
  Positions positions;
  for (;;) {
    const absl::StatusOr<ReadingScan::Outcome> outcome = scan->Next();
    if (!outcome.ok()) return outcome.status();
    switch (*outcome) {
      case ReadingScan::Outcome::kEnd:
        return positions;
      case ReadingScan::Outcome::kUnfinished:
        positions.next_after = scan->position();
        return positions;
      case ReadingScan::Outcome::kFound:
        break;
    }
    if (positions.page.size() == page_size) {
      positions.next_after = positions.page.back();
      return positions;
    }
    positions.page.push_back(scan->position());
  }
}

// Those that have a number: no reading is of another.
absl::StatusOr<std::vector<int64_t>> FindPlaces(Database& db,
                                                const ListQuery& query) {
  std::vector<int64_t> numbers;
  for (const std::string& name : query.places) {
    const absl::StatusOr<std::optional<int64_t>> place = FindPlace(db, name);
    if (!place.ok()) return place.status();
    if (*place) numbers.push_back(**place);
  }
  return numbers;
}

}  // namespace

absl::StatusOr<v1::ListReadingsResponse> ReadPage(Database& db,
                                                  const ListQuery& query,
                                                  int64_t max_looks) {
  const Snapshot snapshot(db);
  v1::ListReadingsResponse response;
  absl::StatusOr<std::vector<int64_t>> places = FindPlaces(db, query);
  if (!places.ok()) return places.status();
  if (places->empty() && !query.places.empty()) return response;
  ReadingScan scan(db,
                   {.places = *std::move(places),
                    .start = query.start,
                    .end = query.end,
                    .newest_first = query.newest_first,
                    .after = query.after},
                   max_looks);
  const absl::StatusOr<Positions> found = Find(&scan, query.page_size);
  if (!found.ok()) return found.status();
  for (const ListPosition& position : found->page) {
    absl::Status status =
        ReadOne(db, position.sequence, response.add_readings());
    if (!status.ok()) return status;
  }
  if (found->next_after) {
    response.set_next_page_token(
        PageToken{query.fingerprint, *found->next_after}.ToString());
  }
  return response;
}

}  // namespace happiness
