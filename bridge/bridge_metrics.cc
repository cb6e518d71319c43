#include "bridge/bridge_metrics.h"

namespace bridge {

using metrics::Counter;
using metrics::Counters;
using metrics::Distribution;
using metrics::Gauge;

metrics::Families ToFamilies(const Stats& stats, const Upstream& upstream,
                             absl::Time certificate_ends) {
  const auto number = [](const std::atomic<int64_t>& count) {
    return static_cast<double>(count.load());
  };
  return {
      Gauge("bridge_upstream_ready", "1 while the upstream answers.",
            upstream.Ready().ok()),
      Gauge("bridge_upstream_replicas", "Upstreams that --upstream names.",
            upstream.replicas()),
      Gauge("bridge_upstream_replicas_ready", "Those of them that answer.",
            upstream.ready_replicas()),
      Gauge("bridge_tls_certificate_expiry_timestamp_seconds",
            "When the certificate ends, in Unix time; 0 without TLS.",
            static_cast<double>(absl::ToUnixSeconds(certificate_ends))),
      Gauge("bridge_feeds", "Streams of the upstream, each shared by viewers.",
            number(stats.feeds)),
      Gauge("bridge_ring_bytes",
            "What all streams keep for viewers that are slow or come back.",
            number(stats.ring_bytes)),
      Gauge("bridge_buffered_bytes",
            "What the bodies and lines of requests take that are being served, "
            "and answers that are being sent.",
            number(stats.buffered_bytes)),
      Gauge("bridge_viewers", "Clients that a stream is sent to.",
            number(stats.viewers)),
      Gauge("bridge_socket_streams",
            "Streams that are open on WebSockets at /streams.",
            number(stats.streams)),
      Gauge("bridge_http_connections",
            "Connections between or within HTTP requests.",
            number(stats.sessions)),
      Counter("bridge_frames_sent_total", "Messages sent to viewers.",
              number(stats.frames_sent)),
      Counter("bridge_bytes_sent_total", "Bytes sent to viewers.",
              number(stats.bytes_sent)),
      Counter("bridge_messages_total", "Messages of the upstream's streams.",
              number(stats.messages_taken)),
      Counter("bridge_messages_encoded_total",
              "Those that were made JSON, each once.",
              number(stats.messages_encoded)),
      Counter("bridge_upstream_calls_total", "Streams opened at the upstream.",
              number(stats.upstream_calls)),
      Counter("bridge_upstream_reconnects_total",
              "Streams that were lost, and opened again.",
              number(stats.upstream_reconnects)),
      Counters("bridge_upstream_faults_total",
               "Messages of the upstream that are not valid, or too large.",
               "kind", stats.upstream_faults.Counts()),
      Counters("bridge_responses_total",
               "HTTP responses that are no streams, by status.", "code",
               stats.responses.Counts()),
      Counters("bridge_refusals_total",
               "Connections and requests that a limit kept out, by the limit.",
               "limit", stats.refusals.Counts()),
      Counters("bridge_closes_total",
               "Ends of streams, by close code; left: the client went.", "code",
               stats.closes.Counts()),
      Counters("bridge_resumes_total",
               "Viewers that came back with a position: served from the ring, "
               "by a call of their own, or refused by the upstream.",
               "outcome", stats.resumes.Counts()),
      Distribution("bridge_viewer_lag_frames",
                   "Frames that a viewer is behind, looked at every few "
                   "seconds.",
                   stats.lag),
  };
}

}  // namespace bridge
