// The page at /metrics.

#ifndef BRIDGE_HTTP_METRICS_PAGE_H_
#define BRIDGE_HTTP_METRICS_PAGE_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "metrics/families.h"

namespace bridge {

// Collects on a thread of its own, one page at a time: what is counted may have
// to be looked up. Those who ask while it does share the next page.
class MetricsPage {
 public:
  // Called on that thread; may block for some seconds.
  using Source = std::function<metrics::Families()>;

  explicit MetricsPage(std::vector<Source> sources)
      : sources_(std::move(sources)) {}

  // Ends the thread.
  ~MetricsPage();

  MetricsPage(const MetricsPage&) = delete;
  MetricsPage& operator=(const MetricsPage&) = delete;

  // The text, as of now. For any thread; goes on there.
  boost::asio::awaitable<std::string> Text();

 private:
  using Clock = std::chrono::steady_clock;

  // A page that was begun after `asked`. Both run on the thread.
  boost::asio::awaitable<std::string> NewerThan(Clock::time_point asked);
  std::string Collect() const;

  const std::vector<Source> sources_;
  // The thread's alone.
  std::string newest_;
  Clock::time_point begun_;

  boost::asio::thread_pool thread_{1};
};

}  // namespace bridge

#endif  // BRIDGE_HTTP_METRICS_PAGE_H_
