#include "bridge/http/metrics_page.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iterator>

namespace bridge {

namespace net = boost::asio;

MetricsPage::~MetricsPage() {
  thread_.stop();
  thread_.join();
}

net::awaitable<std::string> MetricsPage::Text() {
  net::awaitable<std::string> text = NewerThan(Clock::now());
  return net::co_spawn(thread_, std::move(text), net::use_awaitable);
}

net::awaitable<std::string> MetricsPage::NewerThan(Clock::time_point asked) {
  if (begun_ <= asked) {
    begun_ = Clock::now();
    newest_ = Collect();
  }
  co_return newest_;
}

std::string MetricsPage::Collect() const {
  metrics::Families all;
  for (const Source& source : sources_) {
    metrics::Families families = source();
    all.insert(all.end(), std::make_move_iterator(families.begin()),
               std::make_move_iterator(families.end()));
  }
  return metrics::ToText(all);
}

}  // namespace bridge
