// From the parts of an HTTP request to the message of a gRPC request.

#ifndef BRIDGE_TRANSCODE_REQUEST_H_
#define BRIDGE_TRANSCODE_REQUEST_H_

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "bridge/transcode/json_codec.h"
#include "bridge/transcode/url.h"

namespace bridge {

// Where a request's fields stand in HTTP, as google.api.http says.
struct Body {
  enum Kind {
    kNone,   // path and query alone fill the message
    kWhole,  // "*": the body is the message
    kField,  // the body is one of its fields, the rest as with kNone
  };
  Kind kind = kNone;
  const google::protobuf::FieldDescriptor* field = nullptr;  // kField's
};

// The message of `type` whose fields these parameters name: "place",
// "reading.place", as in the proto or in lowerCamelCase; a repeated field by
// being named again. Values are as in proto3 JSON, without quotes.
//
// `query` may not name what `body` gives. `bound`, what the path gives, may:
// "/v1/{room.name=rooms/*}" with the body "room" is what AIP-134 asks for.
//
// The same parameters give the same bytes, whatever their order.
//
// INVALID_ARGUMENT names the parameter: no such field, a value that does not
// fit or is not UTF-8, a field that is not repeated given twice, a field in
// `body`.
absl::StatusOr<std::string> MessageFromParameters(
    const JsonCodec& codec, const google::protobuf::Descriptor& type,
    const Body& body, const std::vector<Parameter>& query,
    const std::vector<Parameter>& bound);

// Whether a path can bind these fields of `type`: INVALID_ARGUMENT names the
// one that is not there, is a message or repeated, or stands twice.
absl::Status CheckVariables(const google::protobuf::Descriptor& type,
                            const std::vector<std::string>& names);

// The message of `type` whose JSON body, by `body`, is `json`. Empty for
// Body::kNone. What MessageFromParameters gives is to be put behind it:
// serialised messages merge by that, and the path goes before the body.
//
// INVALID_ARGUMENT names the field.
absl::StatusOr<std::string> MessageFromBody(
    const JsonCodec& codec, const google::protobuf::Descriptor& type,
    const Body& body, std::string_view json);

}  // namespace bridge

#endif  // BRIDGE_TRANSCODE_REQUEST_H_
