#include "bridge/http/dialect.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "bridge/transcode/url.h"

namespace bridge {
namespace {

namespace http = boost::beast::http;
using Protocol = Dialect::Protocol;

// Without parameters, in lower case.
std::string MediaType(std::string_view value) {
  std::string type =
      absl::AsciiStrToLower(std::string(value.substr(0, value.find(';'))));
  absl::StripAsciiWhitespace(&type);
  return type;
}

// "gzip", "gzip;q=0.5"; not "gzip;q=0".
bool TakesGzip(const RequestHeader& header, std::string_view name) {
  const std::vector<std::string> items = ItemsOf(header, name);
  return std::any_of(items.begin(), items.end(), [](const std::string& item) {
    std::vector<std::string> parts = absl::StrSplit(item, ';');
    for (std::string& part : parts) absl::StripAsciiWhitespace(&part);
    return absl::EqualsIgnoreCase(parts[0], "gzip") &&
           (parts.size() < 2 || !absl::StartsWith(parts[1], "q=0") ||
            parts[1].find_first_of("123456789") != std::string::npos);
  });
}

Dialect GrpcWeb(const RequestHeader& header, bool text) {
  Dialect dialect = {Protocol::kGrpcWeb, /*proto=*/true, text, text, false};
  const std::string_view accept = FieldOf(header, http::field::accept);
  if (accept.find("application/grpc-web") != accept.npos) {
    dialect.answers_text =
        accept.find("application/grpc-web-text") != accept.npos;
  }
  return dialect;
}

Dialect ConnectStream(const RequestHeader& header, bool proto) {
  return {Protocol::kConnectStream, proto, false, false,
          TakesGzip(header, "Connect-Accept-Encoding")};
}

Dialect ConnectUnary(const RequestHeader& header, Protocol protocol,
                     bool proto) {
  return {protocol, proto, false, false, TakesGzip(header, "Accept-Encoding")};
}

Dialect OfPost(const RequestHeader& header) {
  const std::string type =
      MediaType(FieldOf(header, http::field::content_type));
  if (type == "application/grpc-web" || type == "application/grpc-web+proto") {
    return GrpcWeb(header, /*text=*/false);
  }
  if (type == "application/grpc-web-text" ||
      type == "application/grpc-web-text+proto") {
    return GrpcWeb(header, /*text=*/true);
  }
  if (type == "application/connect+json") return ConnectStream(header, false);
  if (type == "application/connect+proto") return ConnectStream(header, true);
  if (type == "application/proto") {
    return ConnectUnary(header, Protocol::kConnectUnary, true);
  }
  // Without that it may be anybody's JSON.
  if (type == "application/json" &&
      header.count("Connect-Protocol-Version") > 0) {
    return ConnectUnary(header, Protocol::kConnectUnary, false);
  }
  if (absl::StartsWith(type, "application/grpc") ||
      absl::StartsWith(type, "application/connect") ||
      absl::EndsWith(type, "protobuf")) {
    return {Protocol::kUnknown, false, false, false, false};
  }
  return {};
}

Dialect OfGet(const RequestHeader& header) {
  const auto target = header.target();
  auto parameters =
      ParseQuery(SplitTarget({target.data(), target.size()}).second);
  if (!parameters.ok()) return {};
  const auto says = [&](const char* name, const char* value) {
    return std::find(parameters->begin(), parameters->end(),
                     Parameter(name, value)) != parameters->end();
  };
  if (!says("connect", "v1")) return {};
  return ConnectUnary(header, Protocol::kConnectGet, says("encoding", "proto"));
}

}  // namespace

Dialect DialectOf(const RequestHeader& header, bool websocket) {
  if (websocket) {
    return {Protocol::kPlain, OffersProto(header), false, false, false};
  }
  if (header.method() == http::verb::post) return OfPost(header);
  if (header.method() == http::verb::get) return OfGet(header);
  return {};
}

std::string_view ContentTypeOf(const Dialect& dialect) {
  switch (dialect.protocol) {
    case Protocol::kGrpcWeb:
      return dialect.answers_text ? "application/grpc-web-text+proto"
                                  : "application/grpc-web+proto";
    case Protocol::kConnectStream:
      return dialect.proto ? "application/connect+proto"
                           : "application/connect+json";
    case Protocol::kConnectUnary:
    case Protocol::kConnectGet:
      return dialect.proto ? "application/proto" : "application/json";
    case Protocol::kPlain:
    case Protocol::kUnknown:
      break;
  }
  return "application/json";
}

// Before or behind "bearer" and a token, which may be any word.
bool OffersProto(const RequestHeader& header) {
  const std::vector<std::string> offers =
      ItemsOf(header, "Sec-WebSocket-Protocol");
  return offers.front() == kProto ||
         (offers.size() != 2 && offers.back() == kProto);
}

}  // namespace bridge
