#include "bridge/feed/frame.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace bridge {
namespace {

constexpr Framing kAllFramings[] = {
    Framing::kWebSocket,       Framing::kWebSocketProto,
    Framing::kEventStream,     Framing::kNdjson,
    Framing::kGrpcWeb,         Framing::kGrpcWebText,
    Framing::kConnectJson,     Framing::kConnectProto,
    Framing::kConnectJsonGzip, Framing::kConnectProtoGzip,
};

// Tells a message by its length and itself.
class Maker : public FrameMaker {
 public:
  absl::StatusOr<std::string> ToJson(std::string_view message) const override {
    ++told_;
    if (message == "bad") return absl::InternalError("can't be told");
    return Json(message);
  }
  void CountMade(int64_t bytes) const override { made_ += bytes; }

  static std::string Json(std::string_view message) {
    return absl::StrCat("[", message.size(), ",\"", std::string(message),
                        "\"]");
  }
  int told() const { return told_; }
  int64_t made() const { return made_; }

 private:
  mutable std::atomic<int> told_ = 0;
  mutable std::atomic<int64_t> made_ = 0;
};

class FrameTest : public ::testing::Test {
 protected:
  std::unique_ptr<Frame> Make(const std::string& message) const {
    return std::make_unique<Frame>(message, 7, maker_);
  }
  const std::shared_ptr<Maker> maker_ = std::make_shared<Maker>();
};

TEST_F(FrameTest, GivesTheBytesOfEachWire) {
  ASSERT_EQ(std::size(kAllFramings), kFramings);
  for (size_t size : {0, 2, 115, 120, 65520, 65536}) {
    const std::string message(size, 'x');
    const auto frame = Make(message);
    for (Framing framing : kAllFramings) {
      const std::string framed = FramedMessage(
          framing, CarriesProto(framing) ? message : Maker::Json(message), 7);
      for (bool chunked : {true, false}) {
        const Wire wire = {framing, chunked};
        EXPECT_EQ(frame->For(wire), OnWire(wire, framed));
      }
    }
  }
  EXPECT_EQ(maker_->told(), 6);
}

TEST_F(FrameTest, BuildsEachFramingOnceAndKeepsIt) {
  const auto frame = Make("m");
  for (Framing framing : kAllFramings) {
    const Wire wire = {framing, true};
    EXPECT_EQ(frame->For(wire).data(), frame->For(wire).data());
  }
  EXPECT_EQ(maker_->told(), 1);
  // With and without chunks are the same memory.
  std::string_view chunked = frame->For({Framing::kNdjson, true});
  EXPECT_EQ(frame->For({Framing::kNdjson, false}).data(), chunked.data() + 3);
}

TEST_F(FrameTest, MakesNoJsonForThoseWhoTakeTheMessageAsItCame) {
  const auto frame = Make("m");
  for (Framing framing : kAllFramings) {
    if (CarriesProto(framing)) {
      EXPECT_NE(frame->For({framing, true}), "");
    }
  }
  EXPECT_EQ(maker_->told(), 0);
}

TEST_F(FrameTest, OneThatCantBeToldInJsonIsThereForTheOthers) {
  const auto frame = Make("bad");
  for (Framing framing : kAllFramings) {
    EXPECT_EQ(frame->For({framing, true}).empty(), !CarriesProto(framing));
  }
  EXPECT_EQ(frame->why_not().message(), "can't be told");
  EXPECT_EQ(maker_->told(), 1);
}

TEST_F(FrameTest, CountsWhatItHoldsBesidesItsMessage) {
  auto frame = Make("message");
  EXPECT_EQ(frame->size(), 7u);
  EXPECT_EQ(maker_->made(), 0);
  const size_t proto = frame->For({Framing::kGrpcWeb, true}).size();
  const size_t ndjson = frame->For({Framing::kNdjson, true}).size();
  const size_t text = frame->For({Framing::kWebSocket, true}).size();
  EXPECT_EQ(maker_->made(), static_cast<int64_t>(proto + ndjson + text));
  frame = nullptr;
  EXPECT_EQ(maker_->made(), 0);
}

TEST_F(FrameTest, ManyThreadsMayAskForAFramingFirst) {
  for (int round = 0; round < 50; ++round) {
    const auto frame = Make("m");
    std::vector<const char*> seen(4);
    std::vector<std::thread> threads;
    for (const char*& data : seen) {
      threads.emplace_back([&frame, &data] {
        data = frame->For({Framing::kEventStream, true}).data();
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(seen, std::vector<const char*>(4, seen[0]));
  }
  EXPECT_EQ(maker_->told(), 50);
}

}  // namespace
}  // namespace bridge
