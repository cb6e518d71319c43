// The part of Session that accepts a WebSocket, and says no.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bridge/http/call_responses.h"
#include "bridge/http/session.h"

namespace bridge {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

constexpr auto kAwait = net::as_tuple(net::use_awaitable);

}  // namespace

// Accepts the WebSocket. Beast writes the response (to a bad request, too); its
// stream is needed no longer, for a viewer reads and writes its own frames.
net::awaitable<bool> Session::Handshake() {
  if (std::exchange(upgraded_, true)) co_return true;
  done_ = true;
  stream_.expires_after(
      absl::ToChronoMilliseconds(context_.options.write_timeout));
  websocket::stream<Connection&, false> handshake(stream_);
  handshake.set_option(websocket::stream_base::decorator(
      [base = base(), chosen = OffersProto(header()) ? kProto
                               : OffersBearer(header())
                                   ? kBearer
                                   : ""](websocket::response_type& answer) {
        CompleteHandshake(base, &answer);
        if (*chosen != '\0') {
          answer.set(http::field::sec_websocket_protocol, chosen);
        }
      }));
  auto [error] = co_await handshake.async_accept(parser_->get(), kAwait);
  co_return !error;
}

net::awaitable<void> Session::Refuse(Ending ending) {
  if (is_websocket()) {
    std::string json = ending.Json();
    co_await SendWebSocketEnd(json, ending);
    co_return;
  }
  Response response = ErrorResponse(ending);
  std::shared_ptr<const Catalog> catalog = context_.upstream->catalog();
  if (ending.http_status == 405 && catalog != nullptr) {
    response.set(http::field::allow, catalog->AllowedMethods(path()));
  }
  co_await Send(std::move(response));
}

net::awaitable<void> Session::SendWebSocketEnd(std::string message,
                                               Ending ending, Opcode opcode) {
  if (!co_await Handshake()) co_return;
  if (!Hold(message.size())) {
    ending = AnswerTooMuch();
    message = ending.Json();
    opcode = Opcode::kText;
  }
  const std::string code = absl::StrCat(ending.close_code);
  shard_.stats().closes.Add(code);
  LogRequest(code);
  std::string last = WebSocketFrame(opcode, message) +
                     WebSocketClose(ending.close_code, ending.message);
  stream_.expires_after(
      absl::ToChronoMilliseconds(context_.options.write_timeout));
  auto bytes = net::buffer(last);
  co_await net::async_write(stream_, bytes, kAwait);
}

}  // namespace bridge
