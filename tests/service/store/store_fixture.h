// A store in memory and its writer, for tests of what is below the log.

#ifndef TESTS_SERVICE_STORE_STORE_FIXTURE_H_
#define TESTS_SERVICE_STORE_STORE_FIXTURE_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "service/store/reading_writer.h"
#include "service/store/store.h"
#include "tests/service/support.h"

namespace happiness {

// The time at which everything begins, so that tests can say "a second later".
inline constexpr absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

// As MakeReading, felt at kStart.
inline v1::Reading ReadingOf(const std::string& place, const std::string& id) {
  v1::Reading reading = MakeReading(place, 5, id);
  reading.mutable_observe_time()->set_seconds(absl::ToUnixSeconds(kStart));
  return reading;
}

class StoreFixture : public ::testing::Test {
 protected:
  static constexpr size_t kMaxPlaces = 3;

  StoreFixture() { OpenWriter(); }

  // Once more, as after a restart.
  void OpenWriter() {
    writer_.reset();
    auto writer = ReadingWriter::Open(*store_->ConnectWriter(), kMaxPlaces);
    ASSERT_TRUE(writer.ok()) << writer.status();
    writer_ = *std::move(writer);
  }

  // In one transaction.
  std::vector<Appended> Write(std::vector<v1::Reading> readings,
                              absl::Time now = kStart) {
    EXPECT_TRUE(writer_->Begin(now).ok());
    auto written = writer_->Add(std::move(readings));
    EXPECT_TRUE(written.ok()) << written.status();
    const absl::Status status = writer_->Commit();
    EXPECT_TRUE(status.ok()) << status;
    return *std::move(written);
  }

  // Readings of `place`, whose ids are their sequences.
  void WriteMany(const std::string& place, int count, absl::Time now = kStart) {
    std::vector<v1::Reading> readings;
    for (int i = 1; i <= count; ++i) {
      readings.push_back(
          ReadingOf(place, std::to_string(writer_->last_sequence() + i)));
    }
    Write(std::move(readings), now);
  }

  // The first column of the first row.
  int64_t Get(const char* sql) {
    Query query(writer_->db(), sql);
    const absl::StatusOr<bool> row = query.Step();
    EXPECT_TRUE(row.ok() && *row) << sql;
    return query.Int(0);
  }

  const std::unique_ptr<Store> store_ = Store::InMemory();
  std::unique_ptr<ReadingWriter> writer_;
};

}  // namespace happiness

#endif  // TESTS_SERVICE_STORE_STORE_FIXTURE_H_
