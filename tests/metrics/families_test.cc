#include "metrics/families.h"

#include <gtest/gtest.h>

#include "metrics/histogram.h"
#include "metrics/label_counts.h"

namespace metrics {
namespace {

TEST(FamiliesTest, ASingleValueIsALine) {
  EXPECT_EQ(ToText({Counter("sent_total", "Sent.", 7)}),
            "# HELP sent_total Sent.\n"
            "# TYPE sent_total counter\n"
            "sent_total 7\n");
  EXPECT_EQ(ToText({Gauge("open", "Open.", 1.5)}),
            "# HELP open Open.\n"
            "# TYPE open gauge\n"
            "open 1.5\n");
}

TEST(FamiliesTest, EachValueOfALabelIsALine) {
  LabelCounts counts;
  counts.Add("1013");
  counts.Add("1000");
  counts.Add("1013");
  EXPECT_EQ(
      ToText({Counters("closes_total", "Closes.", "code", counts.Counts())}),
      "# HELP closes_total Closes.\n"
      "# TYPE closes_total counter\n"
      "closes_total{code=\"1000\"} 1\n"
      "closes_total{code=\"1013\"} 2\n");
}

TEST(FamiliesTest, ALabelMayHaveAnyText) {
  EXPECT_EQ(ToText({Gauges("level", "Level.", "place",
                           {{"a \"b\"\\\nc", 1}, {"São Paulo", 2}})}),
            "# HELP level Level.\n"
            "# TYPE level gauge\n"
            "level{place=\"São Paulo\"} 2\n"
            "level{place=\"a \\\"b\\\"\\\\\\nc\"} 1\n");
}

TEST(FamiliesTest, BucketsCountAllThatIsNotAboveTheirBound) {
  Histogram histogram({1, 10});
  for (double value : {0.0, 1.0, 1.5, 10.0, 11.0, 1e9})
    histogram.Observe(value);
  EXPECT_EQ(ToText({Distribution("lag", "Lag.", histogram)}),
            "# HELP lag Lag.\n"
            "# TYPE lag histogram\n"
            "lag_count 6\n"
            "lag_sum 1000000023.5\n"
            "lag_bucket{le=\"1\"} 2\n"
            "lag_bucket{le=\"10\"} 4\n"
            "lag_bucket{le=\"+Inf\"} 6\n");
}

}  // namespace
}  // namespace metrics
