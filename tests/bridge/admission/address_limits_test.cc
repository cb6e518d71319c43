#include "bridge/admission/address_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bridge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

AddressLimits::Address At(const char* address) {
  return boost::asio::ip::make_address(address);
}

class AddressLimitsTest : public ::testing::Test {
 protected:
  const AddressLimits::Clock::time_point now_ = AddressLimits::Clock::now();
};

TEST_F(AddressLimitsTest, BoundsTheConnectionsOfEachAddress) {
  AddressLimits limits({.connections = 2, .connects = 0});
  auto one = limits.Connect(At("192.0.2.1"), now_);
  std::optional two = limits.Connect(At("192.0.2.1"), now_);
  const auto refused = limits.Connect(At("192.0.2.1"), now_);
  EXPECT_TRUE(one.ok() && two->ok());
  EXPECT_TRUE(absl::IsResourceExhausted(refused.status()));
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("2 connections"));
  EXPECT_TRUE(limits.Connect(At("192.0.2.2"), now_).ok());
  two.reset();
  EXPECT_TRUE(limits.Connect(At("192.0.2.1"), now_).ok());
}

TEST_F(AddressLimitsTest, ATicketThatMovesCountsOnce) {
  AddressLimits limits({.connections = 1, .connects = 0});
  auto first = limits.Connect(At("192.0.2.1"), now_);
  AddressLimits::Ticket moved = *std::move(first);
  EXPECT_FALSE(limits.Connect(At("192.0.2.1"), now_).ok());
  moved = AddressLimits::Ticket();
  EXPECT_TRUE(limits.Connect(At("192.0.2.1"), now_).ok());
}

TEST_F(AddressLimitsTest, BoundsTheReadsOfEachAddress) {
  AddressLimits limits({.reads = 2});
  auto one = limits.Read(At("192.0.2.1"), now_);
  std::optional two = limits.Read(At("192.0.2.1"), now_);
  EXPECT_TRUE(one.ok() && two->ok());
  EXPECT_TRUE(
      absl::IsResourceExhausted(limits.Read(At("192.0.2.1"), now_).status()));
  EXPECT_TRUE(limits.Read(At("192.0.2.2"), now_).ok());
  EXPECT_TRUE(limits.Read(At("127.0.0.1"), now_).ok());
  two.reset();
  EXPECT_TRUE(limits.Read(At("192.0.2.1"), now_).ok());
}

TEST_F(AddressLimitsTest, BoundsTheFeedsOfEachAddress) {
  AddressLimits limits({.connections = 1, .connects = 0, .feeds = 2});
  auto one = limits.OpenFeed(At("192.0.2.1"), now_);
  std::optional two = limits.OpenFeed(At("192.0.2.1"), now_);
  const auto refused = limits.OpenFeed(At("192.0.2.1"), now_);
  EXPECT_TRUE(one.ok() && two->ok());
  EXPECT_TRUE(absl::IsResourceExhausted(refused.status()));
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("2 different streams"));
  EXPECT_TRUE(limits.Connect(At("192.0.2.1"), now_).ok()) << "that is another";
  EXPECT_TRUE(limits.OpenFeed(At("192.0.2.2"), now_).ok());
  two.reset();
  EXPECT_TRUE(limits.OpenFeed(At("192.0.2.1"), now_).ok());
}

TEST_F(AddressLimitsTest, AnIpv6CustomerIsOneHoweverManyAddresses) {
  AddressLimits limits({.connections = 1, .connects = 0});
  const auto one = limits.Connect(At("2001:db8:1:2::1"), now_);
  EXPECT_FALSE(limits.Connect(At("2001:db8:1:2:ffff::9"), now_).ok());
  EXPECT_TRUE(limits.Connect(At("2001:db8:1:3::1"), now_).ok());
}

TEST_F(AddressLimitsTest, BoundsNewConnectionsAndWritesASecond) {
  AddressLimits limits({.connections = 0, .connects = 10, .writes = 5});
  const auto accepted = [&](auto ask, auto when) {
    int count = 0;
    while (count < 100 && ask(when)) ++count;
    return count;
  };
  const auto connect = [&](auto when) {
    return limits.Connect(At("192.0.2.1"), when).ok();
  };
  const auto write = [&](auto when) {
    return limits.MayWrite(At("192.0.2.1"), when).ok();
  };
  EXPECT_EQ(accepted(connect, now_), 10);
  EXPECT_EQ(accepted(write, now_), 5);
  EXPECT_EQ(accepted(connect, now_ + milliseconds(300)), 3);
  EXPECT_EQ(accepted(write, now_ + milliseconds(400)), 2);
  EXPECT_EQ(accepted(connect, now_ + seconds(100)), 10) << "no more is saved";
}

TEST_F(AddressLimitsTest, SparesThisMachineUnlessToldOtherwise) {
  AddressLimits lenient({.connections = 1, .connects = 1, .writes = 1});
  AddressLimits strict(
      {.connections = 1, .connects = 1, .writes = 1, .spare_loopback = false});
  for (const char* address : {"127.0.0.1", "127.1.2.3", "::1"}) {
    const auto lenient_one = lenient.Connect(At(address), now_);
    EXPECT_TRUE(lenient.Connect(At(address), now_).ok());
    const auto strict_one = strict.Connect(At(address), now_);
    EXPECT_FALSE(strict.Connect(At(address), now_).ok());
  }
}

TEST_F(AddressLimitsTest, ForgetsWhoIsGoneAndRefusesOneTooMany) {
  AddressLimits limits({.connections = 1, .connects = 1, .writes = 1});
  std::vector<AddressLimits::Ticket> held;
  const auto address = [](uint32_t i) {
    return AddressLimits::Address(boost::asio::ip::address_v4(i + 0x0B000000));
  };
  for (uint32_t i = 0; i < AddressLimits::kMaxAddresses; ++i) {
    auto ticket = limits.Connect(address(i), now_);
    ASSERT_TRUE(ticket.ok()) << i;
    held.push_back(*std::move(ticket));
  }
  EXPECT_THAT(
      std::string(limits.Connect(At("192.0.2.1"), now_).status().message()),
      HasSubstr("too many different addresses"));
  EXPECT_FALSE(limits.MayWrite(At("192.0.2.1"), now_).ok());
  held.clear();
  EXPECT_TRUE(limits.Connect(At("192.0.2.1"), now_ + seconds(2)).ok());
  EXPECT_LE(limits.size(), 2u);
}

}  // namespace
}  // namespace bridge
