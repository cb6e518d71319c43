#include "bridge/http/api_request.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bridge/transcode/request.h"
#include "bridge/transcode/url.h"
#include "bridge/upstream/metadata.h"

namespace bridge {
namespace {

namespace http = boost::beast::http;

std::string_view View(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

std::vector<std::string> Subprotocols(const RequestHeader& header) {
  std::vector<std::string> offers = ItemsOf(header, "Sec-WebSocket-Protocol");
  if (OffersProto(header)) {
    offers.erase(offers.front() == kProto ? offers.begin() : offers.end() - 1);
  }
  return offers;
}

// What an Authorization header would say, as a page can say it, which can't set
// headers of a WebSocket: new WebSocket(url, ["bearer", token]).
absl::StatusOr<std::string> BearerSubprotocol(const RequestHeader& header) {
  if (!OffersBearer(header)) return std::string();
  const std::vector<std::string> offers = Subprotocols(header);
  if (offers.size() == 2 && !offers[1].empty() && IsPrintable(offers[1])) {
    return absl::StrCat("Bearer ", offers[1]);
  }
  return absl::InvalidArgumentError(
      "header sec-websocket-protocol: bearer must be followed by the token, in "
      "printable ASCII, and nothing else");
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
  if (websocket) {
    return {
        OffersProto(header) ? Framing::kWebSocketProto : Framing::kWebSocket,
        false};
  }
  std::string_view accept = FieldOf(header, http::field::accept);
  bool events = accept.find("text/event-stream") != accept.npos;
  return {events ? Framing::kEventStream : Framing::kNdjson,
          header.version() >= 11};
}

absl::StatusOr<Route> FindRoute(const Catalog& catalog,
                                const RequestHeader& header, bool websocket,
                                std::string_view path) {
  auto route = catalog.Find(View(header.method_string()), path);
  if (!websocket || !absl::IsUnimplemented(route.status())) return route;
  auto posted = catalog.Find("POST", path);
  return posted.ok() && posted->method->descriptor->client_streaming() ? posted
                                                                       : route;
}

}  // namespace

bool OffersBearer(const RequestHeader& header) {
  const std::vector<std::string> offers = Subprotocols(header);
  return !offers.empty() && offers.front() == kBearer;
}

bool HasCredentials(const RequestHeader& header, bool websocket) {
  return header.count(http::field::authorization) > 0 ||
         (websocket && OffersBearer(header));
}

absl::StatusOr<Metadata> CredentialsOf(const RequestHeader& header,
                                       bool websocket) {
  std::string value(FieldOf(header, http::field::authorization));
  if (!IsPrintable(value)) {
    return absl::InvalidArgumentError(
        "header authorization: must be printable ASCII");
  }
  if (value.empty() && websocket) {
    absl::StatusOr<std::string> offered = BearerSubprotocol(header);
    if (!offered.ok()) return offered.status();
    value = *std::move(offered);
  }
  if (value.empty()) return Metadata();
  return Metadata{{"authorization", std::move(value)}};
}

absl::StatusOr<ApiRequest> Understand(const RequestHeader& header,
                                      bool websocket,
                                      std::shared_ptr<const Catalog> catalog) {
  auto [path, query] = SplitTarget(View(header.target()));
  auto route = FindRoute(*catalog, header, websocket, path);
  if (!route.ok()) return route.status();
  auto parameters = ParseQuery(query);
  if (!parameters.ok()) return parameters.status();
  absl::StatusOr<Delivery> delivery = Delivery();
  if (route->method->descriptor->server_streaming() &&
      !route->method->descriptor->client_streaming()) {
    delivery = Delivery::Take(&*parameters);
    if (!delivery.ok()) return delivery.status();
  } else if (auto status = Delivery::CheckNone(*parameters); !status.ok()) {
    return status;
  }
  auto message = MessageFromParameters(catalog->codec(), route->method->input(),
                                       route->body, *parameters, route->bound);
  if (!message.ok()) return message.status();
  auto metadata = CredentialsOf(header, websocket);
  if (!metadata.ok()) return metadata.status();
  auto last_event_id = LastEventId(header, *route->method);
  if (!last_event_id.ok()) return last_event_id.status();
  return ApiRequest{std::move(catalog),
                    *std::move(route),
                    *std::move(message),
                    *std::move(metadata),
                    WireFor(header, websocket),
                    *last_event_id,
                    *delivery,
                    DialectOf(header, websocket)};
}

}  // namespace bridge
