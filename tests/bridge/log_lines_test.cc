#include "bridge/log_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <string>
#include <utility>

namespace bridge {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

std::string Line(std::unique_ptr<spdlog::formatter> formatter,
                 const std::string& message) {
  std::ostringstream text;
  spdlog::logger log("name",
                     std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
  log.set_formatter(std::move(formatter));
  log.warn("{}", message);
  return text.str();
}

const std::string kForged = "a\n[x] \r\x1B[31m\x7F\"é\\";

TEST(LogLinesTest, NoMessageForgesALineOfText) {
  const std::string line = Line(TextLines(), kForged);
  EXPECT_THAT(line, StartsWith("[20"));
  EXPECT_THAT(line, EndsWith("] [name] [warning] "
                             R"(a\n[x] \x0d\x1b[31m\x7f"é\)"
                             "\n"));
}

TEST(LogLinesTest, NoMessageForgesALineOfJson) {
  const std::string line = Line(JsonLines(), kForged);
  EXPECT_THAT(line, StartsWith("{\"time\":\"20"));
  EXPECT_THAT(line, EndsWith(R"(Z","level":"warning","logger":"name",)"
                             R"("message":"a\u000a[x] \u000d\u001b[31m)"
                             R"(\u007f\"é\\"})"
                             "\n"));
}

}  // namespace
}  // namespace bridge
