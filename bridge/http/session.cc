#include "bridge/http/session.h"

#include <spdlog/spdlog.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

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
    dialect_ = DialectOf(header(), is_websocket());
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
    response = ErrorResponse(AnswerTooMuch());
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

}  // namespace bridge
