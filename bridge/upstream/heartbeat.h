// Finds out that an upstream has vanished without a word.

#ifndef BRIDGE_UPSTREAM_HEARTBEAT_H_
#define BRIDGE_UPSTREAM_HEARTBEAT_H_

#include <chrono>
#include <memory>

#include "absl/time/time.h"
#include "bridge/upstream/call.h"

namespace bridge {

// Asks the upstream for its health every now and then. Whatever it answers,
// even that it knows no such question, is a sign of life.
//
// It is gRPC's keepalive that ends a connection on which nothing comes back:
// but after two pings it waits until some call has sent something, which
// streams don't, for servers end connections that ping too much. Each question
// lets it ping again; each answer makes a server forgive the pings before.
//
// Belongs to one thread.
class Heartbeat {
 public:
  Heartbeat(Caller* caller, absl::Duration interval);
  ~Heartbeat();  // Gives up a question that has no answer yet.

  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  // To be called often. Asks, if it is time to and no question is open.
  void BeatIfDue();

 private:
  class Question;

  Caller* const caller_;
  const std::chrono::nanoseconds interval_;
  std::chrono::steady_clock::time_point due_;
  std::shared_ptr<Question> question_;  // the last; null if there was none
};

}  // namespace bridge

#endif  // BRIDGE_UPSTREAM_HEARTBEAT_H_
