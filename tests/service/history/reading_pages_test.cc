#include "service/history/reading_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/request/timestamps.h"
#include "service/store/store.h"
#include "tests/service/testing/store_filler.h"

namespace happiness {
namespace {

using Sequences = std::vector<int64_t>;

class ReadingPagesTest : public ::testing::Test {
 protected:
  void Add(const std::string& place, int64_t time) {
    readings_.push_back(filler_.Add(place, time));
  }

  void AddAtRandom(int count) {
    static constexpr const char* kPlaces[] = {"Oslo", "Lima", "Kyiv", "Rome"};
    for (int i = 0; i < count; ++i) {
      // Most of them share their microsecond with others.
      const int64_t minute = Below(6) - 3;
      Add(kPlaces[Below(4)], minute * kMinuteMicros + Below(20) - 1);
    }
  }

  // Those that match `request`, in its order.
  Sequences BruteForce(const v1::ListReadingsRequest& request) const {
    std::vector<std::tuple<int64_t, int64_t>> found;
    const std::set<std::string> places(request.places().begin(),
                                       request.places().end());
    for (const v1::Reading& reading : readings_) {
      const int64_t time = ToMicros(reading.observe_time());
      if (!places.empty() && !places.contains(reading.place())) continue;
      if (request.has_start_time() && time < ToMicros(request.start_time())) {
        continue;
      }
      if (request.has_end_time() && time >= ToMicros(request.end_time())) {
        continue;
      }
      found.emplace_back(time, reading.sequence());
    }
    std::sort(found.begin(), found.end());
    if (request.order_by() != "observe_time") {
      std::reverse(found.begin(), found.end());
    }
    Sequences sequences;
    for (const auto& [time, sequence] : found) sequences.push_back(sequence);
    return sequences;
  }

  v1::ListReadingsResponse Read(const v1::ListReadingsRequest& request,
                                int64_t max_looks = kMaxLooksForPage) {
    const absl::StatusOr<ListQuery> query = ToListQuery(request);
    EXPECT_TRUE(query.ok()) << query.status();
    if (!query.ok()) return {};
    const auto page = ReadPage(db_, *query, max_looks);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? *page : v1::ListReadingsResponse();
  }

  v1::ListReadingsRequest AnyRequest() {
    v1::ListReadingsRequest request;
    if (Below(2) == 0) request.set_order_by("observe_time");
    if (Below(3) != 0) request.add_places("Oslo");
    if (Below(3) == 0) request.add_places("Kyiv");
    if (Below(9) == 0) request.add_places("Nowhere");
    int64_t start = (Below(6) - 3) * kMinuteMicros + Below(3) - 1;
    if (Below(2) == 0) FromMicros(start, request.mutable_start_time());
    if (Below(2) == 0) {
      FromMicros(start + Below(3 * kMinuteMicros), request.mutable_end_time());
    }
    return request;
  }

  int64_t Below(int64_t end) {
    return std::uniform_int_distribution<int64_t>(0, end - 1)(random_);
  }

  const std::unique_ptr<Store> store_ = Store::InMemory();
  StoreFiller filler_{*store_};
  Database db_ = *store_->ConnectReader();
  std::vector<v1::Reading> readings_;
  std::mt19937 random_{1};
};

Sequences SequencesOf(const v1::ListReadingsResponse& page) {
  Sequences sequences;
  for (const v1::Reading& reading : page.readings()) {
    sequences.push_back(reading.sequence());
  }
  return sequences;
}

TEST_F(ReadingPagesTest, TogetherAreTheWholeListWhateverTheirSizes) {
  AddAtRandom(400);
  for (int round = 0; round < 150; ++round) {
    v1::ListReadingsRequest request = AnyRequest();
    SCOPED_TRACE(request.ShortDebugString());
    const bool bounded = Below(2) == 0;
    Sequences listed;
    do {
      request.set_page_size(static_cast<int32_t>(1 + Below(60)));
      const auto page = Read(request, bounded ? 1 + Below(30) : 1'000);
      EXPECT_LE(page.readings_size(), request.page_size());
      if (!bounded && !page.next_page_token().empty()) {
        EXPECT_EQ(page.readings_size(), request.page_size());
      }
      const Sequences some = SequencesOf(page);
      listed.insert(listed.end(), some.begin(), some.end());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    ASSERT_EQ(listed, BruteForce(request));
  }
}

TEST_F(ReadingPagesTest, LoseAndDoubleNothingWhenReadingsComeInBetween) {
  AddAtRandom(200);
  for (int round = 0; round < 30; ++round) {
    v1::ListReadingsRequest request = AnyRequest();
    SCOPED_TRACE(request.ShortDebugString());
    const Sequences before = BruteForce(request);
    Sequences listed;
    do {
      request.set_page_size(static_cast<int32_t>(1 + Below(40)));
      const auto page = Read(request);
      const Sequences some = SequencesOf(page);
      listed.insert(listed.end(), some.begin(), some.end());
      request.set_page_token(page.next_page_token());
      AddAtRandom(3);
    } while (!request.page_token().empty());
    const std::set<int64_t> once(listed.begin(), listed.end());
    EXPECT_EQ(once.size(), listed.size());
    EXPECT_TRUE(std::all_of(before.begin(), before.end(),
                            [&once](int64_t s) { return once.contains(s); }));
    // And they are in the order of the list as it is now.
    const Sequences now = BruteForce(request);
    Sequences expected;
    for (const int64_t sequence : now) {
      if (once.contains(sequence)) expected.push_back(sequence);
    }
    EXPECT_EQ(listed, expected);
  }
}

TEST_F(ReadingPagesTest, GiveReadingsAsTheyAreStored) {
  Add("São Paulo", -1'500'000);
  const v1::ListReadingsResponse page = Read({});
  ASSERT_EQ(page.readings_size(), 1);
  EXPECT_EQ(page.readings(0).SerializeAsString(),
            readings_[0].SerializeAsString());
}

TEST_F(ReadingPagesTest, HaveNoNextOneAfterTheLast) {
  EXPECT_EQ(Read({}).next_page_token(), "");
  for (int i = 0; i < 4; ++i) Add("Oslo", i);
  v1::ListReadingsRequest request;
  request.set_page_size(4);
  EXPECT_EQ(Read(request).next_page_token(), "");
  request.set_page_size(3);
  EXPECT_NE(Read(request).next_page_token(), "");
  request.set_page_size(2);
  request.set_page_token(Read(request).next_page_token());
  const v1::ListReadingsResponse second = Read(request);
  EXPECT_EQ(second.readings_size(), 2);
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(ReadingPagesTest, HaveSoManyReadings) {
  for (int i = 0; i < 1'005; ++i) Add("Oslo", i);
  v1::ListReadingsRequest request;
  EXPECT_EQ(Read(request).readings_size(), 100);
  request.set_page_size(1'000);
  EXPECT_EQ(Read(request).readings_size(), 1'000);
  request.set_page_size(std::numeric_limits<int32_t>::max());
  EXPECT_EQ(Read(request).readings_size(), 1'000);
}

TEST_F(ReadingPagesTest, AreEmptyAtOnceForPlacesThatNobodyKnows) {
  for (int i = 0; i < 10; ++i) Add("Oslo", i);
  v1::ListReadingsRequest request;
  request.add_places("Nowhere");
  const v1::ListReadingsResponse page = Read(request, 1);
  EXPECT_EQ(page.readings_size(), 0);
  EXPECT_EQ(page.next_page_token(), "");
}

TEST_F(ReadingPagesTest, AreShortWhereThereIsMuchToLookAt) {
  for (int i = 0; i < 100; ++i) Add("Lima", i);
  Add("Oslo", 100);
  v1::ListReadingsRequest request;
  request.add_places("Oslo");
  request.set_order_by("observe_time");
  v1::ListReadingsResponse page = Read(request, 60);
  EXPECT_EQ(page.readings_size(), 0);
  request.set_page_token(page.next_page_token());
  page = Read(request, 60);
  EXPECT_EQ(SequencesOf(page), Sequences{101});
  EXPECT_EQ(page.next_page_token(), "");
}

}  // namespace
}  // namespace happiness
