#include "service/simulation/simulator.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "tests/service/forwarding_log.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

// Remembers when readings came, and lets a test wait for them.
class RecordingLog : public ForwardingLog {
 public:
  using ForwardingLog::ForwardingLog;

  struct Arrival {
    absl::Time time;
    v1::Reading reading;
  };

  void Append(std::vector<v1::Reading> readings, AppendCallback done) override {
    absl::MutexLock lock(&mutex_);
    for (const v1::Reading& reading : readings) {
      arrivals_.push_back({absl::Now(), reading});
    }
    ForwardingLog::Append(std::move(readings), std::move(done));
  }

  std::vector<Arrival> WaitFor(size_t count) {
    const auto enough = [this, count] { return arrivals_.size() >= count; };
    absl::MutexLock lock(&mutex_, absl::Condition(&enough));
    return arrivals_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<Arrival> arrivals_;
};

TEST(SimulatorTest, GivesEachPlaceItsTurnEvenlySpaced) {
  constexpr absl::Duration kInterval = absl::Milliseconds(400);
  TestLog test;
  RecordingLog log(&test.log);
  const Simulator simulator({.places = 4, .interval = kInterval, .seed = 1},
                            &log);
  const auto arrivals = log.WaitFor(9);
  for (size_t i = 0; i + 4 < arrivals.size(); ++i) {
    EXPECT_EQ(arrivals[i].reading.place(), arrivals[i + 4].reading.place());
    EXPECT_NE(arrivals[i].reading.place(), arrivals[i + 1].reading.place());
  }
  // Never early. How late depends on the machine.
  for (size_t i = 0; i < arrivals.size(); ++i) {
    EXPECT_GE(arrivals[i].time - arrivals[0].time + absl::Milliseconds(50),
              kInterval / 4 * static_cast<int>(i));
  }
}

TEST(SimulatorTest, TheSameSeedRepeatsTheRun) {
  std::vector<std::string> runs[2];
  for (auto& run : runs) {
    TestLog test;
    RecordingLog log(&test.log);
    const Simulator simulator(
        {.places = 3, .interval = absl::Milliseconds(3), .seed = 42}, &log);
    for (const auto& arrival : log.WaitFor(50)) {
      if (run.size() == 50) break;
      run.push_back(arrival.reading.place() + " " +
                    std::to_string(arrival.reading.happiness()));
    }
  }
  EXPECT_EQ(runs[0], runs[1]);
}

TEST(SimulatorTest, AppendsCompleteReadings) {
  TestLog test;
  RecordingLog log(&test.log);
  const Simulator simulator({.interval = absl::Milliseconds(8)}, &log);
  const v1::Reading reading = log.WaitFor(1)[0].reading;
  EXPECT_EQ(reading.source(), "simulator");
  EXPECT_TRUE(reading.has_observe_time());
  EXPECT_FALSE(reading.reading_id().empty());
}

TEST(SimulatorTest, StopsAtOnceInTheMidstOfALongInterval) {
  TestLog test;
  RecordingLog log(&test.log);
  auto simulator = std::make_unique<Simulator>(
      SimulatorOptions{.places = 1, .interval = absl::Hours(1)}, &log);
  log.WaitFor(1);
  simulator.reset();  // would hang for an hour
  Settle(&log);
  EXPECT_EQ(log.Extent().last, 1);
}

}  // namespace
}  // namespace happiness
