// Two replicas, one of which begins when most is recorded already: for the same
// end of the log they give the same history, lists, and summaries.

#include <google/protobuf/util/message_differencer.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "happiness/v1/happiness.grpc.pb.h"
#include "service/server.h"
#include "service/storage.h"
#include "tests/service/support.h"
#include "tests/service/testing/nats_cluster.h"

namespace happiness {
namespace {

constexpr int kReadings = 3'000;
constexpr int kPlaces = 7;

// A whole service.
class Replica {
 public:
  Replica(const NatsCluster& nats, const std::string& folder) {
    ReplicatedLogOptions options;
    options.target = nats.Target();
    options.stream.replicas = 1;
    auto storage = Storage::Open(folder, {}, options);
    EXPECT_TRUE(storage.ok()) << storage.status();
    storage_ = *std::move(storage);
    ServerOptions server;
    server.port = 0;
    server_ = *Server::Start(server, storage_->backend());
    stub_ = v1::HappinessService::NewStub(server_->InProcessChannel());
  }
  ~Replica() { server_->Drain(absl::ZeroDuration()); }

  v1::HappinessService::Stub* stub() { return stub_.get(); }
  ReadingLog* log() { return storage_->backend().log; }

  void AwaitCopied(int64_t sequence) {
    const absl::Time limit = absl::Now() + kTestDeadline;
    const auto copied = [&] {
      return log()->Extent().last >= sequence &&
             storage_->replicated()->Ready().ok();
    };
    while (!copied() && absl::Now() < limit) {
      absl::SleepFor(absl::Milliseconds(10));
    }
    ASSERT_TRUE(copied());
    ASSERT_EQ(log()->Extent().last, sequence);
  }

  v1::QueryHistoryResponse History(const std::string& place,
                                   int64_t step_seconds, absl::Time end) {
    v1::QueryHistoryRequest request;
    request.set_place(place);
    request.mutable_step()->set_seconds(step_seconds);
    request.mutable_start_time()->set_seconds(
        absl::ToUnixSeconds(end - absl::Hours(2)));
    request.mutable_end_time()->set_seconds(absl::ToUnixSeconds(end));
    v1::QueryHistoryResponse response;
    const auto status =
        stub_->QueryHistory(MakeContext().get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  std::string List() {
    std::string all;
    v1::ListReadingsRequest request;
    request.set_page_size(1'000);
    for (;;) {
      v1::ListReadingsResponse page;
      const auto status =
          stub_->ListReadings(MakeContext().get(), request, &page);
      EXPECT_TRUE(status.ok()) << status.error_message();
      for (const v1::Reading& reading : page.readings()) {
        all += reading.SerializeAsString();
      }
      if (page.next_page_token().empty()) return all;
      request.set_page_token(page.next_page_token());
    }
  }

  // By the end of their window, as they come, to the first that ends at `end`
  // or later.
  std::map<int64_t, v1::Summary> SummariesUntil(absl::Time end) {
    v1::StreamSummariesRequest request;
    request.mutable_window()->set_seconds(600);
    request.mutable_period()->set_seconds(1);
    const auto context = MakeContext();
    auto stream = stub_->StreamSummaries(context.get(), request);
    std::map<int64_t, v1::Summary> summaries;
    v1::Summary summary;
    while (stream->Read(&summary)) {
      const int64_t time = summary.end_time().seconds();
      summaries[time] = summary;
      if (time >= absl::ToUnixSeconds(end)) break;
    }
    EXPECT_FALSE(summaries.empty());
    context->TryCancel();
    stream->Finish();
    return summaries;
  }

 private:
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<v1::HappinessService::Stub> stub_;
};

void ExpectSame(const google::protobuf::Message& one,
                const google::protobuf::Message& other) {
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(one, other))
      << one.DebugString() << other.DebugString();
}

// Felt in the last hour and a half, and some of it late.
std::vector<v1::Reading> Readings(int first, int count, absl::Time end) {
  std::vector<v1::Reading> readings;
  for (int i = first; i < first + count; ++i) {
    v1::Reading reading =
        MakeReading(absl::StrCat("Place ", i % kPlaces),
                    static_cast<double>(i % 101) / 10, absl::StrCat("id-", i));
    reading.mutable_observe_time()->set_seconds(
        absl::ToUnixSeconds(end - absl::Seconds((i * 37) % 5'400 + 1)));
    reading.set_source(absl::StrCat("source ", i % 13));
    readings.push_back(reading);
  }
  return readings;
}

void Record(Replica* replica, const std::vector<v1::Reading>& readings) {
  constexpr size_t kBatch = 500;
  for (size_t i = 0; i < readings.size(); i += kBatch) {
    const auto end = std::min(readings.size(), i + kBatch);
    const auto appended =
        Append(replica->log(), {readings.begin() + static_cast<int64_t>(i),
                                readings.begin() + static_cast<int64_t>(end)});
    ASSERT_TRUE(appended.ok()) << appended.status();
  }
}

TEST(SameAnswersTest, ReplicasOfTheSameEndGiveTheSame) {
  const std::string folder = testing::TempDir() + "/same_answers";
  NatsCluster nats;
  Replica one(nats, folder + "-1");
  const absl::Time end = absl::Now();
  Record(&one, Readings(0, kReadings, end));
  Replica other(nats, folder + "-2");
  other.AwaitCopied(kReadings);
  // By either, and with some that are there already.
  Record(&other, Readings(kReadings - 100, 300, end));
  EXPECT_EQ(other.log()->Extent().last, kReadings + 200);
  one.AwaitCopied(kReadings + 200);

  for (const char* place : {"", "Place 0", "Place 6"}) {
    for (const int64_t step : {7, 60, 3'600}) {
      ExpectSame(one.History(place, step, end),
                 other.History(place, step, end));
    }
  }
  EXPECT_EQ(one.List(), other.List());
  EXPECT_FALSE(one.List().empty());

  const absl::Time until = absl::Now() + absl::Seconds(4);
  auto later = std::async(std::launch::async,
                          [&] { return other.SummariesUntil(until); });
  const auto first = one.SummariesUntil(until);
  const auto second = later.get();
  int same = 0;
  for (const auto& [time, summary] : first) {
    const auto found = second.find(time);
    if (found == second.end()) continue;
    ++same;
    EXPECT_EQ(summary.places_size(), kPlaces);
    ExpectSame(summary, found->second);
  }
  EXPECT_GT(same, 0);
}

}  // namespace
}  // namespace happiness
