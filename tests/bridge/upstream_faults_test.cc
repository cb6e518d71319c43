#include "bridge/upstream_faults.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bridge {
namespace {

using std::chrono::milliseconds;

class UpstreamFaultsTest : public ::testing::Test {
 protected:
  UpstreamFaultsTest() {
    auto log = std::make_shared<spdlog::logger>(
        "", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_));
    log->set_pattern("%v");
    spdlog::set_default_logger(std::move(log));
  }
  ~UpstreamFaultsTest() override { spdlog::set_default_logger(before_); }

  void Report(const std::string& method, const std::string& why) {
    faults_.Report("malformed", method, absl::InternalError(why), now_);
  }

  // What was said since the last time.
  std::string Said() {
    std::string text = text_.str();
    text_.str("");
    return text;
  }

  UpstreamFaults faults_;
  UpstreamFaults::Clock::time_point now_ = UpstreamFaults::Clock::now();

 private:
  std::ostringstream text_;
  const std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

TEST_F(UpstreamFaultsTest, CountsEachAndSaysThoseOfAMethodSeldom) {
  for (int i = 0; i < 1'000; ++i) Report("/a/B", absl::StrCat("fault ", i));
  EXPECT_EQ(Said(), "/a/B: fault 0\n");
  Report("/a/C", "another method's");
  EXPECT_EQ(Said(), "/a/C: another method's\n");
  now_ += UpstreamFaults::kInterval - milliseconds(1);
  Report("/a/B", "too soon");
  EXPECT_EQ(Said(), "");
  now_ += milliseconds(1);
  Report("/a/B", "due");
  EXPECT_EQ(Said(), "/a/B: due\n");
  EXPECT_EQ(faults_.Counts().at("malformed"), 1'003);
}

TEST_F(UpstreamFaultsTest, RemembersSoManyMethodsAndNoMore) {
  for (size_t i = 0; i < UpstreamFaults::kMaxMethods; ++i) {
    Report(absl::StrCat("/a/", i), "fault");
  }
  Said();
  Report("/a/0", "known");
  EXPECT_EQ(Said(), "");
  Report("/a/new", "one more");
  Report("/a/0", "forgotten");
  EXPECT_EQ(Said(), "/a/new: one more\n/a/0: forgotten\n");
}

}  // namespace
}  // namespace bridge
