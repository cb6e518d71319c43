// How fast readings are recorded, over TCP, each durable before it is answered:
//
// - over one RecordReadings stream, in readings a second (at least 100,000);
// - by many concurrent RecordReading calls, each sent when the one before it
//   was answered, in calls a second and milliseconds a call (64 of them: at
//   least 5,000, and 99 % under 30 ms).
//
//   ./bazelw run //tests/bench:ingest
//
// The same with the log on NATS JetStream: on one server, and on three; and how
// fast an empty replica then copies all of it (at least 50,000 readings a
// second).
//
// Beside each, in the same run, gRPC alone: a server that counts messages and
// does nothing with them. Server and clients are in one process; "CPU us" is
// what both use for a reading, and NATS's servers besides. Each reading has a
// UUID of its own and is made beforehand. The stream's client tells gRPC that
// more is coming (set_buffer_hint), so that it fills its packets: without that
// the client costs three times as much and is what is measured.

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/client_callback.h>

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "happiness/v1/happiness.grpc.pb.h"
#include "service/log/entry.h"
#include "tests/bench/bare_server.h"
#include "tests/bench/measure.h"
#include "tests/bench/nats_servers.h"

ABSL_FLAG(int, streamed, 1'000'000, "Readings sent over the stream.");
ABSL_FLAG(int, calls, 100'000, "RecordReading calls.");
ABSL_FLAG(int, replicated, 200'000,
          "Readings sent over the stream to a log on NATS, and a tenth as many "
          "calls; 0: none.");
ABSL_FLAG(int, concurrent, 64, "RecordReading calls at a time.");

namespace {

void PrintRow(const char* name, int count, absl::Duration time,
              absl::Duration cpu) {
  std::printf("%-34s %10.0f %8.2f", name, count / absl::ToDoubleSeconds(time),
              absl::ToDoubleMicroseconds(cpu) / count);
}

void MeasureStream(const char* name, int port, int count) {
  std::vector<bench::v1::RecordReadingsRequest> requests(
      static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    *requests[static_cast<size_t>(i)].mutable_reading() = bench::MakeReading(i);
  }
  auto stub = bench::v1::HappinessService::NewStub(bench::Connect(port));
  const absl::Duration cpu = bench::CpuTime();
  const absl::Time start = absl::Now();
  grpc::ClientContext context;
  bench::v1::RecordReadingsResponse response;
  auto stream = stub->RecordReadings(&context, &response);
  for (const auto& request : requests) {
    stream->Write(request, grpc::WriteOptions().set_buffer_hint());
  }
  stream->WritesDone();
  bench::Check(stream->Finish(), "RecordReadings");
  const absl::Duration time = absl::Now() - start;
  if (response.recorded() != count) bench::Fail("readings are lost");
  PrintRow(name, count, time, bench::CpuTime() - cpu);
  std::printf("\n");
}

using Requests = std::vector<grpc::ByteBuffer>;

// RecordReading calls, one after another.
class Caller {
 public:
  // Makes its next call with the request that `next` says, until there is none.
  Caller(std::shared_ptr<grpc::Channel> channel, const Requests* requests,
         std::atomic<size_t>* next, absl::BlockingCounter* done)
      : requests_(requests),
        next_(next),
        done_(done),
        stub_(std::move(channel)) {
    Call();
  }

  // When it is done. In milliseconds.
  const std::vector<double>& latencies() const { return latencies_; }

 private:
  void Call() {
    const size_t number = next_->fetch_add(1);
    if (number >= requests_->size()) {
      done_->DecrementCount();
      return;
    }
    context_ = std::make_unique<grpc::ClientContext>();
    start_ = absl::Now();
    stub_.UnaryCall(context_.get(),
                    "/happiness.v1.HappinessService/RecordReading", {},
                    &(*requests_)[number], &response_, [this](auto status) {
                      bench::Check(status, "RecordReading");
                      latencies_.push_back(
                          absl::ToDoubleMilliseconds(absl::Now() - start_));
                      Call();
                    });
  }

  const Requests* const requests_;
  std::atomic<size_t>* const next_;
  absl::BlockingCounter* const done_;

  grpc::GenericStub stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  grpc::ByteBuffer response_;
  absl::Time start_;
  std::vector<double> latencies_;
};

void MeasureCalls(const char* name, int port, int count) {
  const int concurrent = absl::GetFlag(FLAGS_concurrent);
  Requests requests;
  for (int i = 0; i < count; ++i) {
    bench::v1::RecordReadingRequest request;
    *request.mutable_reading() = bench::MakeReading(i);
    requests.push_back(happiness::Encode(request));
  }
  auto channel = bench::Connect(port);
  std::atomic<size_t> next = 0;
  absl::BlockingCounter done(concurrent);
  std::vector<std::unique_ptr<Caller>> callers;
  const absl::Duration cpu = bench::CpuTime();
  const absl::Time start = absl::Now();
  for (int i = 0; i < concurrent; ++i) {
    callers.push_back(
        std::make_unique<Caller>(channel, &requests, &next, &done));
  }
  done.Wait();
  const absl::Duration time = absl::Now() - start;
  std::vector<double> latencies;
  for (const auto& caller : callers) {
    latencies.insert(latencies.end(), caller->latencies().begin(),
                     caller->latencies().end());
  }
  PrintRow(name, count, time, bench::CpuTime() - cpu);
  std::printf(" %8.2f %8.2f\n", bench::Percentile(latencies, 0.5),
              bench::Percentile(latencies, 0.99));
}

void MeasureReplicated(int servers) {
  const int count = absl::GetFlag(FLAGS_replicated);
  const bench::NatsServers nats(servers);
  happiness::ReplicatedLogOptions log = nats.log();
  log.ready_lag = 0;
  const bench::Service service(log);
  const auto cpu_of = [&nats](const char* what, auto measure) {
    const absl::Duration before = nats.CpuTime();
    const int readings = measure();
    std::printf("%-34s %19.2f\n", what,
                absl::ToDoubleMicroseconds(nats.CpuTime() - before) / readings);
  };
  const std::string on = absl::StrCat(" on NATS, ", servers, " servers");
  cpu_of("  NATS's servers", [&] {
    MeasureStream(absl::StrCat("one stream", on).c_str(), service.port(),
                  count);
    return count;
  });
  cpu_of("  NATS's servers", [&] {
    MeasureCalls(absl::StrCat("concurrent calls", on).c_str(), service.port(),
                 count / 10);
    return count / 10;
  });
  const absl::Duration cpu = bench::CpuTime();
  const absl::Time start = absl::Now();
  const bench::Service empty(log);
  const auto copied = static_cast<int>(empty.log()->Extent().last);
  if (copied < count) bench::Fail("the copy is not complete");
  PrintRow("an empty replica's copying", copied, absl::Now() - start,
           bench::CpuTime() - cpu);
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  bench::Start(argc, argv);
  const bench::Service service;
  bench::BareServer bare(0);
  std::printf("%-36s %10s %10s %8s %8s\n", "", "readings/s", "CPU us", "p50 ms",
              "p99 ms");
  const int streamed = absl::GetFlag(FLAGS_streamed);
  const int calls = absl::GetFlag(FLAGS_calls);
  MeasureStream("one stream", service.port(), streamed);
  MeasureStream("  to a server that only counts", bare.port(), streamed);
  MeasureCalls("concurrent calls", service.port(), calls);
  MeasureCalls("  to a server that only answers", bare.port(), calls);
  if (absl::GetFlag(FLAGS_replicated) == 0) return 0;
  for (const int servers : {1, 3}) MeasureReplicated(servers);
}
