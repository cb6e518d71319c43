// The stream that is the replicated log.

#ifndef SERVICE_JETSTREAM_STREAM_H_
#define SERVICE_JETSTREAM_STREAM_H_

#include <nats/nats.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace happiness {

struct StreamSettings {
  int replicas = 3;
  absl::Duration max_age = absl::Hours(720);
};

struct StreamState {
  // Which stream this is: one that is deleted and made again is another.
  std::string origin;
  int64_t first = 1;  // the sequence of the first message, or of the next
  int64_t last = 0;   // the last sequence that was ever given
};

// What is there. If there is no stream it is made, or NOT_FOUND unless
// `may_make`. FAILED_PRECONDITION if it has other settings, all of which are
// named, and nothing is changed.
absl::StatusOr<StreamState> OpenStream(jsCtx* js,
                                       const StreamSettings& settings,
                                       bool may_make);

// NOT_FOUND if there is no stream.
absl::StatusOr<StreamState> LookAtStream(jsCtx* js);

// Takes a message out of the stream. OK if it is not there.
absl::Status DeleteMessage(jsCtx* js, int64_t sequence);

}  // namespace happiness

#endif  // SERVICE_JETSTREAM_STREAM_H_
