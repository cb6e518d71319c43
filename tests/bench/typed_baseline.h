// What the service is measured against: StreamReadings as most people write it.

#ifndef TESTS_BENCH_TYPED_BASELINE_H_
#define TESTS_BENCH_TYPED_BASELINE_H_

#include <grpcpp/server.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "happiness/v1/happiness.grpc.pb.h"

namespace bench {

// The typed callback API and a queue for each client: a reading is copied into
// every queue, and serialised for every client. It keeps nothing, so it serves
// clients at the live end only. Readings that are recorded together go into a
// queue together, which is the best that it can do. Thread-safe.
class TypedBaseline final
    : public happiness::v1::HappinessService::CallbackService {
 public:
  // Serves on a free port of loopback.
  TypedBaseline();
  ~TypedBaseline() override;

  int port() const { return port_; }

  // Numbers `readings` and sends them to every client.
  void Publish(std::vector<happiness::v1::Reading> readings);

 private:
  class Client;

  grpc::ServerWriteReactor<happiness::v1::Reading>* StreamReadings(
      grpc::CallbackServerContext* context,
      const happiness::v1::StreamReadingsRequest* request) override;

  void Remove(Client* client);

  absl::Mutex mutex_;
  int64_t last_sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_set<Client*> clients_ ABSL_GUARDED_BY(mutex_);

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace bench

#endif  // TESTS_BENCH_TYPED_BASELINE_H_
