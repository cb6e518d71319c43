// Another process, so that its CPU time and memory are not this one's.

#ifndef TESTS_BENCH_CHILD_H_
#define TESTS_BENCH_CHILD_H_

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace bench {

// Used by one thread.
class Child {
 public:
  // Starts the program `arguments[0]`.
  explicit Child(const std::vector<std::string>& arguments);
  // Kills it, if it still runs.
  ~Child();

  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }

  // Tells it to end (SIGTERM), and waits until it has.
  void Stop();

  // The next line that it prints, without its end. Ends the program if there is
  // none.
  std::string ReadLine();

  // Sends it an empty line.
  void Ask();

  // User and system time, of all its threads.
  absl::Duration CpuTime() const;

  double ResidentMegabytes() const;

 private:
  pid_t pid_ = 0;
  int input_ = -1;
  std::FILE* output_ = nullptr;
};

// The path of this program.
std::string ThisProgram();

}  // namespace bench

#endif  // TESTS_BENCH_CHILD_H_
