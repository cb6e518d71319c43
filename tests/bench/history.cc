// How long QueryHistory and ListReadings take over a store with many readings:
// spread evenly over a year and over 100 places, on disk.
//
//   ./bazelw run //tests/bench:history
//
// Each is called over TCP by a client in the same process, so a time is from
// the request to the decoded answer. Prints the median and the longest in
// milliseconds, and how large the answer is. Filling the store takes some
// minutes; --dir keeps it for the next run.

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "happiness/v1/happiness.grpc.pb.h"
#include "service/request/timestamps.h"
#include "service/server.h"
#include "service/store/read_pool.h"
#include "service/store/rollups.h"
#include "service/store/store.h"

ABSL_FLAG(int64_t, readings, 10'000'000, "Readings in the store.");
ABSL_FLAG(int, calls, 51, "Calls of each kind.");
ABSL_FLAG(std::string, dir, "",
          "The store's folder, which is filled if it is not there. Empty: one "
          "that is removed again.");

namespace happiness {
namespace {

constexpr int64_t kPlaces = 100;
constexpr int64_t kSources = 7;
constexpr int64_t kDayMicros = 24 * kHourMicros;
constexpr int64_t kYearMicros = 365 * kDayMicros;
constexpr int64_t kStart = 1'735'689'600 * kSecondMicros;  // 2025-01-01
constexpr int64_t kBatch = 100'000;

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

std::string NameOf(int64_t place) { return absl::StrCat("Place ", place); }

void AddPlaces(Database& db) {
  for (int64_t place = 1; place <= kPlaces; ++place) {
    Query insert(db, "INSERT INTO places (place, name) VALUES (?, ?)");
    const std::string name = NameOf(place);
    insert.Bind(1, place);
    insert.BindText(2, name);
    Check(insert.Run());
  }
}

// The readings from sequence `first` up to `last`, in one transaction.
void AddReadings(Database& db, int64_t first, int64_t last) {
  const int64_t pause = kYearMicros / absl::GetFlag(FLAGS_readings);
  RollupBatch rollups;
  v1::Reading reading;
  Check(db.Execute("BEGIN"));
  Query insert(db,
               "INSERT INTO readings"
               " (sequence, place, observe_time, record_time, encoded)"
               " VALUES (?, ?, ?, ?, ?)");
  for (int64_t sequence = first; sequence <= last; ++sequence) {
    const int64_t place = 1 + sequence % kPlaces;
    const int64_t time = kStart + (sequence - 1) * pause;
    reading.set_sequence(sequence);
    reading.set_reading_id(absl::StrCat(sequence));
    FromMicros(time, reading.mutable_observe_time());
    reading.set_place(NameOf(place));
    reading.set_happiness(static_cast<double>(sequence * 7 % 101) / 10);
    reading.set_source(absl::StrCat("device ", sequence % kSources));
    const std::string encoded = reading.SerializeAsString();
    insert.Bind(1, sequence);
    insert.Bind(2, place);
    insert.Bind(3, time);
    insert.Bind(4, time);
    insert.BindBlob(5, encoded);
    Check(insert.Run());
    insert.Reset();
    rollups.Add(place, time, reading.happiness(), reading.source(), sequence);
  }
  Check(rollups.Flush(db));
  Check(db.Execute("COMMIT"));
}

void Fill(const Store& store) {
  absl::StatusOr<Database> db = store.ConnectWriter();
  Check(db.status());
  Check(db->Execute(
      "PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 10000"));
  Check(RegisterRollupFunctions(*db));
  AddPlaces(*db);
  const absl::Time start = absl::Now();
  const int64_t readings = absl::GetFlag(FLAGS_readings);
  for (int64_t first = 1; first <= readings; first += kBatch) {
    AddReadings(*db, first, std::min(first + kBatch - 1, readings));
  }
  std::printf("filled in %.0f s\n", absl::ToDoubleSeconds(absl::Now() - start));
}

// What a call gives; its size in bytes is printed.
using Call = std::function<size_t(grpc::ClientContext*)>;

void Measure(const char* name, const Call& call) {
  std::vector<double> times;
  size_t size = 0;
  for (int i = 0; i < absl::GetFlag(FLAGS_calls); ++i) {
    grpc::ClientContext context;
    const absl::Time start = absl::Now();
    size = call(&context);
    times.push_back(absl::ToDoubleMilliseconds(absl::Now() - start));
  }
  std::sort(times.begin(), times.end());
  std::printf("%-40s %8.2f %8.2f %8zu\n", name, times[times.size() / 2],
              times.back(), size);
}

Call History(v1::HappinessService::Stub* stub, const std::string& place,
             int64_t length, int64_t step) {
  v1::QueryHistoryRequest request;
  request.set_place(place);
  FromMicros(kStart + kYearMicros - length, request.mutable_start_time());
  FromMicros(kStart + kYearMicros, request.mutable_end_time());
  FromMicros(step, request.mutable_step());
  return [stub, request](grpc::ClientContext* context) {
    v1::QueryHistoryResponse response;
    const grpc::Status status = stub->QueryHistory(context, request, &response);
    Check({static_cast<absl::StatusCode>(status.error_code()),
           status.error_message()});
    return response.ByteSizeLong();
  };
}

// `depth` of the year is passed over.
Call Page(v1::HappinessService::Stub* stub, const std::string& place,
          double depth) {
  v1::ListReadingsRequest request;
  if (!place.empty()) request.add_places(place);
  FromMicros(kStart + static_cast<int64_t>((1 - depth) * kYearMicros),
             request.mutable_end_time());
  return [stub, request](grpc::ClientContext* context) {
    v1::ListReadingsResponse response;
    const grpc::Status status = stub->ListReadings(context, request, &response);
    Check({static_cast<absl::StatusCode>(status.error_code()),
           status.error_message()});
    return response.ByteSizeLong();
  };
}

void MeasureAll(v1::HappinessService::Stub* stub) {
  std::printf("%-40s %8s %8s %8s\n", "milliseconds", "median", "max", "bytes");
  Measure("a year by the hour, the world",
          History(stub, "", kYearMicros, kHourMicros));
  Measure("a year by the hour, a place",
          History(stub, NameOf(42), kYearMicros, kHourMicros));
  Measure("a year by the day, a place",
          History(stub, NameOf(42), kYearMicros, kDayMicros));
  Measure("6 days by the minute, the world",
          History(stub, "", 6 * kDayMicros, kMinuteMicros));
  Measure("a week by 5 minutes, a place",
          History(stub, NameOf(42), 7 * kDayMicros, 5 * kMinuteMicros));
  Measure("an hour by the second, the world",
          History(stub, "", kHourMicros, kSecondMicros));
  Measure("a day by 10 seconds, a place",
          History(stub, NameOf(42), kDayMicros, 10 * kSecondMicros));
  Measure("the newest 100 readings", Page(stub, "", 0));
  Measure("100 readings of half a year ago", Page(stub, "", 0.5));
  Measure("the newest 100 readings of a place", Page(stub, NameOf(42), 0));
  Measure("100 of a place of half a year ago", Page(stub, NameOf(42), 0.5));
}

void Run() {
  std::string dir = absl::GetFlag(FLAGS_dir);
  const bool keep = !dir.empty();
  if (!keep) {
    dir = std::filesystem::temp_directory_path() / "happiness-bench-history";
  }
  const bool filled = keep && std::filesystem::exists(dir);
  {
    absl::StatusOr<std::unique_ptr<Store>> store = Store::Open(dir);
    Check(store.status());
    if (!filled) Fill(**store);
    auto queries = ReadPool::Start(**store, 2, 100);
    Check(queries.status());
    auto server = Server::Start(
        {.address = "127.0.0.1", .port = 0},
        {.log = nullptr, .queries = queries->get(), .fills = nullptr});
    Check(server.status());
    auto stub = v1::HappinessService::NewStub(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", (*server)->port()),
                            grpc::InsecureChannelCredentials()));
    MeasureAll(stub.get());
    (*server)->Drain();
  }
  if (!keep) std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace happiness

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  happiness::Run();
}
