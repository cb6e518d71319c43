#include "service/request/field_rules.h"

#include "absl/strings/str_cat.h"

namespace happiness {
namespace {

constexpr int32_t kMaxNanos = 999'999'999;

constexpr char kUtf8Rule[] = "must be valid UTF-8";
constexpr char kControlRule[] = "must not contain control characters";

}  // namespace

std::optional<TextShape> CheckText(std::string_view field,
                                   std::string_view text,
                                   FieldViolations* violations) {
  const std::optional<TextShape> shape = ShapeOf(text);
  if (!shape) {
    violations->Add(field, kUtf8Rule);
  } else if (shape->has_control) {
    violations->Add(field, kControlRule);
  }
  return shape;
}

void CheckPlace(std::string_view field, std::string_view place,
                FieldViolations* violations) {
  const std::optional<TextShape> shape = CheckText(field, place, violations);
  if (!shape) return;
  if (shape->characters == 0) {
    violations->Add(field, "must not be empty");
  } else if (shape->characters > kMaxPlaceCharacters) {
    violations->Add(field, absl::StrCat("must have at most ",
                                        kMaxPlaceCharacters, " characters"));
  }
}

void CheckPlaces(const google::protobuf::RepeatedPtrField<std::string>& places,
                 FieldViolations* violations) {
  if (places.size() > kMaxPlaces) {
    violations->Add("places",
                    absl::StrCat("must have at most ", kMaxPlaces, " entries"));
    return;
  }
  for (int i = 0; i < places.size(); ++i) {
    CheckPlace(absl::StrCat("places[", i + 1, "]"), places[i], violations);
  }
}

bool CheckTime(std::string_view field, const google::protobuf::Timestamp& time,
               FieldViolations* violations) {
  if (time.seconds() < kMinSeconds || time.seconds() > kMaxSeconds) {
    violations->Add(field, "must be within the years 0001 to 9999");
    return false;
  }
  if (time.nanos() < 0 || time.nanos() > kMaxNanos) {
    violations->Add(field, "must have nanos from 0 to 999999999");
    return false;
  }
  return true;
}

}  // namespace happiness
