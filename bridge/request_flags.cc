#include "bridge/request_flags.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bridge/time_span.h"

ABSL_FLAG(bridge::TimeSpan, header_timeout, absl::Seconds(10),
          "How long a new connection may take to send its first request's "
          "header, with TLS's handshake. 100ms to 1h, as all time-outs.");
ABSL_FLAG(bridge::TimeSpan, idle_timeout, absl::Seconds(60),
          "How long a connection may take until the next request's header is "
          "there.");
ABSL_FLAG(bridge::TimeSpan, body_timeout, absl::Seconds(30),
          "How long a client may send nothing of a request's body. A whole "
          "JSON body, or a line of NDJSON, may take four times as long.");
ABSL_FLAG(bridge::TimeSpan, write_timeout, absl::Seconds(30),
          "How long a client may take for a response; and how long one that a "
          "stream is sent to may take nothing of it.");
ABSL_FLAG(bridge::TimeSpan, call_timeout, absl::Seconds(30),
          "How long the upstream may take for a unary call.");
ABSL_FLAG(uint64_t, max_header_bytes, 8 << 10,
          "Bytes of a request's header. 1024 to 65536.");
ABSL_FLAG(uint64_t, max_body_bytes, 1 << 20,
          "Bytes of a JSON body, of each line of NDJSON, and of each message "
          "in gRPC-Web, Connect (also when it is inflated) or a stream from a "
          "WebSocket's client. 1024 to 67108864.");
ABSL_FLAG(
    int64_t, max_buffered_bytes, 256 << 20,
    "Bytes that the bodies of all requests, lines of NDJSON, and answers may "
    "take together: with more, those that need more are refused.");
ABSL_FLAG(
    uint64_t, max_message_bytes, 4096,
    "Bytes of a message that a WebSocket's client may send, where it is not "
    "one to a method to which clients stream; at /streams 16384, if that is "
    "more. 0 to 1048576.");
ABSL_FLAG(
    uint32_t, max_frames_per_viewer, 20,
    "Frames that a viewer may send in a second, five times as many at "
    "once; a piece of one that comes alone counts as one. At /streams two "
    "more at once for each stream that may be open, and one for each "
    "message that was sent; messages to a method to which clients stream "
    "do not count. 0: any number. 0 to 1000000.");

namespace bridge {
namespace {

absl::Status CheckTime(std::string_view name, absl::Duration value) {
  if (value >= absl::Milliseconds(100) && value <= absl::Hours(1)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(name), ": must be from 100ms to 1h"));
}

absl::Status CheckRange(std::string_view name, uint64_t value, uint64_t least,
                        uint64_t most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(name), ": must be from ", least, " to ", most));
}

}  // namespace

absl::Status SetRequestOptions(Options* options) {
  HttpOptions& http = options->http;
  ViewerOptions& viewer = options->viewer;
  const uint64_t max_header_bytes = absl::GetFlag(FLAGS_max_header_bytes);
  http.header_timeout = absl::GetFlag(FLAGS_header_timeout);
  http.idle_timeout = absl::GetFlag(FLAGS_idle_timeout);
  http.body_timeout = absl::GetFlag(FLAGS_body_timeout);
  http.write_timeout = absl::GetFlag(FLAGS_write_timeout);
  http.unary_timeout = absl::GetFlag(FLAGS_call_timeout);
  http.max_body_bytes = absl::GetFlag(FLAGS_max_body_bytes);
  viewer.stall_limit = http.write_timeout;
  viewer.inbound.message_bytes = absl::GetFlag(FLAGS_max_message_bytes);
  viewer.inbound_rate = absl::GetFlag(FLAGS_max_frames_per_viewer);
  for (const absl::Status& status :
       {CheckTime("--header_timeout", http.header_timeout),
        CheckTime("--idle_timeout", http.idle_timeout),
        CheckTime("--body_timeout", http.body_timeout),
        CheckTime("--write_timeout", http.write_timeout),
        CheckTime("--call_timeout", http.unary_timeout),
        CheckRange("--max_header_bytes", max_header_bytes, 1024, 64 << 10),
        CheckRange("--max_body_bytes", http.max_body_bytes, 1024, 64 << 20),
        CheckRange("--max_message_bytes", viewer.inbound.message_bytes, 0,
                   1 << 20),
        CheckRange("--max_frames_per_viewer", viewer.inbound_rate, 0,
                   1'000'000)}) {
    if (!status.ok()) return status;
  }
  // A line's string that grows may take twice what is in it, and its next one
  // is there at the same time; and something is read ahead.
  http.max_buffered_bytes = absl::GetFlag(FLAGS_max_buffered_bytes);
  if (http.max_buffered_bytes / 5 < static_cast<int64_t>(http.max_body_bytes)) {
    return absl::InvalidArgumentError(
        "--max_buffered_bytes: must be at least five times --max_body_bytes");
  }
  http.max_header_bytes = static_cast<uint32_t>(max_header_bytes);
  return absl::OkStatus();
}

}  // namespace bridge
