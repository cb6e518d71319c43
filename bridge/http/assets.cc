#include "bridge/http/assets.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace bridge {
namespace {

namespace fs = std::filesystem;

std::string ContentType(const fs::path& file) {
  static const auto* const kTypes = new std::map<std::string, std::string>{
      {".css", "text/css; charset=utf-8"},
      {".html", "text/html; charset=utf-8"},
      {".ico", "image/x-icon"},
      {".js", "text/javascript; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".png", "image/png"},
      {".svg", "image/svg+xml"},
      {".txt", "text/plain; charset=utf-8"},
      {".webmanifest", "application/manifest+json"},
      {".woff2", "font/woff2"},
  };
  auto found = kTypes->find(file.extension().string());
  return found == kTypes->end() ? "application/octet-stream" : found->second;
}

// FNV-1a: the same for the same content in every run and on every machine.
std::string ETag(std::string_view content) {
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : content) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  }
  return absl::StrCat("\"", absl::Hex(hash, absl::kZeroPad16), "\"");
}

}  // namespace

absl::StatusOr<Assets> Assets::Load(const std::string& folder) {
  auto unreadable = [&folder](const std::error_code& error) {
    return absl::NotFoundError(
        absl::StrCat("web root ", folder, ": ", error.message()));
  };
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, error);
  Assets assets;
  size_t total = 0;
  // An increment that fails makes the iterator the end.
  for (; !error && entries != fs::end(entries); entries.increment(error)) {
    const fs::directory_entry& entry = *entries;
    std::error_code no_file;  // a link that leads nowhere, for example
    if (!entry.is_regular_file(no_file)) continue;
    // Asked before it is read: it may be larger than the memory.
    const auto size = entry.file_size(error);
    if (error) break;
    total += size;
    if (total > kMaxBytes) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "web root ", folder, " holds more than ", kMaxBytes, " bytes"));
    }
    std::ifstream file(entry.path(), std::ios::binary);
    std::string body(size, '\0');
    if (!file.read(body.data(), static_cast<std::streamsize>(size))) {
      return unreadable(std::make_error_code(std::errc::io_error));
    }
    std::string etag = ETag(body);
    std::string path = absl::StrCat(
        "/", entry.path().lexically_relative(folder).generic_string());
    if (path == "/index.html") path = "/";
    assets.files_[path] = {std::move(body), ContentType(entry.path()),
                           std::move(etag)};
  }
  if (error) return unreadable(error);
  return assets;
}

const Asset* Assets::Find(std::string_view path) const {
  auto found = files_.find(path == "/index.html" ? "/" : path);
  return found == files_.end() ? nullptr : &found->second;
}

}  // namespace bridge
