// What the programs that hold a bridge do alike at their start and end.

#ifndef BRIDGE_PROCESS_H_
#define BRIDGE_PROCESS_H_

#include <csignal>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace bridge {

// Prepares the process: to be called first in main.
void SetUpProcess();

// Parses the flags. A flag that is unknown or malformed, or anything that is
// not a flag, ends the program with one line on stderr and exit code 1; --help
// and --version end it with what they ask for, and 0. `usage` is what --help
// says before the flags.
void ParseFlags(std::string_view usage, int argc, char** argv);

// Prints "error: MESSAGE" as one line on stderr. Returns 1, to exit with.
int Fail(const absl::Status& status);

// The folder of the dashboard in the program's runfiles; empty if it has none.
std::string DashboardFolder(const char* argv0);

// Waits for SIGTERM or SIGINT. Make it before any thread, which then all leave
// the signals to it.
class StopSignal {
 public:
  StopSignal();

  // Blocks until the first signal. The next one ends the program at once.
  void Wait();

 private:
  sigset_t signals_;
};

}  // namespace bridge

#endif  // BRIDGE_PROCESS_H_
