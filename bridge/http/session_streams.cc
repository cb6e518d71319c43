// The part of Session by which a connection leaves HTTP: for a viewer, a socket
// of many streams, or a dialogue.

#include <boost/beast/core/buffers_to_string.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bridge/dialogue/dialogue.h"
#include "bridge/feed/watch.h"
#include "bridge/http/call_responses.h"
#include "bridge/http/session.h"
#include "bridge/streams/streams_socket.h"
#include "bridge/transcode/url.h"
#include "bridge/viewer/viewer.h"

namespace bridge {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;

Ending NeedsJson() {
  return Ending::From(absl::UnimplementedError(
      "header sec-websocket-protocol: here messages are JSON, without proto"));
}

}  // namespace

// Gives why it may not stay, if so; otherwise the ticket that it needs in the
// place of its proxy's.
std::optional<Ending> Session::MayStay(AddressLimits::Ticket* proxied) const {
  // All who are to be told so are told by now.
  if (context_.draining) return Ending::Of(Reason::kShuttingDown);
  auto ticket = AdmitThroughProxy();
  if (!ticket.ok()) return Ending::From(ticket.status());
  *proxied = *std::move(ticket);
  return std::nullopt;
}

// The connection, for whoever goes on with it.
bridge::Client::Arrival Session::LeaveHttp(AddressLimits::Ticket proxied) {
  if (came_by_proxy()) ticket_ = std::move(proxied);
  done_ = true;
  Connection::Parts parts = stream_.Release();
  return {std::move(parts.socket), std::move(parts.tls),
          beast::buffers_to_string(buffer_.data()) + std::move(parts.received),
          std::move(ticket_)};
}

// ---- One stream.

net::awaitable<void> Session::Stream(ApiRequest request) {
  std::optional<Ending> refusal;
  if (is_websocket()) {
    if (!co_await Handshake()) co_return;
  } else {
    refusal = co_await ReadMessage(&request);
  }
  if (!refusal.has_value()) refusal = StartViewer(request);
  if (refusal.has_value()) co_await Refuse(*std::move(refusal));
}

// Hands the connection over to a viewer. Gives why it can't, if so.
std::optional<Ending> Session::StartViewer(const ApiRequest& request) {
  AddressLimits::Ticket proxied;
  if (auto refusal = MayStay(&proxied); refusal.has_value()) return refusal;
  WatchRequest wish;
  wish.query = {request.catalog, &request.method(), request.message,
                request.metadata};
  wish.after = request.last_event_id;
  wish.latest = request.delivery.latest;
  wish.client = Client();
  wish.trace = trace_.ToMetadata();
  auto watch = OpenWatch(context_.hub, std::move(wish), shard_.io());
  if (!watch.ok()) return Ending::From(watch.status());
  LogRequest("watches");
  Viewer::Hello hello;
  hello.wire = request.wire;
  hello.position = watch->position;
  hello.request = std::move(watch->request);
  hello.client = Client();
  hello.delivery = request.delivery;
  hello.deadline = DeadlineOf(request);
  if (!is_websocket()) Welcome(request, &hello);
  Viewer::Start(shard_, LeaveHttp(std::move(proxied)),
                shard_.TapOn(watch->feed), std::move(hello));
  return std::nullopt;
}

// How a stream over HTTP begins.
void Session::Welcome(const ApiRequest& request, Viewer::Hello* hello) const {
  if (!request.dialect.is_call()) {
    hello->header = StreamHeader(base(), request.wire);
    hello->refuse = [base = base()](const Ending& ending) {
      return ToText(MakeErrorResponse(base, ending));
    };
    return;
  }
  hello->header =
      CallStreamHeader(base(), request.dialect, request.wire.chunked);
  // Connect's streams always have the same status.
  if (request.dialect.protocol == Dialect::Protocol::kConnectStream) return;
  hello->refuse = [base = base(),
                   dialect = request.dialect](const Ending& ending) {
    return ToText(MakeCallError(base, dialect, ending));
  };
}

// ---- Many streams.

// Where the upstream has something at that path, that is what is meant.
bool Session::AsksForStreams() const {
  if (path() != kStreamsPath) return false;
  const std::shared_ptr<const Catalog> catalog = context_.upstream->catalog();
  return catalog != nullptr && catalog->AllowedMethods(path()).empty();
}

net::awaitable<void> Session::Streams() {
  std::optional<Ending> refusal = MayAsk();
  if (!refusal.has_value() && !is_websocket()) {
    refusal = Ending::Of(
        Reason::kNoWebSocket,
        "many streams go over one WebSocket: open one here, and send "
        "{\"open\":{\"id\":1,\"method\":\"package.Service/Method\"}}");
  }
  if (!refusal.has_value()) {
    if (!co_await Handshake()) co_return;
    refusal = StartStreams();
  }
  if (refusal.has_value()) co_await Refuse(*std::move(refusal));
}

// Hands the connection over to a socket of many streams. Gives why it can't, if
// so.
std::optional<Ending> Session::StartStreams() {
  if (OffersProto(header())) return NeedsJson();
  const auto target = header().target();
  if (!SplitTarget({target.data(), target.size()}).second.empty()) {
    return Ending::From(absl::InvalidArgumentError(
        "/streams takes no parameters: what is asked stands in messages"));
  }
  Asker asker;
  auto credentials = CredentialsOf(header(), /*websocket=*/true);
  if (!credentials.ok()) return Ending::From(credentials.status());
  asker.metadata = *std::move(credentials);
  if (auto refusal = AddForwarded(&asker.metadata)) return refusal;
  AddressLimits::Ticket proxied;
  if (auto refusal = MayStay(&proxied); refusal.has_value()) return refusal;
  asker.trace = trace_.ToMetadata();
  asker.request_id = trace_.request_id;
  asker.client = Client();
  asker.name = asker.client.value_or(peer_).to_string();
  LogRequest("streams");
  const HttpOptions& options = context_.options;
  const StreamsContext streams = {
      context_.upstream,       context_.hub,
      context_.limits,         options.max_streams_per_socket,
      options.unary_timeout,   options.max_buffered_bytes,
      options.max_connections, options.log_requests};
  StreamsSocket::Start(shard_, LeaveHttp(std::move(proxied)), streams,
                       std::move(asker));
  return std::nullopt;
}

// ---- Methods to which clients stream.

net::awaitable<void> Session::Converse(ApiRequest request) {
  if (!co_await Handshake()) co_return;
  std::optional<Ending> refusal = StartDialogue(request);
  if (refusal.has_value()) co_await Refuse(*std::move(refusal));
}

// As for an upload by POST: a page may not do by a WebSocket what it may not do
// otherwise.
std::optional<Ending> Session::StartDialogue(const ApiRequest& request) {
  if (!origin_allowed("POST")) return Ending::Of(Reason::kForbidden);
  if (OffersProto(header())) return NeedsJson();
  AddressLimits::Ticket proxied;
  if (auto refusal = MayStay(&proxied); refusal.has_value()) return refusal;
  AddressLimits::FeedTicket ticket;
  if (const auto client = Client(); client.has_value()) {
    absl::Status status = context_.limits->MayWrite(*client);
    if (!status.ok()) shard_.stats().refusals.Add("writes");
    if (!status.ok()) return Ending::From(status);
    auto one = context_.limits->OpenFeed(*client);
    if (!one.ok()) shard_.stats().refusals.Add("feeds_of_an_address");
    if (!one.ok()) return Ending::From(one.status());
    ticket = *std::move(one);
  }
  LogRequest("converses");
  Dialogue::Hello hello = {request.catalog,
                           request.route,
                           request.message,
                           MetadataOf(request),
                           std::move(ticket),
                           context_.options.max_body_bytes,
                           context_.options.max_buffered_bytes};
  Dialogue::Start(shard_, LeaveHttp(std::move(proxied)),
                  context_.upstream->caller(), std::move(hello));
  return std::nullopt;
}

}  // namespace bridge
