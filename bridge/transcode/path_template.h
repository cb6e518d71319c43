// The paths of google.api.http: "/v1/{name=rooms/*}/readings:summarize".

#ifndef BRIDGE_TRANSCODE_PATH_TEMPLATE_H_
#define BRIDGE_TRANSCODE_PATH_TEMPLATE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "bridge/transcode/url.h"

namespace bridge {

// A parsed template. The grammar is that of google/api/http.proto: literals,
// "*" for one segment, "**" for the rest (last only), {field.path} and
// {field.path=segments} to bind what was matched, and ":verb" at the end.
// Immutable, hence thread-safe.
class PathTemplate {
 public:
  static absl::StatusOr<PathTemplate> Parse(std::string_view text);

  // What a path binds to the template's variables, percent-decoded, or nothing
  // if it does not match. `path` is as in the request: still encoded. In what
  // spans several segments, a slash that is encoded (%2F) stays so.
  std::optional<std::vector<Parameter>> Match(std::string_view path) const;

  // The field paths of its variables.
  std::vector<std::string> variables() const;

  // True if `this` should be tried before `other`: a verb goes before none, a
  // literal before a wildcard, and one segment before many.
  bool MoreSpecificThan(const PathTemplate& other) const;

  // True if both match the same paths, whatever they bind.
  bool MatchesSameAs(const PathTemplate& other) const;

 private:
  class Parser;

  enum class Kind { kLiteral, kOne, kRest };  // in the order of specificity
  struct Segment {
    Kind kind;
    std::string literal;

    bool operator==(const Segment&) const = default;
  };
  struct Variable {
    std::string field_path;
    size_t begin;  // its segments: [begin, end)
    size_t end;
  };

  std::vector<Segment> segments_;
  std::vector<Variable> variables_;
  std::string verb_;
};

}  // namespace bridge

#endif  // BRIDGE_TRANSCODE_PATH_TEMPLATE_H_
