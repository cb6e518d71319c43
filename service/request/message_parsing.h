// Turns the bytes of a request into a message, with an error that names the
// field if a string in it is not UTF-8. Protobuf's own parser refuses such a
// message without saying where, which is why every method here is a raw one.

#ifndef SERVICE_REQUEST_MESSAGE_PARSING_H_
#define SERVICE_REQUEST_MESSAGE_PARSING_H_

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

#include "absl/status/status.h"

namespace happiness {

// Parses `bytes` into `message`. INVALID_ARGUMENT if they are not such a
// message.
//
// Fields that the contract doesn't know are dropped: kept, they would be
// unchecked bytes of any size in the log.
absl::Status ParseMessage(const grpc::ByteBuffer& bytes,
                          google::protobuf::Message* message);

}  // namespace happiness

#endif  // SERVICE_REQUEST_MESSAGE_PARSING_H_
