#include "bridge/endings.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bridge/transcode/json_text.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace bridge {
namespace {

using grpc::StatusCode;

struct CodeRow {
  StatusCode code;
  const char* name;
  int http_status;  // as grpc-gateway maps them
  uint16_t close_code;
};

// Indexed by the code's number. 4000 + code where RFC 6455 and its registry
// have no close code that says the same.
constexpr std::array<CodeRow, 17> kCodes = {{
    {StatusCode::OK, "OK", 200, 1000},
    {StatusCode::CANCELLED, "CANCELLED", 499, 4001},
    {StatusCode::UNKNOWN, "UNKNOWN", 500, 4002},
    {StatusCode::INVALID_ARGUMENT, "INVALID_ARGUMENT", 400, 4003},
    {StatusCode::DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", 504, 4004},
    {StatusCode::NOT_FOUND, "NOT_FOUND", 404, 4005},
    {StatusCode::ALREADY_EXISTS, "ALREADY_EXISTS", 409, 4006},
    {StatusCode::PERMISSION_DENIED, "PERMISSION_DENIED", 403, 1008},
    {StatusCode::RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED", 429, 1013},
    {StatusCode::FAILED_PRECONDITION, "FAILED_PRECONDITION", 400, 4009},
    {StatusCode::ABORTED, "ABORTED", 409, 4010},
    {StatusCode::OUT_OF_RANGE, "OUT_OF_RANGE", 400, 4011},
    {StatusCode::UNIMPLEMENTED, "UNIMPLEMENTED", 501, 4012},
    {StatusCode::INTERNAL, "INTERNAL", 500, 1011},
    {StatusCode::UNAVAILABLE, "UNAVAILABLE", 503, 1014},
    {StatusCode::DATA_LOSS, "DATA_LOSS", 500, 4015},
    {StatusCode::UNAUTHENTICATED, "UNAUTHENTICATED", 401, 1008},
}};

struct ReasonRow {
  Reason reason;
  StatusCode code;
  int http_status;
  uint16_t close_code;
  const char* message;
};

// Indexed by the reason's number.
constexpr ReasonRow kReasons[] = {
    {Reason::kFinished, StatusCode::OK, 200, 1000, ""},
    {Reason::kShuttingDown, StatusCode::UNAVAILABLE, 503, 1012,
     "the bridge is shutting down; connect again"},
    {Reason::kTooSlow, StatusCode::RESOURCE_EXHAUSTED, 429, 1013,
     "too slow: newer messages have pushed out those that come next; connect "
     "again and resume"},
    {Reason::kStalled, StatusCode::RESOURCE_EXHAUSTED, 429, 1013,
     "too slow: no bytes were taken for too long; connect again and resume"},
    {Reason::kNoPong, StatusCode::DEADLINE_EXCEEDED, 504, 1011,
     "no answer to a ping"},
    {Reason::kUpstreamGone, StatusCode::UNAVAILABLE, 503, 1014,
     "the upstream is gone; connect again"},
    {Reason::kForbidden, StatusCode::PERMISSION_DENIED, 403, 1008,
     "this page's origin is none of those that --hosts and --allowed_origins "
     "let in; * lets a page only read, without credentials"},
    {Reason::kProtocolError, StatusCode::INVALID_ARGUMENT, 400, 1002,
     "not a valid WebSocket frame"},
    {Reason::kNotText, StatusCode::INVALID_ARGUMENT, 400, 1003,
     "binary messages are not accepted"},
    {Reason::kBadUtf8, StatusCode::INVALID_ARGUMENT, 400, 1007,
     "text must be valid UTF-8"},
    {Reason::kTooBig, StatusCode::INVALID_ARGUMENT, 413, 1009,
     "the message is too big"},
    {Reason::kTooManyFrames, StatusCode::RESOURCE_EXHAUSTED, 429, 1008,
     "too many frames were sent"},
    {Reason::kBadRequest, StatusCode::INVALID_ARGUMENT, 400, 1002,
     "not a valid HTTP request"},
    {Reason::kHeaderTooBig, StatusCode::INVALID_ARGUMENT, 431, 1009,
     "the header is too big"},
    {Reason::kBodyTooBig, StatusCode::INVALID_ARGUMENT, 413, 1009,
     "the body is too big"},
    {Reason::kEncodedBody, StatusCode::INVALID_ARGUMENT, 415, 1003,
     "header content-encoding: must be absent, or identity: no body is "
     "decompressed here"},
    {Reason::kRequestTimeout, StatusCode::DEADLINE_EXCEEDED, 408, 4004,
     "the request did not arrive in time"},
    {Reason::kWrongMethod, StatusCode::UNIMPLEMENTED, 405, 4012,
     "this path does not take this HTTP method"},
    {Reason::kNoWebSocket, StatusCode::FAILED_PRECONDITION, 426, 4009,
     "open a WebSocket here"},
    {Reason::kNoSuchMethod, StatusCode::UNIMPLEMENTED, 404, 4012,
     "there is no such method"},
    {Reason::kWrongType, StatusCode::INVALID_ARGUMENT, 415, 1003,
     "header content-type: is of no protocol that is spoken here"},
    {Reason::kMessageTooBig, StatusCode::RESOURCE_EXHAUSTED, 413, 1009,
     "the message is too big"},
    {Reason::kDeadline, StatusCode::DEADLINE_EXCEEDED, 504, 4004,
     "the deadline is over"},
};

const CodeRow& RowOf(StatusCode code) {
  auto index = static_cast<size_t>(code);
  return kCodes[index < kCodes.size() ? index : 2];
}

// The details that an upstream sends beside a status
// ("grpc-status-details-bin") as a JSON array. Types outside google.rpc are
// left out: nothing here knows their fields.
std::string DetailsJson(const std::string& serialized) {
  // Nothing else here refers to them, and a linker would leave them out.
  google::protobuf::LinkMessageReflection<google::rpc::BadRequest>();
  google::rpc::Status status;
  if (serialized.empty() || !status.ParseFromString(serialized)) return "";
  std::string array;
  for (const auto& detail : status.details()) {
    std::string json;
    if (!google::protobuf::util::MessageToJsonString(detail, &json).ok()) {
      continue;
    }
    absl::StrAppend(&array, array.empty() ? "[" : ",", json);
  }
  return array.empty() ? array : array + "]";
}

Ending FromCode(StatusCode code, std::string message) {
  const CodeRow& row = RowOf(code);
  return {row.code, row.http_status, row.close_code, std::move(message), "", "",
          ""};
}

}  // namespace

Ending Ending::Of(Reason reason) {
  return Of(reason, kReasons[static_cast<size_t>(reason)].message);
}

Ending Ending::Of(Reason reason, std::string message) {
  const ReasonRow& row = kReasons[static_cast<size_t>(reason)];
  return {row.code, row.http_status, row.close_code, std::move(message), "", "",
          ""};
}

Ending Ending::From(const absl::Status& status) {
  return FromCode(static_cast<StatusCode>(status.code()),
                  std::string(status.message()));
}

Ending Ending::From(const grpc::Status& status) {
  Ending ending = FromCode(status.error_code(), status.error_message());
  ending.details_json = DetailsJson(status.error_details());
  ending.details = status.error_details();
  return ending;
}

std::string Ending::Json() const {
  std::string json = absl::StrCat("{\"error\":{\"code\":", http_status,
                                  ",\"status\":\"", std::string(CodeName(code)),
                                  "\",\"message\":", JsonString(message));
  if (!details_json.empty()) {
    absl::StrAppend(&json, ",\"details\":", details_json);
  }
  if (!answer_json.empty()) absl::StrAppend(&json, ",\"answer\":", answer_json);
  return json + "}}";
}

std::string_view CodeName(grpc::StatusCode code) { return RowOf(code).name; }

}  // namespace bridge
