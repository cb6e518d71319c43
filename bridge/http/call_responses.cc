#include "bridge/http/call_responses.h"

#include <utility>

#include "bridge/framing/connect.h"
#include "bridge/framing/grpc_web.h"
#include "bridge/framing/gzip.h"

namespace bridge {
namespace {

using boost::beast::http::field;
using Protocol = Dialect::Protocol;

constexpr char kReadable[] =
    "X-Request-Id, Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin, "
    "Connect-Content-Encoding";

Response Make(const ResponseBase& base, const Dialect& dialect,
              std::string body) {
  Response response =
      MakeResponse(base, 200, ContentTypeOf(dialect), std::move(body));
  if (!base.allow_origin.empty()) {
    response.set(field::access_control_expose_headers, kReadable);
  }
  if (dialect.protocol == Protocol::kConnectStream && dialect.takes_gzip) {
    response.set("Connect-Content-Encoding", "gzip");
  }
  return response;
}

Response ConnectAnswer(const ResponseBase& base, const Dialect& dialect,
                       std::string message) {
  const bool compress = message.size() >= kWorthGzip;
  if (!compress || !dialect.takes_gzip) {
    Response response = Make(base, dialect, std::move(message));
    if (compress) response.insert(field::vary, "Accept-Encoding");
    return response;
  }
  Response response = Make(base, dialect, Gzip(message));
  response.set(field::content_encoding, "gzip");
  response.insert(field::vary, "Accept-Encoding");
  return response;
}

}  // namespace

Response MakeCallAnswer(const ResponseBase& base, const Dialect& dialect,
                        std::string message) {
  const Ending finished = Ending::Of(Reason::kFinished);
  switch (dialect.protocol) {
    case Protocol::kGrpcWeb:
      return Make(base, dialect,
                  GrpcWebMessage(message, dialect.answers_text) +
                      GrpcWebTrailers(finished, dialect.answers_text));
    case Protocol::kConnectStream:
      return Make(
          base, dialect,
          ConnectMessage(message, dialect.takes_gzip) + ConnectEnd(finished));
    default:
      return ConnectAnswer(base, dialect, std::move(message));
  }
}

Response MakeCallError(const ResponseBase& base, const Dialect& dialect,
                       const Ending& ending) {
  if (ending.http_status == 415) {
    // Whatever it was written in, the answer is no answer of that.
    Response response = MakeErrorResponse(base, ending);
    response.erase(field::accept_encoding);
    response.set("Accept-Post", kTypesTaken);
    return response;
  }
  switch (dialect.protocol) {
    case Protocol::kGrpcWeb: {
      Response response = Make(base, dialect, "");
      for (const auto& [name, value] : GrpcStatus(ending)) {
        response.set(name, value);
      }
      return response;
    }
    case Protocol::kConnectStream:
      return Make(base, dialect, ConnectEnd(ending));
    default: {
      Response response = MakeErrorResponse(base, ending);
      response.body() = ConnectError(ending);
      return response;
    }
  }
}

std::string CallStreamHeader(const ResponseBase& base, const Dialect& dialect,
                             bool chunked) {
  return BeginStream(Make(base, dialect, ""), chunked);
}

}  // namespace bridge
