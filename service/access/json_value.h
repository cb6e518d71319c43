// JSON whose shape nobody has promised, by jansson.

#ifndef SERVICE_ACCESS_JSON_VALUE_H_
#define SERVICE_ACCESS_JSON_VALUE_H_

#include <jansson.h>

#include <memory>
#include <string>
#include <string_view>

namespace happiness {

struct JsonRelease {
  void operator()(json_t* json) const { json_decref(json); }
};
using Json = std::unique_ptr<json_t, JsonRelease>;

// Null if `text` is no JSON, or names a member twice: who reads the first and
// who reads the last would disagree.
inline Json ParseJson(std::string_view text) {
  return Json(
      json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, nullptr));
}

// Empty if it is no string, or not there.
inline std::string_view StringOf(const json_t* object, const char* member) {
  const json_t* value = json_object_get(object, member);
  if (!json_is_string(value)) return {};
  return {json_string_value(value), json_string_length(value)};
}

}  // namespace happiness

#endif  // SERVICE_ACCESS_JSON_VALUE_H_
