#include "metrics/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
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

// The number behind `name` at the start of a line of /proc/stat.
double SystemValue(const std::string& name) {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double value = 0;
    if (word == name && file >> value) return value;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

void AddStart(Families* families) {
  std::ifstream file("/proc/self/stat");
  std::string line;
  const double boot = SystemValue("btime");
  if (!std::getline(file, line) || boot == 0) return;
  // Behind the name, which may have blanks: the 3rd field and those that
  // follow. The 22nd is the start, in ticks since the machine's.
  constexpr int kFieldsBefore = 19;
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < kFieldsBefore; ++i) fields >> skipped;
  double ticks = 0;
  if (!(fields >> ticks)) return;
  families->push_back(
      Gauge("process_start_time_seconds",
            "When the process began, in seconds since 1970.",
            boot + ticks / static_cast<double>(sysconf(_SC_CLK_TCK))));
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
