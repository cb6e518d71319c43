// Where a stream starts, for methods that say how: bridge.v1.stream_position.
//
// Viewers who start at different places share one upstream call: their requests
// differ in these fields only, so those are taken out of what is shared.
//
//   auto [shared, position] = TakeApart(method.position, request);

#ifndef BRIDGE_UPSTREAM_POSITION_H_
#define BRIDGE_UPSTREAM_POSITION_H_

#include <google/protobuf/descriptor.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "bridge/v1/stream_position.pb.h"

namespace bridge {

// The fields that a method's option names; null where it has none.
struct PositionFields {
  const google::protobuf::FieldDescriptor* cursor = nullptr;  // response's
  const google::protobuf::FieldDescriptor* after = nullptr;   // request's
  const google::protobuf::FieldDescriptor* backlog = nullptr;
  const google::protobuf::FieldDescriptor* start_time = nullptr;

  // A stream can go on behind any of its messages.
  bool resumable() const { return cursor != nullptr && after != nullptr; }
};

// INVALID_ARGUMENT, with the option's field, if it names one that is not there
// or can't be used.
absl::StatusOr<PositionFields> FindPositionFields(
    const v1::StreamPosition& option,
    const google::protobuf::Descriptor& request,
    const google::protobuf::Descriptor& response);

// Where a viewer wants to start.
struct Position {
  enum class Kind : uint8_t {
    kNewest,   // at the newest message
    kAfter,    // behind the message with the cursor `value`
    kBacklog,  // with `value` of the newest messages
    kOther,    // where the upstream alone knows
  };
  Kind kind = Kind::kNewest;
  int64_t value = 0;
};

// A serialised request, in what is shared and what is not.
struct PositionedRequest {
  std::string shared;
  Position position;
};

PositionedRequest TakeApart(const PositionFields& fields,
                            const std::string& request);

// The request that starts there. `shared` has no position.
// REQUIRES: fields.after, or fields.backlog, is there
std::string StartAfter(const PositionFields& fields, std::string shared,
                       int64_t cursor);
std::string StartWithBacklog(const PositionFields& fields, std::string shared,
                             int64_t count);

// Whether a cursor can be as high, or as low, as that.
// REQUIRES: fields.after is there
bool IsPossible(const PositionFields& fields, int64_t cursor);

// The cursor of a serialised message: 0, as in any message, if it has none.
// Nothing, if what stands there is no integer of that kind, or no message.
// REQUIRES: fields.cursor is there
std::optional<int64_t> CursorOf(const PositionFields& fields,
                                grpc::ByteBuffer* message);

}  // namespace bridge

#endif  // BRIDGE_UPSTREAM_POSITION_H_
