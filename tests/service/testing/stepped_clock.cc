// Preloaded into a program, shifts its clock: by as many seconds as the file
// says that the environment's STEPPED_CLOCK names, an int64_t. What the kernel
// takes for the time stays, as it does for a wait that began before a step.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace {

int64_t Shift() {
  using Seconds = const std::atomic<int64_t>;
  static Seconds* const shift = [] {
    const int fd = open(std::getenv("STEPPED_CLOCK"), O_RDONLY | O_CLOEXEC);
    void* const shared =
        mmap(nullptr, sizeof(Seconds), PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    return static_cast<Seconds*>(shared);
  }();
  return *shift;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) {
  static const auto real =
      reinterpret_cast<decltype(&clock_gettime)>(dlsym(RTLD_NEXT, __func__));
  const int result = real(clock, time);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) {
    time->tv_sec += Shift();
  }
  return result;
}

extern "C" int gettimeofday(timeval* time, void* /*zone*/) noexcept {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  *time = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1'000};
  return 0;
}

extern "C" time_t time(time_t* result) noexcept {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != nullptr) *result = now.tv_sec;
  return now.tv_sec;
}
