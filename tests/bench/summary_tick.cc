// What a tick of summaries costs, and whether that depends on the readings or
// on the places alone. Of a window of 60 s every 1 s, one view that lists up to
// 10,000 places:
//
//   ./bazelw run //tests/bench:summary_tick
//
// Prints CPU milliseconds: of a tick (how all places stand, and the encoded
// summary), as the mean and the worst; and, beside it, of following the
// readings of a period, which is work for each of them and done as they come.

#include <google/protobuf/arena.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "service/log/entry.h"
#include "service/summary/place_windows.h"

ABSL_FLAG(int, ticks, 30, "Ticks to measure.");
ABSL_FLAG(size_t, min_group, 1, "As the service's.");

namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kStart = 1'700'000'000 * kSecond;
constexpr happiness::SummarySpan kSpan{.window = 60 * kSecond,
                                       .period = kSecond};

double CpuMilliseconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 +
         static_cast<double>(time.tv_nsec) / 1e6;
}

// Readings of all places, `rate` a second and place.
class Readings {
 public:
  Readings(int places, int rate) : rate_(rate) {
    for (int i = 0; i < places; ++i) {
      names_.push_back(absl::StrCat("the place with number ", i));
    }
    for (int i = 0; i < 50; ++i) sources_.push_back(absl::StrCat("device ", i));
  }

  // Adds those of the second from `start` on, in the order of their time.
  void AddSecond(int64_t start, happiness::PlaceWindows* windows) {
    for (int i = 0; i < rate_; ++i) {
      const int64_t time = start + i * kSecond / rate_;
      for (size_t p = 0; p < names_.size(); ++p, ++count_) {
        windows->Add(names_[p], time,
                     static_cast<double>((count_ * 7 + p) % 1'001) / 100,
                     sources_[count_ % sources_.size()]);
      }
    }
  }

 private:
  const int rate_;
  std::vector<std::string> names_;
  std::vector<std::string> sources_;
  size_t count_ = 0;
};

void Tick(int64_t end_time, happiness::PlaceWindows* windows) {
  google::protobuf::Arena arena;
  auto* summary =
      google::protobuf::Arena::CreateMessage<happiness::v1::Summary>(&arena);
  windows->At(end_time).Summarize({.places = {}, .limit = 10'000}, summary);
  happiness::Encode(*summary);
}

void Measure(int places, int rate) {
  Readings readings(places, rate);
  happiness::PlaceWindows windows(kSpan, absl::GetFlag(FLAGS_min_group),
                                  kStart - 2 * kSpan.window);
  for (int64_t t = kStart - 2 * kSpan.window; t < kStart; t += kSecond) {
    readings.AddSecond(t, &windows);
  }
  const int ticks = absl::GetFlag(FLAGS_ticks);
  double following = 0;
  double ticking = 0;
  double worst = 0;
  for (int i = 0; i < ticks; ++i) {
    const int64_t start = kStart + i * kSecond;
    const double before = CpuMilliseconds();
    readings.AddSecond(start, &windows);
    const double added = CpuMilliseconds();
    Tick(start + kSecond, &windows);
    const double ticked = CpuMilliseconds();
    following += added - before;
    ticking += ticked - added;
    worst = std::max(worst, ticked - added);
  }
  std::printf("%8d %8d %10.2f %10.2f %12.2f %8.1f\n", places, rate,
              ticking / ticks, worst, following / ticks,
              static_cast<double>(windows.bytes()) / (1 << 20));
}

}  // namespace

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  std::printf("%8s %8s %10s %10s %12s %8s\n", "places", "each/s", "tick ms",
              "worst ms", "following ms", "MiB");
  for (const int places : {1'000, 10'000}) {
    for (const int rate : {1, 100}) Measure(places, rate);
  }
}
