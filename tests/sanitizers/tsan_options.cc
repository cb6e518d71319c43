// What ThreadSanitizer does unless the environment's TSAN_OPTIONS say
// otherwise, and where it does not look.

extern "C" {

const char* __tsan_default_options();
const char* __tsan_default_options() { return "second_deadlock_stack=1"; }

// The system's libraries are not compiled for ThreadSanitizer: what they do
// with memory by way of libc looks unordered. What our code does when
// gRPC calls it is checked all the same; only OnDone is not, nor the end of
// the stream that OnDone lets go of, since gRPC counts down to it with an
// atomic on both sides of the library's border, and what gRPC itself writes as
// a call's status.
const char* __tsan_default_suppressions();
const char* __tsan_default_suppressions() {
  return "called_from_lib:libgrpc.so\n"
         "called_from_lib:libgrpc++.so\n"
         "called_from_lib:libgpr.so\n"
         "called_from_lib:libabsl_cord.so\n"
         "called_from_lib:libabsl_cord_internal.so\n"
         "called_from_lib:libabsl_graphcycles_internal.so\n"
         "called_from_lib:libabsl_random_internal_pool_urbg.so\n"
         "called_from_lib:libabsl_status.so\n"
         "called_from_lib:libabsl_strings.so\n"
         "called_from_lib:libabsl_time.so\n"
         "called_from_lib:libabsl_time_zone.so\n"
         // The first line that is logged makes the logger, whichever thread's.
         "race:spdlog::details::registry::registry\n"
         "race:CallOnDone\n"
         "race:_Sp_counted_ptr_inplace<happiness::Stream*::_M_d\n"
         // A status that threads share: those who let go of it count down in
         // libabsl_status, and the last deletes it.
         "race:Status::Unref\n"
         // The text of a status, which libgrpc makes by our std::string.
         "race:grpc::internal::CallOpClientRecvStatus::FinishOp\n"
         // A message's bytes, written by one side of an in-process call and
         // read by the other; a handler that gRPC hands from thread to thread.
         "race:google::protobuf::io::EpsCopyOutputStream\n"
         "race:google::protobuf::io::CodedInputStream::ReadString\n"
         "race:std::_Function_base::~_Function_base\n";
}

}  // extern "C"
