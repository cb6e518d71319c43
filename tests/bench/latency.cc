// How long a reading takes from the one who records it to the one who watches:
// from just before RecordReading (over TCP) to the frame, read whole, at a
// WebSocket of the embedded bridge. Beside it, in the same run, the same for a
// native client of StreamReadings: what the bridge adds is the difference.
//
//   ./bazelw run //tests/bench:latency
//
// Prints percentiles in milliseconds, and CPU time per reading, of server and
// clients together.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bridge/bridge.h"
#include "happiness/v1/happiness.grpc.pb.h"
#include "tests/bench/measure.h"

ABSL_FLAG(int, readings, 3000, "Readings to record.");
ABSL_FLAG(absl::Duration, pause, absl::Milliseconds(3),
          "Pause between two readings: the machine is to be idle.");

namespace {

namespace v1 = happiness::v1;
namespace net = boost::asio;

// When each reading came, in the order of their sequences.
using Arrivals = std::vector<absl::Time>;

std::unique_ptr<v1::HappinessService::Stub> MakeStub(int port) {
  return v1::HappinessService::NewStub(bench::Connect(port));
}

void WatchOverWebSocket(int port, Arrivals* arrivals,
                        absl::Notification* watching) {
  net::io_context io;
  boost::beast::websocket::stream<net::ip::tcp::socket, false> socket(io);
  socket.next_layer().connect(
      {net::ip::address_v4::loopback(), static_cast<uint16_t>(port)});
  socket.handshake("localhost", "/happiness?backlog=1");
  boost::beast::flat_buffer frame;
  socket.read(frame);  // the reading that was there before
  watching->Notify();
  for (absl::Time& arrival : *arrivals) {
    frame.clear();
    socket.read(frame);
    arrival = absl::Now();
  }
}

void WatchOverGrpc(int port, Arrivals* arrivals, absl::Notification* watching) {
  auto stub = MakeStub(port);
  grpc::ClientContext context;
  v1::StreamReadingsRequest request;
  request.set_backlog(1);
  auto stream = stub->StreamReadings(&context, request);
  v1::Reading reading;
  stream->Read(&reading);
  watching->Notify();
  for (absl::Time& arrival : *arrivals) {
    stream->Read(&reading);
    arrival = absl::Now();
  }
  context.TryCancel();
}

void Record(v1::HappinessService::Stub* stub) {
  grpc::ClientContext context;
  v1::RecordReadingRequest request;
  request.mutable_reading()->set_place("Kampala");
  request.mutable_reading()->set_happiness(7.1);
  v1::Reading reading;
  bench::Check(stub->RecordReading(&context, request, &reading),
               "RecordReading");
}

void Print(const char* name, const std::vector<double>& milliseconds) {
  std::printf("%-22s", name);
  for (const double part : {0.5, 0.9, 0.99, 1.}) {
    std::printf(" %8.3f", bench::Percentile(milliseconds, part));
  }
  std::printf("\n");
}

// One run: records, and prints how long it took until `watch` saw each.
void Measure(const char* name, int grpc_port,
             const std::function<void(Arrivals*, absl::Notification*)>& watch) {
  auto stub = MakeStub(grpc_port);
  Record(stub.get());
  Arrivals arrivals(static_cast<size_t>(absl::GetFlag(FLAGS_readings)));
  absl::Notification watching;
  std::thread watcher([&] { watch(&arrivals, &watching); });
  watching.WaitForNotification();
  std::vector<absl::Time> starts;
  absl::Duration cpu = bench::CpuTime();
  for (size_t i = 0; i < arrivals.size(); ++i) {
    absl::SleepFor(absl::GetFlag(FLAGS_pause));
    starts.push_back(absl::Now());
    Record(stub.get());
  }
  watcher.join();
  cpu = bench::CpuTime() - cpu;
  std::vector<double> milliseconds;
  for (size_t i = 0; i < arrivals.size(); ++i) {
    milliseconds.push_back(absl::ToDoubleMilliseconds(arrivals[i] - starts[i]));
  }
  Print(name, milliseconds);
  std::printf(
      "%-22s %8.3f\n", "  CPU a reading",
      absl::ToDoubleMilliseconds(cpu) / static_cast<double>(arrivals.size()));
}

}  // namespace

int main(int argc, char** argv) {
  bench::Start(argc, argv);
  const bench::Service service;
  bridge::Options bridge_options;
  bridge_options.address = "127.0.0.1";
  bridge_options.port = 0;
  bridge_options.upstream.in_process = service.server().InProcessChannel();
  auto bridge = bridge::Bridge::Start(std::move(bridge_options));
  while (!(*bridge)->ready()) absl::SleepFor(absl::Milliseconds(10));

  int grpc_port = service.port();
  int http_port = (*bridge)->port();
  std::printf("%-22s %8s %8s %8s %8s\n", "milliseconds", "p50", "p90", "p99",
              "max");
  Measure("RecordReading to gRPC", grpc_port,
          [&](Arrivals* arrivals, absl::Notification* watching) {
            WatchOverGrpc(grpc_port, arrivals, watching);
          });
  Measure("  to a WebSocket", grpc_port,
          [&](Arrivals* arrivals, absl::Notification* watching) {
            WatchOverWebSocket(http_port, arrivals, watching);
          });
  bridge->reset();
}
