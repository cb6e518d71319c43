// The part of Session that calls the upstream.

#include <grpcpp/support/byte_buffer.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "bridge/http/line_splitter.h"
#include "bridge/http/session.h"
#include "bridge/transcode/request.h"
#include "bridge/viewer/viewer.h"

namespace bridge {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

constexpr auto kAwait = net::as_tuple(net::use_awaitable);
constexpr size_t kUploadRoom = 16 << 10;

}  // namespace

// ---- Calls with one answer.

net::awaitable<void> Session::Unary(ApiRequest request) {
  if (auto error = co_await ReadMessage(&request)) {
    co_return co_await Refuse(*error);
  }
  Rpc rpc(shard_.io(), context_.upstream->caller(),
          {request.method().path, request.metadata,
           context_.options.unary_timeout});
  rpc_ = &rpc;
  absl::Cleanup forget = [this] { rpc_ = nullptr; };
  co_await rpc.Write(ToByteBuffer(request.message));
  co_await AnswerCall(request, rpc, std::nullopt);
}

net::awaitable<void> Session::Upload(ApiRequest request) {
  Rpc rpc(shard_.io(), context_.upstream->caller(),
          {request.method().path, request.metadata, std::nullopt});
  rpc_ = &rpc;
  absl::Cleanup forget = [this] { rpc_ = nullptr; };
  std::optional<Ending> failure = co_await SendLines(request, rpc);
  co_await AnswerCall(request, rpc, std::move(failure));
}

// Sends each line of the body on as it arrives; the next is read only when the
// upstream has taken the one before. Gives what is wrong with the body.
net::awaitable<std::optional<Ending>> Session::SendLines(
    const ApiRequest& request, Rpc& rpc) {
  size_t max_line = context_.options.max_body_bytes;
  LineSplitter lines(max_line);
  BodyReader body(stream_, buffer_, *parser_, context_.options.body_timeout);
  rpc.OnOver([this] { stream_.cancel(); });  // wakes the read
  absl::Cleanup no_hook = [&rpc] { rpc.OnOver(nullptr); };
  std::array<char, kUploadRoom> room;
  for (bool end = false; !end;) {
    BodyReader::Piece piece = co_await body.Read(room);
    if (rpc.over()) co_return std::nullopt;  // its status says why
    if (piece.error.has_value()) co_return piece.error;
    end = piece.end;
    lines.Add(piece.bytes);
    for (;;) {
      std::optional<std::string> line = lines.Next();
      if (!line.has_value() && end) line = lines.Last();
      if (lines.too_long()) {
        co_return Ending::Of(
            Reason::kBodyTooBig,
            absl::StrCat("line ", lines.line_number() + 1, " has more than ",
                         max_line, " bytes"));
      }
      if (!line.has_value()) break;
      auto message =
          MessageFromBody(request.catalog->codec(), request.method().input(),
                          request.route.body, *line);
      if (!message.ok()) {
        co_return Ending::From(absl::InvalidArgumentError(
            absl::StrCat("line ", lines.line_number(), ": ",
                         std::string(message.status().message()),
                         " (the lines before it were sent on)")));
      }
      bool taken = co_await rpc.Write(ToByteBuffer(request.message + *message));
      if (!taken) co_return std::nullopt;
    }
  }
  co_return std::nullopt;
}

// Ends the call, and answers with the upstream's answer; or with what went
// wrong, there or (`failure`) with the request.
net::awaitable<void> Session::AnswerCall(const ApiRequest& request, Rpc& rpc,
                                         std::optional<Ending> failure) {
  grpc::Status status = co_await rpc.Finish();
  if (!status.ok()) co_return co_await Refuse(Ending::From(status));
  if (failure.has_value()) co_return co_await Refuse(*failure);
  auto json = request.catalog->codec().ToJson(request.method().output(),
                                              rpc.TakeAnswer());
  if (!json.ok()) co_return co_await Refuse(Ending::From(json.status()));
  co_await Send(MakeResponse(base(), 200, "application/json", *json + "\n"));
}

// Completes the request's message with what the body says.
net::awaitable<std::optional<Ending>> Session::ReadMessage(
    ApiRequest* request) {
  BodyReader reader(stream_, buffer_, *parser_, context_.options.body_timeout);
  std::string body;
  size_t max_bytes = context_.options.max_body_bytes;
  if (auto error = co_await reader.ReadAll(max_bytes, &body)) co_return error;
  if (request->route.body.kind == Body::kNone) co_return std::nullopt;
  auto message =
      MessageFromBody(request->catalog->codec(), request->method().input(),
                      request->route.body, body.empty() ? "{}" : body);
  if (!message.ok()) co_return Ending::From(message.status());
  request->message += *message;
  co_return std::nullopt;
}

// ---- Streams.

net::awaitable<void> Session::Stream(ApiRequest request) {
  if (is_websocket()) {
    if (!co_await Handshake()) co_return;
  } else if (auto error = co_await ReadMessage(&request)) {
    co_return co_await Refuse(*error);
  }
  const Method& method = request.method();
  bool shared = method.descriptor->server_streaming() &&
                !method.AsksForPosition(request.message);
  auto feed = context_.hub->Open(
      shared ? Feed::Kind::kShared : Feed::Kind::kPrivate,
      {request.catalog, &method, request.message, request.metadata},
      shard_.io());
  if (!feed.ok()) co_return co_await Refuse(Ending::From(feed.status()));
  done_ = true;
  Viewer::Hello hello;
  hello.wire = request.wire;
  hello.name = absl::StrCat(peer_, " ", method.path);
  hello.received = beast::buffers_to_string(buffer_.data());
  if (!is_websocket()) {
    hello.header = StreamHeader(base(), request.wire);
    hello.refuse = [base = base()](const Ending& ending) {
      return ToText(MakeErrorResponse(base, ending));
    };
  }
  Viewer::Start(shard_, stream_.release_socket(), shard_.TapOn(*feed),
                std::move(hello));
}

// ---- Refusals.

// Accepts the WebSocket. Beast writes the response (to a bad request, too); its
// stream is needed no longer, for a viewer reads and writes its own frames.
net::awaitable<bool> Session::Handshake() {
  if (std::exchange(upgraded_, true)) co_return true;
  done_ = true;
  websocket::stream<Socket, false> handshake(stream_.release_socket());
  auto [error] = co_await handshake.async_accept(parser_->get(), kAwait);
  stream_.socket() = std::move(handshake.next_layer());
  co_return !error;
}

net::awaitable<void> Session::Refuse(const Ending& ending) {
  if (is_websocket()) {
    co_await RefuseWebSocket(ending);
    co_return;
  }
  Response response = MakeErrorResponse(base(), ending);
  std::shared_ptr<const Catalog> catalog = context_.upstream->catalog();
  if (ending.http_status == 405 && catalog != nullptr) {
    response.set(http::field::allow, catalog->AllowedMethods(path()));
  }
  co_await Send(std::move(response));
}

net::awaitable<void> Session::RefuseWebSocket(const Ending& ending) {
  if (!co_await Handshake()) co_return;
  std::string last = WebSocketFrame(Opcode::kText, ending.Json()) +
                     WebSocketClose(ending.close_code, ending.message);
  stream_.expires_after(
      absl::ToChronoMilliseconds(context_.options.write_timeout));
  co_await net::async_write(stream_, net::buffer(last), kAwait);
}

}  // namespace bridge
