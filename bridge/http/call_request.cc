#include "bridge/http/call_request.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bridge/framing/envelope.h"
#include "bridge/framing/gzip.h"
#include "bridge/transcode/json_text.h"
#include "bridge/transcode/request.h"
#include "bridge/transcode/url.h"

namespace bridge {
namespace {

using Protocol = Dialect::Protocol;

std::string_view View(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

Ending NoSuchMethod(std::string_view path) {
  return Ending::Of(Reason::kNoSuchMethod,
                    absl::StrCat("no method is at path ", Shortened(path)));
}

// Whether content of this type fits the method: Connect has different ones for
// streams and for single messages.
std::optional<Ending> CheckType(const Dialect& dialect, const Method& method) {
  const bool streams = method.descriptor->client_streaming() ||
                       method.descriptor->server_streaming();
  if (dialect.protocol == Protocol::kGrpcWeb ||
      streams == (dialect.protocol == Protocol::kConnectStream)) {
    return std::nullopt;
  }
  return Ending::Of(
      Reason::kWrongType,
      absl::StrCat("header content-type: ", method.path,
                   streams ? " is a stream: must be application/connect+json, "
                             "application/connect+proto or application/grpc-web"
                           : " is no stream: must be application/json, "
                             "application/proto or application/grpc-web"));
}

const char* EncodingHeader(Protocol protocol) {
  switch (protocol) {
    case Protocol::kGrpcWeb:
      return "grpc-encoding";
    case Protocol::kConnectStream:
      return "connect-content-encoding";
    default:
      return "content-encoding";
  }
}

absl::StatusOr<bool> IsGzip(std::string_view what, std::string_view coding) {
  if (coding.empty() || coding == "identity") return false;
  if (coding == "gzip") return true;
  return absl::UnimplementedError(
      absl::StrCat(std::string(what), ": must be identity or gzip"));
}

absl::Status BadTimeout(const char* header, const char* rule) {
  return absl::InvalidArgumentError(
      absl::StrCat("header ", header, ": must be ", rule));
}

absl::StatusOr<std::optional<absl::Duration>> GrpcTimeout(
    std::string_view value) {
  constexpr size_t kMostDigits = 8;
  if (value.empty()) return std::nullopt;
  constexpr std::pair<char, absl::Duration (*)(int64_t)> kUnits[] = {
      {'H', absl::Hours},        {'M', absl::Minutes},
      {'S', absl::Seconds},      {'m', absl::Milliseconds},
      {'u', absl::Microseconds}, {'n', absl::Nanoseconds},
  };
  const std::string_view digits = value.substr(0, value.size() - 1);
  int64_t number = 0;
  for (const auto& [letter, unit] : kUnits) {
    if (value.back() != letter || digits.empty() ||
        digits.size() > kMostDigits ||
        digits.find_first_not_of("0123456789") != digits.npos ||
        !absl::SimpleAtoi(absl::string_view(digits.data(), digits.size()),
                          &number)) {
      continue;
    }
    return unit(number);
  }
  return BadTimeout("grpc-timeout",
                    "at most 8 digits and one of H, M, S, m, u and n");
}

absl::StatusOr<std::optional<absl::Duration>> ConnectTimeout(
    std::string_view value) {
  constexpr size_t kMostDigits = 10;
  if (value.empty()) return std::nullopt;
  int64_t number = 0;
  if (value.size() > kMostDigits ||
      value.find_first_not_of("0123456789") != value.npos ||
      !absl::SimpleAtoi(absl::string_view(value.data(), value.size()),
                        &number)) {
    return BadTimeout("connect-timeout-ms", "at most 10 digits");
  }
  return absl::Milliseconds(number);
}

Wire WireOf(const Dialect& dialect, unsigned version) {
  Framing framing =
      dialect.answers_text ? Framing::kGrpcWebText : Framing::kGrpcWeb;
  if (dialect.protocol == Protocol::kConnectStream) {
    if (dialect.takes_gzip) {
      framing = dialect.proto ? Framing::kConnectProtoGzip
                              : Framing::kConnectJsonGzip;
    } else {
      framing = dialect.proto ? Framing::kConnectProto : Framing::kConnectJson;
    }
  }
  return {framing, version >= 11};
}

// Takes a parameter out of a query: empty if it is not there.
std::string Take(std::vector<Parameter>* query, std::string_view name) {
  std::string value;
  for (const Parameter& parameter : *query) {
    if (parameter.first == name) value = parameter.second;
  }
  std::erase_if(*query,
                [&](const Parameter& one) { return one.first == name; });
  return value;
}

std::optional<Ending> CheckEncoding(std::string_view query) {
  auto parameters = ParseQuery(query);
  if (!parameters.ok()) return Ending::From(parameters.status());
  const std::string encoding = Take(&*parameters, "encoding");
  if (encoding == "json" || encoding == "proto") return std::nullopt;
  return Ending::Of(Reason::kWrongType,
                    "parameter \"encoding\": must be json or proto");
}

// The message that stands in a query, serialised.
absl::StatusOr<std::string> MessageOfQuery(const ApiRequest& request,
                                           std::vector<Parameter>* query,
                                           size_t max_bytes) {
  const std::string base64 = Take(query, "base64");
  const std::string compression = Take(query, "compression");
  std::string message = Take(query, "message");
  auto gzip = IsGzip("parameter \"compression\"", compression);
  if (!gzip.ok()) return gzip.status();
  if (base64 == "1") {
    std::string plain;
    if (!absl::WebSafeBase64Unescape(message, &plain)) {
      return absl::InvalidArgumentError(
          "parameter \"message\": must be URL-safe base64");
    }
    message = std::move(plain);
  }
  if (*gzip && !message.empty()) {
    auto plain = Gunzip(message, max_bytes);
    if (!plain.ok()) return plain.status();
    message = *std::move(plain);
  }
  return Serialized(request, std::move(message));
}

absl::Status ReadTimeout(const RequestHeader& header, ApiRequest* request) {
  auto timeout = request->dialect.protocol == Protocol::kGrpcWeb
                     ? GrpcTimeout(FieldOf(header, "grpc-timeout"))
                     : ConnectTimeout(FieldOf(header, "Connect-Timeout-Ms"));
  if (!timeout.ok()) return timeout.status();
  request->timeout = *timeout;
  return absl::OkStatus();
}

absl::Status ReadQuery(std::string_view text, size_t max_bytes,
                       ApiRequest* request) {
  auto query = ParseQuery(text);
  if (!query.ok()) return query.status();
  if (request->method().descriptor->server_streaming()) {
    auto delivery = Delivery::Take(&*query);
    if (!delivery.ok()) return delivery.status();
    request->delivery = *delivery;
  } else if (auto none = Delivery::CheckNone(*query); !none.ok()) {
    return none;
  }
  if (request->dialect.protocol == Protocol::kConnectGet) {
    auto message = MessageOfQuery(*request, &*query, max_bytes);
    if (!message.ok()) return message.status();
    request->message = *std::move(message);
    return absl::OkStatus();  // the protocol lets other parameters pass
  }
  if (query->empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("parameter ", JsonString(Shortened(query->front().first)),
                   ": the message has all fields"));
}

absl::Status ReadRest(const RequestHeader& header, std::string_view query,
                      size_t max_bytes, ApiRequest* request) {
  const std::string_view version = FieldOf(header, "Connect-Protocol-Version");
  if (!version.empty() && version != "1") {
    return absl::InvalidArgumentError(
        "header connect-protocol-version: must be 1");
  }
  const char* encoding = EncodingHeader(request->dialect.protocol);
  auto gzip =
      IsGzip(absl::StrCat("header ", encoding), FieldOf(header, encoding));
  if (!gzip.ok()) return gzip.status();
  request->gzip = *gzip;
  if (auto status = ReadTimeout(header, request); !status.ok()) return status;
  auto metadata = CredentialsOf(header, /*websocket=*/false);
  if (!metadata.ok()) return metadata.status();
  request->metadata = *std::move(metadata);
  return ReadQuery(query, max_bytes, request);
}

}  // namespace

std::optional<Ending> UnderstandCall(const RequestHeader& header,
                                     const Dialect& dialect,
                                     std::shared_ptr<const Catalog> catalog,
                                     size_t max_message_bytes,
                                     ApiRequest* request) {
  const auto [path, query] = SplitTarget(View(header.target()));
  const Method* method = catalog->FindMethod(path);
  if (method == nullptr) return NoSuchMethod(path);
  if (auto wrong = CheckType(dialect, *method)) return wrong;
  if (dialect.protocol == Protocol::kConnectGet && !method->safe) {
    return Ending::Of(
        Reason::kWrongMethod,
        absl::StrCat(method->path,
                     " may change something: it takes POST, not GET"));
  }
  if (dialect.protocol == Protocol::kConnectGet) {
    if (auto wrong = CheckEncoding(query)) return wrong;
  }
  request->catalog = std::move(catalog);
  request->route.method = method;
  request->dialect = dialect;
  request->wire = WireOf(dialect, header.version());
  const absl::Status status =
      ReadRest(header, query, max_message_bytes, request);
  if (!status.ok()) return Ending::From(status);
  return std::nullopt;
}

absl::StatusOr<std::string> Serialized(const ApiRequest& request,
                                       std::string message) {
  if (request.dialect.proto) return message;
  return request.catalog->codec().FromJson(request.method().input(),
                                           message.empty() ? "{}" : message);
}

absl::StatusOr<std::string> MessageOfCall(const ApiRequest& request,
                                          std::string body,
                                          size_t max_message_bytes) {
  if (request.dialect.protocol == Protocol::kConnectUnary) {
    // The protocol lets an empty one be what it is.
    if (!request.gzip || body.empty()) {
      return Serialized(request, std::move(body));
    }
    auto plain = Gunzip(body, max_message_bytes);
    if (!plain.ok()) return plain.status();
    return Serialized(request, *std::move(plain));
  }
  EnvelopeReader reader({request.dialect.text, request.gzip},
                        max_message_bytes);
  // Piece by piece, so that it is not there twice in base64.
  constexpr size_t kPiece = 16 << 10;
  for (size_t at = 0; at < body.size(); at += kPiece) {
    auto status = reader.Add(std::string_view(body).substr(at, kPiece));
    if (!status.ok()) return status;
  }
  body = std::string();
  auto message = reader.Next();
  if (!message.ok()) return message.status();
  if (auto status = reader.CheckEnd(); !status.ok()) {
    return message->has_value() ? absl::InvalidArgumentError(
                                      "the body has more than one message")
                                : status;
  }
  if (!message->has_value()) {
    return absl::InvalidArgumentError("the body has no message");
  }
  return Serialized(request, **std::move(message));
}

}  // namespace bridge
