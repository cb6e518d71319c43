#include "bridge/framing/connect.h"

#include <google/protobuf/util/json_util.h>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "bridge/framing/envelope.h"
#include "bridge/framing/gzip.h"
#include "bridge/transcode/json_text.h"
#include "google/rpc/status.pb.h"

namespace bridge {
namespace {

// "not_found"; with one l, as Connect writes it, "canceled".
std::string ConnectCode(grpc::StatusCode code) {
  if (code == grpc::StatusCode::CANCELLED) return "canceled";
  return absl::AsciiStrToLower(std::string(CodeName(code)));
}

std::string DetailJson(const google::protobuf::Any& detail) {
  const std::string& url = detail.type_url();
  std::string value = absl::Base64Escape(detail.value());
  while (value.ends_with('=')) value.pop_back();
  std::string json =
      absl::StrCat("{\"type\":", JsonString(url.substr(url.rfind('/') + 1)),
                   ",\"value\":\"", value, "\"");
  // What its "@type" says, which is first, stands in "type" already.
  std::string debug;
  if (google::protobuf::util::MessageToJsonString(detail, &debug).ok()) {
    const size_t rest = debug.find(',');
    absl::StrAppend(&json, ",\"debug\":{",
                    rest == debug.npos ? "}" : debug.substr(rest + 1));
  }
  return json + "}";
}

std::string DetailsJson(const std::string& serialized) {
  google::rpc::Status status;
  if (serialized.empty() || !status.ParseFromString(serialized)) return "";
  std::string array;
  for (const auto& detail : status.details()) {
    absl::StrAppend(&array, array.empty() ? "" : ",", DetailJson(detail));
  }
  return array;
}

}  // namespace

std::string ConnectMessage(std::string_view message, bool gzip) {
  if (gzip && message.size() >= kWorthGzip) {
    const std::string member = Gzip(message);
    if (member.size() < message.size()) return Envelope(kCompressed, member);
  }
  return Envelope(0, message);
}

std::string ConnectEnd(const Ending& ending) {
  return Envelope(kEndOfStream,
                  ending.ok()
                      ? "{}"
                      : absl::StrCat("{\"error\":", ConnectError(ending), "}"));
}

std::string ConnectError(const Ending& ending) {
  std::string json =
      absl::StrCat("{\"code\":\"", ConnectCode(ending.code),
                   "\",\"message\":", JsonString(ending.message));
  const std::string details = DetailsJson(ending.details);
  if (!details.empty()) absl::StrAppend(&json, ",\"details\":[", details, "]");
  return json + "}";
}

}  // namespace bridge
