#include "bridge/http/api_request.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "bridge/transcode/request.h"
#include "bridge/transcode/url.h"

namespace bridge {
namespace {

namespace http = boost::beast::http;

std::string_view View(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

// gRPC carries printable ASCII.
absl::StatusOr<Metadata> Credentials(const RequestHeader& header) {
  std::string_view value = FieldOf(header, http::field::authorization);
  if (value.empty()) return Metadata();
  bool printable = std::all_of(value.begin(), value.end(),
                               [](char c) { return c >= ' ' && c <= '~'; });
  if (!printable) {
    return absl::InvalidArgumentError(
        "header authorization: must be printable ASCII");
  }
  return Metadata{{"authorization", std::string(value)}};
}

absl::StatusOr<std::optional<int64_t>> LastEventId(const RequestHeader& header,
                                                   const Method& method) {
  std::string_view value = FieldOf(header, "Last-Event-ID");
  if (value.empty() || !method.position.resumable()) return std::nullopt;
  int64_t id;
  if (!absl::SimpleAtoi(absl::string_view(value.data(), value.size()), &id) ||
      !IsPossible(method.position, id)) {
    return absl::InvalidArgumentError(
        "header last-event-id: must be an integer, as this stream gave it");
  }
  return id;
}

Wire WireFor(const RequestHeader& header, bool websocket) {
  if (websocket) return {Framing::kWebSocket, false};
  std::string_view accept = FieldOf(header, http::field::accept);
  bool events = accept.find("text/event-stream") != accept.npos;
  return {events ? Framing::kEventStream : Framing::kNdjson,
          header.version() >= 11};
}

}  // namespace

std::string_view FieldOf(const RequestHeader& header, http::field name) {
  return View(header[name]);
}

std::string_view FieldOf(const RequestHeader& header, std::string_view name) {
  return View(header[name]);
}

absl::StatusOr<ApiRequest> Understand(const RequestHeader& header,
                                      bool websocket,
                                      std::shared_ptr<const Catalog> catalog) {
  auto [path, query] = SplitTarget(View(header.target()));
  auto route = catalog->Find(View(header.method_string()), path);
  if (!route.ok()) return route.status();
  auto parameters = ParseQuery(query);
  if (!parameters.ok()) return parameters.status();
  absl::StatusOr<Delivery> delivery = Delivery();
  if (route->method->descriptor->server_streaming()) {
    delivery = Delivery::Take(&*parameters);
    if (!delivery.ok()) return delivery.status();
  }
  auto message = MessageFromParameters(catalog->codec(), route->method->input(),
                                       route->body, *parameters, route->bound);
  if (!message.ok()) return message.status();
  auto metadata = Credentials(header);
  if (!metadata.ok()) return metadata.status();
  auto last_event_id = LastEventId(header, *route->method);
  if (!last_event_id.ok()) return last_event_id.status();
  return ApiRequest{std::move(catalog),
                    *std::move(route),
                    *std::move(message),
                    *std::move(metadata),
                    WireFor(header, websocket),
                    *last_event_id,
                    *delivery};
}

}  // namespace bridge
