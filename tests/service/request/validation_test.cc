#include "service/request/validation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/request/grpc_status.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

std::string Repeat(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

struct ReadingCase {
  const char* name;
  std::function<void(v1::Reading*)> change;
  const char* violation;  // "field rule", or empty if it is valid
};

void SetTime(v1::Reading* reading, int64_t seconds, int32_t nanos) {
  reading->mutable_observe_time()->set_seconds(seconds);
  reading->mutable_observe_time()->set_nanos(nanos);
}

const int64_t kNowSeconds = absl::ToUnixSeconds(kNow);
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// clang-format off
const ReadingCase kReadingCases[] = {
    {"a plain one", [](auto*) {}, ""},
    {"sequence 1", [](auto* r) { r->set_sequence(1); },
     "reading.sequence must be unset"},
    {"sequence -1", [](auto* r) { r->set_sequence(-1); },
     "reading.sequence must be unset"},

    {"happiness 0", [](auto* r) { r->set_happiness(0); }, ""},
    {"happiness 10", [](auto* r) { r->set_happiness(10); }, ""},
    {"no happiness", [](auto* r) { r->clear_happiness(); },
     "reading.happiness must be set"},
    {"happiness -0.1", [](auto* r) { r->set_happiness(-0.1); },
     "reading.happiness must be from 0 to 10"},
    {"happiness 10.1", [](auto* r) { r->set_happiness(10.1); },
     "reading.happiness must be from 0 to 10"},
    {"just above 10", [](auto* r) { r->set_happiness(std::nextafter(10.0, 11.0)); },
     "reading.happiness must be from 0 to 10"},
    {"NaN", [](auto* r) { r->set_happiness(std::nan("")); },
     "reading.happiness must be a finite number"},
    {"infinity", [](auto* r) { r->set_happiness(kInfinity); },
     "reading.happiness must be a finite number"},
    {"minus infinity", [](auto* r) { r->set_happiness(-kInfinity); },
     "reading.happiness must be a finite number"},

    {"no place", [](auto* r) { r->clear_place(); },
     "reading.place must not be empty"},
    {"100 characters", [](auto* r) { r->set_place(Repeat("東", 100)); }, ""},
    {"101 characters", [](auto* r) { r->set_place(Repeat("x", 101)); },
     "reading.place must have at most 100 characters"},
    {"a line break", [](auto* r) { r->set_place("Os\nlo"); },
     "reading.place must not contain control characters"},
    {"NUL", [](auto* r) { r->set_place(std::string("Os\0lo", 5)); },
     "reading.place must not contain control characters"},
    {"DEL", [](auto* r) { r->set_place("\x7F"); },
     "reading.place must not contain control characters"},
    {"NEL", [](auto* r) { r->set_place("Os\xC2\x85lo"); },
     "reading.place must not contain control characters"},
    {"a place not in UTF-8", [](auto* r) { r->set_place("\xFF"); },
     "reading.place must be valid UTF-8"},

    {"an id of 64 bytes", [](auto* r) { r->set_reading_id(Repeat("é", 32)); }, ""},
    {"an id of 65 bytes", [](auto* r) { r->set_reading_id(Repeat("x", 65)); },
     "reading.reading_id must have at most 64 bytes"},
    {"an id with a tab", [](auto* r) { r->set_reading_id("a\tb"); },
     "reading.reading_id must not contain control characters"},
    {"an id not in UTF-8", [](auto* r) { r->set_reading_id("\xC3"); },
     "reading.reading_id must be valid UTF-8"},

    {"no source", [](auto* r) { r->clear_source(); }, ""},
    {"a source of 64", [](auto* r) { r->set_source(Repeat("é", 64)); }, ""},
    {"a source of 65", [](auto* r) { r->set_source(Repeat("é", 65)); },
     "reading.source must have at most 64 characters"},
    {"a source with ESC", [](auto* r) { r->set_source("\x1B[31m"); },
     "reading.source must not contain control characters"},
    {"a source not in UTF-8", [](auto* r) { r->set_source("\x80"); },
     "reading.source must be valid UTF-8"},

    {"now", [](auto* r) { SetTime(r, kNowSeconds, 0); }, ""},
    {"long ago", [](auto* r) { SetTime(r, -62'135'596'800, 0); }, ""},
    {"a minute ahead", [](auto* r) { SetTime(r, kNowSeconds + 60, 0); }, ""},
    {"more than a minute ahead", [](auto* r) { SetTime(r, kNowSeconds + 60, 1); },
     "reading.observe_time must be at most one minute ahead of the service's clock"},
    {"the last second", [](auto* r) { SetTime(r, 253'402'300'799, 0); },
     "reading.observe_time must be at most one minute ahead of the service's clock"},
    {"before the year 1", [](auto* r) { SetTime(r, -62'135'596'801, 0); },
     "reading.observe_time must be within the years 0001 to 9999"},
    {"after the year 9999", [](auto* r) { SetTime(r, 253'402'300'800, 0); },
     "reading.observe_time must be within the years 0001 to 9999"},
    {"negative nanos", [](auto* r) { SetTime(r, kNowSeconds, -1); },
     "reading.observe_time must have nanos from 0 to 999999999"},
    {"too many nanos", [](auto* r) { SetTime(r, kNowSeconds - 5, 1'000'000'000); },
     "reading.observe_time must have nanos from 0 to 999999999"},
};
// clang-format on

TEST(ValidationTest, EveryRuleOnAReadingNamesItsField) {
  for (const ReadingCase& test : kReadingCases) {
    SCOPED_TRACE(test.name);
    v1::Reading reading = MakeReading("Oslo", 7.1, "id");
    test.change(&reading);
    const absl::Status status = ValidateReading(reading, kNow);
    EXPECT_EQ(status.message(), test.violation);
    if (*test.violation == 0) continue;
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    const google::rpc::BadRequest details = DetailsOf(ToGrpcStatus(status));
    ASSERT_EQ(details.field_violations_size(), 1);
    EXPECT_EQ(absl::StrCat(details.field_violations(0).field(), " ",
                           details.field_violations(0).description()),
              test.violation);
  }
}

TEST(ValidationTest, TellsAllViolationsAtOnce) {
  EXPECT_EQ(ValidateReading(v1::Reading(), kNow).message(),
            "reading.place must not be empty; reading.happiness must be set");
}

struct StreamCase {
  const char* name;
  std::function<void(v1::StreamReadingsRequest*)> change;
  const char* violation;
};

// clang-format off
const StreamCase kStreamCases[] = {
    {"an empty one", [](auto*) {}, ""},
    {"after 0", [](auto* r) { r->set_after_sequence(0); }, ""},
    {"after -1", [](auto* r) { r->set_after_sequence(-1); },
     "after_sequence must be at least 0"},
    {"backlog 0", [](auto* r) { r->set_backlog(0); }, ""},
    {"backlog 65536", [](auto* r) { r->set_backlog(65'536); }, ""},
    {"backlog 65537", [](auto* r) { r->set_backlog(65'537); },
     "backlog must be from 0 to 65536"},
    {"backlog -1", [](auto* r) { r->set_backlog(-1); },
     "backlog must be from 0 to 65536"},
    {"both", [](auto* r) { r->set_backlog(0); r->set_after_sequence(0); },
     "backlog must not be set together with after_sequence"},
    {"100 places", [](auto* r) { for (int i = 0; i < 100; ++i) r->add_places("x"); }, ""},
    {"101 places", [](auto* r) { for (int i = 0; i < 101; ++i) r->add_places("x"); },
     "places must have at most 100 entries"},
    {"an empty place", [](auto* r) { r->add_places("x"); r->add_places(""); },
     "places[2] must not be empty"},
    {"a place too long", [](auto* r) { r->add_places(Repeat("é", 101)); },
     "places[1] must have at most 100 characters"},
    {"a control character", [](auto* r) { r->add_places("\x01"); },
     "places[1] must not contain control characters"},
};
// clang-format on

TEST(ValidationTest, EveryRuleOnAStreamRequestNamesItsField) {
  for (const StreamCase& test : kStreamCases) {
    SCOPED_TRACE(test.name);
    v1::StreamReadingsRequest request;
    test.change(&request);
    EXPECT_EQ(ValidateStreamRequest(request).message(), test.violation);
  }
}

TEST(ValidationTest, ViolationsFitIntoAHeader) {
  v1::StreamReadingsRequest request;
  for (int i = 0; i < 100; ++i) request.add_places(Repeat("é", 1'000));
  const grpc::Status status = ToGrpcStatus(ValidateStreamRequest(request));
  EXPECT_LT(status.error_message().size() + status.error_details().size(),
            4'096u);
  EXPECT_EQ(DetailsOf(status).field_violations_size(), 8);
}

}  // namespace
}  // namespace happiness
