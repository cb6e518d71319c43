#include "bridge/transcode/url.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bridge/transcode/json_text.h"
#include "bridge/transcode/utf8.h"

namespace bridge {

absl::StatusOr<std::string> PercentDecode(std::string_view text,
                                          bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded.push_back(' ');
    } else if (text[i] != '%') {
      decoded.push_back(text[i]);
    } else {
      if (i + 2 >= text.size() || !absl::ascii_isxdigit(text[i + 1]) ||
          !absl::ascii_isxdigit(text[i + 2])) {
        return absl::InvalidArgumentError(
            "a % must be followed by two hex digits");
      }
      decoded += absl::HexStringToBytes(std::string(text.substr(i + 1, 2)));
      i += 2;
    }
  }
  return decoded;
}

absl::StatusOr<std::vector<Parameter>> ParseQuery(std::string_view query) {
  std::vector<Parameter> parameters;
  for (absl::string_view pair :
       absl::StrSplit(absl::string_view(query.data(), query.size()), '&',
                      absl::SkipEmpty())) {
    std::string_view text(pair.data(), pair.size());
    size_t equals = text.find('=');
    std::string_view raw_name = text.substr(0, equals);
    std::string_view raw_value =
        equals == text.npos ? std::string_view() : text.substr(equals + 1);
    auto name = PercentDecode(raw_name, /*plus_is_space=*/true);
    auto value = PercentDecode(raw_value, /*plus_is_space=*/true);
    for (const auto& part : {name, value}) {
      if (part.ok() && IsValidUtf8(*part)) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          "query parameter ", JsonString(Shortened(raw_name)), ": ",
          part.ok() ? "must be valid UTF-8"
                    : std::string(part.status().message())));
    }
    if (parameters.size() == kMaxParameters) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the query has more than ", kMaxParameters, " parameters"));
    }
    parameters.emplace_back(*std::move(name), *std::move(value));
  }
  return parameters;
}

std::pair<std::string_view, std::string_view> SplitTarget(
    std::string_view target) {
  if (size_t scheme = target.find("://");
      scheme < target.find('/') && scheme != target.npos) {
    size_t path = target.find_first_of("/?", scheme + 3);
    target = path == target.npos ? "/" : target.substr(path);
    if (target[0] == '?') return {"/", target.substr(1)};
  }
  size_t question = target.find('?');
  if (question == target.npos) return {target, {}};
  return {target.substr(0, question), target.substr(question + 1)};
}

}  // namespace bridge
