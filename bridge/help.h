// What --help prints.

#ifndef BRIDGE_HELP_H_
#define BRIDGE_HELP_H_

#include <string>
#include <string_view>

namespace bridge {

// True if one of the arguments asks for help.
bool AsksForHelp(int argc, char** argv);

// `usage`, then each flag that the programs of this project define, with its
// default and what it means, 80 columns wide.
std::string Help(std::string_view usage);

}  // namespace bridge

#endif  // BRIDGE_HELP_H_
