// A real gRPC server with the Ticker service, for the bridge's tests.

#ifndef TESTS_BRIDGE_TESTING_TICKER_SERVER_H_
#define TESTS_BRIDGE_TESTING_TICKER_SERVER_H_

#include <grpcpp/server.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "tests/bridge/testing/ticker.grpc.pb.h"

namespace bridge::testing {

// Serves until it is destroyed. Its watchers get every tick that is published,
// each at its own pace. Thread-safe.
class TickerServer final : public Ticker::Service {
 public:
  // Listens on loopback; port 0 picks a free one. It tells what it offers if
  // gRPC's reflection library is linked, and that it serves.
  explicit TickerServer(int port = 0);
  // Ends every call with UNAVAILABLE.
  ~TickerServer() override;

  int port() const { return port_; }
  std::string target() const;
  std::shared_ptr<grpc::Channel> InProcess();

  void Publish(std::string text);
  void PublishMany(int count, std::string text);
  // Lets go of the texts published so far, which nobody needs any more.
  void Forget();
  // What its health service says.
  void SetServing(bool serving);
  // While `held` no Get is answered, for 10 s at the most.
  void HoldGets(bool held);
  // While `held` no Chat reads on, for 10 s at the most.
  void HoldChats(bool held);
  // Ends all watches with this status.
  void EndWatches(grpc::Status status);

  int64_t published() const;  // the number of the last tick
  int watches_started() const;
  int gets_started() const;
  int gets_running() const;  // and not cancelled
  // The authorization of each watch, in the order of their starts.
  std::vector<std::string> authorizations() const;
  // What each call so far said in this metadata, in the order of their starts;
  // empty where it said nothing.
  std::vector<std::string> received(const std::string& name) const;
  int64_t summed() const;      // messages that Sum has read
  int chats() const;           // now
  int64_t chat_heard() const;  // messages that Chat has read
  int64_t chat_said() const;   // and written

  // Waits, at most 10 s. True if it came to be.
  bool AwaitWatches(int now);

 private:
  grpc::Status Watch(grpc::ServerContext* context, const WatchRequest* request,
                     grpc::ServerWriter<Tick>* writer) override;
  grpc::Status Replay(grpc::ServerContext* context, const WatchRequest* request,
                      grpc::ServerWriter<Tick>* writer) override {
    return Watch(context, request, writer);
  }
  grpc::Status Follow(grpc::ServerContext* context, const WatchRequest* request,
                      grpc::ServerWriter<Tick>* writer) override {
    return Watch(context, request, writer);
  }
  grpc::Status Count(grpc::ServerContext* context, const CountRequest* request,
                     grpc::ServerWriter<Tick>* writer) override;
  grpc::Status Get(grpc::ServerContext* context, const GetRequest* request,
                   Tick* tick) override;
  grpc::Status Put(grpc::ServerContext* context, const PutRequest* request,
                   Tick* tick) override;
  grpc::Status Sum(grpc::ServerContext* context,
                   grpc::ServerReader<PutRequest>* reader,
                   SumResponse* response) override;
  grpc::Status Chat(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<Tick, Tick>* stream) override;
  void AwaitChatsGoOn();
  bool Say(const Tick& tick, grpc::ServerReaderWriter<Tick, Tick>* stream);

  using Metadata = std::multimap<std::string, std::string>;
  void Note(const grpc::ServerContext& context);

  mutable absl::Mutex mutex_;
  std::vector<Metadata> received_ ABSL_GUARDED_BY(mutex_);
  std::vector<Tick> ticks_ ABSL_GUARDED_BY(mutex_);
  int started_ ABSL_GUARDED_BY(mutex_) = 0;
  int gets_ ABSL_GUARDED_BY(mutex_) = 0;
  int gets_running_ ABSL_GUARDED_BY(mutex_) = 0;
  bool gets_held_ ABSL_GUARDED_BY(mutex_) = false;
  int now_ ABSL_GUARDED_BY(mutex_) = 0;
  int generation_ ABSL_GUARDED_BY(mutex_) = 0;  // of EndWatches
  grpc::Status end_status_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> authorizations_ ABSL_GUARDED_BY(mutex_);
  int64_t summed_ ABSL_GUARDED_BY(mutex_) = 0;
  bool chats_held_ ABSL_GUARDED_BY(mutex_) = false;
  int chats_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t chat_heard_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t chat_said_ ABSL_GUARDED_BY(mutex_) = 0;

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace bridge::testing

#endif  // TESTS_BRIDGE_TESTING_TICKER_SERVER_H_
