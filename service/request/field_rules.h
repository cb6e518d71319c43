// The rules that fields of several requests share. Each adds a violation for
// what a field breaks.

#ifndef SERVICE_REQUEST_FIELD_RULES_H_
#define SERVICE_REQUEST_FIELD_RULES_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "service/request/field_violations.h"
#include "service/request/text.h"

namespace happiness {

inline constexpr size_t kMaxPlaceCharacters = 100;
inline constexpr int kMaxPlaces = 100;

// UTF-8 without control characters. Returns the shape if there is one.
std::optional<TextShape> CheckText(std::string_view field,
                                   std::string_view text,
                                   FieldViolations* violations);

// As Reading.place.
void CheckPlace(std::string_view field, std::string_view place,
                FieldViolations* violations);

// The field `places` of a request that is about some of them.
void CheckPlaces(const google::protobuf::RepeatedPtrField<std::string>& places,
                 FieldViolations* violations);

}  // namespace happiness

#endif  // SERVICE_REQUEST_FIELD_RULES_H_
