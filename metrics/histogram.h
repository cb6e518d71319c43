// Counts values by their size.

#ifndef METRICS_HISTOGRAM_H_
#define METRICS_HISTOGRAM_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

namespace metrics {

// Thread-safe, without a lock.
class Histogram {
 public:
  // `bounds` rise. A value counts in the first bucket whose bound is not below
  // it, and one above them all in the last.
  explicit Histogram(std::vector<double> bounds)
      : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

  void Observe(double value) {
    const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
    counts_[static_cast<size_t>(bound - bounds_.begin())].fetch_add(
        1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }

  const std::vector<double>& bounds() const { return bounds_; }

  // How many there were in each bucket: one more than there are bounds.
  std::vector<uint64_t> Counts() const {
    return {counts_.begin(), counts_.end()};
  }

  double sum() const { return sum_; }

 private:
  const std::vector<double> bounds_;
  std::vector<std::atomic<uint64_t>> counts_;
  std::atomic<double> sum_ = 0;
};

}  // namespace metrics

#endif  // METRICS_HISTOGRAM_H_
