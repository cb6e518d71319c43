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

}  // namespace happiness
