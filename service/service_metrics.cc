#include "service/service_metrics.h"

#include <map>
#include <optional>
#include <string>

#include "happiness/v1/happiness.pb.h"

namespace happiness {

using metrics::Counter;
using metrics::Counters;
using metrics::Distribution;
using metrics::Gauge;
using metrics::Gauges;

namespace {

void AddLevels(const v1::Summary& summary, metrics::Families* families) {
  std::map<std::string, double> places;
  for (const v1::PlaceLevel& place : summary.places()) {
    places[place.place()] = place.level().mean();
  }
  if (summary.world().has_mean()) {
    families->push_back(Gauge("happiness_world_level",
                              "Mean of the last minute's readings, 0 to 10.",
                              summary.world().mean()));
  }
  families->push_back(
      Gauges("happiness_level",
             "Mean of a place's readings in the last minute, 0 to 10: of the "
             "100 unhappiest places.",
             "place", places));
  families->push_back(Gauge("happiness_places",
                            "Places with readings in the last minute.",
                            summary.places_size() + summary.more_places() +
                                summary.withheld_places()));
}

void AddReplica(const ReplicatedLog::Stats& stats,
                metrics::Families* families) {
  families->push_back(Gauge("happiness_replica_connected",
                            "1 if the replicated log can be followed, a second "
                            "ago, else 0.",
                            stats.connected ? 1 : 0));
  families->push_back(Gauge("happiness_replica_behind",
                            "Messages of the replicated log that are not in "
                            "this replica's copy, when it could last be asked.",
                            static_cast<double>(stats.behind)));
  families->push_back(
      Counter("happiness_replica_late_duplicates_total",
              "Messages of the replicated log with the id of a reading that is "
              "there already: left out.",
              static_cast<double>(stats.late_duplicates)));
  families->push_back(Counter(
      "happiness_replica_invalid_total",
      "Messages of the replicated log that are no valid readings: left out.",
      static_cast<double>(stats.skipped)));
}

}  // namespace

metrics::Families ToFamilies(const StoredLog& log,
                             const ReplicatedLog* replicated, Server* server,
                             bool levels) {
  const LogExtent extent = log.Extent();
  const LogStats& stats = log.stats();
  metrics::Families families = {
      Counter("happiness_readings_recorded_total", "Readings recorded.",
              static_cast<double>(stats.recorded)),
      Counter("happiness_readings_duplicate_total",
              "Readings that were there already, by their id.",
              static_cast<double>(stats.duplicates)),
      Counters("happiness_recordings_refused_total",
               "Calls of RecordReading and RecordReadings that ended with an "
               "error, by its code, or TOKEN_LIMIT.",
               "reason", server->refused().Counts()),
      Gauge("happiness_log_last_sequence", "The last reading's sequence.",
            static_cast<double>(extent.last)),
      Gauge("happiness_log_first_sequence",
            "The sequence of the first reading that is kept.",
            static_cast<double>(extent.first)),
      Distribution(
          "happiness_append_seconds",
          "From a reading's arrival until it is durable, or has failed.",
          stats.append),
      Distribution("happiness_commit_seconds",
                   "A commit of the store, with its sync of the disk.",
                   stats.commit),
      Gauge("happiness_grpc_connections",
            "Connections of gRPC's port, a second ago at the most.",
            static_cast<double>(server->connections().size())),
      Counters("happiness_grpc_connections_refused_total",
               "Connections of gRPC's port that were closed at once, by the "
               "limit: all, or address.",
               "limit", server->connections().refused().Counts()),
      Gauge("happiness_streams",
            "Open calls of StreamReadings, StreamSummaries, RecordReadings.",
            static_cast<double>(server->open_streams())),
      Counter("happiness_streams_refused_total",
              "Streams that --max_streams kept out.",
              static_cast<double>(server->refused_streams())),
      Counter("happiness_streams_token_ended_total",
              "Streams that ended because their token was no longer valid.",
              static_cast<double>(server->invalid_streams())),
  };
  if (replicated != nullptr) AddReplica(replicated->stats(), &families);
  if (!levels) return families;
  if (const std::optional<v1::Summary> level = server->LevelNow()) {
    AddLevels(*level, &families);
  }
  return families;
}

}  // namespace happiness
