// What the tests of a log on JetStream share.

#ifndef TESTS_SERVICE_JETSTREAM_REPLICA_H_
#define TESTS_SERVICE_JETSTREAM_REPLICA_H_

#include <nats/nats.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "happiness/v1/happiness.pb.h"
#include "service/jetstream/connection.h"
#include "service/jetstream/replicated_log.h"
#include "service/storage.h"
#include "tests/service/testing/nats_cluster.h"

namespace happiness {

// Of a log on `nats`, each reading of which is kept once. A replica is ready
// when it lacks nothing.
ReplicatedLogOptions LogOn(const NatsCluster& nats);

// A folder of the test's.
std::string FolderOf(const std::string& name);

// What a replica of the service keeps, in a folder that may be there already.
struct Replica {
  Replica(const std::string& folder, const ReplicatedLogOptions& options);

  // Waits for it.
  bool BecomesReady();

  const std::unique_ptr<Storage> storage;
  StoredLog& copy = *storage->log();
  ReplicatedLog& log = *storage->replicated();
};

// Whether it is so within kTestDeadline.
bool Becomes(const std::function<bool()>& condition);

// A reading as a client's is recorded.
v1::Reading Complete(const std::string& place, const std::string& id,
                     double happiness = 5);

// The readings after `sequence`, byte for byte as a stream sends them.
std::vector<std::string> ReadFrom(ReadingLog* log, int64_t sequence);

// Of what ReadFrom returns.
std::vector<int64_t> Sequences(const std::vector<std::string>& readings);
std::vector<std::string> Ids(const std::vector<std::string>& readings);

// The stream as any client of NATS's has it.
class RawStream {
 public:
  explicit RawStream(const NatsCluster& nats);

  // As the service would, but for this.
  void Make(absl::Duration duplicate_window);
  void Delete();

  // Its sequence.
  int64_t Publish(const std::string& data,
                  const std::string& subject = "readings.x");
  // All before `first`.
  void Purge(int64_t first);
  bool Has(int64_t sequence);
  int64_t Last();

  jsCtx* js() const { return connection_->js(); }

 private:
  const std::unique_ptr<Connection> connection_;
};

}  // namespace happiness

#endif  // TESTS_SERVICE_JETSTREAM_REPLICA_H_
