// How things end: the one table of every reason for which the bridge ends a
// stream or refuses a request, with its gRPC code, HTTP status and WebSocket
// close code.
//
// Inside the bridge errors are absl::Status; calls to the upstream end with a
// grpc::Status. Both become an Ending at the edge, and only there:
//
//   Ending ending = Ending::Of(Reason::kTooSlow);
//   SendText(ending.Json());                 // {"error":{"code":429,...}}
//   SendClose(ending.close_code, ending.message);

#ifndef BRIDGE_ENDINGS_H_
#define BRIDGE_ENDINGS_H_

#include <grpcpp/support/status.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace bridge {

// Reasons of the bridge's own. Those that come from the upstream are gRPC
// statuses.
enum class Reason {
  kFinished,       // the upstream ended the stream with OK
  kShuttingDown,   // this bridge drains
  kTooSlow,        // the viewer fell off the ring
  kStalled,        // the viewer took no bytes for too long
  kNoPong,         // the viewer did not answer a ping
  kUpstreamGone,   // the upstream was away for longer than our patience
  kForbidden,      // the page's origin may not do this
  kProtocolError,  // a frame that RFC 6455 does not allow
  kNotText,        // a binary message
  kBadUtf8,        // a text message or close reason that is not UTF-8
  kTooBig,         // a message over the limit
  kTooManyFrames,  // a viewer that sends without end
  kBadRequest,     // not HTTP
  kHeaderTooBig,
  kBodyTooBig,
  kEncodedBody,     // compressed, for example
  kRequestTimeout,  // a body that did not arrive in time
  kWrongMethod,     // the path is there, but not for this HTTP method
  kNoWebSocket,     // what can be had by a WebSocket alone
  // Of gRPC-Web and Connect:
  kNoSuchMethod,   // none of the upstream's is at this path
  kWrongType,      // of content that nobody here reads, or not for this method
  kMessageTooBig,  // over the limit, by its length or when inflated
  kDeadline,       // the client's own time for its stream is over
};

// What is told to a client at the end of a stream, or instead of an answer.
struct Ending {
  static Ending Of(Reason reason);
  static Ending Of(Reason reason, std::string message);
  static Ending From(const absl::Status& status);
  static Ending From(const grpc::Status& status);

  bool ok() const { return code == grpc::StatusCode::OK; }

  // {"error":{"code":HTTP_STATUS,"status":"CANONICAL_NAME","message":…,
  // "details":[…],"answer":{…}}}, the form of AIP-193. `details` is there only
  // if the upstream sent any that can be told in JSON, `answer` only if it gave
  // one all the same.
  std::string Json() const;

  grpc::StatusCode code = grpc::StatusCode::OK;
  int http_status = 200;
  uint16_t close_code = 1000;  // RFC 6455, section 7.4
  std::string message;
  std::string details_json;  // a JSON array, or empty
  // What the upstream made of the part of a request that was good, or empty.
  std::string answer_json;
  // What the upstream sent beside its status: a serialised google.rpc.Status,
  // or empty.
  std::string details = {};
};

// The canonical name of a gRPC code, "INVALID_ARGUMENT" for example.
std::string_view CodeName(grpc::StatusCode code);

}  // namespace bridge

#endif  // BRIDGE_ENDINGS_H_
