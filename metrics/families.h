// What is counted, in the form that Prometheus reads.
//
//   families.push_back(metrics::Counter("frames_total", "Frames.", frames));
//   metrics::ToText(families);

#ifndef METRICS_FAMILIES_H_
#define METRICS_FAMILIES_H_

#include <prometheus/metric_family.h>

#include <map>
#include <string>
#include <vector>

#include "metrics/histogram.h"

namespace metrics {

using Families = std::vector<prometheus::MetricFamily>;

// Only rises, from 0 at the start of the process.
prometheus::MetricFamily Counter(std::string name, std::string help,
                                 double value);

// Rises and falls.
prometheus::MetricFamily Gauge(std::string name, std::string help,
                               double value);

// One for each value of a label.
prometheus::MetricFamily Counters(std::string name, std::string help,
                                  const std::string& label,
                                  const std::map<std::string, double>& values);
prometheus::MetricFamily Gauges(std::string name, std::string help,
                                const std::string& label,
                                const std::map<std::string, double>& values);

prometheus::MetricFamily Distribution(std::string name, std::string help,
                                      const Histogram& histogram);

// The text format, version 0.0.4.
inline constexpr char kContentType[] =
    "text/plain; version=0.0.4; charset=utf-8";
std::string ToText(const Families& families);

}  // namespace metrics

#endif  // METRICS_FAMILIES_H_
