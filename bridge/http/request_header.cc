#include "bridge/http/request_header.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace bridge {

std::string_view FieldOf(const RequestHeader& header,
                         boost::beast::http::field name) {
  const auto value = header[name];
  return {value.data(), value.size()};
}

std::string_view FieldOf(const RequestHeader& header, std::string_view name) {
  const auto value = header[name];
  return {value.data(), value.size()};
}

std::string AllOf(const RequestHeader& header, std::string_view name) {
  std::string list;
  const auto [begin, end] = header.equal_range(name);
  for (auto line = begin; line != end; ++line) {
    absl::StrAppend(
        &list, list.empty() ? "" : ",",
        absl::string_view(line->value().data(), line->value().size()));
  }
  return list;
}

std::vector<std::string> ItemsOf(const RequestHeader& header,
                                 std::string_view name) {
  std::vector<std::string> items = absl::StrSplit(AllOf(header, name), ',');
  for (std::string& item : items) absl::StripAsciiWhitespace(&item);
  return items;
}

}  // namespace bridge
