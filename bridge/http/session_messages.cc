// The part of Session that speaks gRPC-Web and Connect.

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "bridge/framing/envelope.h"
#include "bridge/http/call_request.h"
#include "bridge/http/call_responses.h"
#include "bridge/http/session.h"

namespace bridge {
namespace {

namespace net = boost::asio;

constexpr auto kAwait = net::as_tuple(net::use_awaitable);
constexpr size_t kUploadRoom = 16 << 10;
// How much of the next request is taken in while a call runs.
constexpr size_t kMostAhead = 16 << 10;

// The bytes of a body whose one message has so many at the most.
size_t BodyBytes(const Dialect& dialect, size_t max_message_bytes) {
  size_t bytes = max_message_bytes;
  if (dialect.protocol == Dialect::Protocol::kConnectUnary) return bytes;
  bytes += kPrefixBytes;
  return dialect.text ? (bytes + 2) / 3 * 4 : bytes;
}

// gRPC's code for what is too much.
Ending InCallsTerms(Ending ending) {
  if (ending.http_status != 413) return ending;
  return Ending::Of(Reason::kMessageTooBig, std::move(ending.message));
}

Ending BadMessage(int64_t number, const absl::Status& status) {
  const std::string message =
      absl::StrCat("message ", number, ": ", std::string(status.message()));
  if (absl::IsResourceExhausted(status)) {
    return Ending::Of(Reason::kMessageTooBig, message);
  }
  return Ending::From(absl::Status(status.code(), message));
}

}  // namespace

absl::Duration Session::TimeLeft(const ApiRequest& request) const {
  if (!request.timeout.has_value()) return absl::InfiniteDuration();
  const auto spent = std::chrono::steady_clock::now() - begun_;
  return std::max(*request.timeout - absl::FromChrono(spent),
                  absl::ZeroDuration());
}

std::chrono::steady_clock::time_point Session::DeadlineOf(
    const ApiRequest& request) const {
  // Longer than anything lasts here: what is later can't be told.
  constexpr absl::Duration kLongest = absl::Hours(24 * 365);
  if (!request.timeout.has_value() || *request.timeout > kLongest) {
    return Viewer::Clock::time_point::max();
  }
  return begun_ + absl::ToChronoNanoseconds(*request.timeout);
}

Response Session::ErrorResponse(const Ending& ending) const {
  return dialect_.protocol == Dialect::Protocol::kPlain
             ? MakeErrorResponse(base(), ending)
             : MakeCallError(base(), dialect_, InCallsTerms(ending));
}

// Completes the request's message with what the body says.
net::awaitable<std::optional<Ending>> Session::ReadCallMessage(
    ApiRequest* request) {
  BodyReader reader(
      stream_, buffer_, *parser_,
      std::min(context_.options.body_timeout, TimeLeft(*request)));
  std::string body;
  const size_t max = context_.options.max_body_bytes;
  const size_t max_body = BodyBytes(request->dialect, max);
  if (auto error = co_await reader.ReadAll(max_body, share_, &body)) {
    CountRefusedBody(*error);
    co_return error;
  }
  if (request->dialect.protocol == Dialect::Protocol::kConnectGet) {
    co_return std::nullopt;
  }
  // The body, and what is made of it.
  if (!Hold(2 * body.capacity() + (request->gzip ? max : 0))) {
    co_return BodyReader::Overfull();
  }
  auto message = MessageOfCall(*request, std::move(body), max);
  if (message.ok()) {
    request->message = *std::move(message);
    co_return std::nullopt;
  }
  Ending refusal = absl::IsResourceExhausted(message.status())
                       ? Ending::Of(Reason::kMessageTooBig,
                                    std::string(message.status().message()))
                       : Ending::From(message.status());
  CountRefusedBody(refusal);
  co_return refusal;
}

// Sends each message of the body on as it arrives; the next is read only when
// the upstream has taken the one before. What is wrong with the body ends the
// call, of which the upstream may have taken a part.
net::awaitable<std::optional<Ending>> Session::SendMessages(
    const ApiRequest& request, Rpc& rpc) {
  const size_t max = context_.options.max_body_bytes;
  EnvelopeReader messages({request.dialect.text, request.gzip}, max);
  BodyReader body(stream_, buffer_, *parser_,
                  std::min(context_.options.body_timeout, TimeLeft(request)));
  rpc.OnRefused([this] { stream_.cancel(); });  // wakes the read
  absl::Cleanup no_hook = [&rpc] { rpc.OnRefused(nullptr); };
  absl::Cleanup cancel = [&rpc] { rpc.Cancel(); };
  std::array<char, kUploadRoom> room;
  int64_t number = 0;
  for (bool end = false; !end;) {
    if (!HoldLine(messages.held())) co_return BodyReader::Overfull();
    BodyReader::Piece piece = co_await body.Read(room);
    if (rpc.refused()) break;  // its status says why
    if (piece.error.has_value()) {
      CountRefusedBody(*piece.error);
      co_return piece.error;
    }
    end = piece.end;
    absl::Status status = messages.Add(piece.bytes);
    while (status.ok()) {
      auto message = NextMessage(request, messages);
      status = message.status();
      if (!message.ok() || !message->has_value()) break;
      ++number;
      if (!HoldLine(messages.held() + 2 * (*message)->capacity())) {
        co_return BodyReader::Overfull();
      }
      grpc::ByteBuffer buffer = ToByteBuffer(**message);
      if (!co_await rpc.Write(buffer)) {  // its status says why
        std::move(cancel).Cancel();
        co_return std::nullopt;
      }
      body.BeginPart();  // the time that the upstream took is not the client's
    }
    if (status.ok() && end) status = messages.CheckEnd();
    if (!status.ok()) {
      Ending refusal = BadMessage(number + 1, status);
      CountRefusedBody(refusal);
      co_return refusal;
    }
  }
  std::move(cancel).Cancel();
  co_return std::nullopt;
}

// The next message of an upload, serialised.
absl::StatusOr<std::optional<std::string>> Session::NextMessage(
    const ApiRequest& request, EnvelopeReader& messages) const {
  auto message = messages.Next();
  if (!message.ok() || !message->has_value()) return message;
  auto serialized = Serialized(request, **std::move(message));
  if (!serialized.ok()) return serialized.status();
  return *std::move(serialized);
}

// ---- A client that goes away.

struct Session::Attendance {
  explicit Attendance(net::io_context& io) : ended(io) {}
  bool over = false;    // the call is
  bool watches = true;  // WatchClient has not ended
  net::steady_timer ended;
};

// Takes in what the client sends, which is its next request, if it is anything;
// at its end nobody waits for the call any more.
net::awaitable<void> Session::WatchClient(
    Rpc& rpc, std::shared_ptr<Attendance> attendance) {
  constexpr size_t kRoom = 512;
  while (!attendance->over && buffer_.size() < kMostAhead) {
    auto room = buffer_.prepare(kRoom);
    auto [error, size] = co_await stream_.async_read_some(room, kAwait);
    if (error && !attendance->over) {
      done_ = true;
      rpc.Cancel();
    }
    if (error) break;
    buffer_.commit(size);
  }
  attendance->watches = false;
  attendance->ended.cancel();
}

// Awaits the end of a call, which ends early if the client leaves.
net::awaitable<grpc::Status> Session::FinishAttended(Rpc& rpc) {
  auto attendance = std::make_shared<Attendance>(shard_.io());
  attendance->ended.expires_at(net::steady_timer::time_point::max());
  stream_.expires_never();
  net::co_spawn(shard_.io(), WatchClient(rpc, attendance), net::detached);
  grpc::Status status = co_await rpc.Finish();
  attendance->over = true;
  while (attendance->watches) {
    stream_.cancel();
    co_await attendance->ended.async_wait(kAwait);
  }
  co_return status;
}

}  // namespace bridge
