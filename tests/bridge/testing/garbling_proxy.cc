#include "tests/bridge/testing/garbling_proxy.h"

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bridge::testing {

namespace net = boost::asio;
using boost::system::error_code;

namespace {

constexpr size_t kFrameHeader = 9;
constexpr int kData = 0;
constexpr int kHeaders = 1;
constexpr int kResetStream = 3;
constexpr int kEndStream = 1;  // a flag

// Big-endian.
uint32_t Number(std::string_view bytes) {
  uint32_t number = 0;
  for (const char byte : bytes) number = number << 8 | (byte & 0xFF);
  return number;
}

}  // namespace

// Lives while it waits for something.
class GarblingProxy::Connection final
    : public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(Tcp::socket client)
      : client_(std::move(client)), server_(client_.get_executor()) {}

  void Relay(int server_port) {
    error_code failed;
    server_.connect({net::ip::address_v4::loopback(),
                     static_cast<net::ip::port_type>(server_port)},
                    failed);
    if (failed) return End();
    FromClient();
    FromServer();
  }

  // The client is not relayed, but read, so that its end is seen.
  void Say(std::string text) {
    Send(std::move(text));
    FromClient();
  }

  void Put(const Garbler& garbler, bool end) {
    Send(garbler(open_.empty() ? 0 : *open_.rbegin()));
    ends_ = end;
    if (ends_ && !sending_) End();
  }

  void End() {
    error_code ignored;
    client_.close(ignored);
    server_.close(ignored);
  }

 private:
  void FromClient() {
    client_.async_read_some(
        net::buffer(up_),
        [self = shared_from_this()](error_code failed, size_t size) {
          if (failed) return self->End();
          if (!self->server_.is_open()) return self->FromClient();
          self->ToServer(size);
        });
  }

  void ToServer(size_t size) {
    net::async_write(server_, net::buffer(up_, size),
                     [self = shared_from_this()](error_code failed, size_t) {
                       if (failed) return self->End();
                       self->FromClient();
                     });
  }

  void FromServer() {
    server_.async_read_some(
        net::buffer(down_),
        [self = shared_from_this()](error_code failed, size_t size) {
          if (failed) return self->End();
          self->cut_.append(self->down_.data(), size);
          self->Send(self->WholeFrames());
          self->FromServer();
        });
  }

  std::string WholeFrames() {
    size_t whole = 0;
    const std::string_view all = cut_;
    while (all.size() >= whole + kFrameHeader) {
      const size_t end = whole + kFrameHeader + Number(all.substr(whole, 3));
      if (all.size() < end) break;
      Note(all.substr(whole, kFrameHeader));
      whole = end;
    }
    std::string frames = cut_.substr(0, whole);
    cut_.erase(0, whole);
    return frames;
  }

  void Note(std::string_view header) {
    const int type = header[3];
    const uint32_t stream = Number(header.substr(5)) & 0x7FFFFFFF;
    if (type != kData && type != kHeaders && type != kResetStream) return;
    if (type == kResetStream || (header[4] & kEndStream) != 0) {
      open_.erase(stream);
    } else {
      open_.insert(stream);
    }
  }

  void Send(std::string bytes) {
    waiting_ += bytes;
    if (sending_ || waiting_.empty()) return;
    sending_ = true;
    sent_ = std::exchange(waiting_, {});
    net::async_write(client_, net::buffer(sent_),
                     [self = shared_from_this()](error_code failed, size_t) {
                       self->sending_ = false;
                       if (failed) return self->End();
                       self->Send("");
                       if (self->ends_ && !self->sending_) self->End();
                     });
  }

  Tcp::socket client_;
  Tcp::socket server_;
  std::array<char, 16384> up_;
  std::array<char, 16384> down_;
  std::string cut_;          // of the server, no whole frame yet
  std::set<uint32_t> open_;  // streams
  std::string waiting_;
  std::string sent_;
  bool sending_ = false;
  bool ends_ = false;
};

GarblingProxy::GarblingProxy(int server_port)
    : server_port_(server_port),
      acceptor_(io_, Tcp::endpoint(net::ip::address_v4::loopback(), 0)) {
  port_ = acceptor_.local_endpoint().port();
  Accept();
  thread_ = std::thread([this] { io_.run(); });
}

GarblingProxy::~GarblingProxy() {
  io_.stop();
  thread_.join();
}

std::string GarblingProxy::target() const {
  return absl::StrCat("127.0.0.1:", port_);
}

void GarblingProxy::Put(Garbler garbler, bool end) {
  Run([&] {
    for (auto& weak : all_) {
      if (auto connection = weak.lock()) connection->Put(garbler, end);
    }
  });
}

void GarblingProxy::Speak(std::string instead) {
  Run([&] { instead_ = std::move(instead); });
}

void GarblingProxy::Accept() {
  acceptor_.async_accept([this](error_code failed, Tcp::socket client) {
    if (failed) return;
    ++connections_;
    auto connection = std::make_shared<Connection>(std::move(client));
    all_.push_back(connection);
    if (instead_.empty()) {
      connection->Relay(server_port_);
    } else {
      connection->Say(instead_);
    }
    Accept();
  });
}

void GarblingProxy::Run(std::function<void()> what) {
  std::promise<void> done;
  net::post(io_, [&] {
    what();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace bridge::testing
