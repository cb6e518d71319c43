#include "bridge/http/responses.h"

#include <boost/beast/http/write.hpp>
#include <sstream>
#include <utility>

namespace bridge {
namespace {

namespace http = boost::beast::http;
using http::field;

// Scripts and styles only from our own files, none inline.
constexpr char kContentSecurityPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; manifest-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'";

// What is no page shows nothing and runs nothing, wherever it is opened.
constexpr char kNoPagePolicy[] = "default-src 'none'; frame-ancestors 'none'";

void SetCommonFields(const ResponseBase& base, http::fields* fields) {
  fields->set("X-Content-Type-Options", "nosniff");
  if (!base.request_id.empty()) fields->set("X-Request-Id", base.request_id);
  fields->set("Referrer-Policy", "no-referrer");
  fields->set("Content-Security-Policy", kNoPagePolicy);
  fields->set("X-Frame-Options", "DENY");  // for browsers before that policy
  // No page of another origin gets it as a script or picture; what it may read
  // by fetch and EventSource CORS says.
  fields->set("Cross-Origin-Resource-Policy", "same-origin");
  fields->set(field::cache_control, "no-store");
  if (base.allow_origin.empty()) return;
  fields->set(field::access_control_expose_headers, "X-Request-Id");
  fields->set(field::access_control_allow_origin, base.allow_origin);
  if (base.allow_origin != "*") fields->set(field::vary, "Origin");
}

}  // namespace

void CompleteHandshake(const ResponseBase& base, Response* answer) {
  SetCommonFields(base, answer);
  // A refusal's body is the name of a rule.
  if (!answer->body().empty()) {
    answer->set(field::content_type, "text/plain; charset=utf-8");
  }
}

Response MakeResponse(const ResponseBase& base, int status,
                      std::string_view content_type, std::string body) {
  Response response(static_cast<http::status>(status), base.version);
  SetCommonFields(base, &response);
  if (!content_type.empty()) response.set(field::content_type, content_type);
  response.body() = std::move(body);
  return response;
}

Response MakeErrorResponse(const ResponseBase& base, const Ending& ending) {
  Response response = MakeResponse(base, ending.http_status, "application/json",
                                   ending.Json() + "\n");
  // RFC 9110, section 10.2.3: in seconds.
  if (ending.http_status == 429 || ending.http_status == 503) {
    response.set(field::retry_after, "1");
  }
  // RFC 6750, section 3.
  if (ending.http_status == 401) {
    response.set(field::www_authenticate, "Bearer");
  }
  // RFC 9110, section 15.5.22.
  if (ending.http_status == 426) {
    response.set(field::upgrade, "websocket");
    response.set(field::connection, "Upgrade");
  }
  // RFC 9110, section 12.5.3: what would have been taken.
  if (ending.http_status == 415) {
    response.set(field::accept_encoding, "identity");
  }
  return response;
}

Response MakeAssetResponse(const ResponseBase& base, const Asset& asset,
                           std::string_view if_none_match) {
  bool unchanged = if_none_match.find(asset.etag) != if_none_match.npos;
  Response response =
      MakeResponse(base, unchanged ? 304 : 200, asset.content_type,
                   unchanged ? "" : asset.body);
  response.set(field::etag, asset.etag);
  response.set(field::cache_control,
               "no-cache");  // ask each time if it changed
  response.set("Content-Security-Policy", kContentSecurityPolicy);
  response.set("X-Frame-Options", "SAMEORIGIN");
  response.set("Cross-Origin-Opener-Policy", "same-origin");
  return response;
}

std::string StreamHeader(const ResponseBase& base, Wire wire) {
  return BeginStream(MakeResponse(base, 200,
                                  wire.framing == Framing::kEventStream
                                      ? "text/event-stream"
                                      : "application/x-ndjson",
                                  ""),
                     wire.chunked);
}

std::string BeginStream(Response response, bool chunked) {
  response.set("X-Accel-Buffering", "no");  // nginx must not hold it back
  response.chunked(chunked);
  response.keep_alive(false);
  std::ostringstream text;
  text << response.base();
  return std::move(text).str();
}

std::string ToText(Response response) {
  response.keep_alive(false);
  response.prepare_payload();
  std::ostringstream text;
  text << response;
  return std::move(text).str();
}

}  // namespace bridge
