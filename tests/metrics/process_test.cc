#include "metrics/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <map>
#include <string>
#include <vector>

namespace metrics {
namespace {

std::map<std::string, double> Values() {
  std::map<std::string, double> values;
  for (const prometheus::MetricFamily& family : OfProcess()) {
    const prometheus::ClientMetric& metric = family.metric.front();
    values[family.name] = family.type == prometheus::MetricType::Counter
                              ? metric.counter.value
                              : metric.gauge.value;
  }
  return values;
}

TEST(ProcessTest, SaysWhatTheProcessTakes) {
  std::map<std::string, double> values = Values();
  EXPECT_EQ(values.size(), 5u);
  rlimit limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(values["process_max_fds"], static_cast<double>(limit.rlim_cur));
  EXPECT_GT(values["process_resident_memory_bytes"], 1e6);
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_LE(values["process_start_time_seconds"], now + 2);
  EXPECT_GT(values["process_start_time_seconds"], now - 600);
  EXPECT_EQ(values["process_start_time_seconds"],
            Values()["process_start_time_seconds"]);
}

TEST(ProcessTest, CountsEachDescriptor) {
  const double before = Values()["process_open_fds"];
  std::vector<int> open;
  for (int i = 0; i < 3; ++i) {
    open.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  EXPECT_EQ(Values()["process_open_fds"], before + 3);
  for (const int descriptor : open) close(descriptor);
  EXPECT_EQ(Values()["process_open_fds"], before);
}

TEST(ProcessTest, CpuTimeRises) {
  const double before = Values()["process_cpu_seconds_total"];
  while (Values()["process_cpu_seconds_total"] <= before) {
  }
}

}  // namespace
}  // namespace metrics
