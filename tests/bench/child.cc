#include "tests/bench/child.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "tests/bench/measure.h"

namespace bench {
namespace {

// What still runs when this program ends early (Fail) ends with it.
class Running {
 public:
  ~Running() {
    for (const pid_t pid : pids_) kill(pid, SIGKILL);
  }
  void Add(pid_t pid) { pids_.insert(pid); }
  void Remove(pid_t pid) { pids_.erase(pid); }

 private:
  std::set<pid_t> pids_;
} running;

}  // namespace

Child::Child(const std::vector<std::string>& arguments) {
  int ends[2];
  int input_ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0 || pipe2(input_ends, O_CLOEXEC) != 0) {
    Fail("no pipe");
  }
  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input_ends[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  if (posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ) !=
      0) {
    Fail("can't start " + arguments[0]);
  }
  posix_spawn_file_actions_destroy(&actions);
  running.Add(pid_);
  close(input_ends[0]);
  close(ends[1]);
  input_ = input_ends[1];
  output_ = fdopen(ends[0], "r");
}

Child::~Child() {
  if (pid_ != 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    running.Remove(pid_);
  }
  close(input_);
  std::fclose(output_);
}

void Child::Stop() {
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
  running.Remove(pid_);
  pid_ = 0;
}

std::string Child::ReadLine() {
  std::string line;
  int letter;
  while ((letter = std::fgetc(output_)) != '\n') {
    if (letter == EOF) Fail("the other process ended");
    line.push_back(static_cast<char>(letter));
  }
  return line;
}

void Child::Ask() {
  if (write(input_, "\n", 1) != 1) Fail("the other process ended");
}

absl::Duration Child::CpuTime() const {
  clockid_t clock;
  timespec time;
  if (clock_getcpuclockid(pid_, &clock) != 0 ||
      clock_gettime(clock, &time) != 0) {
    Fail("the other process ended");
  }
  return absl::DurationFromTimespec(time);
}

double Child::ResidentMegabytes() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  std::string word;
  while (status >> word && word != "VmRSS:") {
  }
  double kilobytes = 0;
  status >> kilobytes;
  return kilobytes / 1'024;
}

std::string ThisProgram() {
  return std::filesystem::read_symlink("/proc/self/exe");
}

}  // namespace bench
