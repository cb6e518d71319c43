// Networks of a test's own, and a cable between them that can be cut: what is
// sent is then lost without a word.
//
//   int main(…) { in_own_network = network::EnterOwnNetwork(); … }
//
//   Program there({"--net", …}, "/usr/bin/unshare");
//   network::Cable cable(there.pid());
//   cable.Cut();

#ifndef TESTS_NETWORK_CABLE_H_
#define TESTS_NETWORK_CABLE_H_

#include <sys/types.h>

#include <string>

namespace network {

inline constexpr char kHere[] = "192.0.2.1";
inline constexpr char kThere[] = "192.0.2.2";

// Puts this process, which must have one thread yet, into a network of its own.
// False if the machine does not let it.
bool EnterOwnNetwork();

// Leads from this process's network, where it ends at kHere, to the one of
// another process, kThere. That one must be a network of its own already, and
// live for as long. One at a time; belongs to one thread.
class Cable {
 public:
  explicit Cable(pid_t there);
  ~Cable();

  Cable(const Cable&) = delete;
  Cable& operator=(const Cable&) = delete;

  void Cut();
  void Mend();

  // TCP connections from there to this port here, or there. Their owner closes
  // them.
  int ConnectFromThere(int port) const { return Connect(kHere, port); }
  int ConnectWithinThere(int port) const { return Connect(kThere, port); }

 private:
  int Connect(const char* host, int port) const;
  void SetThere(const std::string& what) const;

  const pid_t there_;
};

}  // namespace network

#endif  // TESTS_NETWORK_CABLE_H_
