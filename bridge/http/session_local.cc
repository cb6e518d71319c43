// The part of Session that answers by itself, without the upstream.

#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "bridge/http/call_responses.h"
#include "bridge/http/session.h"

namespace bridge {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using http::field;

// What a page of another origin may send besides what every page may; `calls`
// is for what gRPC-Web and Connect can call.
std::vector<std::string> AskableHeaders(const ForwardedHeaders& forwarded,
                                        bool credentials, bool calls) {
  std::vector<std::string> names = {"content-type", "last-event-id"};
  if (credentials) names.insert(names.begin(), "authorization");
  if (calls) {
    names.insert(names.end(), std::begin(kCallRequestHeaders),
                 std::end(kCallRequestHeaders));
  }
  names.insert(names.end(), forwarded.names().begin(), forwarded.names().end());
  return names;
}

}  // namespace

std::optional<Response> Session::AnswerLocally() const {
  if (is_websocket()) return std::nullopt;
  http::verb method = header().method();
  if (method == http::verb::options) return Preflight();
  if (method != http::verb::get && method != http::verb::head) {
    return std::nullopt;
  }
  if (const Asset* asset = context_.assets.Find(path())) {
    return MakeAssetResponse(base(), *asset,
                             FieldOf(header(), field::if_none_match));
  }
  if (path() == "/healthz") return Health();
  if (path() == "/readyz") return Ready();
  return std::nullopt;
}

Response Session::Health() const {
  return MakeResponse(base(), 200, "text/plain; charset=utf-8", "healthy\n");
}

Response Session::Ready() const {
  absl::Status status = context_.leaving
                            ? absl::UnavailableError("shutting down")
                            : context_.upstream->Ready();
  const auto& also_ready = context_.options.also_ready;
  if (status.ok() && also_ready) status = also_ready();
  return MakeResponse(
      base(), status.ok() ? 200 : 503, "text/plain; charset=utf-8",
      status.ok()
          ? "ready\n"
          : absl::StrCat("not ready: ", std::string(status.message()), "\n"));
}

Response Session::Preflight() const {
  std::shared_ptr<const Catalog> catalog = context_.upstream->catalog();
  std::string allowed =
      catalog == nullptr ? "" : catalog->AllowedMethods(path());
  std::string_view asked =
      FieldOf(header(), field::access_control_request_method);
  if (allowed.empty()) {
    return MakeErrorResponse(
        base(), Ending::From(absl::NotFoundError(
                    absl::StrCat("nothing is at path ", std::string(path())))));
  }
  // A call that only reads is a POST; whoever else posts there is looked at
  // when he does.
  const Method* method = catalog->FindMethod(path());
  if (asked.empty() || (method != nullptr && method->safe)) asked = "GET";
  const auto allows = [&](bool credentials) {
    return context_.origins.Allows(asked, FieldOf(header(), field::origin),
                                   FieldOf(header(), field::host), credentials);
  };
  if (!allows(false)) {
    return MakeErrorResponse(base(), Ending::Of(Reason::kForbidden));
  }
  Response response = MakeResponse(base(), 204, "", "");
  response.set(field::allow, allowed);
  response.set(field::access_control_allow_methods, allowed);
  response.set(field::access_control_allow_headers,
               absl::StrJoin(AskableHeaders(context_.options.forwarded,
                                            allows(true), method != nullptr),
                             ", "));
  response.set(field::access_control_max_age, "600");
  return response;
}

bool Session::AsksForMetrics() const {
  return context_.options.metrics && path() == "/metrics" && !is_websocket() &&
         (header().method() == http::verb::get ||
          header().method() == http::verb::head);
}

net::awaitable<Response> Session::Metrics() {
  std::string text = co_await context_.metrics->Text();
  co_return MakeResponse(base(), 200, metrics::kContentType, std::move(text));
}

}  // namespace bridge
