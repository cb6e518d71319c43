// The part of Session that finds out what a request is.

#include <boost/asio/awaitable.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bridge/http/call_request.h"
#include "bridge/http/session.h"
#include "bridge/transcode/url.h"

namespace bridge {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using http::field;

// Whether a body would have to be decoded before it could be read.
bool IsEncoded(const RequestHeader& header) {
  for (const std::string& coding : ItemsOf(header, "Content-Encoding")) {
    if (!coding.empty() && !absl::EqualsIgnoreCase(coding, "identity")) {
      return true;
    }
  }
  return false;
}

}  // namespace

net::awaitable<void> Session::Handle() {
  std::optional<Response> local = AnswerLocally();
  if (local.has_value()) {
    co_await Send(*std::move(local));
  } else if (AsksForMetrics()) {
    Response metrics = co_await Metrics();
    co_await Send(std::move(metrics));
  } else {
    co_await HandleApi();
  }
}

net::awaitable<void> Session::HandleApi() {
  if (AsksForStreams()) {
    co_await Streams();
    co_return;
  }
  ApiRequest request;
  std::optional<Ending> refusal = UnderstandApi(&request);
  if (refusal.has_value()) {
    co_await Refuse(*std::move(refusal));
  } else if (request.method().descriptor->client_streaming()) {
    if (is_websocket()) {
      co_await Converse(std::move(request));
    } else {
      co_await Upload(std::move(request));
    }
  } else if (request.method().descriptor->server_streaming()) {
    co_await Stream(std::move(request));
  } else {
    co_await Unary(std::move(request));
  }
}

// Gives why whoever asks may not, if so.
std::optional<Ending> Session::MayAsk() const {
  if (!origin_allowed()) return Ending::Of(Reason::kForbidden);
  if (absl::Status status = MayWrite(); !status.ok()) {
    shard_.stats().refusals.Add("writes");
    return Ending::From(status);
  }
  if (dialect_.protocol == Dialect::Protocol::kUnknown) {
    return Ending::Of(
        Reason::kWrongType,
        absl::StrCat("header content-type: must be one of ", kTypesTaken));
  }
  if (dialect_.protocol != Dialect::Protocol::kConnectUnary &&
      IsEncoded(header())) {
    shard_.stats().refusals.Add("content_encoding");
    return Ending::Of(Reason::kEncodedBody);
  }
  return std::nullopt;
}

// Gives why the request can't be served, if so.
std::optional<Ending> Session::UnderstandApi(ApiRequest* request) const {
  if (auto refusal = MayAsk(); refusal.has_value()) return refusal;
  std::shared_ptr<const Catalog> catalog = context_.upstream->catalog();
  if (catalog == nullptr) {
    absl::Status why = context_.upstream->Ready();
    if (why.ok()) why = absl::UnavailableError("starting; try again");
    return Ending::From(why);
  }
  auto refusal = dialect_.is_call()
                     ? UnderstandCall(header(), dialect_, std::move(catalog),
                                      context_.options.max_body_bytes, request)
                     : UnderstandPlain(std::move(catalog), request);
  if (refusal.has_value()) return refusal;
  if (auto problem = AddForwarded(&request->metadata); problem.has_value()) {
    return problem;
  }
  const auto* method = request->method().descriptor;
  if (method->client_streaming() && method->server_streaming() &&
      !is_websocket()) {
    return Ending::From(absl::UnimplementedError(
        absl::StrCat(request->method().path,
                     " streams both ways: open a WebSocket here, or call it by "
                     "gRPC")));
  }
  return std::nullopt;
}

std::optional<Ending> Session::AddForwarded(Metadata* metadata) const {
  auto forwarded = context_.options.forwarded.Of(header());
  if (!forwarded.ok()) return Ending::From(forwarded.status());
  metadata->insert(metadata->end(), forwarded->begin(), forwarded->end());
  return std::nullopt;
}

std::optional<Ending> Session::UnderstandPlain(
    std::shared_ptr<const Catalog> catalog, ApiRequest* request) const {
  auto understood = Understand(header(), is_websocket(), std::move(catalog));
  if (absl::IsUnimplemented(understood.status())) {
    return Ending::Of(Reason::kWrongMethod,
                      std::string(understood.status().message()));
  }
  if (!understood.ok()) return Ending::From(understood.status());
  *request = *std::move(understood);
  return std::nullopt;
}

// In gRPC-Web and Connect reading is a POST, too.
bool Session::only_reads() const {
  const http::verb verb = header().method();
  if (verb == http::verb::get || verb == http::verb::head) return true;
  if (!dialect_.is_call()) return false;
  const std::shared_ptr<const Catalog> catalog = context_.upstream->catalog();
  const Method* method =
      catalog == nullptr ? nullptr : catalog->FindMethod(path());
  return method != nullptr && method->safe;
}

absl::Status Session::MayWrite() const {
  if (only_reads()) return absl::OkStatus();
  const auto client = Client();
  return client.has_value() ? context_.limits->MayWrite(*client)
                            : absl::OkStatus();
}

std::optional<net::ip::address> Session::Client() const {
  const TrustedProxies& proxies = context_.options.trusted_proxies;
  const net::ip::address client = proxies.ClientOf(
      peer_, AllOf(header(), "X-Forwarded-For"), AllOf(header(), "Forwarded"));
  if (proxies.Trusts(client)) return std::nullopt;
  return client;
}

// A proxy's connection is nobody's until it becomes a viewer's.
absl::StatusOr<AddressLimits::Ticket> Session::AdmitThroughProxy() const {
  const auto client = Client();
  if (!client.has_value() || !came_by_proxy()) return AddressLimits::Ticket();
  auto ticket = context_.limits->Connect(*client);
  if (!ticket.ok()) {
    shard_.stats().refusals.Add(AddressLimits::LimitOf(ticket.status()));
  }
  return ticket;
}

bool Session::came_by_proxy() const {
  return context_.options.trusted_proxies.Trusts(peer_);
}

std::string_view Session::path() const {
  auto target = header().target();
  return SplitTarget({target.data(), target.size()}).first;
}

bool Session::is_websocket() const {
  return beast::websocket::is_upgrade(header());
}

bool Session::origin_allowed() const {
  auto method = header().method_string();
  if (dialect_.is_call() && only_reads()) method = "GET";
  return origin_allowed({method.data(), method.size()});
}

bool Session::origin_allowed(std::string_view method) const {
  return context_.origins.Allows(method, FieldOf(header(), field::origin),
                                 FieldOf(header(), field::host),
                                 HasCredentials(header(), is_websocket()));
}

ResponseBase Session::base() const {
  return {header().version(),
          context_.origins.AllowOriginHeader(FieldOf(header(), field::origin)),
          trace_.request_id};
}

Metadata Session::MetadataOf(const ApiRequest& request) const {
  Metadata metadata = request.metadata;
  for (auto& one : trace_.ToMetadata()) metadata.push_back(std::move(one));
  return metadata;
}

}  // namespace bridge
