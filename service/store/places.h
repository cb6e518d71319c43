// The numbers of places.

#ifndef SERVICE_STORE_PLACES_H_
#define SERVICE_STORE_PLACES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "service/store/database.h"

namespace happiness {

// Stands for the world in the roll-ups.
inline constexpr int64_t kWorld = 0;

// The number of a place, or none if no reading of it was ever recorded.
absl::StatusOr<std::optional<int64_t>> FindPlace(Database& db,
                                                 std::string_view name);

// The name of a place that has a number.
absl::StatusOr<std::string> NameOfPlace(Database& db, int64_t place);

// Deletes those of the next `limit` places behind the number `*after` that have
// neither readings (and so minutes) nor hours left, and gives their names.
// `*after` becomes where to go on: 0 at the end. The place with the highest
// number stays, so that no number is given a second time: who has found one in
// an earlier look at the store must not read another place's readings by it.
absl::StatusOr<std::vector<std::string>> ForgetPlaces(Database& writer,
                                                      int64_t* after,
                                                      int64_t limit);

}  // namespace happiness

#endif  // SERVICE_STORE_PLACES_H_
