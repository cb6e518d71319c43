// One 34-byte JSON message to all viewers, 50,000 frames a second in all: what
// a frame costs the server's process in CPU time, user and system, beside a
// plain send() loop in the same run. The bridge's includes its upstream call,
// over TCP, and JSON.
//
//   ./bazelw run //tests/bench
//   ./bazelw run //tests/bench -- --viewers=1000 --rounds=5
//
// Servers take turns; the table has the medians. Latency is from the making of
// a message, in this process, to the reading of the frame, here again; spread
// from the first viewer's reading to the last one's.

#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/bench/broadcast/load_client.h"
#include "tests/bench/child.h"
#include "tests/bench/measure.h"
#include "tests/bridge/testing/ticker_server.h"

ABSL_FLAG(std::vector<std::string>, viewers,
          std::vector<std::string>({"1000", "10000"}), "How many to watch.");
ABSL_FLAG(double, frames, 50'000, "Frames a second, to all viewers together.");
ABSL_FLAG(int, rounds, 3, "Turns of each server.");
ABSL_FLAG(absl::Duration, duration, absl::Seconds(3), "What a turn measures.");

namespace {

using bench::Child;
using bench::LoadClient;

// What a server is asked to carry.
struct Load {
  int viewers;
  int burst;  // messages at a time

  double messages_per_second() const {
    return absl::GetFlag(FLAGS_frames) / viewers;
  }
};

struct Turn {
  double cpu_us = 0;  // a frame
  double frames_per_second = 0;
  double heap_bytes = 0;  // a viewer; 0 if unknown
  double connects_per_second = 0;
  LoadClient::Report report;
};

// Publishes to the bridge's upstream while it lives.
class Source {
 public:
  explicit Source(Load load)
      : thread_([this, load] {
          const absl::Duration interval =
              absl::Seconds(1) * load.burst / load.messages_per_second();
          for (absl::Time next = absl::Now(); !done_; next += interval) {
            absl::SleepFor(next - absl::Now());
            server_.PublishMany(load.burst, bench::TickText(absl::Now()));
          }
        }) {}
  ~Source() {
    done_ = true;
    thread_.join();
  }

  std::string target() const { return server_.target(); }

 private:
  std::atomic<bool> done_ = false;
  bridge::testing::TickerServer server_;
  std::thread thread_;
};

std::string Program(const char* name) {
  return absl::StrCat("tests/bench/broadcast/", name);
}

int ReadNumber(Child& child) {
  int number = 0;
  if (!absl::SimpleAtoi(child.ReadLine(), &number)) bench::Fail("no number");
  return number;
}

int Heap(Child& bridge) {
  bridge.Ask();
  return ReadNumber(bridge);
}

// Measures a server that listens at `port`.
Turn Measure(Load load, Child& server, int port, bool tells_heap) {
  Turn turn;
  LoadClient client(port, "/ticks");
  client.Connect(1);  // so that there is a feed
  client.Read(absl::Milliseconds(200));
  const int heap = tells_heap ? Heap(server) : 0;
  LoadClient others(port, "/ticks");
  turn.connects_per_second =
      load.viewers / absl::ToDoubleSeconds(others.Connect(load.viewers));
  others.Read(absl::Milliseconds(500));
  if (tells_heap) {
    turn.heap_bytes = static_cast<double>(Heap(server) - heap) / load.viewers;
  }
  const absl::Duration cpu = server.CpuTime();
  const absl::Time start = absl::Now();
  turn.report = others.Measure(absl::GetFlag(FLAGS_duration));
  const absl::Duration took = absl::Now() - start;
  const auto frames = static_cast<double>(turn.report.frames);
  turn.cpu_us = absl::ToDoubleMicroseconds(server.CpuTime() - cpu) / frames;
  turn.frames_per_second = frames / absl::ToDoubleSeconds(took);
  return turn;
}

Turn MeasurePlain(Load load, bool coalesce, bool uring) {
  Child server({Program("plain_server"),
                absl::StrCat("--rate=", load.messages_per_second()),
                absl::StrCat("--burst=", load.burst),
                absl::StrCat("--coalesce=", coalesce),
                absl::StrCat("--uring=", uring)});
  const int port = ReadNumber(server);
  return Measure(load, server, port, false);
}

Turn MeasureBridge(Load load) {
  const Source source(load);
  Child server(
      {Program("bridge_server"), absl::StrCat("--upstream=", source.target())});
  const int port = ReadNumber(server);
  return Measure(load, server, port, true);
}

template <typename Value>
double MedianOf(const std::vector<Turn>& turns, Value value) {
  std::vector<double> values;
  for (const Turn& turn : turns) values.push_back(value(turn));
  return bench::Median(values);
}

double PartOf(const std::vector<double>& values, double part) {
  return values.empty() ? 0 : bench::Percentile(values, part);
}

void Print(const std::string& name, const std::vector<Turn>& turns,
           double baseline_us) {
  double cpu_us = MedianOf(turns, [](const Turn& t) { return t.cpu_us; });
  std::printf(
      "%-28s %9.0f %7.2f %6.2f %7.0f %8.0f %7.1f %7.1f %7.1f\n", name.c_str(),
      MedianOf(turns, [](const Turn& t) { return t.frames_per_second; }),
      cpu_us, cpu_us / baseline_us,
      MedianOf(turns, [](const Turn& t) { return t.heap_bytes; }),
      MedianOf(turns, [](const Turn& t) { return t.connects_per_second; }),
      MedianOf(turns,
               [](const Turn& t) { return PartOf(t.report.spreads_ms, 0.5); }),
      MedianOf(
          turns,
          [](const Turn& t) { return PartOf(t.report.latencies_ms, 0.5); }),
      MedianOf(turns, [](const Turn& t) {
        return PartOf(t.report.latencies_ms, 0.99);
      }));
}

void Compare(Load load) {
  std::vector<Turn> plain;
  std::vector<Turn> coalesced;
  std::vector<Turn> batched;
  std::vector<Turn> bridge;
  for (int i = 0; i < absl::GetFlag(FLAGS_rounds); ++i) {
    plain.push_back(MeasurePlain(load, false, false));
    batched.push_back(MeasurePlain(load, false, true));
    bridge.push_back(MeasureBridge(load));
    if (load.burst > 1) coalesced.push_back(MeasurePlain(load, true, false));
  }
  const double baseline =
      MedianOf(plain, [](const Turn& turn) { return turn.cpu_us; });
  std::printf("%d viewers%s\n", load.viewers,
              load.burst > 1
                  ? absl::StrCat(", ", load.burst, " at a time").c_str()
                  : "");
  Print("  plain send() loop", plain, baseline);
  Print("  the same through io_uring", batched, baseline);
  if (load.burst > 1) Print("  the same, coalesced", coalesced, baseline);
  Print("  the bridge", bridge, baseline);
}

}  // namespace

int main(int argc, char** argv) {
  bench::Start(argc, argv);
  bench::RaiseDescriptorLimit();
  std::printf("%-28s %9s %7s %6s %7s %8s %7s %7s %7s\n", "", "frames/s",
              "CPU us", "ratio", "heap B", "conns/s", "spread", "p50 ms",
              "p99 ms");
  for (const std::string& text : absl::GetFlag(FLAGS_viewers)) {
    Load load = {0, 1};
    if (!absl::SimpleAtoi(text, &load.viewers) || load.viewers < 1) {
      bench::Fail("--viewers: must be numbers greater than 0");
    }
    Compare(load);
    if (load.viewers <= 1000) Compare({load.viewers, 10});
  }
}
