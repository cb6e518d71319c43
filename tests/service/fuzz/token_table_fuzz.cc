// Whatever a file of tokens holds: it is refused by the number of a line, or
// means the same whatever stands below it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/access/token_table.h"
#include "service/request/text.h"
#include "service/request/validation.h"
#include "tests/fuzz/require.h"

namespace happiness {
namespace {

using fuzz::Require;

// A token, and its line under the name "below".
constexpr char kToken[] = "sesame";
constexpr char kLine[] =
    "below "
    "d0c04f4b1951e4aeaaec8223ed2039e542f3aae805a6fa7f6d794e5afff5d272";

size_t LinesOf(std::string_view text) {
  return 1 + static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

// The line that the error names, of `text`.
size_t LineAtFault(const absl::Status& error, std::string_view text) {
  const std::string message(error.message());
  const size_t colon = message.find(": ");
  size_t line = 0;
  Require(absl::IsInvalidArgument(error), "the code says who is at fault");
  Require(message.starts_with("line ") && colon != message.npos &&
              absl::SimpleAtoi(message.substr(5, colon - 5), &line),
          "an error names a line");
  Require(line >= 1 && line <= LinesOf(text), "the line is there");
  return line;
}

void CheckName(const std::string& name) {
  v1::Reading reading;
  reading.set_place("Lima");
  reading.set_happiness(5);
  reading.set_source(name);
  Require(!name.empty() && ValidateReading(reading, absl::UnixEpoch()).ok(),
          "a token's name may be a reading's source");
}

void Fuzz(std::string_view text) {
  const absl::StatusOr<TokenTable> table = TokenTable::Parse(text);
  const std::string longer = absl::StrCat(std::string(text), "\n", kLine);
  const absl::StatusOr<TokenTable> more = TokenTable::Parse(longer);
  if (!table.ok()) {
    Require(
        LineAtFault(table.status(), text) == LineAtFault(more.status(), longer),
        "the first line at fault is named");
    return;
  }
  Require(table->size() <= LinesOf(text), "a line has one token at most");
  const std::optional<std::string> name = table->NameOf(kToken);
  if (name.has_value()) {
    CheckName(*name);
    Require(LineAtFault(more.status(), longer) == LinesOf(longer),
            "a token has one name");
  } else {
    Require(more.ok() && more->size() == table->size() + 1 &&
                more->NameOf(kToken) == "below",
            "one more line is one more token");
  }
}

}  // namespace
}  // namespace happiness

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  happiness::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
