#include "service/rpc/open_streams.h"

#include <gtest/gtest.h>

#include <memory>

namespace happiness {
namespace {

class CountingStream : public OpenStreams::Stream {
 public:
  explicit CountingStream(OpenStreams* streams) : streams_(streams) {}
  // A stream may be over at once, and then removes itself.
  void ShutDown() override {
    ++shutdowns;
    streams_->Remove(self.lock());
  }
  int shutdowns = 0;
  std::weak_ptr<CountingStream> self;

 private:
  OpenStreams* const streams_;
};

std::shared_ptr<CountingStream> MakeStream(OpenStreams* streams) {
  auto stream = std::make_shared<CountingStream>(streams);
  stream->self = stream;
  return stream;
}

TEST(OpenStreamsTest, HoldsUpToTheLimit) {
  OpenStreams streams(2);
  auto first = MakeStream(&streams);
  EXPECT_TRUE(streams.Add(first).ok());
  EXPECT_TRUE(streams.Add(MakeStream(&streams)).ok());
  EXPECT_EQ(streams.Add(MakeStream(&streams)).code(),
            absl::StatusCode::kResourceExhausted);
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
  EXPECT_EQ(first->shutdowns, 1);
  EXPECT_EQ(second->shutdowns, 1);
  EXPECT_TRUE(streams.shutting_down());
  EXPECT_EQ(streams.Add(MakeStream(&streams)), ShuttingDown());
  EXPECT_EQ(streams.size(), 0u);
}

}  // namespace
}  // namespace happiness
