// What a client says on a socket of many streams.

#ifndef BRIDGE_STREAMS_REQUEST_H_
#define BRIDGE_STREAMS_REQUEST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "bridge/v1/streams.pb.h"
#include "bridge/viewer/delivery.h"

namespace bridge {

// The message that is one text frame. INVALID_ARGUMENT, with the field's name
// where one is at fault, if it is none.
absl::StatusOr<v1::StreamsRequest> ParseStreamsRequest(std::string_view json);

// The id of an `open` that is not valid otherwise, if it has a valid one.
std::optional<uint32_t> IdOfOpen(std::string_view json);

// The request of the method that is to be opened, as JSON again.
absl::StatusOr<std::string> RequestJson(const v1::StreamsRequest::Open& open);

// Which messages it wants. INVALID_ARGUMENT names the field.
absl::StatusOr<Delivery> DeliveryOf(const v1::StreamsRequest::Open& open);

}  // namespace bridge

#endif  // BRIDGE_STREAMS_REQUEST_H_
