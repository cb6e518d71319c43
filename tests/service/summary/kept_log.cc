#include "tests/service/summary/kept_log.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/time/clock.h"
#include "service/request/intake.h"
#include "service/request/timestamps.h"
#include "tests/service/support.h"

namespace happiness {

KeptLog::KeptLog(const StoredLogOptions& options)
    : log_(*StoredLog::Open(*store_, options)) {}

void KeptLog::Record(const std::vector<Sample>& samples) {
  std::vector<v1::Reading> readings;
  for (size_t i = 0; i < samples.size(); ++i) {
    v1::Reading& reading = readings.emplace_back(
        MakeReading(samples[i].place, samples[i].happiness));
    reading.set_source(samples[i].source);
    FromMicros(samples[i].observe_time, reading.mutable_observe_time());
    Complete(absl::Now(), &reading);
    if (readings.size() == ReadingLog::kMaxAppend || i + 1 == samples.size()) {
      EXPECT_TRUE(Append(log(), std::exchange(readings, {})).ok());
    }
  }
}

void KeptLog::Execute(const std::string& sql) {
  const absl::Status status = store_->ConnectWriter()->Execute(sql);
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace happiness
