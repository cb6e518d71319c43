// Whatever header an HTTP client sends: it is refused by the name of what is
// wrong, or becomes a request that the upstream's own type understands. So is
// the body of a call in gRPC-Web or Connect.

#include <google/protobuf/message.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "bridge/framing/envelope.h"
#include "bridge/http/api_request.h"
#include "bridge/http/call_request.h"
#include "bridge/http/dialect.h"
#include "bridge/http/forwarded_headers.h"
#include "bridge/http/origins.h"
#include "bridge/http/trace.h"
#include "bridge/transcode/url.h"
#include "bridge/upstream/catalog.h"
#include "bridge/upstream/metadata.h"
#include "bridge/upstream/position.h"
#include "tests/bridge/fuzz/told.h"
#include "tests/bridge/testing/descriptors.h"
#include "tests/bridge/testing/rooms.pb.h"
#include "tests/fuzz/require.h"

namespace bridge {
namespace {

namespace http = boost::beast::http;
using fuzz::Require;

constexpr char kNamed[] = "https://named.example";

struct Understood {
  RequestHeader header;
  bool websocket;
};

// As a session reads it.
std::optional<Understood> Parse(std::string_view bytes) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(8 << 10);
  parser.body_limit(boost::none);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (error || !parser.is_header_done()) return std::nullopt;
  return Understood{parser.get().base(),
                    boost::beast::websocket::is_upgrade(parser.get())};
}

std::shared_ptr<const Catalog> Rooms() {
  static const auto* const kCatalog = new std::shared_ptr<const Catalog>(
      *Catalog::Make(testing::FilesOf(*testing::Room::descriptor()->file()),
                     {"bridge.testing.Rooms", "bridge.testing.BadRules"}));
  return *kCatalog;
}

// It goes to gRPC as it is.
void CheckCarried(const Metadata& metadata) {
  Require(CheckMetadata(metadata).ok(), "gRPC carries it");
}

// The upstream takes it, and it means what it says in JSON.
void CheckMessage(const ApiRequest& request) {
  const google::protobuf::Descriptor& type = request.method().input();
  using google::protobuf::DescriptorPool;
  using google::protobuf::MessageFactory;
  const std::unique_ptr<google::protobuf::Message> message(
      MessageFactory::generated_factory()
          ->GetPrototype(
              DescriptorPool::generated_pool()->FindMessageTypeByName(
                  type.full_name()))
          ->New());
  Require(message->ParseFromString(request.message), "it is such a message");
  const JsonCodec& codec = request.catalog->codec();
  const auto json = codec.ToJson(type, ToByteBuffer(request.message));
  Require(json.ok(), "it can be told in JSON");
  CheckJson(*json);
  const auto again = codec.FromJson(type, *json);
  Require(again.ok() && *codec.ToJson(type, ToByteBuffer(*again)) == *json,
          "its JSON means the same");
}

void CheckPosition(const ApiRequest& request) {
  const PositionFields& fields = request.method().position;
  const PositionedRequest parts = TakeApart(fields, request.message);
  if (!fields.resumable()) return;
  Require(
      TakeApart(fields, parts.shared).position.kind == Position::Kind::kNewest,
      "what is shared has no position");
  const int64_t cursor = request.last_event_id.value_or(7);
  const PositionedRequest moved =
      TakeApart(fields, StartAfter(fields, parts.shared, cursor));
  Require(moved.shared == parts.shared &&
              moved.position.kind == Position::Kind::kAfter &&
              moved.position.value == cursor,
          "another position is taken out as it was put in");
}

void CheckUnderstanding(const Understood& read) {
  const auto request = Understand(read.header, read.websocket, Rooms());
  const auto method = read.header.method_string();
  const auto target = read.header.target();
  const auto path = SplitTarget({target.data(), target.size()}).first;
  const std::string allowed = Rooms()->AllowedMethods(path);
  if (!request.ok()) {
    CheckRefusal(request.status());
    const absl::string_view why = request.status().message();
    switch (request.status().code()) {
      case absl::StatusCode::kNotFound:
        return Require(allowed.empty(), "nothing is there");
      case absl::StatusCode::kUnimplemented:
        return Require(!allowed.empty(), "something is there");
      default:
        Require(absl::IsInvalidArgument(request.status()) &&
                    (absl::StartsWith(why, "parameter \"") ||
                     absl::StartsWith(why, "query parameter \"") ||
                     absl::StartsWith(why, "header ") ||
                     absl::StartsWith(why, "the query ")),
                "a refusal says what is wrong");
        return;
    }
  }
  Require(absl::StrContains(allowed, {method.data(), method.size()}),
          "its HTTP method is an allowed one");
  Require(!request->last_event_id.has_value() ||
              request->method().position.resumable(),
          "only what can be resumed is");
  Require(request->delivery.latest ||
              request->delivery.interval == absl::ZeroDuration(),
          "only the latest come at a rate");
  CheckCarried(request->metadata);
  CheckMessage(*request);
  CheckPosition(*request);
}

// At the most, of a message.
constexpr size_t kMost = 300;

void CheckCall(const Understood& read, std::string_view body) {
  const Dialect dialect = DialectOf(read.header, read.websocket);
  if (!dialect.is_call()) return;
  ApiRequest request;
  const std::optional<Ending> refusal =
      UnderstandCall(read.header, dialect, Rooms(), kMost, &request);
  if (refusal.has_value()) {
    CheckJson(refusal->Json());
    return Require(!refusal->ok() && refusal->message.size() <= 500,
                   "a refusal is short");
  }
  CheckCarried(request.metadata);
  Require(
      request.timeout.value_or(absl::ZeroDuration()) >= absl::ZeroDuration(),
      "time does not go back");
  const auto message = MessageOfCall(request, std::string(body), kMost);
  if (!message.ok()) return CheckRefusal(message.status());
  Require(!dialect.proto || message->size() <= kMost, "it is no larger");
  const JsonCodec& codec = request.catalog->codec();
  const auto canonical = codec.Canonical(request.method().input(), *message);
  if (!canonical.ok()) return CheckRefusal(canonical.status());
  Require(*codec.Canonical(request.method().input(), *canonical) == *canonical,
          "there is one form alone");
}

// However it is cut, the same messages come out of it.
void CheckEnvelopes(EnvelopeForm form, std::string_view body) {
  EnvelopeReader whole(form, kMost);
  EnvelopeReader bytewise(form, kMost);
  absl::Status status = whole.Add(body);
  for (const char byte : body) {
    if (!bytewise.Add({&byte, 1}).ok()) return;
  }
  while (status.ok()) {
    auto one = whole.Next();
    auto other = bytewise.Next();
    Require(one.status() == other.status(), "both are good, or neither");
    status = one.status();
    if (!one.ok() || !one->has_value()) break;
    Require(**one == **other && (*one)->size() <= kMost, "it is the same");
  }
  if (!status.ok()) CheckRefusal(status);
}

void CheckForwarded(const RequestHeader& header) {
  static const auto* const kForwarded = new ForwardedHeaders(
      *ForwardedHeaders::Parse({"x-tenant", "accept-language"}));
  const auto metadata = kForwarded->Of(header);
  if (metadata.ok()) return CheckCarried(*metadata);
  CheckRefusal(metadata.status());
  Require(absl::StartsWith(metadata.status().message(), "header "),
          "a refusal names the header");
}

void CheckTrace(const RequestHeader& header) {
  const Trace trace = Trace::Of(header);
  CheckCarried(trace.ToMetadata());
  Require(!trace.request_id.empty(), "each request has an id");
}

void CheckOrigins(std::string_view origin, std::string_view host) {
  const Origins anyone({"*"});
  const Origins named({kNamed});
  Require(anyone.Allows("GET", origin, host), "everybody may read");
  const std::string scheme(origin.substr(0, origin.find("://")));
  const bool own =
      !host.empty() && origin == scheme + "://" + std::string(host);
  Require(named.Allows("GET", origin, host) ==
              (origin.empty() || own || origin == kNamed),
          "only who is named may read");
  Require(anyone.Allows("POST", origin, host) == (origin.empty() || own),
          "\"*\" lets nobody write");
  Require(anyone.Allows("GET", origin, host, true) == (origin.empty() || own),
          "only its own pages bring credentials");
  const std::string header = named.AllowOriginHeader(origin);
  Require(header.empty() || header == kNamed, "no other page gets to read it");
}

}  // namespace
}  // namespace bridge

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto read = bridge::Parse({reinterpret_cast<const char*>(data), size});
  if (!read.has_value()) return 0;
  using boost::beast::http::field;
  bridge::CheckUnderstanding(*read);
  std::string_view body(reinterpret_cast<const char*>(data), size);
  body.remove_prefix(std::min(size, body.find("\r\n\r\n") + 4));
  bridge::CheckCall(*read, body);
  for (const bool base64 : {false, true}) {
    bridge::CheckEnvelopes({base64, /*gzip=*/true}, body);
  }
  bridge::CheckForwarded(read->header);
  bridge::CheckTrace(read->header);
  bridge::CheckOrigins(bridge::FieldOf(read->header, field::origin),
                       bridge::FieldOf(read->header, field::host));
  return 0;
}
