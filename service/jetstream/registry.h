// By which handlers of libnats find an object that may be gone.

#ifndef SERVICE_JETSTREAM_REGISTRY_H_
#define SERVICE_JETSTREAM_REGISTRY_H_

#include <cstdint>
#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace happiness {

// The library may call a handler while, or after, what it is for is destroyed,
// even when the process ends, and says nobody when it is through. So handlers
// get a number that is given once. Thread-safe; lives for ever.
template <typename T>
class Registry {
 public:
  static void* Add(T* object) {
    State& state = Get();
    absl::MutexLock lock(&state.mutex);
    state.objects.emplace(++state.last_id, object);
    return reinterpret_cast<void*>(state.last_id);
  }

  // When this returns, no handler is within Tell for it.
  static void Remove(void* id) {
    State& state = Get();
    absl::MutexLock lock(&state.mutex);
    state.objects.erase(reinterpret_cast<uintptr_t>(id));
  }

  // Calls `event` with the object, if it is still there.
  template <typename Event>
  static void Tell(void* id, Event event) {
    State& state = Get();
    absl::ReaderMutexLock lock(&state.mutex);
    const auto found = state.objects.find(reinterpret_cast<uintptr_t>(id));
    if (found != state.objects.end()) event(found->second);
  }

 private:
  struct State {
    absl::Mutex mutex;
    uintptr_t last_id ABSL_GUARDED_BY(mutex) = 0;
    std::map<uintptr_t, T*> objects ABSL_GUARDED_BY(mutex);
  };

  static State& Get() {
    static State& state = *new State;
    return state;
  }
};

}  // namespace happiness

#endif  // SERVICE_JETSTREAM_REGISTRY_H_
