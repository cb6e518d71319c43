#include "service/store/places.h"

namespace happiness {

absl::StatusOr<std::optional<int64_t>> FindPlace(Database& db,
                                                 std::string_view name) {
  Query query(db, "SELECT place FROM places WHERE name = ?");
  query.BindText(1, name);
  const absl::StatusOr<bool> found = query.Step();
  if (!found.ok()) return found.status();
  return *found ? std::optional(query.Int(0)) : std::nullopt;
}

absl::StatusOr<std::string> NameOfPlace(Database& db, int64_t place) {
  Query query(db, "SELECT name FROM places WHERE place = ?");
  query.Bind(1, place);
  const absl::StatusOr<bool> found = query.Step();
  if (!found.ok()) return found.status();
  if (!*found) return absl::DataLossError("a place has no name");
  return std::string(query.Text(0));
}

absl::StatusOr<std::vector<std::string>> ForgetPlaces(Database& writer,
                                                      int64_t* after,
                                                      int64_t limit) {
  Query looked_at(writer,
                  "SELECT max(place), count(*) FROM (SELECT place FROM places"
                  " WHERE place > ? ORDER BY place LIMIT ?)");
  looked_at.Bind(1, *after);
  looked_at.Bind(2, limit);
  if (const absl::StatusOr<bool> row = looked_at.Step(); !row.ok()) {
    return row.status();
  }
  const int64_t end = looked_at.Int(0);
  Query query(writer,
              "DELETE FROM places WHERE place > ? AND place <= ?"
              " AND place < (SELECT max(place) FROM places)"
              " AND NOT EXISTS"
              " (SELECT 1 FROM minutes WHERE minutes.place = places.place)"
              " AND NOT EXISTS"
              " (SELECT 1 FROM hours WHERE hours.place = places.place)"
              " RETURNING name");
  query.Bind(1, *after);
  query.Bind(2, end);
  *after = looked_at.Int(1) == limit ? end : 0;
  std::vector<std::string> names;
  for (;;) {
    const absl::StatusOr<bool> row = query.Step();
    if (!row.ok()) return row.status();
    if (!*row) return names;
    names.emplace_back(query.Text(0));
  }
}

}  // namespace happiness
