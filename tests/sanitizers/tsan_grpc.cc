// Tells ThreadSanitizer what the system's gRPC core orders.
//
// A batch of operations that one thread starts completes in another, with
// the batch's tag. libgrpc hands the tag over through queues whose atomics
// ThreadSanitizer cannot see, as the library is not compiled for it; without
// these functions it would report every reaction as a race with the call that
// started it. They stand before the library's, as those of tsan_mutex.cc do.

#include <dlfcn.h>
#include <grpc/grpc.h>
#include <sanitizer/tsan_interface.h>

#include <cstdlib>

namespace {

template <typename Function>
Function* Original(const char* name) {
  void* const found = dlsym(RTLD_NEXT, name);
  if (found == nullptr) std::abort();
  return reinterpret_cast<Function*>(found);
}

grpc_event Completed(grpc_event event) {
  if (event.type == GRPC_OP_COMPLETE) __tsan_acquire(event.tag);
  return event;
}

}  // namespace

extern "C" {

grpc_call_error grpc_call_start_batch(grpc_call* call, const grpc_op* ops,
                                      size_t count, void* tag, void* reserved) {
  static const auto original =
      Original<decltype(grpc_call_start_batch)>("grpc_call_start_batch");
  __tsan_release(tag);
  return original(call, ops, count, tag, reserved);
}

grpc_call_error grpc_server_request_call(
    grpc_server* server, grpc_call** call, grpc_call_details* details,
    grpc_metadata_array* metadata, grpc_completion_queue* bound_queue,
    grpc_completion_queue* notification_queue, void* tag) {
  static const auto original =
      Original<decltype(grpc_server_request_call)>("grpc_server_request_call");
  __tsan_release(tag);
  return original(server, call, details, metadata, bound_queue,
                  notification_queue, tag);
}

grpc_event grpc_completion_queue_next(grpc_completion_queue* queue,
                                      gpr_timespec deadline, void* reserved) {
  static const auto original = Original<decltype(grpc_completion_queue_next)>(
      "grpc_completion_queue_next");
  return Completed(original(queue, deadline, reserved));
}

grpc_event grpc_completion_queue_pluck(grpc_completion_queue* queue, void* tag,
                                       gpr_timespec deadline, void* reserved) {
  static const auto original = Original<decltype(grpc_completion_queue_pluck)>(
      "grpc_completion_queue_pluck");
  return Completed(original(queue, tag, deadline, reserved));
}

}  // extern "C"
