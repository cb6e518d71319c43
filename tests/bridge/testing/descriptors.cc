#include "tests/bridge/testing/descriptors.h"

#include <set>
#include <string>

namespace bridge::testing {
namespace {

using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorSet;

void AddFile(const FileDescriptor& file, std::set<std::string>* added,
             FileDescriptorSet* files) {
  if (!added->insert(file.name()).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) {
    AddFile(*file.dependency(i), added, files);
  }
  file.CopyTo(files->add_file());
}

}  // namespace

FileDescriptorSet FilesOf(const FileDescriptor& file) {
  FileDescriptorSet files;
  std::set<std::string> added;
  AddFile(file, &added, &files);
  return files;
}

}  // namespace bridge::testing
