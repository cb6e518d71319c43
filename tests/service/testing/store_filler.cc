#include "tests/service/testing/store_filler.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/request/timestamps.h"

namespace happiness {
namespace {

constexpr size_t kMaxPlaces = 10'000;

}  // namespace

StoreFiller::StoreFiller(const Store& store)
    : writer_(*ReadingWriter::Open(*store.ConnectWriter(), kMaxPlaces)) {}

v1::Reading StoreFiller::Add(const std::string& place, int64_t time,
                             double happiness, const std::string& source) {
  v1::Reading reading;
  reading.set_reading_id(absl::StrCat("id ", writer_->last_sequence() + 1));
  FromMicros(time, reading.mutable_observe_time());
  reading.set_place(place);
  reading.set_happiness(happiness);
  reading.set_source(source);
  EXPECT_TRUE(writer_->Begin(absl::Now()).ok());
  EXPECT_TRUE(writer_->Add({reading}).ok());
  EXPECT_TRUE(writer_->Commit().ok());
  reading.set_sequence(writer_->last_sequence());
  return reading;
}

}  // namespace happiness
