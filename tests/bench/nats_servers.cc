#include "tests/bench/nats_servers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/bench/measure.h"

namespace bench {
namespace {

constexpr char kProgram[] = "/usr/sbin/nats-server";

// One that nobody listens at, at the moment.
int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, any, size) != 0 || getsockname(fd, any, &size) != 0) {
    Fail("no free port");
  }
  close(fd);
  return ntohs(address.sin_port);
}

}  // namespace

NatsServers::NatsServers(int count) {
  folder_ = (std::filesystem::temp_directory_path() / "nats-XXXXXX").string();
  if (mkdtemp(folder_.data()) == nullptr) Fail("no folder can be made");
  std::vector<std::string> routes;
  std::vector<int> cluster_ports;
  for (int i = 0; i < count; ++i) {
    ports_.push_back(FreePort());
    cluster_ports.push_back(FreePort());
    routes.push_back(absl::StrCat("nats://127.0.0.1:", cluster_ports.back()));
  }
  for (int i = 0; i < count; ++i) {
    const std::string name = absl::StrCat("nats-", i + 1);
    const std::string config = absl::StrCat(folder_, "/", name, ".conf");
    std::ofstream file(config);
    file << "server_name: " << name << "\nlisten: 127.0.0.1:" << ports_[i]
         << "\nlog_file: \"" << folder_ << "/" << name
         << ".log\"\njetstream { store_dir: \"" << folder_ << "/" << name
         << "\" }\n";
    if (count > 1) {
      file << "cluster { name: bench, listen: 127.0.0.1:" << cluster_ports[i]
           << ", routes: [" << absl::StrJoin(routes, ", ") << "] }\n";
    }
    file.close();
    servers_.push_back(std::make_unique<Child>(
        std::vector<std::string>{kProgram, "-c", config}));
  }
}

NatsServers::~NatsServers() {
  for (const auto& server : servers_) server->Stop();
  std::filesystem::remove_all(folder_);
}

happiness::ReplicatedLogOptions NatsServers::log() const {
  happiness::ReplicatedLogOptions options;
  for (const int port : ports_) {
    options.target.servers.push_back(absl::StrCat("nats://127.0.0.1:", port));
  }
  options.stream.replicas = static_cast<int>(ports_.size());
  return options;
}

absl::Duration NatsServers::CpuTime() const {
  absl::Duration all;
  for (const auto& server : servers_) all += server->CpuTime();
  return all;
}

}  // namespace bench
