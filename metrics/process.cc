#include "metrics/process.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

namespace metrics {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_usec) / 1e6;
}

void AddCpu(Families* families) {
  rusage usage = {};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return;
  families->push_back(
      Counter("process_cpu_seconds_total", "CPU time, the system's with it.",
              Seconds(usage.ru_utime) + Seconds(usage.ru_stime)));
}

void AddMemory(Families* families) {
  std::ifstream file("/proc/self/statm");
  double all = 0;
  double resident = 0;
  if (!(file >> all >> resident)) return;
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  families->push_back(Gauge("process_resident_memory_bytes",
                            "Memory in use, in bytes.", resident * page));
}

void AddDescriptors(Families* families) {
  std::error_code error;
  const std::filesystem::directory_iterator open("/proc/self/fd", error);
  rlimit limit = {};
  if (error || getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  // Without that of the look itself.
  families->push_back(
      Gauge("process_open_fds", "Open descriptors.",
            static_cast<double>(std::distance(begin(open), end(open)) - 1)));
  families->push_back(Gauge("process_max_fds",
                            "How many descriptors may be open.",
                            static_cast<double>(limit.rlim_cur)));
}

double Now(clockid_t clock) {
  timespec now = {};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) / 1e9;
}

// In seconds since 1970; 0 if it can't be found out. Not by the kernel's time
// of boot, which was seen to be off by a minute where a machine had stood
// still.
double StartTime() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line)) return 0;
  // Behind the name, which may have blanks: the 3rd field and those that
  // follow. The 22nd is the start, in ticks since boot.
  constexpr int kFieldsBefore = 19;
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < kFieldsBefore; ++i) fields >> skipped;
  double ticks = 0;
  if (!(fields >> ticks)) return 0;
  const double age =
      Now(CLOCK_BOOTTIME) - ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
  return Now(CLOCK_REALTIME) - age;
}

void AddStart(Families* families) {
  // Once: who sees it change takes that for a new process.
  static const double start = StartTime();
  if (start == 0) return;
  families->push_back(Gauge("process_start_time_seconds",
                            "When the process began, in seconds since 1970.",
                            start));
}

}  // namespace

Families OfProcess() {
  Families families;
  AddCpu(&families);
  AddMemory(&families);
  AddDescriptors(&families);
  AddStart(&families);
  return families;
}

}  // namespace metrics
