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
    : options_(options),
      inputs_(options.read_paths.begin(), options.read_paths.end()),
      last_(options.output.file_per_thread ? options.capture.threads : 1) {
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
      if (std::any_of(last_.begin(), last_.end(), [&](const Last& last) { return last.path == path; })) return ok();
      return Error("open the folder of " + path + ": not the file that was opened last", ErrorKind::kOutput);
    case FileUse::kWrite:
    case FileUse::kLookAt: {
      if (use == FileUse::kLookAt && options_.output.rotation.rotates()) break;
      const auto thread = writer_of(path, now);
      if (!thread) break;
      if (use == FileUse::kWrite && !options_.output.rotate_command.empty()) written_.insert(path);
      last_[*thread].path = path;
      return ok();
    }
  }
  return Error("create " + path + ": not a file of -w", ErrorKind::kOutput);
}

std::optional<std::size_t> FileRequests::writer_of(const std::string& path, std::time_t now) {
  if (path.empty()) return std::nullopt;
  const OutputOptions& output = options_.output;
  for (std::size_t thread = 0; thread < last_.size(); ++thread) {
    const std::string suffix = thread_file_name("", thread + 1);
    if (!path.ends_with(suffix)) continue;
    const std::string name = path.substr(0, path.size() - suffix.size());
    if (output.rotation.rotates() ? is_of_set(thread, name, now) : name == output.path) return thread;
  }
  return path == output.html_path ? std::optional<std::size_t>(0) : std::nullopt;
}

// Whether -w may be this file of a set: the time in its name is now, or that of the file before; its number is one of
// the set.
bool FileRequests::is_of_set(std::size_t thread, const std::string& path, std::time_t now) {
  constexpr std::time_t kLate = 60;  // since the name was made
  std::string& unnumbered = last_[thread].unnumbered;
  if (!unnumbered.empty() && is_numbered(unnumbered, path)) return true;
  Rotation by_time = options_.output.rotation;
  by_time.bytes = 0;
  for (std::time_t time = by_time.seconds > 0 ? now - kLate : now; time <= now + 1; ++time) {
    const auto name = rotated_name(options_.output.path, by_time, time, 0);
    if (!name || !is_numbered(*name, path)) continue;
    unnumbered = *name;
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
