// Lines out of bytes that come in pieces.

#ifndef BRIDGE_HTTP_LINE_SPLITTER_H_
#define BRIDGE_HTTP_LINE_SPLITTER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bridge {

// Holds at most one line. Give it a piece with Add, then take lines with Next
// until there is none. Not thread-safe.
class LineSplitter {
 public:
  explicit LineSplitter(size_t max_line_bytes) : max_(max_line_bytes) {}

  // `piece` must live until Next has given nothing. REQUIRES: it has, for the
  // piece before.
  void Add(std::string_view piece) { piece_ = piece; }

  // The next whole line, without its "\n" or "\r\n". Lines of white space only
  // are left out, but counted: see blank_line().
  std::optional<std::string> Next() {
    for (size_t end; !too_long() && (end = piece_.find('\n')) != piece_.npos;) {
      Append(piece_.substr(0, end));
      piece_.remove_prefix(end + 1);
      if (too_long()) break;
      ++line_number_;
      std::string line = std::exchange(line_, {});
      if (line.ends_with('\r')) line.pop_back();
      if (line.find_first_not_of(" \t\r") != line.npos) return line;
      if (!blank_line_.has_value()) blank_line_ = line_number_;
    }
    if (!too_long()) Append(std::exchange(piece_, {}));
    return std::nullopt;
  }

  // What follows the last "\n", at the end of the input.
  std::optional<std::string> Last() {
    if (line_.empty()) return std::nullopt;
    Add("\n");
    return Next();
  }

  size_t max_line_bytes() const { return max_; }

  // The bytes that the line at hand takes.
  size_t held() const { return line_.capacity(); }

  // The number of the line that was read last, from 1: Next's, or one that was
  // left out after it.
  int64_t line_number() const { return line_number_; }

  // The number of the first line that was left out, if any was.
  std::optional<int64_t> blank_line() const { return blank_line_; }

  // The line after line_number() has more bytes than allowed: give up.
  bool too_long() const { return too_long_; }

 private:
  void Append(std::string_view text) {
    too_long_ = line_.size() + text.size() > max_;
    if (!too_long_) line_.append(text);
  }

  const size_t max_;
  std::string_view piece_;
  std::string line_;
  int64_t line_number_ = 0;
  std::optional<int64_t> blank_line_;
  bool too_long_ = false;
};

}  // namespace bridge

#endif  // BRIDGE_HTTP_LINE_SPLITTER_H_
