#include "service/store/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/store/readings.h"
#include "tests/service/store/store_fixture.h"
#include "tests/service/testing/audit.h"

namespace happiness {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr int64_t kStep = 100;

class RetentionTest : public StoreFixture {
 protected:
  RetentionTest() {
    options_.age = absl::Hours(1);
    options_.history = absl::Hours(10);
  }

  ~RetentionTest() override {
    if (!damaged_) Audit(writer_->db());
  }

  int64_t horizon() { return *ReadHorizon(writer_->db()); }

  absl::StatusOr<int64_t> Step(Retention& retention, absl::Time now,
                               int64_t limit = kStep) {
    return retention.Step(writer_->db(), now, horizon(),
                          writer_->last_sequence(), limit);
  }

  // As long as it is due, as the log does it. Returns the number of steps.
  int Run(Retention& retention, absl::Time now, int64_t limit = kStep) {
    int steps = 0;
    while (retention.IsDue(now, horizon(), writer_->last_sequence())) {
      const auto end = Step(retention, now, limit);
      EXPECT_TRUE(end.ok()) << end.status();
      EXPECT_EQ(*end, horizon());
      if (++steps > 1'000) break;
    }
    EXPECT_LT(steps, 1'000);
    return steps;
  }

  RetentionOptions options_;
  bool damaged_ = false;
};

TEST_F(RetentionTest, LetsGoOfWhatIsTooOldAndIsDueWhenTheNextIs) {
  WriteMany("Oslo", 2, kStart);
  WriteMany("Oslo", 3, kStart + absl::Minutes(10));
  Retention retention(options_);
  EXPECT_EQ(Run(retention, kStart + absl::Minutes(59)), 1);
  EXPECT_EQ(horizon(), 0);
  const absl::Time due = kStart + absl::Hours(1);
  EXPECT_EQ(retention.due(), due);
  EXPECT_FALSE(retention.IsDue(due - absl::Microseconds(1), 0, 5));
  EXPECT_EQ(Run(retention, due), 1);
  EXPECT_EQ(horizon(), 2);
  EXPECT_LE(retention.due(), due + absl::Minutes(10));
  Run(retention, due + absl::Minutes(10));
  EXPECT_EQ(horizon(), 5);
}

TEST_F(RetentionTest, CountsAgeFromTheTimeOfRecording) {
  v1::Reading late = ReadingOf("Oslo", "a");
  late.mutable_observe_time()->set_seconds(0);
  Write({late}, kStart);
  Retention retention(options_);
  Run(retention, kStart + absl::Minutes(59));
  EXPECT_EQ(horizon(), 0);
  EXPECT_EQ(Get("SELECT count(*) FROM readings"), 1);
  Run(retention, kStart + absl::Hours(1));
  EXPECT_EQ(horizon(), 1);
}

TEST_F(RetentionTest, LetsGoOfWhatIsTooMuch) {
  options_.readings = 7;
  WriteMany("Oslo", 7);
  Retention retention(options_);
  Run(retention, kStart);
  EXPECT_EQ(horizon(), 0);
  EXPECT_FALSE(retention.IsDue(kStart, 0, 7));
  EXPECT_TRUE(retention.IsDue(kStart, 0, 8));
  WriteMany("Oslo", 5);
  EXPECT_EQ(Run(retention, kStart), 1);
  EXPECT_EQ(horizon(), 5);
}

TEST_F(RetentionTest, WorksInSmallSteps) {
  WriteMany("Oslo", 1'000);
  Retention retention(options_);
  const absl::Time now = kStart + absl::Hours(2);
  ASSERT_TRUE(retention.IsDue(now, 0, 1'000));
  EXPECT_EQ(*Step(retention, now), kStep);
  EXPECT_EQ(Get("SELECT count(*) FROM readings"), 1'000 - kStep);
  EXPECT_LE(retention.due(), now);
  EXPECT_EQ(Run(retention, now), 9);
  EXPECT_EQ(horizon(), 1'000);
  EXPECT_GT(retention.due(), now);
}

TEST_F(RetentionTest, TakesIdsAndMinutesAlong) {
  options_.readings = 1;
  Write({ReadingOf("Oslo", "a"), ReadingOf("Lima", "b")}, kStart);
  v1::Reading next = ReadingOf("Lima", "01234567-89ab-7cde-8f01-23456789abcd");
  next.mutable_observe_time()->set_seconds(absl::ToUnixSeconds(kStart) + 60);
  Write({next, ReadingOf("Lima", "c")}, kStart);
  Retention retention(options_);
  Run(retention, kStart);
  EXPECT_EQ(horizon(), 3);
  EXPECT_EQ(Get("SELECT count(*) FROM reading_ids"), 1);
  EXPECT_EQ(Get("SELECT count(*) FROM minutes"), 2);  // of Lima, and the world
  EXPECT_EQ(Get("SELECT count(*) FROM hours"), 3);
  EXPECT_FALSE(Write({ReadingOf("Oslo", "a")})[0].duplicate);
  EXPECT_FALSE(Write({next})[0].duplicate);
  EXPECT_TRUE(Write({ReadingOf("Oslo", "c")})[0].duplicate);
}

TEST_F(RetentionTest, EverythingMayGoAndSequencesGoOn) {
  WriteMany("Oslo", 5);
  Retention retention(options_);
  Run(retention, kStart + absl::Hours(1));
  EXPECT_EQ(horizon(), 5);
  EXPECT_EQ(Get("SELECT count(*) FROM readings"), 0);
  OpenWriter();
  EXPECT_EQ(horizon(), 5);
  EXPECT_EQ(writer_->last_sequence(), 5);
  EXPECT_EQ(Write({ReadingOf("Oslo", "a")})[0].entry->sequence, 6);
}

TEST_F(RetentionTest, HoursOutliveTheirReadingsForAsLongAsHistoryIsKept) {
  v1::Reading reading = ReadingOf("Oslo", "a");
  const absl::Time hour =
      absl::FromUnixSeconds(absl::ToUnixSeconds(kStart) / 3'600 * 3'600);
  Write({reading}, kStart);
  Retention retention(options_);
  Run(retention, hour + absl::Hours(10));
  EXPECT_EQ(Get("SELECT count(*) FROM readings"), 0);
  EXPECT_EQ(Get("SELECT count(*) FROM hours"), 2);
  Run(retention, hour + absl::Hours(11) - absl::Seconds(1));
  EXPECT_EQ(Get("SELECT count(*) FROM hours"), 2);
  Run(retention, hour + absl::Hours(11) + absl::Minutes(1));
  EXPECT_EQ(Get("SELECT count(*) FROM hours"), 0);
}

TEST_F(RetentionTest, APlaceGoesWhenNothingOfItIsLeft) {
  const absl::Time hour =
      absl::FromUnixSeconds(absl::ToUnixSeconds(kStart) / 3'600 * 3'600);
  Write(
      {ReadingOf("Oslo", "a"), ReadingOf("Lima", "b"), ReadingOf("Rome", "c")},
      kStart);
  Retention retention(options_);
  Run(retention, hour + absl::Hours(10));
  EXPECT_EQ(Get("SELECT count(*) FROM readings"), 0);
  EXPECT_EQ(Get("SELECT count(*) FROM places"), 3) << "it has hours";
  EXPECT_THAT(retention.forgotten_places(), IsEmpty());
  Run(retention, hour + absl::Hours(11) + absl::Minutes(1));
  EXPECT_THAT(retention.forgotten_places(),
              UnorderedElementsAre("Oslo", "Lima"));
  EXPECT_FALSE(writer_->CheckPlaces({ReadingOf("Kyiv", "d")}).ok());
  writer_->Forget(retention.forgotten_places());
  EXPECT_TRUE(writer_->CheckPlaces({ReadingOf("Kyiv", "d")}).ok());
  // A number is given once, though that of Rome is free as well.
  Write({ReadingOf("Kyiv", "d"), ReadingOf("Oslo", "e")},
        hour + absl::Hours(11));
  EXPECT_EQ(Get("SELECT place FROM places WHERE name = 'Kyiv'"), 4);
  EXPECT_EQ(Get("SELECT place FROM places WHERE name = 'Oslo'"), 5);
  EXPECT_EQ(Get("SELECT count(*) FROM minutes WHERE place = 5"), 1);
}

TEST_F(RetentionTest, LooksAtAFewPlacesAtATime) {
  std::vector<v1::Reading> readings;
  for (int i = 0; i < 3'000; ++i) {
    readings.push_back(ReadingOf(absl::StrCat("place", i), absl::StrCat(i)));
  }
  Write(std::move(readings), kStart);
  Retention retention(options_);
  absl::Time now = kStart + absl::Hours(12);
  for (const int left : {3'000 - 1'024, 3'000 - 2'048, 1}) {
    ASSERT_TRUE(Step(retention, now, /*limit=*/3'000).ok());
    EXPECT_EQ(Get("SELECT count(*) FROM places"), left);
    now = retention.due();
  }
  // Then from the beginning; the last one stays.
  ASSERT_TRUE(Step(retention, now).ok());
  EXPECT_EQ(Get("SELECT count(*) FROM places"), 1);
  EXPECT_THAT(retention.forgotten_places(), IsEmpty());
}

TEST_F(RetentionTest, LetsGoOfManyHoursInSteps) {
  std::vector<v1::Reading> readings;
  for (int i = 0; i < 3'000; ++i) {
    readings.push_back(ReadingOf("Oslo", absl::StrCat(i)));
    readings.back().mutable_observe_time()->set_seconds(i * 3'600);
  }
  Write(readings, kStart);
  ASSERT_EQ(Get("SELECT count(*) FROM hours"), 6'000);
  Retention retention(options_);
  ASSERT_TRUE(Step(retention, kStart).ok());
  EXPECT_EQ(Get("SELECT count(*) FROM hours"), 1'904);
  Run(retention, kStart);
  EXPECT_EQ(Get("SELECT count(*) FROM hours"), 0);
  EXPECT_EQ(horizon(), 0);
  // The audit knows of no --retain_history.
  Run(retention, kStart + absl::Hours(1));
}

TEST_F(RetentionTest, AFailureChangesNothingAndIsTriedAgainLater) {
  options_.readings = 1;
  WriteMany("Oslo", 5);
  Retention retention(options_);
  ASSERT_TRUE(writer_->db().Execute("PRAGMA query_only = ON").ok());
  EXPECT_FALSE(Step(retention, kStart).ok());
  ASSERT_TRUE(writer_->db().Execute("PRAGMA query_only = OFF").ok());
  EXPECT_EQ(horizon(), 0);
  EXPECT_FALSE(retention.IsDue(kStart, 0, 5));
  EXPECT_EQ(retention.due(), kStart + absl::Seconds(5));
  Run(retention, retention.due());
  EXPECT_EQ(horizon(), 4);
}

TEST_F(RetentionTest, ADamagedReadingIsLeftInPlace) {
  options_.readings = 1;
  WriteMany("Oslo", 3);
  ASSERT_TRUE(writer_->db()
                  .Execute("UPDATE readings SET encoded = x'FF'"
                           " WHERE sequence = 2")
                  .ok());
  Retention retention(options_);
  EXPECT_TRUE(absl::IsDataLoss(Step(retention, kStart).status()));
  EXPECT_EQ(horizon(), 0);
  EXPECT_EQ(Get("SELECT count(*) FROM reading_ids"), 3);
  damaged_ = true;
}

}  // namespace
}  // namespace happiness
