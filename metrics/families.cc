#include "metrics/families.h"

#include <prometheus/text_serializer.h>

#include <limits>
#include <utility>

namespace metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// `metric`'s one value, which is in the field that `type` says.
ClientMetric Metric(MetricType type, double value) {
  ClientMetric metric;
  if (type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return metric;
}

MetricFamily One(MetricType type, std::string name, std::string help,
                 double value) {
  return {std::move(name), std::move(help), type, {Metric(type, value)}};
}

MetricFamily Many(MetricType type, std::string name, std::string help,
                  const std::string& label,
                  const std::map<std::string, double>& values) {
  MetricFamily family = {std::move(name), std::move(help), type, {}};
  for (const auto& [label_value, value] : values) {
    family.metric.push_back(Metric(type, value));
    family.metric.back().label = {{label, label_value}};
  }
  return family;
}

}  // namespace

MetricFamily Counter(std::string name, std::string help, double value) {
  return One(MetricType::Counter, std::move(name), std::move(help), value);
}

MetricFamily Gauge(std::string name, std::string help, double value) {
  return One(MetricType::Gauge, std::move(name), std::move(help), value);
}

MetricFamily Counters(std::string name, std::string help,
                      const std::string& label,
                      const std::map<std::string, double>& values) {
  return Many(MetricType::Counter, std::move(name), std::move(help), label,
              values);
}

MetricFamily Gauges(std::string name, std::string help,
                    const std::string& label,
                    const std::map<std::string, double>& values) {
  return Many(MetricType::Gauge, std::move(name), std::move(help), label,
              values);
}

MetricFamily Distribution(std::string name, std::string help,
                          const Histogram& histogram) {
  ClientMetric metric;
  // Taken once: the parts must agree while others go on counting.
  const std::vector<uint64_t> counts = histogram.Counts();
  metric.histogram.sample_sum = histogram.sum();
  for (size_t i = 0; i < counts.size(); ++i) {
    metric.histogram.sample_count += counts[i];
    metric.histogram.bucket.push_back(
        {metric.histogram.sample_count,
         i < histogram.bounds().size()
             ? histogram.bounds()[i]
             : std::numeric_limits<double>::infinity()});
  }
  return {std::move(name),
          std::move(help),
          MetricType::Histogram,
          {std::move(metric)}};
}

std::string ToText(const Families& families) {
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace metrics
