// A bridge before a ticker server.

#ifndef TESTS_BRIDGE_TESTING_FIXTURE_H_
#define TESTS_BRIDGE_TESTING_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "bridge/bridge.h"
#include "tests/bridge/testing/clients.h"
#include "tests/bridge/testing/ticker_server.h"

namespace bridge::testing {

inline Options TestOptions() {
  Options options;
  options.address = "127.0.0.1";
  options.port = 0;
  options.shards = 2;
  options.drain = absl::ZeroDuration();
  return options;
}

// Starts a bridge, and waits until it is ready.
inline std::unique_ptr<Bridge> StartReady(Options options) {
  auto bridge = Bridge::Start(std::move(options));
  if (!bridge.ok()) {
    ADD_FAILURE() << bridge.status().ToString();
    return nullptr;
  }
  int port = (*bridge)->port();
  EXPECT_TRUE(Eventually([&] { return Get(port, "/readyz").status == 200; }));
  EXPECT_TRUE(Eventually([&] { return (*bridge)->stats().sessions == 0; }));
  return *std::move(bridge);
}

class BridgeTest : public ::testing::Test {
 protected:
  // Starts the bridge, over the in-process channel.
  void Start(Options options = TestOptions()) {
    options.upstream.in_process = server_->InProcess();
    bridge_ = StartReady(std::move(options));
  }

  // Starts the bridge as one of another process would be.
  void StartRemote(Options options = TestOptions()) {
    options.upstream.target = server_->target();
    bridge_ = StartReady(std::move(options));
  }

  int port() const { return bridge_->port(); }

  std::unique_ptr<TickerServer> server_ = std::make_unique<TickerServer>();
  std::unique_ptr<Bridge> bridge_;
};

}  // namespace bridge::testing

#endif  // TESTS_BRIDGE_TESTING_FIXTURE_H_
