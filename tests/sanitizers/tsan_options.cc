// What ThreadSanitizer does unless the environment's TSAN_OPTIONS say
// otherwise, and where it does not look.

extern "C" {

const char* __tsan_default_options();
const char* __tsan_default_options() { return "second_deadlock_stack=1"; }

// The system's gRPC is not compiled for ThreadSanitizer: what it does with
// memory by way of libc looks unordered. What our code does when gRPC
// calls it is checked all the same.
const char* __tsan_default_suppressions();
const char* __tsan_default_suppressions() {
  return "called_from_lib:libgrpc.so\n"
         "called_from_lib:libgrpc++.so\n"
         "called_from_lib:libgpr.so\n";
}

}  // extern "C"
