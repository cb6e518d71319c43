#include "bridge/http/api_request.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bridge/transcode/request.h"
#include "bridge/transcode/url.h"
#include "bridge/upstream/metadata.h"

namespace bridge {
namespace {

namespace http = boost::beast::http;

std::string_view View(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

std::vector<absl::string_view> Subprotocols(const RequestHeader& header) {
  std::string_view list = FieldOf(header, http::field::sec_websocket_protocol);
  std::vector<absl::string_view> offers =
      absl::StrSplit(absl::string_view(list.data(), list.size()), ',');
  for (absl::string_view& offer : offers) {
    offer = absl::StripAsciiWhitespace(offer);
  }
  return offers;
}

// What an Authorization header would say, as a page can say it, which can't set
// headers of a WebSocket: new WebSocket(url, ["bearer", token]).
absl::StatusOr<std::string> BearerSubprotocol(const RequestHeader& header) {
  if (!OffersBearer(header)) return std::string();
  const std::vector<absl::string_view> offers = Subprotocols(header);
  if (offers.size() == 2 && !offers[1].empty() &&
      IsPrintable({offers[1].data(), offers[1].size()})) {
    return absl::StrCat("Bearer ", offers[1]);
  }
  return absl::InvalidArgumentError(
      "header sec-websocket-protocol: bearer must be followed by the token, in "
      "printable ASCII, and nothing else");
}

absl::StatusOr<Metadata> Credentials(const RequestHeader& header,
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

std::string AllOf(const RequestHeader& header, std::string_view name) {
  std::string list;
  const auto [begin, end] = header.equal_range(name);
  for (auto line = begin; line != end; ++line) {
    absl::StrAppend(
        &list, list.empty() ? "" : ",",
        absl::string_view(line->value().data(), line->value().size()));
  }
  return list;
}

bool OffersBearer(const RequestHeader& header) {
  const std::vector<absl::string_view> offers = Subprotocols(header);
  return !offers.empty() && offers.front() == kBearer;
}

bool HasCredentials(const RequestHeader& header, bool websocket) {
  return header.count(http::field::authorization) > 0 ||
         (websocket && OffersBearer(header));
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
  } else if (auto status = Delivery::CheckNone(*parameters); !status.ok()) {
    return status;
  }
  auto message = MessageFromParameters(catalog->codec(), route->method->input(),
                                       route->body, *parameters, route->bound);
  if (!message.ok()) return message.status();
  auto metadata = Credentials(header, websocket);
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
