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

Ending BadLine(int64_t number, const std::string& error) {
  return Ending::From(absl::InvalidArgumentError(
      absl::StrCat("line ", number, ": ", error,
                   number > 1 ? " (the lines before it were sent on)" : "")));
}

Ending LineTooLong(const LineSplitter& lines) {
  return Ending::Of(
      Reason::kBodyTooBig,
      absl::StrCat("line ", lines.line_number() + 1, " has more than ",
                   lines.max_line_bytes(), " bytes"));
}

}  // namespace

// ---- Calls with one answer.

absl::Status Session::TakeReadTicket() {
  const auto client = Client();
  if (!only_reads() || !client.has_value()) return absl::OkStatus();
  auto ticket = context_.limits->Read(*client);
  if (!ticket.ok()) {
    shard_.stats().refusals.Add("reads_of_an_address");
    return ticket.status();
  }
  read_ticket_ = *std::move(ticket);
  return absl::OkStatus();
}

net::awaitable<void> Session::Unary(ApiRequest request) {
  absl::Cleanup give_back = [this] { read_ticket_ = {}; };
  if (absl::Status status = TakeReadTicket(); !status.ok()) {
    Ending refusal = Ending::From(status);
    co_await Refuse(std::move(refusal));
    co_return;
  }
  if (is_websocket()) {
    // A stream of one, opened before it is known whether there is any.
    if (!co_await Handshake()) co_return;
  } else {
    std::optional<Ending> error = co_await ReadMessage(&request);
    if (error.has_value()) {
      co_await Refuse(*std::move(error));
      co_return;
    }
  }
  CallSpec spec = {request.method().path, MetadataOf(request),
                   context_.options.unary_timeout};
  Rpc rpc(shard_.io(), context_.upstream->caller(), spec);
  rpc_ = &rpc;
  absl::Cleanup forget = [this] { rpc_ = nullptr; };
  grpc::ByteBuffer message = ToByteBuffer(request.message);
  co_await rpc.Write(message);
  std::optional<Ending> no_failure;
  co_await Answer(request, rpc, no_failure);
}

net::awaitable<void> Session::Upload(ApiRequest request) {
  CallSpec spec = {request.method().path, MetadataOf(request), std::nullopt};
  Rpc rpc(shard_.io(), context_.upstream->caller(), spec);
  rpc_ = &rpc;
  absl::Cleanup forget = [this] { rpc_ = nullptr; };
  std::optional<Ending> failure = co_await SendLines(request, rpc);
  co_await Answer(request, rpc, failure);
}

// Sends each line of the body on as it arrives; the next is read only when the
// upstream has taken the one before. Gives what is wrong with the body. Blank
// lines are fine at its end alone: so the upstream, which counts messages,
// counts lines.
net::awaitable<std::optional<Ending>> Session::SendLines(
    const ApiRequest& request, Rpc& rpc) {
  LineSplitter lines(context_.options.max_body_bytes);
  BodyReader body(stream_, buffer_, *parser_, context_.options.body_timeout);
  rpc.OnRefused([this] { stream_.cancel(); });  // wakes the read
  absl::Cleanup no_hook = [&rpc] { rpc.OnRefused(nullptr); };
  std::array<char, kUploadRoom> room;
  for (bool end = false; !end;) {
    if (!HoldLine(lines.held())) co_return BodyReader::Overfull();
    BodyReader::Piece piece = co_await body.Read(room);
    if (rpc.refused()) break;  // its status says why
    if (piece.error.has_value()) {
      // A body that is cut off must not pass for a whole one.
      rpc.Cancel();
      CountRefusedBody(*piece.error);
      co_return piece.error;
    }
    end = piece.end;
    lines.Add(piece.bytes);
    for (;;) {
      std::optional<std::string> line = lines.Next();
      if (!line.has_value() && end) line = lines.Last();
      if (auto blank = lines.blank_line();
          blank.has_value() && (line.has_value() || lines.too_long())) {
        co_return BadLine(*blank, "empty, though more lines follow");
      }
      if (lines.too_long()) {
        Ending too_long = LineTooLong(lines);
        CountRefusedBody(too_long);
        co_return too_long;
      }
      if (!line.has_value()) break;
      // The line, and what is made of it.
      if (!HoldLine(2 * line->capacity())) co_return BodyReader::Overfull();
      auto message = MessageOfLine(request, *line);
      if (!message.ok()) {
        co_return BadLine(lines.line_number(),
                          std::string(message.status().message()));
      }
      bool taken = co_await rpc.Write(*message);
      if (!taken) co_return std::nullopt;
      body.BeginPart();  // the time that the upstream took is not the client's
    }
  }
  co_return std::nullopt;
}

// The room that is read into is there twice: Beast has its own.
bool Session::HoldLine(size_t bytes) { return Hold(2 * kUploadRoom + bytes); }

absl::StatusOr<grpc::ByteBuffer> Session::MessageOfLine(
    const ApiRequest& request, std::string_view line) const {
  auto message =
      MessageFromBody(request.catalog->codec(), request.method().input(),
                      request.route.body, line);
  if (!message.ok()) return message.status();
  // What stands later wins: the path over the body.
  return ToByteBuffer(*message + request.message);
}

// Ends the call, and answers with the upstream's answer; or with what went
// wrong, there or (`failure`) with the request, of which the upstream may have
// taken a part.
net::awaitable<void> Session::Answer(const ApiRequest& request, Rpc& rpc,
                                     std::optional<Ending> failure) {
  grpc::Status status = co_await rpc.Finish();
  read_ticket_ = {};  // What the client takes of it is not the upstream's.
  UpstreamFaults& faults = shard_.stats().upstream_faults;
  std::string json;
  if (status.ok()) {
    auto answer = request.catalog->codec().ToJson(request.method().output(),
                                                  rpc.TakeAnswer());
    if (!answer.ok()) {
      faults.Report("malformed", request.method().path, answer.status());
      if (!failure.has_value()) failure = Ending::From(answer.status());
    }
    if (answer.ok()) json = *std::move(answer);
  } else if (IsTooLarge(status)) {
    const absl::Status fault = TooLarge(status);
    faults.Report("too_large", request.method().path, fault);
    if (!failure.has_value()) failure = Ending::From(fault);
  } else if (!failure.has_value()) {
    failure = Ending::From(status);
  }
  if (failure.has_value()) {
    failure->answer_json = std::move(json);
    co_await Refuse(*std::move(failure));
  } else if (is_websocket()) {
    Ending finished = Ending::Of(Reason::kFinished);
    co_await SendWebSocketEnd(std::move(json), finished);
  } else {
    json += '\n';
    Response response =
        MakeResponse(base(), 200, "application/json", std::move(json));
    co_await Send(std::move(response));
  }
}

// Completes the request's message with what the body says.
net::awaitable<std::optional<Ending>> Session::ReadMessage(
    ApiRequest* request) {
  BodyReader reader(stream_, buffer_, *parser_, context_.options.body_timeout);
  std::string body;
  size_t max_bytes = context_.options.max_body_bytes;
  if (auto error = co_await reader.ReadAll(max_bytes, share_, &body)) {
    CountRefusedBody(*error);
    co_return error;
  }
  if (request->route.body.kind == Body::kNone) co_return std::nullopt;
  auto message =
      MessageFromBody(request->catalog->codec(), request->method().input(),
                      request->route.body, body.empty() ? "{}" : body);
  if (!message.ok()) co_return Ending::From(message.status());
  request->message = *message + request->message;  // the path wins
  co_return std::nullopt;
}

// A body that is malformed or cut off is refused by no limit.
void Session::CountRefusedBody(const Ending& why) {
  if (why.http_status == 408) shard_.stats().refusals.Add("body_timeout");
  if (why.http_status == 413) shard_.stats().refusals.Add("body_bytes");
  if (why.http_status == 503) shard_.stats().refusals.Add("buffered_bytes");
}

// ---- Streams.

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
  // All who are to be told so are told by now.
  if (context_.draining) return Ending::Of(Reason::kShuttingDown);
  auto proxied = AdmitThroughProxy();
  if (!proxied.ok()) return Ending::From(proxied.status());
  const Method& method = request.method();
  const PositionFields& fields = method.position;
  std::string message = request.message;
  auto [shared, position] = TakeApart(fields, message);
  if (request.last_event_id.has_value()) {
    position = {Position::Kind::kAfter, *request.last_event_id};
    message = StartAfter(fields, shared, position.value);
  }
  if (request.delivery.latest) position = {};  // whatever came before
  Query query = {request.catalog, &method, shared, request.metadata};
  // Without cursors nobody knows where a stream meets that of the others.
  bool shareable =
      fields.resumable() || position.kind == Position::Kind::kNewest;
  auto feed =
      shareable ? context_.hub->OpenShared(std::move(query), position, Client(),
                                           trace_.ToMetadata(), shard_.io())
                : context_.hub->Open(
                      Feed::Kind::kPrivate, std::move(query),
                      {message, 0, Client(), false, trace_.ToMetadata()},
                      shard_.io());
  if (!feed.ok()) return Ending::From(feed.status());
  if (came_by_proxy()) ticket_ = *std::move(proxied);
  LogRequest("watches");
  done_ = true;
  Viewer::Hello hello;
  hello.wire = request.wire;
  hello.position = position;
  hello.request = std::move(message);
  hello.client = Client();
  hello.delivery = request.delivery;
  hello.ticket = std::move(ticket_);
  Connection::Parts parts = stream_.Release();
  hello.received =
      beast::buffers_to_string(buffer_.data()) + std::move(parts.received);
  hello.tls = std::move(parts.tls);
  if (!is_websocket()) {
    hello.header = StreamHeader(base(), request.wire);
    hello.refuse = [base = base()](const Ending& ending) {
      return ToText(MakeErrorResponse(base, ending));
    };
  }
  Viewer::Start(shard_, std::move(parts.socket), shard_.TapOn(*feed),
                std::move(hello));
  return std::nullopt;
}

// ---- Refusals.

// Accepts the WebSocket. Beast writes the response (to a bad request, too); its
// stream is needed no longer, for a viewer reads and writes its own frames.
net::awaitable<bool> Session::Handshake() {
  if (std::exchange(upgraded_, true)) co_return true;
  done_ = true;
  stream_.expires_after(
      absl::ToChronoMilliseconds(context_.options.write_timeout));
  websocket::stream<Connection&, false> handshake(stream_);
  handshake.set_option(websocket::stream_base::decorator(
      [base = base(),
       bearer = OffersBearer(header())](websocket::response_type& answer) {
        CompleteHandshake(base, &answer);
        if (bearer) answer.set(http::field::sec_websocket_protocol, kBearer);
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
  Response response = MakeErrorResponse(base(), ending);
  std::shared_ptr<const Catalog> catalog = context_.upstream->catalog();
  if (ending.http_status == 405 && catalog != nullptr) {
    response.set(http::field::allow, catalog->AllowedMethods(path()));
  }
  co_await Send(std::move(response));
}

net::awaitable<void> Session::SendWebSocketEnd(std::string json,
                                               Ending ending) {
  if (!co_await Handshake()) co_return;
  if (!Hold(json.size())) {
    ending = AnswerTooMuch();
    json = ending.Json();
  }
  const std::string code = absl::StrCat(ending.close_code);
  shard_.stats().closes.Add(code);
  LogRequest(code);
  std::string last = WebSocketFrame(Opcode::kText, json) +
                     WebSocketClose(ending.close_code, ending.message);
  stream_.expires_after(
      absl::ToChronoMilliseconds(context_.options.write_timeout));
  auto bytes = net::buffer(last);
  co_await net::async_write(stream_, bytes, kAwait);
}

}  // namespace bridge
