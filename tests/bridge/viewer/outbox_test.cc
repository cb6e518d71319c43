#include "bridge/viewer/outbox.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

namespace bridge {
namespace {

// All that it would send now.
std::string Gathered(Outbox& outbox) {
  std::array<iovec, 4> pieces;
  std::string bytes;
  const size_t count = outbox.Gather(pieces);
  for (size_t i = 0; i < count; ++i) {
    bytes.append(static_cast<const char*>(pieces[i].iov_base),
                 pieces[i].iov_len);
  }
  return bytes;
}

TEST(OutboxTest, TakesNoMemoryWhileItIsEmpty) {
  EXPECT_EQ(sizeof(Outbox), sizeof(void*));
  Outbox outbox;
  EXPECT_TRUE(outbox.empty());
  outbox.Append("");
  outbox.DropPong();
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(Gathered(outbox), "");
}

TEST(OutboxTest, SendsTheRestOfAFrameThenItsOwnThenThePong) {
  auto frame = std::make_shared<const Frame>("", std::nullopt, nullptr);
  Outbox outbox;
  outbox.SetPong("pong");
  outbox.Append("own ");
  outbox.Append("bytes ");
  outbox.KeepRest(frame, "rest ");
  EXPECT_EQ(Gathered(outbox), "rest own bytes ");
  EXPECT_EQ(outbox.Sent(15), 0u);
  EXPECT_EQ(Gathered(outbox), "pong");
  EXPECT_EQ(outbox.Sent(4), 0u);
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(frame.use_count(), 1);  // let go of
}

TEST(OutboxTest, GoesOnWhereASendStoppedByteByByte) {
  Outbox outbox;
  outbox.KeepRest(std::make_shared<const Frame>("", std::nullopt, nullptr), "b",
                  "a", "c");
  outbox.Append("def");
  outbox.SetPong("ghi");
  EXPECT_EQ(outbox.own_bytes(), 3u);
  std::string sent;
  while (!outbox.empty()) {
    sent += Gathered(outbox).front();
    ASSERT_EQ(outbox.Sent(1), 0u);
  }
  EXPECT_EQ(sent, "abcdefghi");
}

TEST(OutboxTest, APongDoesNotWaitForTheEndsOfManyFrames) {
  Outbox outbox;
  outbox.SetPong("pong");
  outbox.KeepRest(std::make_shared<const Frame>("", std::nullopt, nullptr), "",
                  "", "}");
  EXPECT_EQ(Gathered(outbox), "}pong");
}

TEST(OutboxTest, TellsWhatWasNotItsOwn) {
  Outbox outbox;
  EXPECT_EQ(outbox.Sent(7), 7u);
  outbox.Append("abc");
  EXPECT_EQ(outbox.Sent(10), 7u);
  EXPECT_TRUE(outbox.empty());
}

TEST(OutboxTest, OnlyTheLatestPongIsSent) {
  Outbox outbox;
  outbox.SetPong("one");
  outbox.SetPong("two");
  EXPECT_EQ(Gathered(outbox), "two");
  outbox.SetPong("three");  // "two" is on its way
  EXPECT_EQ(outbox.Sent(1), 0u);
  EXPECT_EQ(Gathered(outbox), "wo");
  EXPECT_EQ(outbox.Sent(2), 0u);
  outbox.DropPong();
  EXPECT_TRUE(outbox.empty());
}

}  // namespace
}  // namespace bridge
