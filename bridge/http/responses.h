// The HTTP responses of the bridge, before they are written.

#ifndef BRIDGE_HTTP_RESPONSES_H_
#define BRIDGE_HTTP_RESPONSES_H_

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>
#include <string_view>

#include "bridge/endings.h"
#include "bridge/feed/wire.h"
#include "bridge/http/assets.h"

namespace bridge {

using Response = boost::beast::http::response<boost::beast::http::string_body>;

// What every response to a request has: its HTTP version (10 or 11), what lets
// the page that asked read it (see Origins::AllowOriginHeader), and the
// request's id (see Trace), if it got as far as to have one.
struct ResponseBase {
  unsigned version = 11;
  std::string allow_origin;
  std::string request_id = {};
};

// Makes a WebSocket handshake's answer, which Beast writes by itself, one like
// the others.
void CompleteHandshake(const ResponseBase& base, Response* answer);

Response MakeResponse(const ResponseBase& base, int status,
                      std::string_view content_type, std::string body);

// {"error":…} with the ending's HTTP status.
Response MakeErrorResponse(const ResponseBase& base, const Ending& ending);

// The file, or 304 if `if_none_match` has its ETag.
Response MakeAssetResponse(const ResponseBase& base, const Asset& asset,
                           std::string_view if_none_match);

// The header of a stream in `wire`, an HTTP framing, as it is sent.
std::string StreamHeader(const ResponseBase& base, Wire wire);

// The header of a response whose body is a stream, as it is sent.
std::string BeginStream(Response response, bool chunked);

// A whole response, as it is sent.
std::string ToText(Response response);

}  // namespace bridge

#endif  // BRIDGE_HTTP_RESPONSES_H_
