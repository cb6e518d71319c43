// The rules that fields of several requests share. Each adds a violation for
// what a field breaks.

#ifndef SERVICE_REQUEST_FIELD_RULES_H_
#define SERVICE_REQUEST_FIELD_RULES_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "google/protobuf/timestamp.pb.h"
#include "service/request/field_violations.h"
#include "service/request/text.h"

namespace happiness {

inline constexpr size_t kMaxPlaceCharacters = 100;
inline constexpr int kMaxPlaces = 100;

// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, as google.protobuf.Timestamp
// has it.
inline constexpr int64_t kMinSeconds = -62'135'596'800;
inline constexpr int64_t kMaxSeconds = 253'402'300'799;

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

// A time that the contract allows. Returns whether it is one.
bool CheckTime(std::string_view field, const google::protobuf::Timestamp& time,
               FieldViolations* violations);

}  // namespace happiness

#endif  // SERVICE_REQUEST_FIELD_RULES_H_
