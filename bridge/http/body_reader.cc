#include "bridge/http/body_reader.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace bridge {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;

constexpr auto kAwait = net::as_tuple(net::use_awaitable);

// A long body is read in larger pieces.
constexpr size_t kLeastRoom = 4 << 10;
constexpr size_t kMostRoom = 64 << 10;

// Cancels what a stream waits for when it takes too long. The stream's own
// time-out would close it, and the client could not be told.
class Watchdog {
 public:
  Watchdog(Connection& stream, absl::Duration patience)
      : timer_(stream.get_executor()) {
    stream.expires_never();
    timer_.expires_after(absl::ToChronoMilliseconds(patience));
    timer_.async_wait([&stream, state = state_](auto error) {
      // The wait may have ended just before its cancellation.
      if (error || *state != State::kWatching) return;
      *state = State::kBarked;
      stream.cancel();
    });
  }
  ~Watchdog() { *state_ = State::kGone; }

  bool barked() const { return *state_ == State::kBarked; }

 private:
  enum class State { kWatching, kBarked, kGone };

  const std::shared_ptr<State> state_ = std::make_shared<State>();
  net::steady_timer timer_;
};

}  // namespace

void BodyReader::BeginPart() {
  part_due_ = std::chrono::steady_clock::now() +
              absl::ToChronoMilliseconds(kWhole * timeout_);
}

Ending BodyReader::Overfull() {
  return Ending::From(absl::UnavailableError(
      "what is being sent takes too much memory; try again"));
}

net::awaitable<void> BodyReader::Continue() {
  if (std::exchange(continued_, true)) co_return;
  auto expect = parser_.get()[http::field::expect];
  if (!absl::EqualsIgnoreCase(absl::string_view(expect.data(), expect.size()),
                              "100-continue")) {
    co_return;
  }
  constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
  stream_.expires_after(absl::ToChronoMilliseconds(timeout_));
  auto bytes = net::buffer(kGoOn);
  co_await net::async_write(stream_, bytes, kAwait);
}

net::awaitable<BodyReader::Piece> BodyReader::Read(std::span<char> room) {
  if (!parser_.is_done()) co_await Continue();
  buffer_.reserve(room.size());  // Beast reads no more at a time than it holds
  auto& body = parser_.get().body();
  while (!parser_.is_done()) {
    body.data = room.data();
    body.size = room.size();
    const absl::Duration rest =
        absl::FromChrono(part_due_ - std::chrono::steady_clock::now());
    Watchdog watchdog(stream_, std::min(timeout_, rest));
    auto [error, unused] =
        co_await http::async_read_some(stream_, buffer_, parser_, kAwait);
    if (error && watchdog.barked()) {
      co_return Piece{{}, false, Ending::Of(Reason::kRequestTimeout)};
    }
    if (error && error != http::error::need_buffer) {
      co_return Piece{{},
                      false,
                      Ending::Of(Reason::kBadRequest,
                                 "the request's body is cut off or malformed")};
    }
    size_t size = room.size() - body.size;
    if (size > 0) {
      co_return Piece{{room.data(), size}, parser_.is_done(), std::nullopt};
    }
  }
  co_return Piece{{}, true, std::nullopt};
}

net::awaitable<std::optional<Ending>> BodyReader::ReadAll(size_t max_bytes,
                                                          ByteShare& share,
                                                          std::string* body) {
  auto too_big = [&] {
    return Ending::Of(
        Reason::kBodyTooBig,
        absl::StrCat("the body has more than ", max_bytes, " bytes"));
  };
  auto announced = parser_.content_length();
  if (announced && *announced > max_bytes) co_return too_big();
  for (size_t read = 0;;) {
    const size_t room = std::clamp(read, kLeastRoom, kMostRoom);
    size_t capacity = body->capacity();
    if (read + room > capacity) capacity = std::max(read + room, 2 * capacity);
    const size_t held = room + capacity;  // the room once more in the buffer
    if (!share.Hold(static_cast<int64_t>(held))) co_return Overfull();
    body->reserve(capacity);
    body->resize(read + room);
    const Piece piece = co_await Read({body->data() + read, room});
    if (piece.error.has_value()) co_return piece.error;
    read += piece.bytes.size();
    if (read > max_bytes) co_return too_big();
    if (piece.end) {
      body->resize(read);
      co_return std::nullopt;
    }
  }
}

}  // namespace bridge
