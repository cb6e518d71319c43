// A call that is refused at once.

#ifndef SERVICE_RPC_REFUSAL_H_
#define SERVICE_RPC_REFUSAL_H_

#include <grpcpp/support/status.h>

namespace happiness {

// The reactor of a call of any kind: ends it with `status`, then itself.
template <typename Reactor>
class Refusal final : public Reactor {
 public:
  explicit Refusal(const grpc::Status& status) { this->Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace happiness

#endif  // SERVICE_RPC_REFUSAL_H_
