#include "bridge/feed/frame.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace bridge {
namespace {

constexpr Wire kAllWires[] = {{Framing::kWebSocket, false},
                              {Framing::kEventStream, true},
                              {Framing::kEventStream, false},
                              {Framing::kNdjson, true},
                              {Framing::kNdjson, false}};

TEST(FrameTest, GivesTheBytesOfEachWire) {
  for (size_t size : {2, 125, 126, 65535, 65536}) {
    std::string json(size, 'x');
    Frame frame(json);
    EXPECT_EQ(frame.json(), json);
    for (Wire wire : kAllWires) {
      std::string framed = FramedMessage(wire.framing, json);
      EXPECT_EQ(frame.For(wire), OnWire(wire, framed));
    }
  }
}

TEST(FrameTest, BuildsEachFramingOnceAndKeepsIt) {
  Frame frame("{}");
  for (Wire wire : kAllWires) {
    EXPECT_EQ(frame.For(wire).data(), frame.For(wire).data());
  }
  // With and without chunks are the same memory.
  std::string_view chunked = frame.For({Framing::kNdjson, true});
  EXPECT_EQ(frame.For({Framing::kNdjson, false}).data(), chunked.data() + 3);
}

TEST(FrameTest, ItsSizeIsThatOfTheFramingThatItAlwaysHas) {
  EXPECT_EQ(Frame("{}").size(), 4u);
  EXPECT_EQ(Frame(std::string(200, 'x')).size(), 204u);
}

TEST(FrameTest, ManyThreadsMayAskForAFramingFirst) {
  for (int round = 0; round < 50; ++round) {
    Frame frame("{\"a\":1}");
    std::vector<const char*> seen(4);
    std::vector<std::thread> threads;
    for (const char*& data : seen) {
      threads.emplace_back([&frame, &data] {
        data = frame.For({Framing::kEventStream, true}).data();
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(seen, std::vector<const char*>(4, seen[0]));
  }
}

}  // namespace
}  // namespace bridge
