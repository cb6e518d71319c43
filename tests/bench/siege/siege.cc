// Attacks on the service's own program, with all of its limits as they are by
// default, and what clients that mean well notice of them: their waits beside
// those of a quiet time just before, in the same run.
//
//   ./bazelw run //tests/bench:siege
//
// The attackers are another process, of the lowest priority: what they take of
// the machine is not the service's doing. They are on this machine, which is
// spared what limits one address, as if each came from one of its own; those
// that such limits are to hold come by way of a trusted proxy. Whatever a good
// client misses, or is refused, ends the program.

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/bench/child.h"
#include "tests/bench/measure.h"
#include "tests/bench/service_process.h"
#include "tests/bench/siege/attack.h"
#include "tests/bench/siege/good_clients.h"

ABSL_FLAG(std::string, service, "service/service", "The service's program.");
ABSL_FLAG(absl::Duration, quiet, absl::Seconds(10), "Time before each attack.");
ABSL_FLAG(absl::Duration, attacked, absl::Seconds(30), "Time of each attack.");
ABSL_FLAG(std::string, only, "", "Only attacks whose name begins so.");
ABSL_FLAG(int, attack, -1, "Be the attackers: of the attack of this number.");
ABSL_FLAG(int, port, 0, "With --attack: whom they attack.");

namespace {

// A folder that goes when the program ends.
class Folder {
 public:
  Folder()
      : path_((std::filesystem::temp_directory_path() / "siege-XXXXXX")
                  .string()) {
    if (mkdtemp(path_.data()) == nullptr) bench::Fail("no folder can be made");
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// What was seen in a time.
struct Sight {
  bench::GoodClients::Waits waits;
  double cores = 0;  // that the service used
  double most_megabytes = 0;
};

class Siege {
 public:
  Siege()
      : service_(absl::GetFlag(FLAGS_service),
                 {"--data_dir=" + folder_.path(),
                  "--trusted_proxies=127.0.1.0/24"}) {
    constexpr int kBacklog = 10'000;  // for who asks for very much
    bench::Record(service_.grpc_port(), kBacklog, absl::Hours(1));
    good_.emplace(service_.grpc_port(), service_.http_port());
  }

  // Prints a line.
  void Measure(int number) {
    const bench::Attack& attack = bench::Attacks()[static_cast<size_t>(number)];
    const Sight quiet = Look(absl::GetFlag(FLAGS_quiet));
    const double megabytes = service_.ResidentMegabytes();
    const int64_t refusals = good_->Refusals();
    const absl::Duration duration = absl::GetFlag(FLAGS_attacked);
    Sight attacked;
    {
      const bench::Child attackers(
          {bench::ThisProgram(), absl::StrCat("--attack=", number),
           absl::StrCat("--port=", service_.http_port()),
           absl::StrCat("--attacked=",
                        absl::FormatDuration(2 * duration))});  // at most
      attacked = Look(duration);
    }
    std::printf("%-36s", attack.name.c_str());
    PrintWaits(quiet.waits.readings, attacked.waits.readings);
    PrintWaits(quiet.waits.answers, attacked.waits.answers);
    std::printf(" %5.2f %5.2f %7.1f %8ld\n", quiet.cores, attacked.cores,
                attacked.most_megabytes - megabytes,
                static_cast<long>(good_->Refusals() - refusals));
  }

 private:
  Sight Look(absl::Duration duration) {
    Sight sight;
    const absl::Duration cpu = service_.CpuTime();
    const absl::Time start = absl::Now();
    sight.waits = good_->Measure(duration, [&] {
      sight.most_megabytes =
          std::max(sight.most_megabytes, service_.ResidentMegabytes());
    });
    sight.cores =
        absl::FDivDuration(service_.CpuTime() - cpu, absl::Now() - start);
    return sight;
  }

  static void PrintWaits(const std::vector<double>& quiet,
                         const std::vector<double>& attacked) {
    const double before = bench::Percentile(quiet, 0.99);
    const double then = bench::Percentile(attacked, 0.99);
    std::printf(" %6.2f %6.2f %5.2f", before, then, then / before);
  }

  const Folder folder_;
  bench::ServiceProcess service_;
  std::optional<bench::GoodClients> good_;
};

void BeTheAttackers(int number) {
  setpriority(PRIO_PROCESS, 0, 19);
  bench::Run(bench::Attacks()[static_cast<size_t>(number)],
             absl::GetFlag(FLAGS_port), absl::GetFlag(FLAGS_attacked));
}

}  // namespace

int main(int argc, char** argv) {
  bench::Start(argc, argv);
  bench::RaiseDescriptorLimit();
  if (absl::GetFlag(FLAGS_attack) >= 0) {
    BeTheAttackers(absl::GetFlag(FLAGS_attack));
    return 0;
  }
  setenv("SPDLOG_LEVEL", "error", /*replace=*/0);  // of the service
  Siege siege;
  std::printf("%-36s %20s %20s %11s %7s %8s\n",
              "p99 ms: quiet, attacked, ratio", "reading to viewer",
              "connect and ask", "cores", "MB more", "refusals");
  for (size_t i = 0; i < bench::Attacks().size(); ++i) {
    if (absl::StartsWith(bench::Attacks()[i].name, absl::GetFlag(FLAGS_only))) {
      siege.Measure(static_cast<int>(i));
    }
  }
}
