// How many messages a second one stream carries to one WebSocket viewer that
// reads as fast as it can, the upstream in this process or over TCP. Every
// message becomes JSON on the way, and is checked.
//
//   ./bazelw run //tests/bench/broadcast:throughput
//
// Prints messages a second, and CPU time a message: of upstream, bridge and
// client together, as they are one process.

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/server_callback.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bridge/bridge.h"
#include "tests/bench/broadcast/load_client.h"
#include "tests/bench/measure.h"
#include "tests/bridge/testing/ticker.grpc.pb.h"

ABSL_FLAG(int, messages, 500'000, "Messages to stream.");
ABSL_FLAG(int, rounds, 3, "Turns of each.");

namespace {

using bridge::testing::Tick;
using bridge::testing::Ticker;

// Sends ticks 1, 2, …, as fast as they are taken, until nobody does.
class Stream : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  Stream() { Next(); }

 private:
  void Next() {
    tick_.set_number(tick_.number() + 1);
    tick_.set_text("12345678");
    tick_.SerializeToString(&serialized_);
    const grpc::Slice slice(serialized_);
    message_ = grpc::ByteBuffer(&slice, 1);
    StartWrite(&message_);
  }

  void OnWriteDone(bool ok) override {
    if (ok) return Next();
    Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

  Tick tick_;
  std::string serialized_;
  grpc::ByteBuffer message_;
};

class Upstream : public Ticker::WithRawCallbackMethod_Replay<Ticker::Service> {
 public:
  Upstream() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }

  std::string target() const { return absl::StrCat("127.0.0.1:", port_); }
  std::shared_ptr<grpc::Channel> InProcess() {
    return server_->InProcessChannel({});
  }

 private:
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Replay(
      grpc::CallbackServerContext* /*context*/,
      const grpc::ByteBuffer* /*request*/) override {
    return new Stream;
  }

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

struct Turn {
  double per_second;
  double cpu_us;
};

Turn Measure(Upstream& server, bool over_tcp) {
  bridge::Options options;
  options.address = "127.0.0.1";
  options.port = 0;
  if (over_tcp) {
    options.upstream.target = server.target();
  } else {
    options.upstream.in_process = server.InProcess();
  }
  auto bridge = bridge::Bridge::Start(std::move(options));
  bench::Check(bridge.status(), "the bridge");
  while (!(*bridge)->ready()) absl::SleepFor(absl::Milliseconds(10));
  // From the first message on, at the viewer's pace.
  bench::LoadClient client((*bridge)->port(),
                           {bench::WebSocketRequest("/replay?after=0")});
  const absl::Time start = absl::Now();
  const absl::Duration cpu = bench::CpuTime();
  client.Connect(1);
  const int count = absl::GetFlag(FLAGS_messages);
  client.ReadUntil(static_cast<uint32_t>(count));
  return {count / absl::ToDoubleSeconds(absl::Now() - start),
          absl::ToDoubleMicroseconds(bench::CpuTime() - cpu) / count};
}

void Report(const char* name, Upstream& server, bool over_tcp) {
  std::vector<double> per_second;
  std::vector<double> cpu_us;
  for (int i = 0; i < absl::GetFlag(FLAGS_rounds); ++i) {
    Turn turn = Measure(server, over_tcp);
    per_second.push_back(turn.per_second);
    cpu_us.push_back(turn.cpu_us);
  }
  std::printf("%-24s %10.0f %8.2f\n", name, bench::Median(per_second),
              bench::Median(cpu_us));
}

}  // namespace

int main(int argc, char** argv) {
  bench::Start(argc, argv);
  Upstream server;
  std::printf("%-24s %10s %8s\n", "", "messages/s", "CPU us");
  Report("in process", server, false);
  Report("over TCP", server, true);
}
