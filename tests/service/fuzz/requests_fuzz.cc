// Whatever bytes a client sends as a request: it is refused by the names of
// fields that the request has, or understood within the contract's bounds. The
// first byte chooses the method.

#include <grpcpp/support/byte_buffer.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "google/rpc/status.pb.h"
#include "service/request/field_rules.h"
#include "service/request/grpc_status.h"
#include "service/request/history_query.h"
#include "service/request/intake.h"
#include "service/request/list_query.h"
#include "service/request/message_parsing.h"
#include "service/request/page_token.h"
#include "service/request/summary_query.h"
#include "service/request/timestamps.h"
#include "service/request/validation.h"
#include "tests/fuzz/require.h"
#include "tests/service/fuzz/refusal.h"

namespace happiness {
namespace {

using fuzz::Require;

// In two slices, as gRPC may give it.
grpc::ByteBuffer Sliced(std::string_view bytes) {
  const size_t middle = bytes.size() / 2;
  const grpc::Slice slices[] = {{bytes.data(), middle},
                                {bytes.data() + middle, bytes.size() - middle}};
  return grpc::ByteBuffer(slices, 2);
}

absl::Time Now() { return absl::FromUnixSeconds(1'790'000'000); }

// The request, if the bytes are one.
template <typename Request>
std::optional<Request> Parse(std::string_view bytes) {
  Request request;
  const absl::Status status = ParseMessage(Sliced(bytes), &request);
  if (status.ok()) return request;
  CheckRefusal(status, *Request::descriptor());
  return std::nullopt;
}

bool IsWithinContract(int64_t micros) {
  return micros >= kMinSeconds * kSecondMicros &&
         micros <= (kMaxSeconds + 1) * kSecondMicros;
}

template <typename Request>
void FuzzRecording(std::string_view bytes) {
  absl::StatusOr<v1::Reading> reading =
      TakeReading<Request>(Sliced(bytes), Now());
  if (!reading.ok()) {
    CheckRefusal(reading.status(), *Request::descriptor());
    return;
  }
  Require(!reading->reading_id().empty() && reading->has_observe_time(),
          "a reading that was taken is complete");
  Request again;
  *again.mutable_reading() = *reading;
  const absl::StatusOr<v1::Reading> same =
      TakeReading<Request>(Sliced(again.SerializeAsString()), Now());
  Require(
      same.ok() && same->SerializeAsString() == reading->SerializeAsString(),
      "a reading that was taken is taken again, unchanged");
}

void FuzzStream(std::string_view bytes) {
  const auto request = Parse<v1::StreamReadingsRequest>(bytes);
  if (!request.has_value()) return;
  const absl::Status status = ValidateStreamRequest(*request);
  if (!status.ok()) CheckRefusal(status, *request->GetDescriptor());
}

void FuzzSummaries(std::string_view bytes) {
  const auto request = Parse<v1::StreamSummariesRequest>(bytes);
  if (!request.has_value()) return;
  const absl::StatusOr<SummaryQuery> query = ToSummaryQuery(*request);
  if (!query.ok()) {
    CheckRefusal(query.status(), *request->GetDescriptor());
    return;
  }
  const auto& [window, period] = query->span;
  Require(period > 0 && window % period == 0 && window / period <= kMaxPeriods,
          "a window has some whole periods");
  v1::StreamSummariesRequest plain;
  FromMicros(window, plain.mutable_window());
  FromMicros(period, plain.mutable_period());
  for (const std::string& place : query->selection.places) {
    plain.add_places(place);
  }
  plain.set_limit(static_cast<int32_t>(query->selection.limit));
  const absl::StatusOr<SummaryQuery> same = ToSummaryQuery(plain);
  Require(same.ok() && same->span == query->span &&
              same->selection == query->selection,
          "what was understood means the same");
}

void FuzzHistory(std::string_view bytes) {
  const auto request = Parse<v1::QueryHistoryRequest>(bytes);
  if (!request.has_value()) return;
  const absl::StatusOr<HistoryQuery> query = ToHistoryQuery(*request, Now());
  if (!query.ok()) {
    CheckRefusal(query.status(), *request->GetDescriptor());
    return;
  }
  Require(query->step >= kSecondMicros && query->step % kSecondMicros == 0,
          "a step has whole seconds");
  Require(query->start <= query->end && query->start % query->step == 0 &&
              query->end % query->step == 0,
          "an interval has whole steps");
  Require((query->end - query->start) / query->step <= kMaxSteps,
          "there are not too many steps");
  Require(IsWithinContract(query->start), "each step's start can be told");
}

void FuzzList(std::string_view bytes) {
  auto request = Parse<v1::ListReadingsRequest>(bytes);
  if (!request.has_value()) return;
  absl::StatusOr<ListQuery> query = ToListQuery(*request);
  if (!query.ok()) {
    CheckRefusal(query.status(), *request->GetDescriptor());
    return;
  }
  Require(query->page_size >= 1 && query->page_size <= kMaxPageSize,
          "a page has a size");
  Require(query->start <= query->end && IsWithinContract(query->start) &&
              IsWithinContract(query->end),
          "an interval is one");
  // On to the next page, of another size.
  const PageToken next = {.request = query->fingerprint,
                          .after = {(query->start + query->end) / 2, 7}};
  if (next.after.observe_time == query->end) return;  // it has no reading
  request->set_page_token(next.ToString());
  request->set_page_size(1);
  query = ToListQuery(*request);
  Require(query.ok() && query->after == next.after,
          "a list goes on behind its last reading");
}

void FuzzPageToken(std::string_view text) {
  const std::optional<PageToken> token = PageToken::FromString(text);
  if (token.has_value()) {
    Require(token->ToString() == text, "a token has one form");
  }
}

constexpr void (*kMethods[])(std::string_view bytes) = {
    FuzzRecording<v1::RecordReadingRequest>,
    FuzzRecording<v1::RecordReadingsRequest>,
    FuzzStream,
    FuzzSummaries,
    FuzzHistory,
    FuzzList,
    FuzzPageToken,
};

}  // namespace
}  // namespace happiness

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t method = data[0] % std::size(happiness::kMethods);
  happiness::kMethods[method](
      {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
