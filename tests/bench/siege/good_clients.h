// Clients that mean well: what they wait for is what a siege is judged by.

#ifndef TESTS_BENCH_SIEGE_GOOD_CLIENTS_H_
#define TESTS_BENCH_SIEGE_GOOD_CLIENTS_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "happiness/v1/happiness.grpc.pb.h"

namespace bench {

// Some viewers over WebSocket, somebody who records, and somebody who asks for
// the newest readings, over a connection of its own each time. Used by one
// thread; the viewers and who asks have another one.
class GoodClients {
 public:
  // In milliseconds, each from the time at which it was due, however long the
  // one before it took.
  struct Waits {
    std::vector<double> readings;  // from recording one until a viewer has it
    std::vector<double> answers;   // from connecting until the answer is read
  };

  // Returns when the viewers watch.
  GoodClients(int grpc_port, int http_port);
  ~GoodClients();

  GoodClients(const GoodClients&) = delete;
  GoodClients& operator=(const GoodClients&) = delete;

  // Records for so long, and gives how long all waited. `idle` is called now
  // and then. Ends the program if a viewer misses a reading, or if an answer is
  // none.
  Waits Measure(absl::Duration duration, const std::function<void()>& idle);

  // What the bridge has refused so far, to anybody.
  int64_t Refusals();

 private:
  void Record(absl::Time due);
  boost::asio::awaitable<void> Watch();
  boost::asio::awaitable<void> Ask();
  // The answer, with its header, over a connection of its own.
  boost::asio::awaitable<std::string> Get(const char* target);
  // Takes a frame; true if it is one of ours.
  void OnReading(absl::string_view json, int64_t* last);

  const int http_port_;
  const std::unique_ptr<happiness::v1::HappinessService::Stub> stub_;
  int64_t recorded_ = 0;

  absl::Mutex mutex_;
  bool measuring_ ABSL_GUARDED_BY(mutex_) = false;
  int watching_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t received_ ABSL_GUARDED_BY(mutex_) = 0;  // by all viewers
  Waits waits_ ABSL_GUARDED_BY(mutex_);

  boost::asio::io_context io_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace bench

#endif  // TESTS_BENCH_SIEGE_GOOD_CLIENTS_H_
