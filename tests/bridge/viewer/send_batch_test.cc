#include "bridge/viewer/send_batch.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

namespace bridge {
namespace {

// Two ends of a connection.
class Pair {
 public:
  Pair() {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_), 0);
  }
  ~Pair() {
    close(ends_[0]);
    Hang();
  }

  int near() const { return ends_[0]; }
  void Hang() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }
  std::string Read() {
    std::string bytes(1 << 20, '\0');
    ssize_t size = recv(ends_[1], bytes.data(), bytes.size(), 0);
    bytes.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return bytes;
  }
  // Until it takes no more.
  void Fill() {
    const std::string bytes(4096, 'x');
    while (send(near(), bytes.data(), bytes.size(), 0) > 0) {
    }
  }

 private:
  int ends_[2];
};

// Both ways to send do the same.
class BatchSenderTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    sender_ = GetParam() ? BatchSender::Uring() : BatchSender::Plain();
    if (sender_ == nullptr) GTEST_SKIP() << "no io_uring here";
  }

  std::unique_ptr<BatchSender> sender_;
};

TEST_P(BatchSenderTest, SendsToEachSocketWhatIsForIt) {
  std::vector<Pair> pairs(BatchSender::kMaxOrders);
  std::vector<std::string> texts;
  for (size_t i = 0; i < pairs.size(); ++i) texts.push_back(std::to_string(i));
  for (int round = 0; round < 3; ++round) {
    std::vector<BatchSender::Order> orders;
    for (size_t i = 0; i < pairs.size(); ++i) {
      orders.push_back({pairs[i].near(), texts[i]});
    }
    sender_->Send(orders);
    for (size_t i = 0; i < pairs.size(); ++i) {
      EXPECT_EQ(orders[i].result, static_cast<ssize_t>(texts[i].size()));
      EXPECT_EQ(pairs[i].Read(), texts[i]);
    }
  }
}

TEST_P(BatchSenderTest, TellsForEachSocketHowItWent) {
  Pair good;
  Pair full;
  full.Fill();
  Pair gone;
  gone.Hang();
  const std::string large(8 << 20, 'x');  // more than a socket takes
  Pair slow;
  std::vector<BatchSender::Order> orders = {{full.near(), "x"},
                                            {gone.near(), "x"},
                                            {-1, "x"},
                                            {slow.near(), large},
                                            {good.near(), "good"}};
  sender_->Send(orders);
  EXPECT_EQ(orders[0].result, -EAGAIN);
  EXPECT_EQ(orders[1].result, -EPIPE);
  EXPECT_EQ(orders[2].result, -EBADF);
  EXPECT_GT(orders[3].result, 0);
  EXPECT_LT(orders[3].result, static_cast<ssize_t>(large.size()));
  EXPECT_EQ(orders[4].result, 4);
  EXPECT_EQ(good.Read(), "good");
}

INSTANTIATE_TEST_SUITE_P(Ways, BatchSenderTest, ::testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "Uring" : "Plain";
                         });

class Writer : public SendBatch::Writer {
 public:
  void OnSent(ssize_t result) override { results_.push_back(result); }
  const std::vector<ssize_t>& results() const { return results_; }

 private:
  std::vector<ssize_t> results_;
};

TEST(SendBatchTest, TellsEachWriterOnceWhenItIsFlushed) {
  for (bool io_uring : {false, true}) {
    SendBatch batch(io_uring);
    Pair one;
    Pair two;
    Writer first;
    Writer second;
    batch.Add(first, one.near(), "a");
    batch.Add(second, two.near(), "bc");
    EXPECT_TRUE(first.results().empty());
    batch.Flush();
    batch.Flush();
    EXPECT_EQ(first.results(), std::vector<ssize_t>{1});
    EXPECT_EQ(second.results(), std::vector<ssize_t>{2});
    EXPECT_EQ(one.Read(), "a");
    EXPECT_EQ(two.Read(), "bc");
  }
}

TEST(SendBatchTest, IsFlushedWhenItIsFull) {
  SendBatch batch(true);
  Pair pair;
  Writer writer;
  const std::string text = "x";
  for (size_t i = 0; i + 1 < BatchSender::kMaxOrders; ++i) {
    batch.Add(writer, pair.near(), text);
  }
  EXPECT_TRUE(writer.results().empty());
  batch.Add(writer, pair.near(), text);
  EXPECT_EQ(writer.results().size(), BatchSender::kMaxOrders);
}

}  // namespace
}  // namespace bridge
