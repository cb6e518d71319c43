#include "bridge/upstream/catalog.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "bridge/transcode/json_text.h"
#include "bridge/v1/stream_position.pb.h"
#include "google/api/annotations.pb.h"

namespace bridge {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

// Files in the order of their names, so that two answers that hold the same
// compare equal.
// By name, and by content: of two with the same name the first counts.
void Sort(FileDescriptorSet* files) {
  std::sort(files->mutable_file()->begin(), files->mutable_file()->end(),
            [](const FileDescriptorProto& a, const FileDescriptorProto& b) {
              if (a.name() != b.name()) return a.name() < b.name();
              return a.SerializeAsString() < b.SerializeAsString();
            });
}

std::vector<std::string> AllServices(const FileDescriptorSet& files) {
  std::vector<std::string> names;
  for (const auto& file : files.file()) {
    for (const auto& service : file.service()) {
      names.push_back(absl::StrCat(
          file.package(), file.package().empty() ? "" : ".", service.name()));
    }
  }
  return names;
}

// Measures how deep files import each other.
class ImportDepths {
 public:
  explicit ImportDepths(const FileDescriptorSet& files) {
    for (const auto& file : files.file()) files_.emplace(file.name(), &file);
  }

  // Whether no row of imports, this file's first, has more than `most` files. A
  // circle has any number.
  bool AreAtMost(int most, const std::string& name) {
    if (auto known = depths_.find(name); known != depths_.end()) {
      return known->second <= most;
    }
    auto found = files_.find(name);
    if (found == files_.end()) return true;  // AddServices tells of it
    if (most == 0) return false;
    int depth = 1;
    for (const std::string& import : found->second->dependency()) {
      if (!AreAtMost(most - 1, import)) return false;
      depth = std::max(depth, 1 + depths_[import]);
    }
    depths_[name] = depth;
    return true;
  }

 private:
  std::map<std::string, const FileDescriptorProto*> files_;
  std::map<std::string, int> depths_;  // of those that were looked at
};

// Protobuf loads imports recursively, as deep as they are.
absl::Status CheckImports(const FileDescriptorSet& files) {
  ImportDepths depths(files);
  for (const auto& file : files.file()) {
    if (depths.AreAtMost(Catalog::kMaxImportDepth, file.name())) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("file ", file.name(), ": its imports are more than ",
                     Catalog::kMaxImportDepth, " deep, or a circle"));
  }
  return absl::OkStatus();
}

absl::Status TooManyRoutes() {
  return absl::InvalidArgumentError(absl::StrCat(
      "methods and their HTTP rules are more than ", Catalog::kMaxRoutes));
}

// The HTTP method and path of a rule, whichever of its fields says them.
std::pair<std::string, std::string> Pattern(const google::api::HttpRule& rule) {
  switch (rule.pattern_case()) {
    case google::api::HttpRule::kGet:
      return {"GET", rule.get()};
    case google::api::HttpRule::kPut:
      return {"PUT", rule.put()};
    case google::api::HttpRule::kPost:
      return {"POST", rule.post()};
    case google::api::HttpRule::kDelete:
      return {"DELETE", rule.delete_()};
    case google::api::HttpRule::kPatch:
      return {"PATCH", rule.patch()};
    case google::api::HttpRule::kCustom:
      return {rule.custom().kind(), rule.custom().path()};
    case google::api::HttpRule::PATTERN_NOT_SET:
      break;
  }
  return {};
}

bool IsSafe(const MethodDescriptor& method) {
  if (method.client_streaming()) return false;
  if (method.server_streaming() ||
      method.options().idempotency_level() ==
          google::protobuf::MethodOptions::NO_SIDE_EFFECTS) {
    return true;
  }
  const auto& rule = method.options().GetExtension(google::api::http);
  const auto& more = rule.additional_bindings();
  return !rule.get().empty() ||
         std::any_of(more.begin(), more.end(),
                     [](const auto& one) { return !one.get().empty(); });
}

}  // namespace

void Catalog::FirstError::AddError(
    const std::string& file, const std::string& element,
    const google::protobuf::Message* /*descriptor*/, ErrorLocation /*location*/,
    const std::string& message) {
  if (!text_.empty()) return;
  text_ = absl::StrCat(": file ", Shortened(file), ": ", Shortened(element),
                       ": ", Shortened(message));
}

Catalog::Catalog(const FileDescriptorSet& files)
    : fingerprint_(files.SerializeAsString()),
      pool_(&database_, &error_),
      codec_(&pool_) {
  for (const FileDescriptorProto& file : files.file()) database_.Add(file);
}

absl::StatusOr<std::shared_ptr<const Catalog>> Catalog::Make(
    FileDescriptorSet files, std::vector<std::string> services) {
  absl::Status imports = CheckImports(files);
  if (!imports.ok()) return imports;
  Sort(&files);
  std::shared_ptr<Catalog> catalog(new Catalog(files));
  if (services.empty()) services = AllServices(files);
  std::sort(services.begin(), services.end());
  services.erase(std::unique(services.begin(), services.end()), services.end());
  absl::StrAppend(&catalog->fingerprint_, absl::StrJoin(services, ","));
  absl::Status status = catalog->AddServices(services);
  if (!status.ok()) return status;
  std::stable_sort(catalog->bindings_.begin(), catalog->bindings_.end(),
                   [](const Binding& a, const Binding& b) {
                     return a.path.MoreSpecificThan(b.path);
                   });
  return catalog;
}

absl::Status Catalog::AddServices(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const ServiceDescriptor* service = pool_.FindServiceByName(name);
    if (service == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(
          "service ", Shortened(name),
          ": its definition, or one that it depends on, is missing or broken",
          error_.text()));
    }
    for (int i = 0; i < service->method_count(); ++i) {
      if (methods_.size() == kMaxRoutes) return TooManyRoutes();
      AddMethod(service->method(i));
    }
  }
  if (methods_.empty()) return absl::NotFoundError("there are no services");
  // When all are at their own names: those no rule may take.
  size_t routes = methods_.size();
  for (Method& method : methods_) {
    routes += AddHttpRules(method, kMaxRoutes - routes);
    if (routes > kMaxRoutes) return TooManyRoutes();
  }
  return absl::OkStatus();
}

void Catalog::AddMethod(const MethodDescriptor* descriptor) {
  std::string path = absl::StrCat("/", descriptor->service()->full_name(), "/",
                                  descriptor->name());
  Method& method =
      methods_.emplace_back(Method{path, descriptor, {}, IsSafe(*descriptor)});
  by_path_[method.path] = &method;
  auto position = FindPositionFields(
      descriptor->options().GetExtension(v1::stream_position), method.input(),
      method.output());
  if (position.ok()) {
    method.position = *position;
  } else {
    warnings_.push_back(
        absl::StrCat(path, ": its bridge.v1.stream_position is left out: ",
                     std::string(position.status().message())));
  }

  // Every method is at its own name. Streams can be had by GET too, for the
  // browser's WebSocket and EventSource know nothing else; a method that may
  // change something can't, or any page could call it by a link.
  (void)Bind("POST", path, "*", method);
  if (descriptor->server_streaming() && !descriptor->client_streaming()) {
    (void)Bind("GET", path, "", method);
  }
}

// Gives how many rules there are. If those are more than `most` it adds none.
size_t Catalog::AddHttpRules(Method& method, size_t most) {
  if (!method.descriptor->options().HasExtension(google::api::http)) return 0;
  const auto& rule =
      method.descriptor->options().GetExtension(google::api::http);
  std::vector<const google::api::HttpRule*> rules = {&rule};
  for (const auto& more : rule.additional_bindings()) rules.push_back(&more);
  if (rules.size() > most) return rules.size();
  for (const google::api::HttpRule* one : rules) {
    auto [http_method, path] = Pattern(*one);
    absl::Status status = Bind(http_method, path, one->body(), method);
    if (!status.ok()) {
      warnings_.push_back(
          absl::StrCat(method.path, ": its google.api.http rule ",
                       "is left out: ", std::string(status.message())));
    }
  }
  return rules.size();
}

absl::Status Catalog::Bind(std::string_view http_method, std::string_view path,
                           std::string_view body, Method& method) {
  // "*", any HTTP method, would let any page change things by a link.
  if (http_method.empty() || http_method == "*") {
    return absl::InvalidArgumentError("it names no HTTP method");
  }
  auto parsed = PathTemplate::Parse(path);
  if (!parsed.ok()) return parsed.status();
  Body parsed_body;
  if (body == "*") {
    parsed_body.kind = Body::kWhole;
  } else if (!body.empty()) {
    const FieldDescriptor* field =
        method.input().FindFieldByName(std::string(body));
    if (field == nullptr || field->is_repeated() ||
        field->message_type() == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(
          "body \"", std::string(body), "\" is not a message's field of ",
          method.input().full_name()));
    }
    parsed_body = {Body::kField, field};
  }
  absl::Status variables = CheckVariables(method.input(), parsed->variables());
  if (!variables.ok()) return variables;
  for (const Binding& other : bindings_) {
    if (other.http_method == http_method && other.path.MatchesSameAs(*parsed)) {
      return absl::AlreadyExistsError(
          absl::StrCat(std::string(http_method), " ", std::string(path),
                       " leads to ", other.method->path, " already"));
    }
  }
  bindings_.push_back(
      {std::string(http_method), *std::move(parsed), &method, parsed_body});
  return absl::OkStatus();
}

absl::StatusOr<Route> Catalog::Find(std::string_view http_method,
                                    std::string_view path) const {
  for (const Binding& binding : bindings_) {
    if (binding.http_method != http_method) continue;
    auto bound = binding.path.Match(path);
    if (bound.has_value()) {
      return Route{binding.method, binding.body, *std::move(bound)};
    }
  }
  std::string allowed = AllowedMethods(path);
  if (allowed.empty()) {
    return absl::NotFoundError(
        absl::StrCat("nothing is at path ", Shortened(path)));
  }
  return absl::UnimplementedError(absl::StrCat("path ", Shortened(path),
                                               " takes ", allowed, ", not ",
                                               Shortened(http_method)));
}

const Method* Catalog::FindMethod(std::string_view name) const {
  if (!name.starts_with('/')) {
    const std::string path = absl::StrCat("/", std::string(name));
    return FindMethod(path);
  }
  const auto found = by_path_.find(name);
  return found == by_path_.end() ? nullptr : found->second;
}

std::string Catalog::AllowedMethods(std::string_view path) const {
  std::set<std::string> methods;
  for (const Binding& binding : bindings_) {
    if (binding.path.Match(path)) methods.insert(binding.http_method);
  }
  return absl::StrJoin(methods, ", ");
}

}  // namespace bridge
