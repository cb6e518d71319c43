#include "bridge/http/metrics_page.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"

namespace bridge {
namespace {

namespace net = boost::asio;

net::awaitable<void> Ask(MetricsPage& page, std::vector<std::string>& answers) {
  std::string text = co_await page.Text();
  answers.push_back(text);
}

TEST(MetricsPageTest, HasWhatAllSourcesSayInTheirOrder) {
  MetricsPage page(
      {[] { return metrics::Families{metrics::Gauge("b", "B.", 1)}; },
       [] { return metrics::Families{metrics::Gauge("a", "A.", 2)}; }});
  net::io_context io;
  std::vector<std::string> answers;
  net::co_spawn(io, Ask(page, answers), net::detached);
  io.run();
  EXPECT_EQ(answers,
            std::vector<std::string>{"# HELP b B.\n# TYPE b gauge\nb 1\n"
                                     "# HELP a A.\n# TYPE a gauge\na 2\n"});
}

TEST(MetricsPageTest, ThoseWhoAskWhileItIsMadeShareTheNext) {
  std::atomic<int> made = 0;
  absl::Notification asked;
  MetricsPage page({[&] {
    asked.WaitForNotification();
    return metrics::Families{metrics::Gauge("made", "Made.", ++made)};
  }});
  net::io_context io;
  std::vector<std::string> answers;
  for (int i = 0; i < 1000; ++i) {
    net::co_spawn(io, Ask(page, answers), net::detached);
  }
  io.poll();  // all have asked
  asked.Notify();
  io.run();
  EXPECT_EQ(answers.size(), 1000u);
  EXPECT_LE(made, 2) << "the one under way, and one for all others";
}

TEST(MetricsPageTest, NobodyGetsOneThatWasBegunBeforeHeAsked) {
  int made = 0;
  MetricsPage page({[&made] {
    return metrics::Families{metrics::Gauge("made", "Made.", ++made)};
  }});
  for (const char* expected : {"made 1\n", "made 2\n", "made 3\n"}) {
    net::io_context io;
    std::vector<std::string> answers;
    net::co_spawn(io, Ask(page, answers), net::detached);
    io.run();
    EXPECT_NE(answers.front().find(expected), std::string::npos);
  }
}

}  // namespace
}  // namespace bridge
