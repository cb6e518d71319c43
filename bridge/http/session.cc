#include "bridge/http/session.h"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bridge/transcode/url.h"

// GCC 12 may destroy a temporary twice that is made within a co_await
// expression. So what is passed to an awaited function is a variable, in all
// coroutines here, and what needs many temporaries is a plain function.

namespace bridge {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using http::field;

constexpr auto kAwait = net::as_tuple(net::use_awaitable);

// How much is read between the header and what follows it, at the most.
constexpr size_t kBufferBytes = 64 << 10;
// How much of a body that nobody wants is read, so that its sender gets to see
// the answer.
constexpr size_t kMaxLingerBytes = 1 << 20;
constexpr absl::Duration kLinger = absl::Seconds(2);

// Whether a body would have to be decoded before it could be read.
bool IsEncoded(const RequestHeader& header) {
  const std::string codings = AllOf(header, "Content-Encoding");
  for (absl::string_view coding : absl::StrSplit(codings, ',')) {
    coding = absl::StripAsciiWhitespace(coding);
    if (!coding.empty() && !absl::EqualsIgnoreCase(coding, "identity")) {
      return true;
    }
  }
  return false;
}

bool IsOnlyChunked(std::string_view transfer_encoding) {
  return absl::EqualsIgnoreCase(
      absl::string_view(transfer_encoding.data(), transfer_encoding.size()),
      "chunked");
}

}  // namespace

Session::Session(HttpContext& context, Shard& shard, Connection connection,
                 const net::ip::address& peer, AddressLimits::Ticket ticket)
    : context_(context),
      shard_(shard),
      peer_(peer),
      ticket_(std::move(ticket)),
      stream_(std::move(connection)),
      share_(&shard.stats().buffered_bytes, context.options.max_buffered_bytes),
      buffer_(kBufferBytes) {
  shard_.stats().sessions.fetch_add(1);
}

Session::~Session() { shard_.stats().sessions.fetch_sub(1); }

void Session::Close(bool also_busy) {
  if (busy_ && !also_busy) return;
  done_ = true;
  if (rpc_ != nullptr) rpc_->Cancel();
  stream_.close();
}

// ---- The connection.

net::awaitable<void> Session::Run() {
  bool first = true;
  while (!done_ && !context_.draining) {
    const HttpOptions& options = context_.options;
    stream_.expires_after(absl::ToChronoMilliseconds(
        first ? options.header_timeout : options.idle_timeout));
    if (!co_await ReadHeader(std::exchange(first, false))) break;
    busy_ = true;
    co_await Handle();
    busy_ = false;
    share_.Hold(0);
    // A body that was not wanted stands before the next request.
    if (!parser_->is_done()) done_ = true;
  }
  if (stream_.is_open()) co_await Linger();
}

// False if there is no request to be handled.
net::awaitable<bool> Session::ReadHeader(bool first) {
  parser_.emplace();
  parser_->header_limit(context_.options.max_header_bytes);
  parser_->body_limit(boost::none);  // limited where it is read
  auto [error, unused] =
      co_await http::async_read_header(stream_, buffer_, *parser_, kAwait);
  header_ = parser_->get().base();
  if (error == beast::error::timeout) {
    shard_.stats().refusals.Add(first ? "header_timeout" : "idle_timeout");
  }
  std::optional<Response> refusal = RefuseHeader(error);
  if (refusal.has_value()) {
    done_ = true;
    co_await Send(*std::move(refusal));
  }
  if (!error) {
    trace_ = Trace::Of(header());
    begun_ = std::chrono::steady_clock::now();
  }
  co_return !error && !refusal.has_value();
}

// The answer to a header that can't be read, if somebody is there to hear it.
std::optional<Response> Session::RefuseHeader(
    boost::system::error_code error) const {
  if (error == http::error::header_limit ||
      error == http::error::buffer_overflow) {
    shard_.stats().refusals.Add("header_bytes");
    return MakeErrorResponse(
        {},
        Ending::Of(Reason::kHeaderTooBig,
                   absl::StrCat("the header has more than ",
                                context_.options.max_header_bytes, " bytes")));
  }
  if (error == net::error::no_protocol_option) {
    return MakeErrorResponse(
        {}, Ending::Of(Reason::kBadRequest, "this port speaks TLS: https://"));
  }
  // RFC 9112, section 6.3: nobody knows where a body ends that is not chunked
  // last; and nothing is decompressed here.
  if (const std::string coding = AllOf(header(), "Transfer-Encoding");
      !error && !coding.empty() && !IsOnlyChunked(coding)) {
    return MakeErrorResponse(
        {}, Ending::Of(Reason::kBadRequest,
                       "header transfer-encoding: must be chunked"));
  }
  bool malformed =
      error && error.category() ==
                   make_error_code(http::error::end_of_stream).category();
  if (!malformed || error == http::error::end_of_stream) return std::nullopt;
  return MakeErrorResponse(
      {},
      Ending::Of(Reason::kBadRequest,
                 absl::StrCat("not a valid HTTP request: ", error.message())));
}

bool Session::Hold(size_t bytes) {
  if (share_.Hold(static_cast<int64_t>(bytes))) return true;
  shard_.stats().refusals.Add("buffered_bytes");
  return false;
}

Ending Session::AnswerTooMuch() {
  return Ending::From(absl::UnavailableError(
      "the answers that are being sent take too much memory; try again"));
}

net::awaitable<void> Session::Send(Response response) {
  const bool head = header().method() == http::verb::head;
  // Instead of what its request took.
  if (!head && !Hold(response.body().size())) {
    response = MakeErrorResponse(base(), AnswerTooMuch());
  }
  response.keep_alive(!done_ && parser_->is_done() && parser_->keep_alive() &&
                      !context_.leaving);
  response.prepare_payload();
  if (response.result() == http::status::no_content ||
      response.result() == http::status::not_modified) {
    response.erase(field::content_length);  // RFC 9110, section 8.6
  }
  if (head) response.body().clear();
  stream_.expires_after(
      absl::ToChronoMilliseconds(context_.options.write_timeout));
  const std::string status = absl::StrCat(response.result_int());
  shard_.stats().responses.Add(status);
  auto [error, unused] = co_await http::async_write(stream_, response, kAwait);
  if (error == beast::error::timeout) {
    shard_.stats().refusals.Add("write_timeout");
  }
  LogRequest(status);
  if (error || !response.keep_alive()) done_ = true;
}

// Closes so that the last answer arrives: a connection that is closed with
// unread bytes in it is reset, and the answer lost.
net::awaitable<void> Session::Linger() {
  stream_.ShutdownSend();
  stream_.expires_after(absl::ToChronoMilliseconds(kLinger));
  std::array<char, 4096> room;
  boost::system::error_code error;
  for (size_t total = 0; !error && total < kMaxLingerBytes;) {
    size_t size;
    std::tie(error, size) =
        co_await stream_.async_read_some(net::buffer(room), kAwait);
    total += size;
  }
  stream_.close();
}

// Not the query, in which people put what is nobody's business.
void Session::LogRequest(std::string_view outcome) const {
  if (!context_.options.log_requests) return;
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begun_);
  const auto method = header().method_string();
  spdlog::info("request {} of {}: {} {} {} after {} ms", trace_.request_id,
               Client().value_or(peer_).to_string(),
               std::string_view(method.data(), method.size()), path(), outcome,
               took.count());
}

// ---- The requests.

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
  ApiRequest request;
  std::optional<Ending> refusal = UnderstandApi(&request);
  if (refusal.has_value()) {
    co_await Refuse(*std::move(refusal));
  } else if (request.method().descriptor->client_streaming()) {
    co_await Upload(std::move(request));
  } else if (request.method().descriptor->server_streaming()) {
    co_await Stream(std::move(request));
  } else {
    co_await Unary(std::move(request));
  }
}

// Gives why the request can't be served, if so.
std::optional<Ending> Session::UnderstandApi(ApiRequest* request) const {
  if (!origin_allowed()) return Ending::Of(Reason::kForbidden);
  if (absl::Status status = MayWrite(); !status.ok()) {
    shard_.stats().refusals.Add("writes");
    return Ending::From(status);
  }
  if (IsEncoded(header())) {
    shard_.stats().refusals.Add("content_encoding");
    return Ending::Of(Reason::kEncodedBody);
  }
  std::shared_ptr<const Catalog> catalog = context_.upstream->catalog();
  if (catalog == nullptr) {
    absl::Status why = context_.upstream->Ready();
    if (why.ok()) why = absl::UnavailableError("starting; try again");
    return Ending::From(why);
  }
  auto understood = Understand(header(), is_websocket(), std::move(catalog));
  if (absl::IsUnimplemented(understood.status())) {
    return Ending::Of(Reason::kWrongMethod,
                      std::string(understood.status().message()));
  }
  if (!understood.ok()) return Ending::From(understood.status());
  *request = *std::move(understood);
  auto forwarded = context_.options.forwarded.Of(header());
  if (!forwarded.ok()) return Ending::From(forwarded.status());
  request->metadata.insert(request->metadata.end(), forwarded->begin(),
                           forwarded->end());
  const auto* method = request->method().descriptor;
  if (method->client_streaming() && method->server_streaming()) {
    return Ending::From(absl::UnimplementedError(absl::StrCat(
        request->method().path,
        " streams both ways, which HTTP can't carry; call it by gRPC")));
  }
  return std::nullopt;
}

bool Session::only_reads() const {
  const http::verb method = header().method();
  return method == http::verb::get || method == http::verb::head;
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
  return context_.origins.Allows(
      {method.data(), method.size()}, FieldOf(header(), field::origin),
      FieldOf(header(), field::host), HasCredentials(header(), is_websocket()));
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
