// What is done to the bridge from outside, as data: clients that connect, send,
// and connect again when they are closed. They come from 127.0.1.1.

#ifndef TESTS_BENCH_SIEGE_ATTACK_H_
#define TESTS_BENCH_SIEGE_ATTACK_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace bench {

struct Attack {
  std::string name = {};
  int connections = 1;  // at a time
  // What each sends first. "$N" is a number that no other request has, "$I"
  // that of the client.
  std::string first = {};
  // It is a request for a WebSocket, and what follows waits for the answer.
  bool upgrade = false;
  // What each sends again and again, and the pause before.
  std::string then = {};
  absl::Duration pause = {};
  // How often it does so until it hangs up; 0: until it is closed.
  int times = 0;
  // They take nothing of what they are sent.
  bool deaf = false;
};

const std::vector<Attack>& Attacks();

// Attacks who serves at `port`, in this thread, for `duration`.
void Run(const Attack& attack, int port, absl::Duration duration);

}  // namespace bench

#endif  // TESTS_BENCH_SIEGE_ATTACK_H_
