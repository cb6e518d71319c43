#include "bridge/viewer/poller.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bridge {
namespace {

namespace net = boost::asio;

class Socket : public Poller::Member {
 public:
  Socket() {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_), 0);
  }
  ~Socket() override {
    close(ends_[0]);
    close(ends_[1]);
  }

  void OnReady(bool readable, bool writable) override {
    readable_ += readable;
    writable_ += writable;
    if (readable) {
      char room[16];
      while (recv(ends_[0], room, sizeof room, 0) > 0) {
      }
    }
    if (on_ready_) on_ready_();
  }

  int fd() const { return ends_[0]; }
  void Write() { EXPECT_EQ(send(ends_[1], "x", 1, 0), 1); }
  void HangUp() { shutdown(ends_[1], SHUT_RDWR); }

  int readable_ = 0;
  int writable_ = 0;
  std::function<void()> on_ready_;

 private:
  int ends_[2];
};

class PollerTest : public ::testing::Test {
 protected:
  // Runs some of what is ready: something may be so all the time.
  void Run() {
    for (int i = 0; i < 50; ++i) io_.poll_one();
  }

  net::io_context io_{1};
  Poller poller_{io_};
};

TEST_F(PollerTest, TellsWhenASocketCanBeRead) {
  Socket socket;
  ASSERT_TRUE(poller_.Add(socket.fd(), socket));
  Run();
  EXPECT_EQ(socket.readable_, 0);
  for (int i = 1; i <= 3; ++i) {
    socket.Write();
    Run();
    EXPECT_EQ(socket.readable_, i);
  }
  EXPECT_EQ(socket.writable_, 0);
}

TEST_F(PollerTest, TellsAgainWhileThereIsMore) {
  Socket socket;
  socket.on_ready_ = [&] {
    if (socket.readable_ < 5) socket.Write();
  };
  ASSERT_TRUE(poller_.Add(socket.fd(), socket));
  socket.Write();
  Run();
  EXPECT_EQ(socket.readable_, 5);
}

TEST_F(PollerTest, TellsWhenASocketCanBeWrittenWhileThatIsWanted) {
  Socket socket;
  ASSERT_TRUE(poller_.Add(socket.fd(), socket));
  poller_.Watch(socket.fd(), socket, {true, true});
  Run();
  EXPECT_GT(socket.writable_, 0);
  EXPECT_EQ(socket.readable_, 0);
  poller_.Watch(socket.fd(), socket, {true, false});
  const int before = socket.writable_;
  Run();
  EXPECT_EQ(socket.writable_, before);
}

TEST_F(PollerTest, OfOneThatIsNotToBeReadItTellsTheEndAlone) {
  Socket socket;
  ASSERT_TRUE(poller_.Add(socket.fd(), socket));
  poller_.Watch(socket.fd(), socket, {false, false});
  socket.Write();
  Run();
  EXPECT_EQ(socket.readable_, 0);
  poller_.Watch(socket.fd(), socket, {true, false});
  Run();
  EXPECT_EQ(socket.readable_, 1);
  poller_.Watch(socket.fd(), socket, {false, false});
  socket.HangUp();
  Run();
  EXPECT_GT(socket.readable_, 1);
}

TEST_F(PollerTest, AnEndIsReadable) {
  Socket socket;
  ASSERT_TRUE(poller_.Add(socket.fd(), socket));
  socket.HangUp();
  Run();
  EXPECT_GT(socket.readable_, 0);
}

TEST_F(PollerTest, MoreSocketsThanItLooksAtOnceAreAllTold) {
  std::vector<Socket> sockets(300);
  for (Socket& socket : sockets) {
    ASSERT_TRUE(poller_.Add(socket.fd(), socket));
    socket.Write();
  }
  Run();
  for (Socket& socket : sockets) EXPECT_EQ(socket.readable_, 1);
}

TEST_F(PollerTest, AMemberMayRemoveItself) {
  auto socket = std::make_unique<Socket>();
  Socket other;
  socket->on_ready_ = [&] { socket.reset(); };
  ASSERT_TRUE(poller_.Add(socket->fd(), *socket));
  ASSERT_TRUE(poller_.Add(other.fd(), other));
  socket->Write();
  other.Write();
  Run();
  EXPECT_EQ(socket, nullptr);
  EXPECT_EQ(other.readable_, 1);
}

TEST_F(PollerTest, SaysThatASocketIsNone) {
  Socket socket;
  EXPECT_FALSE(poller_.Add(-1, socket));
}

}  // namespace
}  // namespace bridge
