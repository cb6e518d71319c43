#include "service/rpc/open_streams.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

namespace happiness {
namespace {

class CountingStream : public OpenStreams::Stream {
 public:
  explicit CountingStream(OpenStreams* streams) : streams_(streams) {}
  // A stream may be over at once, and then removes itself.
  void Stop(const absl::Status& why) override {
    ends.push_back(why);
    streams_->Remove(self.lock());
  }
  std::vector<absl::Status> ends;
  std::weak_ptr<CountingStream> self;

 private:
  OpenStreams* const streams_;
};

std::shared_ptr<CountingStream> MakeStream(OpenStreams* streams) {
  auto stream = std::make_shared<CountingStream>(streams);
  stream->self = stream;
  return stream;
}

TEST(OpenStreamsTest, LogsAFewLinesASecond) {
  OpenStreams streams(2);
  const auto now = waiting::Allowance::Clock::now();
  const auto lines = [&](std::chrono::seconds later) {
    int count = 0;
    while (count < 1000 && streams.MayLog(now + later)) ++count;
    return count;
  };
  EXPECT_EQ(lines(std::chrono::seconds(0)), 50);
  EXPECT_EQ(lines(std::chrono::seconds(1)), 10);
  EXPECT_EQ(lines(std::chrono::seconds(60)), 50);
}

TEST(OpenStreamsTest, HoldsUpToTheLimit) {
  OpenStreams streams(2);
  auto first = MakeStream(&streams);
  EXPECT_TRUE(streams.Add(first).ok());
  EXPECT_TRUE(streams.Add(MakeStream(&streams)).ok());
  EXPECT_EQ(streams.Add(MakeStream(&streams)).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(streams.refused(), 1);
  streams.Remove(first);
  EXPECT_TRUE(streams.Add(MakeStream(&streams)).ok());
  EXPECT_EQ(streams.size(), 2u);
}

TEST(OpenStreamsTest, RemovingOneThatWasRefusedFreesNoPlace) {
  OpenStreams streams(1);
  EXPECT_TRUE(streams.Add(MakeStream(&streams)).ok());
  streams.Remove(MakeStream(&streams));
  EXPECT_EQ(streams.size(), 1u);
}

TEST(OpenStreamsTest, ShutsDownAllAndTakesNoMore) {
  OpenStreams streams(10);
  auto first = MakeStream(&streams);
  auto second = MakeStream(&streams);
  EXPECT_TRUE(streams.Add(first).ok());
  EXPECT_TRUE(streams.Add(second).ok());
  EXPECT_FALSE(streams.shutting_down());
  streams.ShutDown();
  EXPECT_EQ(first->ends, std::vector{ShuttingDown()});
  EXPECT_EQ(second->ends, std::vector{ShuttingDown()});
  EXPECT_TRUE(streams.shutting_down());
  EXPECT_EQ(streams.Add(MakeStream(&streams)), ShuttingDown());
  EXPECT_EQ(streams.size(), 0u);
}

TEST(OpenStreamsTest, StopsThoseWhosePassHoldsNoLongerOnce) {
  OpenStreams streams(10);
  auto open = MakeStream(&streams);
  auto held = MakeStream(&streams);
  auto lost = MakeStream(&streams);
  // It takes a while to end.
  auto slow = std::make_shared<CountingStream>(&streams);
  absl::Status status;
  const auto check = [&status] { return status; };
  EXPECT_TRUE(streams.Add(open).ok());
  EXPECT_TRUE(streams.Add(held, {"a", [] { return absl::OkStatus(); }}).ok());
  EXPECT_TRUE(streams.Add(lost, {"b", check}).ok());
  EXPECT_TRUE(streams.Add(slow, {"b", check}).ok());
  streams.StopInvalid();
  EXPECT_EQ(streams.size(), 4u);
  status = absl::UnauthenticatedError("it is gone");
  streams.StopInvalid();
  streams.StopInvalid();
  EXPECT_EQ(lost->ends, std::vector{status});
  EXPECT_EQ(slow->ends, std::vector{status});
  EXPECT_TRUE(open->ends.empty());
  EXPECT_TRUE(held->ends.empty());
  EXPECT_EQ(streams.size(), 3u);
  EXPECT_EQ(streams.invalid(), 2);
}

}  // namespace
}  // namespace happiness
