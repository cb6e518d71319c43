// A bridge: any gRPC service's methods as WebSocket, server-sent events, NDJSON
// and JSON over HTTP.
//
//   bridge::Options options;
//   options.upstream.target = "localhost:50051";
//   auto bridge = bridge::Bridge::Start(std::move(options));
//   if (!bridge.ok()) return Fail(bridge.status());
//   Print((*bridge)->port());
//   WaitForSignal();
//   (*bridge)->Drain();

#ifndef BRIDGE_BRIDGE_H_
#define BRIDGE_BRIDGE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bridge/feed/feed.h"
#include "bridge/feed/hub.h"
#include "bridge/http/listener.h"
#include "bridge/http/metrics_page.h"
#include "bridge/http/session.h"
#include "bridge/stats.h"
#include "bridge/tls/tls_context.h"
#include "bridge/upstream/upstream.h"
#include "bridge/viewer/client.h"
#include "bridge/viewer/shard.h"

namespace bridge {

struct Options {
  Upstream::Options upstream;

  std::string address = "localhost";
  int port = 8080;  // 0 for a free one
  int shards = 0;   // threads; 0 for one a core

  // The folder of the page at "/". None if empty.
  std::string web_root;
  // See Origins.
  std::vector<std::string> allowed_origins = {"*"};
  std::vector<std::string> hosts;

  TlsFiles tls;

  HttpOptions http;
  // What /metrics shows besides the bridge's own. Must live as long as the
  // bridge.
  std::vector<MetricsPage::Source> metrics;
  FeedOptions feed;
  HubLimits feeds;
  ViewerOptions viewer;

  // How long Drain takes to send all viewers away, if they are many. In the
  // first fifth of it they stay, and new ones are taken.
  absl::Duration drain = absl::Seconds(10);
  // How long it then waits for requests and viewers to end by themselves.
  absl::Duration patience = absl::Seconds(10);
};

// Serves on threads of its own from Start to Drain. Used by one thread.
class Bridge {
 public:
  // Listens, and serves as soon as the upstream is there. Raises the process's
  // soft limit of descriptors to the hard one. ALREADY_EXISTS if the
  // port is in use; INVALID_ARGUMENT or NOT_FOUND if an option can't be used.
  static absl::StatusOr<std::unique_ptr<Bridge>> Start(Options options);

  // Drains, if that has not been done, in no more time than it takes.
  ~Bridge();

  Bridge(const Bridge&) = delete;
  Bridge& operator=(const Bridge&) = delete;

  int port() const { return port_; }
  // True while the upstream is connected and what it offers is known.
  bool ready() const { return upstream_->Ready().ok(); }
  const Stats& stats() const { return stats_; }

  // Says at /readyz that it is not ready, and goes on for a while, so that load
  // balancers see it. Then takes no more connections, lets requests end, and
  // closes the viewers with 1012, some at a time: as they come back, to another
  // bridge or the next, they come back spread out. Returns when all are gone;
  // those who are not after `patience` are cut off.
  void Drain() { Drain(options_.drain); }

 private:
  Bridge(Options options, Assets assets, std::unique_ptr<TlsContext> tls,
         std::unique_ptr<Upstream> upstream);

  absl::Status Listen();
  void Drain(absl::Duration time);
  std::vector<MetricsPage::Source> MetricsSources() const;
  template <typename Work>
  void OnEveryShard(Work work);
  bool AwaitQuiet(absl::Duration limit) const;

  const Options options_;
  int port_ = 0;
  bool drained_ = false;

  // In the order of their lives: what is below uses what is above.
  Stats stats_;
  AddressLimits limits_;
  std::unique_ptr<TlsContext> tls_;  // null: there is none
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<Upstream> upstream_;
  Hub hub_;
  MetricsPage metrics_;
  HttpContext context_;
  std::vector<std::unique_ptr<Listener>> listeners_;  // one a shard
};

}  // namespace bridge

#endif  // BRIDGE_BRIDGE_H_
