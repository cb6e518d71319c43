// A TCP proxy before a gRPC server that puts bytes of a test's among the
// server's own.

#ifndef TESTS_BRIDGE_TESTING_GARBLING_PROXY_H_
#define TESTS_BRIDGE_TESTING_GARBLING_PROXY_H_

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace bridge::testing {

// Listens on loopback, and relays each connection to the server until it is
// destroyed. What the server sends goes on in whole HTTP/2 frames, so that what
// is put in stands between two of them. Thread-safe.
class GarblingProxy final {
 public:
  // Makes bytes for a stream that is open: the latest one on which the server
  // has sent something, or 0.
  using Garbler = std::function<std::string(uint32_t stream)>;

  explicit GarblingProxy(int server_port);
  ~GarblingProxy();

  int port() const { return port_; }
  std::string target() const;
  // Connections so far.
  int connections() const { return connections_; }

  // Sends it to every client, behind what it has been sent; then, if told so,
  // ends the connections.
  void Put(Garbler garbler, bool end = false);
  // While it is not empty each new connection is answered with this alone.
  void Speak(std::string instead);

 private:
  using Tcp = boost::asio::ip::tcp;
  class Connection;

  void Accept();
  // Runs it on the proxy's thread, and waits.
  void Run(std::function<void()> what);

  const int server_port_;
  int port_ = 0;
  std::atomic<int> connections_ = 0;

  // The proxy's thread alone, once it runs.
  boost::asio::io_context io_;
  Tcp::acceptor acceptor_;
  std::string instead_;
  std::vector<std::weak_ptr<Connection>> all_;

  std::thread thread_;
};

}  // namespace bridge::testing

#endif  // TESTS_BRIDGE_TESTING_GARBLING_PROXY_H_
