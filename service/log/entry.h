// A reading as the log keeps it and as every stream sends it.

#ifndef SERVICE_LOG_ENTRY_H_
#define SERVICE_LOG_ENTRY_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <memory>
#include <string>

#include "happiness/v1/happiness.pb.h"

namespace happiness {

// Immutable once it is shared, so any thread may read it.
struct Entry {
  int64_t sequence = 0;
  std::string place;
  std::string source;
  int64_t observe_time = 0;  // microseconds since 1970-01-01T00:00:00Z
  double happiness = 0;
  // The whole v1::Reading, serialised once. Writing it to a stream shares its
  // slice.
  grpc::ByteBuffer encoded;
};

using EntryPtr = std::shared_ptr<const Entry>;

// What became of a reading that was to be recorded.
struct Appended {
  // As it was recorded: now, or earlier if this is a duplicate.
  EntryPtr entry;
  bool duplicate = false;
};

// `reading` must be complete: numbered, with an id and a time.
EntryPtr MakeEntry(const v1::Reading& reading);

// `message` in a single slice.
grpc::ByteBuffer Encode(const google::protobuf::Message& message);

}  // namespace happiness

#endif  // SERVICE_LOG_ENTRY_H_
