#include "bridge/help.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace bridge {
namespace {

constexpr size_t kColumns = 80;
constexpr char kIndent[] = "      ";

// The folder whose code defines the flag; empty if it is not ours.
std::string_view RoomOf(const absl::CommandLineFlag& flag) {
  constexpr std::array<std::string_view, 2> kRooms = {"bridge", "service"};
  const std::string file = flag.Filename();
  for (std::string_view room : kRooms) {
    const std::string folder = absl::StrCat(std::string(room), "/");
    if (absl::StartsWith(file, folder) ||
        absl::StrContains(file, absl::StrCat("/", folder))) {
      return room;
    }
  }
  return "";
}

std::string Wrapped(const std::string& text) {
  std::string lines;
  size_t column = kColumns + 1;
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (column + 1 + word.size() > kColumns) {
      absl::StrAppend(&lines, lines.empty() ? "" : "\n", kIndent, word);
      column = sizeof(kIndent) - 1 + word.size();
    } else {
      absl::StrAppend(&lines, " ", word);
      column += 1 + word.size();
    }
  }
  return lines;
}

std::string Describe(const absl::CommandLineFlag& flag) {
  std::string value = flag.DefaultValue();
  return absl::StrCat("  --", flag.Name(), value.empty() ? "" : "=", value,
                      "\n", Wrapped(flag.Help()), "\n");
}

}  // namespace

bool AsksForHelp(int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc, [](const char* argument) {
    return absl::string_view(argument) == "--help" ||
           absl::string_view(argument) == "-h";
  });
}

std::string Help(std::string_view usage) {
  std::map<std::pair<std::string_view, std::string>, std::string> flags;
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    const std::string_view room = RoomOf(*flag);
    if (room.empty()) continue;
    flags[{room, std::string(name)}] = Describe(*flag);
  }
  std::string help(usage);
  std::string_view last;
  for (const auto& [key, description] : flags) {
    const std::string_view room = key.first;
    if (room != last) {
      absl::StrAppend(&help, "\nFlags of the ", std::string(room),
                      ", with their defaults:\n\n");
    }
    absl::StrAppend(&help, description);
    last = room;
  }
  absl::StrAppend(&help,
                  "\nFlags of every program:\n\n"
                  "  --flagfile=FILE\n",
                  kIndent,
                  "Reads flags from a file, one on each line.\n"
                  "  --help, --version\n",
                  kIndent, "Says this, or the version.\n");
  return help;
}

}  // namespace bridge
