// Tells ThreadSanitizer what the system's absl::Mutex does.
//
// The distribution's Abseil is not compiled for ThreadSanitizer, which
// therefore sees neither its atomics nor its futexes and would report every
// access to what an absl::Mutex guards as a race. The functions here stand
// before the library's (the dynamic linker asks the executable first, for calls
// from libgrpc too), announce the operation and call the library's own.
//
// Functions of Mutex and CondVar that are not here are made of those that are.

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include <cstdlib>
#include <string>
#include <typeinfo>

#include "absl/base/config.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

#if ABSL_LTS_RELEASE_VERSION > 20220623
#error "Later Abseils inline parts of Mutex: adapt this to them first."
#endif

namespace {

constexpr unsigned kWrite = 0;
constexpr unsigned kRead = __tsan_mutex_read_lock;

// The library's own function of `Class`. `suffix` ends its mangled name; the
// begin has Abseil's inline namespace in it, which each distribution names as
// it likes, so it is taken from the compiler's name of the class. `prefix` is
// "_ZNK" for a const function.
template <typename Class, typename Function>
Function* Original(const char* suffix, const char* prefix = "_ZN") {
  const std::string class_name = typeid(Class).name();  // "N4absl...5MutexE"
  const std::string name =
      prefix + class_name.substr(1, class_name.size() - 2) + suffix;
  void* const found = dlsym(RTLD_NEXT, name.c_str());
  if (found == nullptr) std::abort();
  return reinterpret_cast<Function*>(found);
}

template <typename Lock>
void Locking(void* mutex, unsigned flags, Lock lock) {
  __tsan_mutex_pre_lock(mutex, flags);
  lock();
  __tsan_mutex_post_lock(mutex, flags, 0);
}

template <typename TryLock>
bool TryLocking(void* mutex, unsigned flags, TryLock try_lock) {
  flags |= __tsan_mutex_try_lock;
  __tsan_mutex_pre_lock(mutex, flags);
  const bool locked = try_lock();
  if (!locked) flags |= __tsan_mutex_try_lock_failed;
  __tsan_mutex_post_lock(mutex, flags, 0);
  return locked;
}

template <typename Unlock>
void Unlocking(void* mutex, unsigned flags, Unlock unlock) {
  __tsan_mutex_pre_unlock(mutex, flags);
  unlock();
  __tsan_mutex_post_unlock(mutex, flags);
}

// A wait releases `mutex`, which the caller holds for writing, and takes it
// again.
template <typename Wait>
void Waiting(void* mutex, Wait wait) {
  Unlocking(mutex, kWrite, [] {});
  Locking(mutex, kWrite, wait);
}

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

Mutex::~Mutex() {
  static const auto original = Original<Mutex, void(Mutex*)>("D1Ev");
  __tsan_mutex_destroy(this, __tsan_mutex_not_static);
  original(this);
}

void Mutex::Lock() {
  static const auto original = Original<Mutex, void(Mutex*)>("4LockEv");
  Locking(this, kWrite, [this] { original(this); });
}

void Mutex::ReaderLock() {
  static const auto original = Original<Mutex, void(Mutex*)>("10ReaderLockEv");
  Locking(this, kRead, [this] { original(this); });
}

bool Mutex::TryLock() {
  static const auto original = Original<Mutex, bool(Mutex*)>("7TryLockEv");
  return TryLocking(this, kWrite, [this] { return original(this); });
}

bool Mutex::ReaderTryLock() {
  static const auto original =
      Original<Mutex, bool(Mutex*)>("13ReaderTryLockEv");
  return TryLocking(this, kRead, [this] { return original(this); });
}

void Mutex::Unlock() {
  static const auto original = Original<Mutex, void(Mutex*)>("6UnlockEv");
  Unlocking(this, kWrite, [this] { original(this); });
}

void Mutex::ReaderUnlock() {
  static const auto original =
      Original<Mutex, void(Mutex*)>("12ReaderUnlockEv");
  Unlocking(this, kRead, [this] { original(this); });
}

void Mutex::LockWhen(const Condition& condition) {
  static const auto original = Original<Mutex, void(Mutex*, const Condition&)>(
      "8LockWhenERKNS0_9ConditionE");
  Locking(this, kWrite, [&] { original(this, condition); });
}

bool Mutex::LockWhenWithDeadline(const Condition& condition, Time deadline) {
  static const auto original =
      Original<Mutex, bool(Mutex*, const Condition&, Time)>(
          "20LockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  bool met = false;
  Locking(this, kWrite, [&] { met = original(this, condition, deadline); });
  return met;
}

void Mutex::Await(const Condition& condition) {
  static const auto original = Original<Mutex, void(Mutex*, const Condition&)>(
      "5AwaitERKNS0_9ConditionE");
  Waiting(this, [&] { original(this, condition); });
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  static const auto original =
      Original<Mutex, bool(Mutex*, const Condition&, Time)>(
          "17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  bool met = false;
  Waiting(this, [&] { met = original(this, condition, deadline); });
  return met;
}

void CondVar::Wait(Mutex* mutex) {
  static const auto original =
      Original<CondVar, void(CondVar*, Mutex*)>("4WaitEPNS0_5MutexE");
  Waiting(mutex, [&] { original(this, mutex); });
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  static const auto original = Original<CondVar, bool(CondVar*, Mutex*, Time)>(
      "16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  bool timed_out = false;
  Waiting(mutex, [&] { timed_out = original(this, mutex, deadline); });
  return timed_out;
}

// Notify's store is in the library, HasBeenNotified's load is inline.
void Notification::Notify() {
  static const auto original =
      Original<Notification, void(Notification*)>("6NotifyEv");
  __tsan_release(this);
  original(this);
}

void Notification::WaitForNotification() const {
  static const auto original =
      Original<Notification, void(const Notification*)>(
          "19WaitForNotificationEv", "_ZNK");
  original(this);
  __tsan_acquire(const_cast<Notification*>(this));
}

bool Notification::WaitForNotificationWithDeadline(Time deadline) const {
  static const auto original =
      Original<Notification, bool(const Notification*, Time)>(
          "31WaitForNotificationWithDeadlineENS0_4TimeE", "_ZNK");
  const bool notified = original(this, deadline);
  if (notified) __tsan_acquire(const_cast<Notification*>(this));
  return notified;
}

ABSL_NAMESPACE_END
}  // namespace absl
