// What AddressSanitizer and UndefinedBehaviorSanitizer do unless the
// environment's ASAN_OPTIONS and UBSAN_OPTIONS say otherwise.

extern "C" {

const char* __asan_default_options();
const char* __asan_default_options() {
  return "detect_stack_use_after_return=1:strict_init_order=1";
}

const char* __ubsan_default_options();
const char* __ubsan_default_options() { return "print_stacktrace=1"; }

// The C++ wrapper of gRPC 1.51 never frees the options of TLS credentials.
const char* __lsan_default_suppressions();
const char* __lsan_default_suppressions() {
  return "leak:grpc_tls_credentials_options_create\n";
}

}  // extern "C"
