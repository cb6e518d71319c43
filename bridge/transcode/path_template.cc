#include "bridge/transcode/path_template.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace bridge {
namespace {

// Percent-decodes all but slashes.
absl::StatusOr<std::string> DecodeWithoutSlashes(std::string_view text) {
  return PercentDecode(
      absl::StrReplaceAll(absl::string_view(text.data(), text.size()),
                          {{"%2F", "%252F"}, {"%2f", "%252f"}}));
}

}  // namespace

// Reads a template from left to right.
class PathTemplate::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  absl::StatusOr<PathTemplate> Parse() {
    if (!Take('/')) return Error("must start with /");
    if (absl::Status status = Segments(); !status.ok()) return status;
    if (Take(':')) {
      result_.verb_ = std::string(Until("/{}*:"));
      if (result_.verb_.empty()) return Error("has an empty verb");
    }
    if (at_ != text_.size()) {
      return Error(absl::StrCat("is not understood from column ", at_ + 1));
    }
    const auto& segments = result_.segments_;
    for (size_t i = 0; i + 1 < segments.size(); ++i) {
      if (segments[i].kind == Kind::kRest)
        return Error("has ** before its end");
    }
    return std::move(result_);
  }

 private:
  absl::Status Segments() {
    do {
      if (absl::Status status = OneSegment(); !status.ok()) return status;
    } while (Take('/'));
    return absl::OkStatus();
  }

  absl::Status OneSegment() {
    if (Take('{')) return VariableSegments();
    if (Take('*')) {
      result_.segments_.push_back({Take('*') ? Kind::kRest : Kind::kOne, ""});
      return absl::OkStatus();
    }
    std::string_view literal = Until("/{}*:");
    // "/" alone is the template of the root.
    if (literal.empty() && text_ != "/") return Error("has an empty segment");
    result_.segments_.push_back({Kind::kLiteral, std::string(literal)});
    return absl::OkStatus();
  }

  absl::Status VariableSegments() {
    if (in_variable_) return Error("has a variable within a variable");
    in_variable_ = true;
    Variable variable = {std::string(Until("/{}*:=")), result_.segments_.size(),
                         0};
    if (variable.field_path.empty())
      return Error("has a variable with no name");
    if (Take('=')) {
      if (absl::Status status = Segments(); !status.ok()) return status;
    } else {
      result_.segments_.push_back({Kind::kOne, ""});
    }
    if (!Take('}')) return Error("has a variable with no }");
    in_variable_ = false;
    variable.end = result_.segments_.size();
    result_.variables_.push_back(std::move(variable));
    return absl::OkStatus();
  }

  bool Take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string_view Until(std::string_view stops) {
    const size_t begin = at_;
    at_ = std::min(text_.find_first_of(stops, begin), text_.size());
    return text_.substr(begin, at_ - begin);
  }

  absl::Status Error(std::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat(
        "path template \"", std::string(text_), "\" ", std::string(what)));
  }

  const std::string_view text_;
  size_t at_ = 0;
  bool in_variable_ = false;
  PathTemplate result_;
};

absl::StatusOr<PathTemplate> PathTemplate::Parse(std::string_view text) {
  return Parser(text).Parse();
}

std::optional<std::vector<Parameter>> PathTemplate::Match(
    std::string_view path) const {
  if (path.empty() || path[0] != '/') return std::nullopt;
  path.remove_prefix(1);
  if (!verb_.empty()) {
    std::string suffix = absl::StrCat(":", verb_);
    if (!path.ends_with(suffix)) return std::nullopt;
    path.remove_suffix(suffix.size());
  }
  std::vector<std::string> parts =
      absl::StrSplit(absl::string_view(path.data(), path.size()), '/');
  bool open_ended = !segments_.empty() && segments_.back().kind == Kind::kRest;
  if (open_ended ? parts.size() + 1 < segments_.size()
                 : parts.size() != segments_.size()) {
    return std::nullopt;
  }
  std::vector<std::string> decoded;
  for (const std::string& part : parts) {
    auto one = PercentDecode(part);
    if (!one.ok()) return std::nullopt;
    decoded.push_back(*std::move(one));
  }
  for (size_t i = 0; i < segments_.size(); ++i) {
    const Segment& segment = segments_[i];
    if (segment.kind == Kind::kLiteral && segment.literal != decoded[i]) {
      return std::nullopt;
    }
    if (segment.kind == Kind::kOne && decoded[i].empty()) return std::nullopt;
  }
  std::vector<Parameter> bound;
  for (const Variable& variable : variables_) {
    size_t begin = variable.begin;
    bool to_the_end = open_ended && variable.end == segments_.size();
    size_t end = to_the_end ? parts.size() : variable.end;
    bool one = !to_the_end && end - begin == 1;
    bound.emplace_back(
        variable.field_path,
        one ? decoded[begin]
            : *DecodeWithoutSlashes(absl::StrJoin(parts.begin() + begin,
                                                  parts.begin() + end, "/")));
  }
  return bound;
}

std::vector<std::string> PathTemplate::variables() const {
  std::vector<std::string> names;
  for (const Variable& variable : variables_) {
    names.push_back(variable.field_path);
  }
  return names;
}

bool PathTemplate::MoreSpecificThan(const PathTemplate& other) const {
  if (verb_.empty() != other.verb_.empty()) return !verb_.empty();
  auto kinds = [](const PathTemplate& path) {
    std::vector<Kind> kinds;
    for (const Segment& segment : path.segments_) kinds.push_back(segment.kind);
    return kinds;
  };
  return kinds(*this) < kinds(other);
}

bool PathTemplate::MatchesSameAs(const PathTemplate& other) const {
  return segments_ == other.segments_ && verb_ == other.verb_;
}

}  // namespace bridge
