// The body of an HTTP request, as it arrives.

#ifndef BRIDGE_HTTP_BODY_READER_H_
#define BRIDGE_HTTP_BODY_READER_H_

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "bridge/admission/byte_share.h"
#include "bridge/endings.h"
#include "bridge/http/connection.h"

namespace bridge {

// Reads what follows a header that `parser` has read. Tells a client that waits
// for "100 Continue" to go on, when the first byte is wanted. Belongs to one
// coroutine; everything that it is given must outlive it.
class BodyReader {
 public:
  using Parser =
      boost::beast::http::request_parser<boost::beast::http::buffer_body>;

  struct Piece {
    std::string_view bytes;       // within the room given
    bool end = false;             // nothing follows
    std::optional<Ending> error;  // the body can't be read
  };

  // `timeout` is how long the client may take between two reads. What is read
  // whole may take kWhole times as long: else a byte now and then would hold
  // it for ever.
  static constexpr int kWhole = 4;
  BodyReader(Connection& stream, boost::beast::flat_buffer& buffer,
             Parser& parser, absl::Duration timeout)
      : stream_(stream), buffer_(buffer), parser_(parser), timeout_(timeout) {
    BeginPart();
  }
  // An idle connection needs no room.
  ~BodyReader() { buffer_.shrink_to_fit(); }

  BodyReader(const BodyReader&) = delete;
  BodyReader& operator=(const BodyReader&) = delete;

  // From now on there is time for another part that is read whole. The first
  // has begun.
  void BeginPart();

  // The next bytes: at least one, unless it is the end or an error.
  // kRequestTimeout if they, or the part, take too long.
  boost::asio::awaitable<Piece> Read(std::span<char> room);

  // The whole body, which `share` is to hold. kBodyTooBig if it has more than
  // `max_bytes`; Overfull() if there is no room for it.
  boost::asio::awaitable<std::optional<Ending>> ReadAll(size_t max_bytes,
                                                        ByteShare& share,
                                                        std::string* body);

  // What a client is told when all bodies together are too much.
  static Ending Overfull();

 private:
  boost::asio::awaitable<void> Continue();

  Connection& stream_;
  boost::beast::flat_buffer& buffer_;
  Parser& parser_;
  const absl::Duration timeout_;
  std::chrono::steady_clock::time_point part_due_;
  bool continued_ = false;
};

}  // namespace bridge

#endif  // BRIDGE_HTTP_BODY_READER_H_
