#include "service/history/reading_scan.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "service/store/places.h"
#include "service/store/store.h"
#include "tests/service/testing/store_filler.h"

namespace happiness {
namespace {

using Outcome = ReadingScan::Outcome;
using Sequences = std::vector<int64_t>;

class ReadingScanTest : public ::testing::Test {
 protected:
  int64_t NumberOf(const char* place) {
    return **FindPlace(filler_.db(), place);
  }

  // What a scan finds until it ends otherwise, and how.
  std::pair<Sequences, Outcome> Scan(const ReadingScan::Options& options,
                                     int64_t max_looks = 1'000) {
    ReadingScan scan(filler_.db(), options, max_looks);
    Sequences found;
    for (;;) {
      const absl::StatusOr<Outcome> outcome = scan.Next();
      EXPECT_TRUE(outcome.ok()) << outcome.status();
      last_ = scan.position();
      if (!outcome.ok() || *outcome != Outcome::kFound) {
        return {found, *outcome};
      }
      found.push_back(scan.position().sequence);
    }
  }

  const std::unique_ptr<Store> store_ = Store::InMemory();
  StoreFiller filler_{*store_};
  ListPosition last_;  // where the last scan ended
};

TEST_F(ReadingScanTest, GoesByTimeThenBySequence) {
  for (int64_t time : {5, 3, 5, -1, 5}) filler_.Add("Oslo", time);
  EXPECT_EQ(Scan({.start = -1, .end = 6}).first, (Sequences{4, 2, 1, 3, 5}));
  EXPECT_EQ(Scan({.start = -1, .end = 6, .newest_first = true}).first,
            (Sequences{5, 3, 1, 2, 4}));
}

TEST_F(ReadingScanTest, TakesTheStartAndLeavesTheEnd) {
  for (int64_t time : {0, 1, 2, 3}) filler_.Add("Oslo", time);
  for (bool with_place : {false, true}) {
    ReadingScan::Options options = {.start = 1, .end = 3};
    if (with_place) options.places = {NumberOf("Oslo")};
    EXPECT_EQ(Scan(options).first, (Sequences{2, 3}));
    options.newest_first = true;
    EXPECT_EQ(Scan(options).first, (Sequences{3, 2}));
    options.end = options.start;
    EXPECT_EQ(Scan(options).first, Sequences());
  }
}

TEST_F(ReadingScanTest, GoesOnBehindAPositionInTheMidstOfAMicrosecond) {
  for (int i = 0; i < 5; ++i) filler_.Add(i % 2 == 0 ? "Oslo" : "Lima", 7);
  filler_.Add("Oslo", 8);
  filler_.Add("Oslo", 6);
  ReadingScan::Options options = {
      .start = 0, .end = 100, .after = ListPosition{7, 2}};
  EXPECT_EQ(Scan(options).first, (Sequences{3, 4, 5, 6}));
  options.newest_first = true;
  EXPECT_EQ(Scan(options).first, (Sequences{1, 7}));
  options.places = {NumberOf("Oslo")};
  EXPECT_EQ(Scan(options).first, (Sequences{1, 7}));
  options.newest_first = false;
  EXPECT_EQ(Scan(options).first, (Sequences{3, 5, 6}));
}

TEST_F(ReadingScanTest, LooksOnlyAtMinutesOfThePlace) {
  filler_.Add("Oslo", 0);
  for (int i = 0; i < 50; ++i) filler_.Add("Lima", kMinuteMicros + i);
  filler_.Add("Oslo", 2 * kMinuteMicros);
  ReadingScan::Options options = {
      .places = {NumberOf("Oslo")}, .start = 0, .end = 3 * kMinuteMicros};
  EXPECT_EQ(Scan(options, 2), std::pair(Sequences{1, 52}, Outcome::kEnd));
  options.newest_first = true;
  EXPECT_EQ(Scan(options, 2), std::pair(Sequences{52, 1}, Outcome::kEnd));
}

TEST_F(ReadingScanTest, IsUnfinishedAfterSoManyLooksAndCanGoOnThere) {
  for (int i = 0; i < 10; ++i) filler_.Add("Lima", i);
  filler_.Add("Oslo", 10);
  for (bool newest_first : {false, true}) {
    ReadingScan::Options options = {.places = {NumberOf("Oslo")},
                                    .start = 0,
                                    .end = 100,
                                    .newest_first = newest_first};
    Sequences found;
    int scans = 0;
    for (Outcome outcome = Outcome::kUnfinished;
         outcome == Outcome::kUnfinished; ++scans) {
      const auto [some, end] = Scan(options, 3);
      found.insert(found.end(), some.begin(), some.end());
      options.after = last_;
      outcome = end;
    }
    EXPECT_EQ(found, Sequences{11});
    EXPECT_EQ(scans, 4);
  }
}

TEST_F(ReadingScanTest, HasEndedIfThereWasNoMoreToLookAt) {
  for (int i = 0; i < 3; ++i) filler_.Add("Oslo", i);
  EXPECT_EQ(Scan({.start = 0, .end = 9}, 3).second, Outcome::kEnd);
  EXPECT_EQ(Scan({.start = 0, .end = 9}, 2).second, Outcome::kUnfinished);
}

}  // namespace
}  // namespace happiness
