#include "bridge/flags.h"

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bridge/flag_checks.h"
#include "bridge/http/origins.h"
#include "bridge/request_flags.h"
#include "bridge/time_span.h"
#include "files/user_path.h"

ABSL_FLAG(std::string, address, "localhost",
          "Address to listen on. The default serves this machine only; 0.0.0.0 "
          "serves the network, :: that of IPv6.");
ABSL_FLAG(std::optional<int>, http_port, std::nullopt,
          "Port for HTTP and WebSocket; 0 picks a free one. If not given: the "
          "environment's PORT, else 8080.");
ABSL_FLAG(std::vector<std::string>, allowed_origins, {"*"},
          "Origins whose pages may use the bridge, separated by commas. * lets "
          "every page read without credentials; only pages of an origin that "
          "is named, or of the bridge's own, may bring some, or record.");
ABSL_FLAG(std::vector<std::string>, hosts, {},
          "Names and addresses under which browsers reach this server, without "
          "a port and separated by commas: only pages that come from there are "
          "its own. If not given, any; those of this machine, if it serves "
          "this machine only and there are no --trusted_proxies.");
ABSL_FLAG(std::string, web_root, "",
          "Folder to serve at /. The dashboard, if not given.");
ABSL_FLAG(int, shards, 0, "Threads that serve viewers; 0 for one a core.");
ABSL_FLAG(bool, io_uring, true,
          "Send to many viewers by one system call, if the kernel lets it.");
ABSL_FLAG(bridge::TimeSpan, upstream_patience, absl::Seconds(30),
          "How long viewers wait for an upstream that is gone, before they are "
          "closed with 1014.");
ABSL_FLAG(
    bridge::TimeSpan, drain, absl::Seconds(10),
    "How long it takes, on SIGTERM, to send many viewers away by 1012, so "
    "that they come back spread out. In the first fifth of that /readyz "
    "says 503, and all goes on. 0: at once.");
ABSL_FLAG(bridge::TimeSpan, feed_linger, absl::Seconds(5),
          "How long an upstream stream goes on when its last viewer has left.");
ABSL_FLAG(
    uint64_t, ring_frames, 1024,
    "Messages that a stream keeps for viewers that are slow or come back.");
ABSL_FLAG(uint64_t, ring_bytes, 16 << 20,
          "Bytes that a stream keeps for viewers that are slow or come back.");
ABSL_FLAG(uint64_t, max_feeds, 10'000,
          "Different streams that may be open at a time.");
ABSL_FLAG(int64_t, max_ring_bytes, 1 << 30,
          "Bytes, as WebSocket frames, that all streams together may keep for "
          "viewers: with more, no "
          "other stream is opened.");
ABSL_FLAG(int64_t, max_connections, 100'000,
          "Connections that may be open at a time, each stream on a WebSocket "
          "at /streams counted as one.");
ABSL_FLAG(int64_t, max_connections_per_address, 1'000,
          "Connections, and streams on WebSockets at /streams, that one "
          "address may have open at a time: an IPv4 "
          "address, or an IPv6 /64. 0: any number. No limit for an address is "
          "for this machine's own.");
ABSL_FLAG(int64_t, max_connects_per_address, 100,
          "Connections that one address may make in a second. 0: any number.");
ABSL_FLAG(int64_t, max_writes_per_address, 50,
          "Requests that change something (all but GET) of one address in a "
          "second. 0: any number.");
ABSL_FLAG(int64_t, max_feeds_per_address, 100,
          "Different streams that may be open because one address asked for "
          "them. 0: any number.");
ABSL_FLAG(int64_t, max_reads_per_address, 10,
          "Requests of one address that may wait at a time for an answer of "
          "the upstream, of those that change nothing and are no stream. 0: "
          "any number.");
ABSL_FLAG(int64_t, max_opens_per_address, 1'000,
          "Streams that one address may open in a second on WebSockets at "
          "/streams. 0: any number.");
ABSL_FLAG(uint64_t, max_streams_per_socket, 100,
          "Streams that a WebSocket at /streams may have open at a time. 1 to "
          "10000.");
ABSL_FLAG(std::string, tls_cert, "",
          "File with the certificate, in PEM, that makes HTTP into HTTPS, and "
          "those that lead to its root. Read again when it changes. Where the "
          "program serves gRPC, that speaks TLS with it, too.");
ABSL_FLAG(std::string, tls_key, "", "File with the key of --tls_cert, in PEM.");
ABSL_FLAG(
    std::vector<std::string>, trusted_proxies, {},
    "Addresses or networks of proxies, separated by commas: those may have "
    "any number of connections, and their X-Forwarded-For, or else Forwarded, "
    "says whose a stream or a write is.");
ABSL_FLAG(std::vector<std::string>, forward_headers, {},
          "Headers of requests that the upstream gets as metadata besides "
          "authorization, separated by commas. Viewers for whom they differ "
          "share no stream.");
ABSL_FLAG(bool, log_requests, false,
          "Log a line for each HTTP request: its id, whose it is, method, path "
          "without query, status or close code, and how long it took.");
ABSL_FLAG(bool, metrics, true,
          "Serve /metrics, for Prometheus, to whoever asks.");

namespace bridge {
namespace {

constexpr int kDefaultPort = 8080;
constexpr size_t kMostStreamsPerSocket = 10'000;
constexpr absl::Duration kLongestDrain = absl::Minutes(10);

absl::StatusOr<int> CheckPort(std::string_view name, int port) {
  if (port >= 0 && port <= 65535) return port;
  return absl::InvalidArgumentError(absl::StrCat(
      std::string(name), ": must be a port from 0 to 65535, not ", port));
}

absl::StatusOr<int> HttpPort() {
  if (auto flag = absl::GetFlag(FLAGS_http_port)) {
    return CheckPort("--http_port", *flag);
  }
  const char* environment = std::getenv("PORT");
  if (environment == nullptr || *environment == '\0') return kDefaultPort;
  int port;
  if (!absl::SimpleAtoi(environment, &port)) port = -1;
  return CheckPort("the environment's PORT", port);
}

absl::Status CheckPositive(std::string_view name, int64_t value) {
  if (value > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(name), ": must be greater than 0"));
}

absl::StatusOr<AddressLimitOptions> LimitsFromFlags() {
  AddressLimitOptions limits;
  limits.connections = absl::GetFlag(FLAGS_max_connections_per_address);
  limits.connects = absl::GetFlag(FLAGS_max_connects_per_address);
  limits.writes = absl::GetFlag(FLAGS_max_writes_per_address);
  limits.feeds = absl::GetFlag(FLAGS_max_feeds_per_address);
  limits.reads = absl::GetFlag(FLAGS_max_reads_per_address);
  limits.opens = absl::GetFlag(FLAGS_max_opens_per_address);
  for (const auto& [name, value] :
       {std::pair("--max_connections_per_address", limits.connections),
        std::pair("--max_connects_per_address", limits.connects),
        std::pair("--max_writes_per_address", limits.writes),
        std::pair("--max_feeds_per_address", limits.feeds),
        std::pair("--max_reads_per_address", limits.reads),
        std::pair("--max_opens_per_address", limits.opens)}) {
    if (value < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": must not be negative"));
    }
  }
  return limits;
}

absl::Status CheckNotNegative(std::string_view name, absl::Duration value) {
  if (value >= absl::ZeroDuration()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(name), ": must not be negative"));
}

// What one may have is in what all may.
absl::Status CheckBoundsAgree(const Options& options) {
  const AddressLimitOptions& address = options.http.per_address;
  const auto count = [](auto value) { return static_cast<uint64_t>(value); };
  for (const absl::Status& status :
       {CheckAtMost("ring_bytes", count(options.feed.ring.bytes),
                    "max_ring_bytes", count(options.feeds.ring_bytes)),
        CheckAtMostIfGiven("max_connections_per_address",
                           count(address.connections), "max_connections",
                           count(options.http.max_connections)),
        CheckAtMostIfGiven("max_feeds_per_address", count(address.feeds),
                           "max_feeds", count(options.feeds.feeds))}) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

bool IsOfThisMachine(const std::string& address) {
  boost::system::error_code error;
  const auto ip = boost::asio::ip::make_address(address, error);
  return address == "localhost" || (!error && ip.is_loopback());
}

// See Origins. A proxy on this machine brings the names that it has.
std::vector<std::string> Hosts() {
  std::vector<std::string> hosts = absl::GetFlag(FLAGS_hosts);
  if (hosts.empty() && IsOfThisMachine(absl::GetFlag(FLAGS_address)) &&
      absl::GetFlag(FLAGS_trusted_proxies).empty()) {
    hosts = {"localhost", "127.0.0.1", "[::1]", absl::GetFlag(FLAGS_address)};
  }
  return hosts;
}

}  // namespace

absl::StatusOr<TlsFiles> TlsFromFlags() {
  TlsFiles files = {files::AsTheUserMeansIt(absl::GetFlag(FLAGS_tls_cert)),
                    files::AsTheUserMeansIt(absl::GetFlag(FLAGS_tls_key))};
  if (files.cert.empty() != files.key.empty()) {
    return absl::InvalidArgumentError(
        files.cert.empty() ? "--tls_key: --tls_cert must be given with it"
                           : "--tls_cert: --tls_key must be given with it");
  }
  return files;
}

absl::StatusOr<Options> OptionsFromFlags() {
  Options options;
  auto port = HttpPort();
  if (!port.ok()) return port.status();
  options.port = *port;
  options.address = absl::GetFlag(FLAGS_address);
  options.allowed_origins = absl::GetFlag(FLAGS_allowed_origins);
  if (auto status = Origins::Check(options.allowed_origins); !status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--allowed_origins=", status.message()));
  }
  if (auto status = Origins::CheckHosts(absl::GetFlag(FLAGS_hosts));
      !status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--hosts=", status.message()));
  }
  options.hosts = Hosts();
  auto tls = TlsFromFlags();
  if (!tls.ok()) return tls.status();
  options.tls = *std::move(tls);
  options.web_root = files::AsTheUserMeansIt(absl::GetFlag(FLAGS_web_root));
  options.shards = absl::GetFlag(FLAGS_shards);
  options.viewer.io_uring = absl::GetFlag(FLAGS_io_uring);
  options.feed.patience = absl::GetFlag(FLAGS_upstream_patience);
  options.drain = absl::GetFlag(FLAGS_drain);
  options.feed.linger = absl::GetFlag(FLAGS_feed_linger);
  options.feed.ring.frames = absl::GetFlag(FLAGS_ring_frames);
  options.feed.ring.bytes = absl::GetFlag(FLAGS_ring_bytes);
  auto limits = LimitsFromFlags();
  if (!limits.ok()) return limits.status();
  options.http.per_address = *limits;
  auto proxies = TrustedProxies::Parse(absl::GetFlag(FLAGS_trusted_proxies));
  if (!proxies.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--trusted_proxies=", proxies.status().message()));
  }
  options.http.trusted_proxies = *std::move(proxies);
  auto forwarded =
      ForwardedHeaders::Parse(absl::GetFlag(FLAGS_forward_headers));
  if (!forwarded.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--forward_headers=", forwarded.status().message()));
  }
  options.http.forwarded = *std::move(forwarded);
  options.http.metrics = absl::GetFlag(FLAGS_metrics);
  if (auto status = SetRequestOptions(&options); !status.ok()) return status;
  options.http.log_requests = absl::GetFlag(FLAGS_log_requests);
  options.feeds.feeds = absl::GetFlag(FLAGS_max_feeds);
  options.feeds.ring_bytes = absl::GetFlag(FLAGS_max_ring_bytes);
  options.http.max_connections = absl::GetFlag(FLAGS_max_connections);
  for (const absl::Status& status :
       {CheckNotNegative("--upstream_patience", options.feed.patience),
        CheckNotNegative("--feed_linger", options.feed.linger),
        CheckPositive("--ring_frames", absl::GetFlag(FLAGS_ring_frames)),
        CheckPositive("--ring_bytes", absl::GetFlag(FLAGS_ring_bytes)),
        CheckPositive("--max_feeds", absl::GetFlag(FLAGS_max_feeds)),
        CheckPositive("--max_ring_bytes", options.feeds.ring_bytes),
        CheckPositive("--max_connections", options.http.max_connections)}) {
    if (!status.ok()) return status;
  }
  if (auto status = CheckBoundsAgree(options); !status.ok()) return status;
  if (options.drain < absl::ZeroDuration() || options.drain > kLongestDrain) {
    return absl::InvalidArgumentError("--drain: must be from 0s to 10m");
  }
  options.http.max_streams_per_socket =
      absl::GetFlag(FLAGS_max_streams_per_socket);
  if (options.http.max_streams_per_socket < 1 ||
      options.http.max_streams_per_socket > kMostStreamsPerSocket) {
    return absl::InvalidArgumentError(
        "--max_streams_per_socket: must be from 1 to 10000");
  }
  if (options.shards < 0 || options.shards > 1024) {
    return absl::InvalidArgumentError("--shards: must be from 0 to 1024");
  }
  return options;
}

}  // namespace bridge
