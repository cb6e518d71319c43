// Whether bytes are a message of a type that is known only at run time.

#ifndef BRIDGE_TRANSCODE_WIRE_CHECK_H_
#define BRIDGE_TRANSCODE_WIRE_CHECK_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include <cstddef>

#include "absl/status/status.h"

namespace bridge {

// Whether the `size` bytes of `in` are a serialised message of `type`: what
// protobuf's parser would say, without making the message. INVALID_ARGUMENT
// names the field at fault.
//
// Protobuf's way to JSON without a class for the type takes anything: a length
// that is cut short, a number without its end.
absl::Status CheckWire(const google::protobuf::Descriptor& type,
                       google::protobuf::io::ZeroCopyInputStream* in,
                       size_t size);

}  // namespace bridge

#endif  // BRIDGE_TRANSCODE_WIRE_CHECK_H_
