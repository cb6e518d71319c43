#include "bridge/transcode/request.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bridge/transcode/json_text.h"
#include "bridge/transcode/utf8.h"

namespace bridge {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// A parameter whose name is resolved: the fields from the message down.
struct Resolved {
  std::vector<const FieldDescriptor*> path;
  std::string name;  // with the proto's names
  std::string value;
};

const FieldDescriptor* FindField(const Descriptor& type,
                                 const std::string& name) {
  const FieldDescriptor* field = type.FindFieldByName(name);
  if (field != nullptr) return field;
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->json_name() == name) return type.field(i);
  }
  return nullptr;
}

// True for messages which proto3 JSON writes as a string or a number.
bool IsScalarInJson(const FieldDescriptor& field) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return true;
  switch (field.message_type()->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_UNSPECIFIED:
    case Descriptor::WELLKNOWNTYPE_ANY:
    case Descriptor::WELLKNOWNTYPE_STRUCT:
    case Descriptor::WELLKNOWNTYPE_VALUE:
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return false;
    default:
      return true;
  }
}

absl::Status ParameterError(std::string_view name, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(
      "parameter ", JsonString(Shortened(name)), ": ", std::string(what)));
}

absl::StatusOr<Resolved> Resolve(const Descriptor& type,
                                 const Parameter& parameter) {
  const auto& [name, value] = parameter;
  // The body's and the query's text was looked at before; the path's was not.
  if (!IsValidUtf8(value)) return ParameterError(name, "must be valid UTF-8");
  Resolved resolved = {{}, "", value};
  const Descriptor* message = &type;
  for (absl::string_view part : absl::StrSplit(name, '.')) {
    const FieldDescriptor* field =
        message == nullptr ? nullptr : FindField(*message, std::string(part));
    if (field == nullptr) {
      return ParameterError(
          name, absl::StrCat(type.full_name(), " has no such field"));
    }
    if (!resolved.path.empty() && resolved.path.back()->is_repeated()) {
      return ParameterError(name, "goes through a repeated field");
    }
    resolved.path.push_back(field);
    absl::StrAppend(&resolved.name, resolved.name.empty() ? "" : ".",
                    field->name());
    message = field->message_type();
  }
  if (!IsScalarInJson(*resolved.path.back())) {
    return ParameterError(name, "is a message; give its fields one by one");
  }
  return resolved;
}

// {"a":{"b":"value"}}. Proto3 JSON takes every scalar as a string.
std::string ToJson(const Resolved& parameter) {
  std::string json = JsonString(parameter.value);
  for (auto field = parameter.path.rbegin(); field != parameter.path.rend();
       ++field) {
    json = (*field)->is_repeated()
               ? absl::StrCat("{\"", (*field)->name(), "\":[", json, "]}")
               : absl::StrCat("{\"", (*field)->name(), "\":", json, "}");
  }
  return json;
}

// For a client: "int64", or the name of a message that is one value in JSON,
// and where that is not plain how it is written.
std::string TypeName(const FieldDescriptor& field) {
  if (field.message_type() == nullptr) return field.type_name();
  const std::string& name = field.message_type()->full_name();
  if (name == "google.protobuf.Duration") return name + ": \"90s\", say";
  if (name == "google.protobuf.Timestamp") {
    return name + ": \"2020-02-29T12:00:00Z\", say";
  }
  return name;
}

// `serialized` as the field of a message around it.
std::string Nest(const FieldDescriptor& field, std::string_view serialized) {
  using google::protobuf::internal::WireFormatLite;
  std::string nested;
  {
    google::protobuf::io::StringOutputStream stream(&nested);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.WriteTag(WireFormatLite::MakeTag(
        field.number(), WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
    out.WriteVarint32(static_cast<uint32_t>(serialized.size()));
  }
  return nested.append(serialized);
}

}  // namespace

absl::StatusOr<std::string> MessageFromParameters(
    const JsonCodec& codec, const Descriptor& type, const Body& body,
    const std::vector<Parameter>& query, const std::vector<Parameter>& bound) {
  if (body.kind == Body::kWhole && !query.empty()) {
    return ParameterError(query[0].first, "the body is the whole request here");
  }
  std::vector<Resolved> all;
  for (const Parameter& parameter : query) {
    auto resolved = Resolve(type, parameter);
    if (!resolved.ok()) return resolved.status();
    if (body.kind == Body::kField && resolved->path.front() == body.field) {
      return ParameterError(parameter.first, "this field is given by the body");
    }
    all.push_back(*std::move(resolved));
  }
  for (const Parameter& parameter : bound) {
    auto resolved = Resolve(type, parameter);
    if (!resolved.ok()) return resolved.status();
    all.push_back(*std::move(resolved));
  }
  std::stable_sort(
      all.begin(), all.end(),
      [](const Resolved& a, const Resolved& b) { return a.name < b.name; });
  std::string message;
  for (size_t i = 0; i < all.size(); ++i) {
    bool again = i > 0 && all[i].name == all[i - 1].name;
    if (again && !all[i].path.back()->is_repeated()) {
      return ParameterError(all[i].name, "is given twice");
    }
    auto part = codec.FromJson(type, ToJson(all[i]));
    if (!part.ok()) {
      return ParameterError(
          all[i].name,
          absl::StrCat("the value ", JsonString(Shortened(all[i].value)),
                       " does not fit the type of the field (",
                       TypeName(*all[i].path.back()), ")"));
    }
    message += *part;
  }
  return message;
}

absl::Status CheckVariables(const Descriptor& type,
                            const std::vector<std::string>& names) {
  std::set<std::string> known;
  for (const std::string& name : names) {
    auto resolved = Resolve(type, {name, ""});
    if (!resolved.ok()) return resolved.status();
    if (resolved->path.back()->is_repeated()) {
      return ParameterError(name, "is repeated");
    }
    if (!known.insert(resolved->name).second) {
      return ParameterError(name, "is given twice");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> MessageFromBody(const JsonCodec& codec,
                                            const Descriptor& type,
                                            const Body& body,
                                            std::string_view json) {
  switch (body.kind) {
    case Body::kNone:
      return "";
    case Body::kWhole:
      return codec.FromJson(type, json);
    case Body::kField:
      break;
  }
  auto inner = codec.FromJson(*body.field->message_type(), json);
  if (!inner.ok()) return inner.status();
  return Nest(*body.field, *inner);
}

}  // namespace bridge
