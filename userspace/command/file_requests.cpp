// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/file_requests.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "file/rotating_writer.hpp"
#include "recorder/segment_name.hpp"

namespace ringtap {
namespace {

constexpr std::string_view kLetters = "rwld";  // of each FileUse
constexpr char kRun = 'z';

}  // namespace

std::string FileRequest::text() const {
  return (use ? kLetters[static_cast<std::size_t>(*use)] : kRun) + path;
}

std::string thread_file_name(const std::string& path, std::size_t thread) {
  return thread == 1 ? path : path + "." + std::to_string(thread);
}

FileRequests::FileRequests(const Options& options)
    : options_(options), inputs_(options.read_paths.begin(), options.read_paths.end()) {
  if (options.action != Action::kQuery) return;
  // A segment has an index beside it, and is renamed when it is complete.
  for (const std::string& path : options.read_paths) {
    const std::string name = path.substr(0, path.size() - (path.ends_with(kPartSuffix) ? kPartSuffix.size() : 0));
    inputs_.insert(name);
    inputs_.insert(name + std::string(kIndexSuffix));
  }
}

Result<FileRequest> FileRequests::accept(std::string_view text, std::time_t now) {
  const std::size_t letter = text.empty() ? std::string_view::npos : kLetters.find(text.front());
  if (text.empty() || (letter == std::string_view::npos && text.front() != kRun)) {
    return Error("not a request for a file");
  }
  FileRequest request{.path = std::string(text.substr(1))};
  if (letter != std::string_view::npos) {
    request.use = static_cast<FileUse>(letter);
    if (auto checked = check(*request.use, request.path, now); !checked) return checked.take_error();
  } else if (written_.erase(request.path) == 0) {
    return Error("-z " + request.path + ": not a file of -w that is complete");
  }
  return request;
}

Result<> FileRequests::check(FileUse use, const std::string& path, std::time_t now) {
  switch (use) {
    case FileUse::kRead:
      if (inputs_.contains(path)) return ok();
      return Error("open " + path + ": not a file of the command line");
    case FileUse::kFolder:
      if (!last_.empty() && path == last_) return ok();
      return Error("open the folder of " + path + ": not the file that was opened last", ErrorKind::kOutput);
    case FileUse::kWrite:
      if (!is_output(path, now)) break;
      if (!options_.output.rotate_command.empty()) written_.insert(path);
      last_ = path;
      return ok();
    case FileUse::kLookAt:
      if (options_.output.rotation.rotates() || !is_output(path, now)) break;
      last_ = path;
      return ok();
  }
  return Error("create " + path + ": not a file of -w", ErrorKind::kOutput);
}

// Whether -w may be this file: the time in its name is now, or that of the file before; its number is one of the set.
bool FileRequests::is_output(const std::string& path, std::time_t now) {
  const OutputOptions& output = options_.output;
  if (!output.rotation.rotates()) {
    if (path.empty()) return false;
    for (std::size_t thread = 1; thread <= options_.capture.threads; ++thread) {
      if (path == thread_file_name(output.path, thread)) return true;
    }
    return path == output.html_path;
  }
  constexpr std::time_t kLate = 60;  // since the name was made
  if (!unnumbered_.empty() && is_numbered(unnumbered_, path)) return true;
  Rotation by_time = output.rotation;
  by_time.bytes = 0;
  for (std::time_t time = by_time.seconds > 0 ? now - kLate : now; time <= now + 1; ++time) {
    const auto name = rotated_name(output.path, by_time, time, 0);
    if (!name || !is_numbered(*name, path)) continue;
    unnumbered_ = *name;
    return true;
  }
  return false;
}

bool FileRequests::is_numbered(const std::string& name, const std::string& path) const {
  if (!path.starts_with(name)) return false;
  Rotation by_number = options_.output.rotation;
  by_number.seconds = 0;
  std::uint64_t number = 0;
  const char* end = path.data() + path.size();
  const auto [rest, error] = std::from_chars(path.data() + name.size(), end, number);
  if (name.size() < path.size() && (error != std::errc() || rest != end)) return false;
  if (by_number.files > 0 && number >= by_number.files) return false;
  const auto expected = rotated_name(name, by_number, 0, number);
  return expected && *expected == path;
}

}  // namespace ringtap
