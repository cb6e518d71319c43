#include "bridge/bridge.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "bridge/bridge_metrics.h"
#include "bridge/version.h"
#include "metrics/process.h"

namespace bridge {

namespace {

// A connection is a descriptor, and the usual soft limit is 1,024.
void RaiseDescriptorLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Bridge>> Bridge::Start(Options options) {
  RaiseDescriptorLimit();
  Assets assets;
  if (!options.web_root.empty()) {
    auto loaded = Assets::Load(options.web_root);
    if (!loaded.ok()) return loaded.status();
    assets = *std::move(loaded);
  }
  std::unique_ptr<TlsContext> tls;
  if (!options.tls.empty()) {
    auto opened = TlsContext::Open(options.tls);
    if (!opened.ok()) return opened.status();
    tls = *std::move(opened);
  }
  auto upstream = Upstream::Connect(options.upstream);
  if (!upstream.ok()) return upstream.status();
  std::unique_ptr<Bridge> bridge(new Bridge(std::move(options),
                                            std::move(assets), std::move(tls),
                                            *std::move(upstream)));
  absl::Status status = bridge->Listen();
  if (!status.ok()) return status;
  for (auto& shard : bridge->shards_) shard->Start();
  return bridge;
}

Bridge::Bridge(Options options, Assets assets, std::unique_ptr<TlsContext> tls,
               std::unique_ptr<Upstream> upstream)
    : options_(std::move(options)),
      limits_(options_.http.per_address),
      tls_(std::move(tls)),
      upstream_(std::move(upstream)),
      hub_(upstream_->caller(), options_.feed, options_.feeds, &limits_,
           &stats_),
      metrics_(MetricsSources()),
      context_{options_.http,
               Origins(options_.allowed_origins, options_.hosts),
               std::move(assets),
               upstream_.get(),
               &hub_,
               &metrics_,
               &limits_,
               tls_.get()} {
  int count = options_.shards > 0
                  ? options_.shards
                  : std::max(1u, std::thread::hardware_concurrency());
  for (int i = 0; i < count; ++i) {
    shards_.push_back(
        std::make_unique<Shard>(options_.viewer, options_.feed.ring, &stats_));
    listeners_.push_back(std::make_unique<Listener>(context_, *shards_.back()));
  }
}

Bridge::~Bridge() { Drain(absl::ZeroDuration()); }

std::vector<MetricsPage::Source> Bridge::MetricsSources() const {
  std::vector<MetricsPage::Source> sources = options_.metrics;
  sources.push_back([] {
    metrics::Families families = metrics::OfProcess();
    families.push_back(metrics::Gauges("bridge_build_info",
                                       "1, with the version as its label.",
                                       "version", {{kVersion, 1}}));
    return families;
  });
  sources.push_back([this] {
    return ToFamilies(stats_, *upstream_,
                      tls_ == nullptr ? absl::UnixEpoch() : tls_->not_after());
  });
  return sources;
}

absl::Status Bridge::Listen() {
  auto endpoints = FindEndpoints({options_.address, options_.port});
  if (!endpoints.ok()) return endpoints.status();
  port_ = endpoints->front().port();
  if (tls_ == nullptr &&
      std::any_of(endpoints->begin(), endpoints->end(), [](const auto& one) {
        return !one.address().is_loopback();
      })) {
    spdlog::warn(
        "--address={} serves the network without TLS: give --tls_cert and "
        "--tls_key, or let a proxy speak it",
        options_.address);
  }
  for (auto& listener : listeners_) {
    absl::Status status = listener->Listen(*endpoints);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

template <typename Work>
void Bridge::OnEveryShard(Work work) {
  for (size_t i = 0; i < shards_.size(); ++i) {
    boost::asio::post(shards_[i]->io(),
                      [work, &shard = *shards_[i], &listener = *listeners_[i]] {
                        work(shard, listener);
                      });
  }
}

bool Bridge::AwaitQuiet(absl::Duration limit) const {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline =
      Clock::now() + absl::ToChronoMilliseconds(limit);
  while (stats_.sessions + stats_.viewers > 0) {
    if (Clock::now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

void Bridge::Drain(absl::Duration time) {
  if (std::exchange(drained_, true)) return;
  constexpr absl::Duration kCutOff = absl::Seconds(2);
  const absl::Duration notice = time / 5;
  const absl::Duration farewells = time - notice;
  context_.leaving = true;
  absl::SleepFor(notice);
  context_.draining = true;
  const Ending ending = Ending::Of(Reason::kShuttingDown);
  OnEveryShard([=](Shard& shard, Listener& listener) {
    listener.Close();
    listener.CloseSessions(/*also_busy=*/false);
    shard.DismissAll(ending, absl::ToChronoMilliseconds(farewells));
  });
  const bool quiet = AwaitQuiet(farewells + options_.patience);
  hub_.Close(ending);
  if (!quiet) {
    OnEveryShard([](Shard&, Listener& listener) {
      listener.CloseSessions(/*also_busy=*/true);
    });
    if (!AwaitQuiet(kCutOff)) {
      spdlog::warn("{} connections are cut off",
                   stats_.sessions + stats_.viewers);
    }
  }
  upstream_->caller()->AwaitIdle();
  // Feeds and viewers of all shards know each other: they go while all are
  // there.
  for (auto& shard : shards_) shard->Stop();
  for (auto& shard : shards_) shard->Evict();
  for (auto& shard : shards_) shard->RunRest();
}

}  // namespace bridge
