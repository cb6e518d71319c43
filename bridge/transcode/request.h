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

// The message of `type` whose fields `parameters` name: "place",
// "reading.place", as in the proto or in lowerCamelCase; a repeated field by
// being named again. Values are as in proto3 JSON, without quotes.
//
// The same parameters give the same bytes, whatever their order.
//
// INVALID_ARGUMENT names the parameter: no such field, a value that does not
// fit, a field that is not repeated given twice, a field in `body`.
absl::StatusOr<std::string> MessageFromParameters(
    const JsonCodec& codec, const google::protobuf::Descriptor& type,
    const Body& body, const std::vector<Parameter>& parameters);

// The message of `type` whose JSON body, by `body`, is `json`. Empty for
// Body::kNone. To be added to what MessageFromParameters gives: serialised
// messages merge by being put together.
//
// INVALID_ARGUMENT names the field.
absl::StatusOr<std::string> MessageFromBody(
    const JsonCodec& codec, const google::protobuf::Descriptor& type,
    const Body& body, std::string_view json);

}  // namespace bridge

#endif  // BRIDGE_TRANSCODE_REQUEST_H_
