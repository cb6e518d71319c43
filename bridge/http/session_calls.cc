// The part of Session that calls the upstream.

#include <grpcpp/support/byte_buffer.h>

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "bridge/http/call_responses.h"
#include "bridge/http/line_splitter.h"
#include "bridge/http/session.h"
#include "bridge/transcode/request.h"

namespace bridge {
namespace {

namespace net = boost::asio;

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

// A call's answer as its client takes it.
absl::StatusOr<std::string> TellAnswer(const ApiRequest& request,
                                       const grpc::ByteBuffer& answer) {
  const google::protobuf::Descriptor& type = request.method().output();
  if (!request.dialect.proto) {
    return request.catalog->codec().ToJson(type, answer);
  }
  std::string bytes = ToString(answer);
  absl::Status wire = JsonCodec::Check(type, bytes);
  if (!wire.ok()) return wire;
  return bytes;
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
  const absl::Duration left = TimeLeft(request);
  if (left <= absl::ZeroDuration()) {  // the upstream might be quicker yet
    co_await Refuse(Ending::Of(Reason::kDeadline));
    co_return;
  }
  CallSpec spec = {request.method().path, MetadataOf(request),
                   std::min(context_.options.unary_timeout, left)};
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
  if (request.timeout.has_value()) spec.timeout = TimeLeft(request);
  Rpc rpc(shard_.io(), context_.upstream->caller(), spec);
  rpc_ = &rpc;
  absl::Cleanup forget = [this] { rpc_ = nullptr; };
  std::optional<Ending> failure;
  if (request.dialect.is_call()) {
    failure = co_await SendMessages(request, rpc);
  } else {
    failure = co_await SendLines(request, rpc);
  }
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
  grpc::Status status;
  if (request.dialect.is_call()) {
    status = co_await FinishAttended(rpc);
  } else {
    status = co_await rpc.Finish();
  }
  read_ticket_ = {};  // What the client takes of it is not the upstream's.
  UpstreamFaults& faults = shard_.stats().upstream_faults;
  std::string told;
  if (status.ok()) {
    auto answer = TellAnswer(request, rpc.TakeAnswer());
    if (!answer.ok()) {
      faults.Report("malformed", request.method().path, answer.status());
      if (!failure.has_value()) failure = Ending::From(answer.status());
    }
    if (answer.ok()) told = *std::move(answer);
  } else if (IsTooLarge(status)) {
    const absl::Status fault = TooLarge(status);
    faults.Report("too_large", request.method().path, fault);
    if (!failure.has_value()) failure = Ending::From(fault);
  } else if (!failure.has_value()) {
    failure = Ending::From(status);
  }
  if (failure.has_value()) {
    if (!request.dialect.proto) failure->answer_json = std::move(told);
    co_await Refuse(*std::move(failure));
  } else {
    co_await SendAnswer(request, std::move(told));
  }
}

net::awaitable<void> Session::SendAnswer(const ApiRequest& request,
                                         std::string answer) {
  if (is_websocket()) {
    Ending finished = Ending::Of(Reason::kFinished);
    co_await SendWebSocketEnd(
        std::move(answer), finished,
        request.dialect.proto ? Opcode::kBinary : Opcode::kText);
  } else if (request.dialect.is_call()) {
    Response response =
        MakeCallAnswer(base(), request.dialect, std::move(answer));
    co_await Send(std::move(response));
  } else {
    answer += '\n';
    Response response =
        MakeResponse(base(), 200, "application/json", std::move(answer));
    co_await Send(std::move(response));
  }
}

// Completes the request's message with what the body says.
net::awaitable<std::optional<Ending>> Session::ReadMessage(
    ApiRequest* request) {
  if (request->dialect.is_call()) co_return co_await ReadCallMessage(request);
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

}  // namespace bridge
