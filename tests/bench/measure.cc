#include "tests/bench/measure.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "bridge/process.h"
#include "happiness/v1/happiness.grpc.pb.h"
#include "service/request/uuid.h"

namespace bench {

void Start(int argc, char** argv) {
  bridge::SetUpProcess();  // as the service
  absl::ParseCommandLine(argc, argv);
  spdlog::set_level(spdlog::level::warn);
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
}

void Fail(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(1);
}

void Check(const absl::Status& status, const char* what) {
  if (!status.ok()) Fail(absl::StrCat(what, ": ", status.ToString()));
}

void Check(const grpc::Status& status, const char* what) {
  if (!status.ok()) Fail(absl::StrCat(what, ": ", status.error_message()));
}

void RaiseDescriptorLimit() {
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

absl::Duration CpuTime() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) +
         absl::DurationFromTimeval(usage.ru_stime);
}

double Percentile(std::vector<double> values, double part) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(
                           part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 != 0 ? values[middle]
                                : (values[middle - 1] + values[middle]) / 2;
}

Service::Service(
    const std::optional<happiness::ReplicatedLogOptions>& replicated) {
  folder_ = (std::filesystem::temp_directory_path() / "bench-XXXXXX").string();
  if (mkdtemp(folder_.data()) == nullptr) Fail("no folder can be made");
  auto storage = happiness::Storage::Open(folder_, {}, replicated);
  Check(storage.status(), "the storage");
  storage_ = *std::move(storage);
  if (happiness::ReplicatedLog* log = storage_->replicated()) {
    absl::Notification ready;
    log->WhenReady([&] { ready.Notify(); });
    if (!ready.WaitForNotificationWithTimeout(absl::Minutes(5))) {
      Fail(std::string(log->Ready().message()));
    }
  }
  happiness::ServerOptions options;
  options.address = "127.0.0.1";
  options.port = 0;
  auto server = happiness::Server::Start(options, storage_->backend());
  Check(server.status(), "the server");
  server_ = *std::move(server);
}

Service::~Service() {
  server_->Drain();
  server_.reset();
  storage_.reset();
  std::filesystem::remove_all(folder_);
}

std::shared_ptr<grpc::Channel> Connect(int port) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(absl::StrCat("ipv4:127.0.0.1:", port),
                                   grpc::InsecureChannelCredentials(),
                                   arguments);
}

v1::Reading MakeReading(int number) {
  const absl::Time now = absl::Now();
  v1::Reading reading;
  reading.set_reading_id(happiness::NewUuid());
  reading.mutable_observe_time()->set_seconds(absl::ToUnixSeconds(now));
  reading.mutable_observe_time()->set_nanos(number % 1'000'000'000);
  reading.set_place(absl::StrCat("Place ", number % 100));
  reading.set_happiness(number % 101 / 10.0);
  reading.set_source("bench");
  return reading;
}

void Append(happiness::ReadingLog* log, int count) {
  constexpr int kBatch = 1'000;
  for (int i = 0; i < count; i += kBatch) {
    std::vector<v1::Reading> readings;
    for (int j = i; j < std::min(i + kBatch, count); ++j) {
      readings.push_back(MakeReading(j));
    }
    absl::Notification durable;
    log->Append(std::move(readings), [&durable](auto appended) {
      Check(appended.status(), "Append");
      durable.Notify();
    });
    durable.WaitForNotification();
  }
}

void Record(int port, int count, absl::Duration span) {
  auto stub = v1::HappinessService::NewStub(Connect(port));
  const absl::Time first = absl::Now() - span;
  grpc::ClientContext context;
  v1::RecordReadingsResponse response;
  auto stream = stub->RecordReadings(&context, &response);
  for (int i = 0; i < count; ++i) {
    v1::RecordReadingsRequest request;
    *request.mutable_reading() = MakeReading(i);
    request.mutable_reading()->mutable_observe_time()->set_seconds(
        absl::ToUnixSeconds(first + span * i / count));
    stream->Write(request, grpc::WriteOptions().set_buffer_hint());
  }
  stream->WritesDone();
  Check(stream->Finish(), "RecordReadings");
}

}  // namespace bench
