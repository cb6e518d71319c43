// One 34-byte JSON message to all viewers, 50,000 frames a second in all: what
// a frame costs the server's process in CPU time, user and system, beside a
// plain send() loop in the same run. The bridge's includes its upstream call,
// over TCP, and JSON.
//
//   ./bazelw run //tests/bench
//   ./bazelw run //tests/bench -- --viewers=1000 --rounds=5
//   ./bazelw run //tests/bench -- --viewers=1000 --framings
//
// Servers take turns; the table has the medians. Latency is from the making of
// a message, in this process, to the reading of the frame, here again; spread
// from the first viewer's reading to the last one's.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
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
ABSL_FLAG(bool, framings, false,
          "Compare the bridge's framings instead, beside a WebSocket's.");
ABSL_FLAG(int, processes, 1, "Servers, and load clients, of each kind.");

namespace {

using bench::Child;

// What a server is asked to carry.
struct Load {
  int viewers;
  int burst = 1;                 // messages at a time
  int feeds = 1;                 // different streams, with the same messages
  std::string as = "websocket";  // see bench::WaysToWatch

  double messages_per_second() const {
    return absl::GetFlag(FLAGS_frames) / viewers;
  }
};

struct Turn {
  double cpu_us = 0;  // a frame
  double frames_per_second = 0;
  double heap_bytes = 0;  // a viewer; 0 if unknown
  double resident_mb = 0;
  double connects_per_second = 0;
  double spread_ms = 0;  // of a message, the median
  double latency_p50_ms = 0;
  double latency_p99_ms = 0;
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

double ReadNumber(Child& child) {
  double number = 0;
  if (!absl::SimpleAtod(child.ReadLine(), &number)) bench::Fail("no number");
  return number;
}

// What all load clients together saw.
struct Seen {
  double frames = 0;
  std::vector<double> latencies_ms;
  std::map<int64_t, std::pair<int64_t, int64_t>>
      messages;  // first, last; in us

  void Add(Child& client) {
    for (;;) {
      const std::string line = client.ReadLine();
      long number, first, last;
      double value;
      if (line == "end") return;
      if (std::sscanf(line.c_str(), "frames %lf", &value) == 1) {
        frames += value;
      } else if (std::sscanf(line.c_str(), "latency %lf", &value) == 1) {
        latencies_ms.push_back(value);
      } else if (std::sscanf(line.c_str(), "message %ld %ld %ld", &number,
                             &first, &last) == 3) {
        auto [entry, is_new] = messages.try_emplace(number, first, last);
        entry->second.first = std::min(entry->second.first, int64_t{first});
        entry->second.second = std::max(entry->second.second, int64_t{last});
      }
    }
  }

  double MedianSpread() const {
    std::vector<double> spreads;
    for (const auto& [number, times] : messages) {
      spreads.push_back(static_cast<double>(times.second - times.first) / 1000);
    }
    return spreads.empty() ? 0 : bench::Median(spreads);
  }
};

using Children = std::vector<std::unique_ptr<Child>>;

Children StartAll(std::vector<std::string> arguments) {
  Children children;
  for (int i = 0; i < absl::GetFlag(FLAGS_processes); ++i) {
    children.push_back(std::make_unique<Child>(arguments));
  }
  return children;
}

template <typename Value>
double SumOf(const Children& children, Value value) {
  double sum = 0;
  for (const auto& child : children) sum += value(*child);
  return sum;
}

double CpuMicroseconds(const Children& children) {
  return SumOf(children, [](Child& child) {
    return absl::ToDoubleMicroseconds(child.CpuTime());
  });
}

double Heap(const Children& bridges) {
  return SumOf(bridges, [](Child& bridge) {
    bridge.Ask();
    return ReadNumber(bridge);
  });
}

// Measures servers that print their ports.
Turn Measure(Load load, const Children& servers, bool tell_heap) {
  constexpr absl::Duration kSettle = absl::Milliseconds(500);
  Turn turn;
  std::vector<int> ports;
  for (const auto& server : servers) {
    ports.push_back(static_cast<int>(ReadNumber(*server)));
  }
  // As many as there are feeds, so that those are open; then all the others.
  Children clients;
  auto connect = [&](int viewers, int network) {
    for (int port : ports) {
      clients.push_back(std::make_unique<Child>(std::vector<std::string>{
          Program("load_client"), absl::StrCat("--port=", port),
          absl::StrCat("--viewers=", viewers),
          absl::StrCat("--feeds=", load.feeds), "--as=" + load.as,
          absl::StrCat("--network=", network++),
          absl::StrCat("--duration=",
                       absl::FormatDuration(absl::GetFlag(FLAGS_duration)))}));
    }
    double longest = 0;
    for (const auto& client : clients) {
      longest = std::max(longest, ReadNumber(*client));
    }
    return longest;
  };
  connect(load.feeds, 100);
  absl::SleepFor(kSettle);
  const double heap = tell_heap ? Heap(servers) : 0;
  Children first = std::exchange(clients, {});
  const int each = load.viewers / static_cast<int>(servers.size());
  const int viewers = each * static_cast<int>(servers.size());
  turn.connects_per_second = viewers / connect(each, 1);
  absl::SleepFor(kSettle);
  if (tell_heap) turn.heap_bytes = (Heap(servers) - heap) / viewers;

  const double cpu = CpuMicroseconds(servers);
  const absl::Time start = absl::Now();
  for (const auto& client : clients) client->Ask();
  absl::SleepFor(absl::GetFlag(FLAGS_duration));
  const double cpu_used = CpuMicroseconds(servers) - cpu;
  const absl::Duration took = absl::Now() - start;
  turn.resident_mb =
      SumOf(servers, [](Child& server) { return server.ResidentMegabytes(); });
  Seen seen;
  for (const auto& client : clients) seen.Add(*client);
  turn.cpu_us = cpu_used / seen.frames;
  turn.frames_per_second = seen.frames / absl::ToDoubleSeconds(took);
  turn.spread_ms = seen.MedianSpread();
  turn.latency_p50_ms = bench::Percentile(seen.latencies_ms, 0.5);
  turn.latency_p99_ms = bench::Percentile(seen.latencies_ms, 0.99);
  return turn;
}

constexpr int kManyFeeds = 100;

enum class Way { kPlain, kUring, kCoalesced };

Turn MeasurePlain(Load load, Way way) {
  const Children servers =
      StartAll({Program("plain_server"),
                absl::StrCat("--rate=", load.messages_per_second()),
                absl::StrCat("--burst=", load.burst),
                absl::StrCat("--coalesce=", way == Way::kCoalesced),
                absl::StrCat("--uring=", way == Way::kUring)});
  return Measure(load, servers, false);
}

Turn MeasureBridge(Load load) {
  const Source source(load);
  const Children servers = StartAll(
      {Program("bridge_server"), absl::StrCat("--upstream=", source.target())});
  return Measure(load, servers, true);
}

template <typename Value>
double MedianOf(const std::vector<Turn>& turns, Value value) {
  std::vector<double> values;
  for (const Turn& turn : turns) values.push_back(value(turn));
  return bench::Median(values);
}

void Print(const char* name, const std::vector<Turn>& turns,
           double baseline_us) {
  auto median = [&](double Turn::*value) {
    return MedianOf(turns, [value](const Turn& turn) { return turn.*value; });
  };
  std::printf("%-26s %8.0f %7.2f %6.2f %7.0f %6.0f %8.0f %7.1f %7.1f %7.1f\n",
              name, median(&Turn::frames_per_second), median(&Turn::cpu_us),
              median(&Turn::cpu_us) / baseline_us, median(&Turn::heap_bytes),
              median(&Turn::resident_mb), median(&Turn::connects_per_second),
              median(&Turn::spread_ms), median(&Turn::latency_p50_ms),
              median(&Turn::latency_p99_ms));
}

void Compare(Load load) {
  std::vector<Turn> plain;
  std::vector<Turn> uring;
  std::vector<Turn> coalesced;
  std::vector<Turn> bridge;
  std::vector<Turn> feeds;
  const bool bursts = load.burst > 1;
  const bool many = load.viewers >= 10'000;
  for (int i = 0; i < absl::GetFlag(FLAGS_rounds); ++i) {
    plain.push_back(MeasurePlain(load, Way::kPlain));
    bridge.push_back(MeasureBridge(load));
    uring.push_back(MeasurePlain(load, Way::kUring));
    if (bursts) coalesced.push_back(MeasurePlain(load, Way::kCoalesced));
    if (many) feeds.push_back(MeasureBridge({load.viewers, 1, kManyFeeds}));
  }
  const double baseline =
      MedianOf(plain, [](const Turn& turn) { return turn.cpu_us; });
  std::printf("%d viewers%s\n", load.viewers,
              bursts ? ", ten messages at a time" : "");
  Print("  plain send() loop", plain, baseline);
  Print("  the same through io_uring", uring, baseline);
  if (bursts) Print("  the same, coalesced", coalesced, baseline);
  Print("  the bridge", bridge, baseline);
  if (many) Print("  the bridge, 100 feeds", feeds, baseline);
}

// What each framing costs, and its ratio to a WebSocket's text frames.
void CompareFramings(int viewers) {
  std::map<std::string, std::vector<Turn>> turns;
  for (int i = 0; i < absl::GetFlag(FLAGS_rounds); ++i) {
    for (const bench::Watching& way : bench::WaysToWatch()) {
      turns[way.name].push_back(MeasureBridge({viewers, 1, 1, way.name}));
    }
  }
  const auto cpu = [](const Turn& turn) { return turn.cpu_us; };
  const double text = MedianOf(turns[bench::WaysToWatch().front().name], cpu);
  std::printf("%d viewers\n", viewers);
  for (const bench::Watching& way : bench::WaysToWatch()) {
    Print(("  " + way.name).c_str(), turns[way.name], text);
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Start(argc, argv);
  bench::RaiseDescriptorLimit();
  std::printf("%-26s %8s %7s %6s %7s %6s %8s %7s %7s %7s\n", "", "frames/s",
              "CPU us", "ratio", "heap B", "MB", "conns/s", "spread", "p50 ms",
              "p99 ms");
  for (const std::string& text : absl::GetFlag(FLAGS_viewers)) {
    Load load = {.viewers = 0};
    if (!absl::SimpleAtoi(text, &load.viewers) || load.viewers < 1) {
      bench::Fail("--viewers: must be numbers greater than 0");
    }
    if (absl::GetFlag(FLAGS_framings)) {
      CompareFramings(load.viewers);
      continue;
    }
    Compare(load);
    constexpr int kBurst = 10;
    if (load.viewers <= 1000) Compare({load.viewers, kBurst});
  }
}
