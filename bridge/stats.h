// What the bridge counts about itself.

#ifndef BRIDGE_STATS_H_
#define BRIDGE_STATS_H_

#include <atomic>
#include <cstdint>

#include "bridge/upstream_faults.h"
#include "metrics/histogram.h"
#include "metrics/label_counts.h"

namespace bridge {

// Counters of one bridge, from its start. Thread-safe: each stands alone.
struct Stats {
  std::atomic<int64_t> upstream_calls = 0;       // opened by feeds
  std::atomic<int64_t> upstream_reconnects = 0;  // of them, in an outage
  std::atomic<int64_t> messages_taken = 0;       // of the upstream, by feeds
  std::atomic<int64_t> messages_encoded = 0;     // of them, to JSON
  std::atomic<int64_t> frames_sent = 0;          // to all viewers together
  std::atomic<int64_t> bytes_sent = 0;           // to all viewers together
  std::atomic<int64_t> feeds = 0;                // now
  std::atomic<int64_t> ring_bytes = 0;           // in all feeds' rings, now
  std::atomic<int64_t> buffered_bytes = 0;       // of requests' bodies, now
  std::atomic<int64_t> viewers = 0;              // now
  std::atomic<int64_t> streams = 0;   // on sockets that carry many, now
  std::atomic<int64_t> sessions = 0;  // HTTP connections, now
  // Connections and requests that a limit kept out, by the limit:
  // "connections", "connections_of_an_address", "connects_of_an_address",
  // "feeds", "feeds_of_an_address", "ring_bytes", "writes", "header_timeout",
  // "idle_timeout", "body_timeout", "write_timeout", "header_bytes",
  // "body_bytes", "buffered_bytes", "content_encoding", "viewer_frames",
  // "message_bytes", "streams_of_a_socket", "opens_of_an_address",
  // "reads_of_an_address".
  metrics::LabelCounts refusals;
  UpstreamFaults upstream_faults;
  // Requests that were answered by a response, not by a stream, by its status.
  metrics::LabelCounts responses;
  // How viewers' streams ended: by close code, also where HTTP has none; "left"
  // where the client went. A socket of many streams counts once, and each of
  // its streams does.
  metrics::LabelCounts closes;
  // Viewers that came back with a position: "ring", "call" where older messages
  // than the ring's had to be asked for, "refused" by the upstream.
  metrics::LabelCounts resumes;
  // How many frames a viewer was behind, looked at every few seconds.
  metrics::Histogram lag{{0, 1, 4, 16, 64, 256, 1024, 4096}};
};

}  // namespace bridge

#endif  // BRIDGE_STATS_H_
