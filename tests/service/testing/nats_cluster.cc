#include "tests/service/testing/nats_cluster.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace happiness {
namespace {

constexpr char kBinary[] = "/usr/sbin/nats-server";
constexpr absl::Duration kPatience = absl::Seconds(30);

std::string NewFolder() {
  std::string folder = testing::TempDir() + "natsXXXXXX";
  EXPECT_NE(mkdtemp(folder.data()), nullptr);
  return folder;
}

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

bool Succeeds(int port, int (*call)(int, const sockaddr*, socklen_t)) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  const bool done = call(fd, reinterpret_cast<const sockaddr*>(&address),
                         sizeof(address)) == 0;
  close(fd);
  return done;
}

// None of those that the system gives to clients: who connects to a server that
// is down, again and again, would be given its port one day, and be connected
// to itself.
int FreePort() {
  std::random_device random;
  std::uniform_int_distribution<int> any(20'000, 31'999);
  int port = any(random);
  while (!Succeeds(port, bind)) port = any(random);
  return port;
}

}  // namespace

NatsCluster::NatsCluster(int nodes, std::string config)
    : folder_(NewFolder()), config_(std::move(config)) {
  for (int i = 0; i < nodes; ++i) {
    nodes_.push_back({FreePort(), FreePort(), nullptr});
  }
  for (int i = 0; i < nodes; ++i) Start(i);
}

void NatsCluster::Start(int node) {
  const std::string config = Folder(node) + ".conf";
  std::ofstream(config) << Config(node);
  std::unique_ptr<Program>& program = nodes_[node].program;
  program = std::make_unique<Program>(std::vector<std::string>{"-c", config},
                                      kBinary);
  const absl::Time deadline = absl::Now() + kPatience;
  while (!Succeeds(nodes_[node].port, connect)) {
    if (absl::Now() > deadline) {
      program->Signal(SIGKILL);
      FAIL() << program->ReadErrors();
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
}

void NatsCluster::Kill(int node) { nodes_[node].program.reset(); }

void NatsCluster::Stop(int node) { nodes_[node].program->Stop(); }

void NatsCluster::Continue(int node) { nodes_[node].program->Signal(SIGCONT); }

std::string NatsCluster::Name(int node) { return absl::StrCat("node-", node); }

NatsTarget NatsCluster::Target(const std::string& user) const {
  NatsTarget target;
  for (const Node& node : nodes_) {
    target.servers.push_back(absl::StrCat(
        "nats://", user, user.empty() ? "" : "@", "127.0.0.1:", node.port));
  }
  return target;
}

std::string NatsCluster::Folder(int node) const {
  return absl::StrCat(folder_, "/", node);
}

std::string NatsCluster::Config(int node) const {
  std::string config = absl::StrCat(
      "server_name: ", Name(node), "\nlisten: 127.0.0.1:", nodes_[node].port,
      "\njetstream { store_dir: \"", Folder(node), "\" }\n", config_, "\n");
  if (nodes_.size() == 1) return config;
  const std::string routes =
      absl::StrJoin(nodes_, ", ", [](std::string* out, const Node& other) {
        absl::StrAppend(out, "nats://127.0.0.1:", other.route);
      });
  return absl::StrCat(config,
                      "cluster {\n  name: happiness\n  listen: 127.0.0.1:",
                      nodes_[node].route, "\n  routes: [", routes, "]\n}\n");
}

}  // namespace happiness
