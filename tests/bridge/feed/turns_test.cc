#include "bridge/feed/turns.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace bridge {
namespace {

class TurnsTest : public ::testing::Test {
 protected:
  class Taker : public Turns::Taker {
   public:
    Taker(std::string name, std::string* log)
        : name_(std::move(name)), log_(*log) {}
    void OnTurn() override { log_ += name_; }

   private:
    const std::string name_;
    std::string& log_;
  };

  std::shared_ptr<Taker> Await(Turns& turns, const std::string& name) {
    auto taker = std::make_shared<Taker>(name, &log_);
    turns.Await(taker);
    return taker;
  }

  std::string log_;  // who had a turn
};

TEST_F(TurnsTest, AsManyHaveOneAsThereAreAndTheOthersInTheirOrder) {
  Turns turns(2);
  std::vector<std::shared_ptr<Taker>> takers;
  for (const char* name : {"a", "b", "c", "d"}) {
    takers.push_back(Await(turns, name));
  }
  EXPECT_EQ(log_, "ab");
  turns.Give();
  EXPECT_EQ(log_, "abc");
  turns.Await(takers[0]);  // behind d
  turns.Give();
  EXPECT_EQ(log_, "abcd");
  turns.Give();
  EXPECT_EQ(log_, "abcda");
}

TEST_F(TurnsTest, ATurnThatNobodyWaitsForIsTheNextOnes) {
  Turns turns(1);
  auto a = Await(turns, "a");
  turns.Give();
  auto b = Await(turns, "b");
  EXPECT_EQ(log_, "ab");
}

TEST_F(TurnsTest, WhoIsGoneTakesNone) {
  Turns turns(1);
  auto a = Await(turns, "a");
  auto b = Await(turns, "b");
  auto c = Await(turns, "c");
  b = nullptr;
  turns.Give();
  EXPECT_EQ(log_, "ac");
  turns.Give();
  auto d = Await(turns, "d");
  EXPECT_EQ(log_, "acd");
}

}  // namespace
}  // namespace bridge
