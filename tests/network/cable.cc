#include "tests/network/cable.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"

namespace network {
namespace {

void Shell(const std::string& command) {
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

void EnterNetworkOf(pid_t process) {
  const std::string path = absl::StrCat("/proc/", process, "/ns/net");
  const int network = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(setns(network, CLONE_NEWNET), 0) << path;
  close(network);
}

int ConnectTo(const char* host, int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, host, &address.sin_addr);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address),
            0);
  return fd;
}

}  // namespace

bool EnterOwnNetwork() {
  const std::string user = absl::StrCat("0 ", getuid(), " 1");
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  std::ofstream("/proc/self/uid_map") << user;
  return std::system("ip link set lo up") == 0;
}

Cable::Cable(pid_t there) : there_(there) {
  Shell(absl::StrCat("ip link add here type veth peer name there netns ",
                     there_));
  Shell(absl::StrCat("ip address add ", kHere, "/24 dev here"));
  Shell("ip link set here up");
  SetThere(absl::StrCat("address add ", kThere, "/24 dev there"));
  Mend();
}

Cable::~Cable() { Shell("ip link delete here"); }

void Cable::Cut() { SetThere("link set there down"); }

void Cable::Mend() { SetThere("link set there up"); }

int Cable::Connect(const char* host, int port) const {
  int fd = -1;
  // A socket is of the network in which its thread is.
  std::thread([&] {
    EnterNetworkOf(there_);
    fd = ConnectTo(host, port);
  }).join();
  return fd;
}

void Cable::SetThere(const std::string& what) const {
  Shell(absl::StrCat("nsenter --net --target ", there_, " ip ", what));
}

}  // namespace network
