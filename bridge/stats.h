// What the bridge counts about itself.

#ifndef BRIDGE_STATS_H_
#define BRIDGE_STATS_H_

#include <atomic>
#include <cstdint>

namespace bridge {

// Counters of one bridge, from its start. Thread-safe: each stands alone.
struct Stats {
  std::atomic<int64_t> upstream_calls = 0;    // opened by feeds
  std::atomic<int64_t> messages_encoded = 0;  // protobuf to JSON, by feeds
  std::atomic<int64_t> frames_sent = 0;       // to all viewers together
  std::atomic<int64_t> feeds = 0;             // now
  std::atomic<int64_t> viewers = 0;           // now
  std::atomic<int64_t> sessions = 0;          // HTTP connections, now
};

}  // namespace bridge

#endif  // BRIDGE_STATS_H_
