// Ends streams that were let in by what lets nobody in any more.

#ifndef SERVICE_RPC_PASS_WATCH_H_
#define SERVICE_RPC_PASS_WATCH_H_

#include <thread>

#include "absl/time/time.h"
#include "service/rpc/open_streams.h"
#include "waiting/bell.h"

namespace happiness {

// Looks at the passes of all open streams once a second, on a thread of its
// own: so nothing that sends is held up, and a stream whose token is gone ends
// at most two seconds after its file was changed, one of them the file's.
class PassWatch {
 public:
  static constexpr absl::Duration kInterval = absl::Seconds(1);

  // `streams` must outlive it.
  explicit PassWatch(OpenStreams* streams);
  ~PassWatch();

  PassWatch(const PassWatch&) = delete;
  PassWatch& operator=(const PassWatch&) = delete;

 private:
  OpenStreams* const streams_;
  waiting::Bell stopping_;
  std::thread thread_;
};

}  // namespace happiness

#endif  // SERVICE_RPC_PASS_WATCH_H_
