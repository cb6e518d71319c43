// How readings are laid out in the stream.

#ifndef SERVICE_JETSTREAM_SUBJECTS_H_
#define SERVICE_JETSTREAM_SUBJECTS_H_

#include <string>
#include <string_view>

namespace happiness {

inline constexpr char kStreamName[] = "HAPPINESS";

// Those of all places.
inline constexpr char kAllSubjects[] = "readings.*";

// Where the readings of `place` are published: "readings.Oslo". What is neither
// an ASCII letter or digit nor one of "-_" is percent-encoded, byte for byte as
// in a URL, so that any place is one legal token: "readings.S%C3%A3o%20Paulo".
std::string SubjectOf(std::string_view place);

}  // namespace happiness

#endif  // SERVICE_JETSTREAM_SUBJECTS_H_
