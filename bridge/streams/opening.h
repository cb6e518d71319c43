// From what is asked on a socket to a source of messages.

#ifndef BRIDGE_STREAMS_OPENING_H_
#define BRIDGE_STREAMS_OPENING_H_

#include <memory>

#include "absl/status/statusor.h"
#include "bridge/streams/asker.h"
#include "bridge/streams/request.h"
#include "bridge/streams/source.h"
#include "bridge/viewer/shard.h"

namespace bridge {

// Begins what `open` asks for. An error names the field that is at fault, or
// says which limit is reached; what of that can be counted is.
absl::StatusOr<std::unique_ptr<Source>> OpenSource(
    Shard& shard, const StreamsContext& context, const Asker& asker,
    const v1::StreamsRequest::Open& open, const Delivery& delivery,
    Source::Listener& listener);

}  // namespace bridge

#endif  // BRIDGE_STREAMS_OPENING_H_
