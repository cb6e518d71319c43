// Descriptor sets out of the types that are linked into a test.

#ifndef TESTS_BRIDGE_TESTING_DESCRIPTORS_H_
#define TESTS_BRIDGE_TESTING_DESCRIPTORS_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

namespace bridge::testing {

// The file, and all that it imports: what reflection or protoc would give.
google::protobuf::FileDescriptorSet FilesOf(
    const google::protobuf::FileDescriptor& file);

}  // namespace bridge::testing

#endif  // TESTS_BRIDGE_TESTING_DESCRIPTORS_H_
