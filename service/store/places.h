// The numbers of places.

#ifndef SERVICE_STORE_PLACES_H_
#define SERVICE_STORE_PLACES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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

}  // namespace happiness

#endif  // SERVICE_STORE_PLACES_H_
