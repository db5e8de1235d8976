// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/file_service.hpp"

#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <ctime>
#include <optional>
#include <set>
#include <utility>

#include "app/file_command.hpp"
#include "command/outputs.hpp"
#include "file/open_file.hpp"
#include "file/rotating_writer.hpp"
#include "sandbox/sandbox.hpp"
#include "sandbox/user.hpp"

namespace ringtap {
namespace {

// The part of -w that is the same for all files of a set.
std::string output_folder(const Options& options) {
  const std::string& path = options.output.path;
  const std::size_t variable = options.output.rotation.seconds > 0 ? path.find('%') : std::string::npos;
  const std::size_t slash = path.substr(0, variable).rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// The rights of the caller or of the user of -Z, to open files and for nothing else. A command of -z gets none.
Result<> keep_opening(const Options& options) {
  drop_bounding_set();
  if (!options.user.empty() && ::geteuid() == 0) {
    auto user = find_user(options.user);
    if (!user) return user.take_error();
    if (auto became = become(*user); !became) return became;
  }
  constexpr std::uint64_t kOne = 1;
  if (auto kept = keep_capabilities(kOne << CAP_DAC_OVERRIDE | kOne << CAP_DAC_READ_SEARCH | kOne << CAP_FOWNER);
      !kept) {
    return kept;
  }
  if (options.output.rotate_command.empty()) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) write_only_below(output_folder(options));
  }
  return ok();
}

// The first byte of a request, before a path. An answer is empty, or an error.
constexpr char kRead = 'r';
constexpr char kWrite = 'w';
constexpr char kLookAt = 'l';
constexpr char kRun = 'z';

// Whether -w may be this file now: time and number in its name are those of the file set.
bool is_output(const Options& options, const std::string& path) {
  const Rotation& rotation = options.output.rotation;
  if (!rotation.rotates()) return path == options.output.path;
  constexpr std::time_t kLate = 60;  // since the name was made
  const std::time_t now = std::time(nullptr);
  const std::time_t first = rotation.seconds > 0 ? now - kLate : now;
  for (std::time_t time = first; time <= now + 1; ++time) {
    Rotation unnumbered = rotation;
    unnumbered.bytes = 0;
    const auto name = rotated_name(options.output.path, unnumbered, time, 0);
    if (!name || !path.starts_with(*name)) continue;
    const std::string number = path.substr(name->size());
    const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
    if (std::all_of(number.begin(), number.end(), is_digit)) return rotation.bytes > 0 || number.empty();
  }
  return false;
}

class FileService {
 public:
  explicit FileService(const Options& options) : options_(options), command_(options.output.rotate_command) {}

  HelperProcess::Answer serve(std::string_view request) {
    const char what = request.front();
    const std::string path(request.substr(1));
    auto done = what == kRun ? run(path)
                             : open(path, what == kRead    ? FileUse::kRead
                                          : what == kWrite ? FileUse::kWrite
                                                           : FileUse::kLookAt);
    if (!done) return {done.error().text(), {}};
    return {"", done.take()};
  }

 private:
  Result<UniqueFd> open(const std::string& path, FileUse use) {
    const auto& inputs = options_.read_paths;
    if (use == FileUse::kRead) {
      if (std::find(inputs.begin(), inputs.end(), path) != inputs.end()) return open_file_here(path, use);
      return Error("open " + path + ": not a file of the command line");
    }
    if (!is_output(options_, path)) return Error("create " + path + ": not a file of -w", ErrorKind::kOutput);
    if (const auto* input = find_same_file(inputs, path)) {
      return Error("-w " + path + ": this is the input file " + *input, ErrorKind::kOutput);
    }
    written_.insert(path);
    return open_file_here(path, use);
  }

  Result<UniqueFd> run(const std::string& path) {
    if (!written_.contains(path)) return Error("-z " + path + ": not a file of -w");
    if (auto started = command_.run(path); !started) return started.take_error();
    return UniqueFd();
  }

  const Options& options_;
  FileCommand command_;
  std::set<std::string> written_;
};

std::optional<HelperProcess>& the_helper() {
  static std::optional<HelperProcess> helper;
  return helper;
}

Result<UniqueFd> ask(char what, const std::string& path, ErrorKind kind) {
  auto answer = the_helper()->ask(what + path);
  if (!answer) return answer.take_error();
  if (!answer->text.empty()) return Error(answer->text, kind);
  return std::move(answer->fd);
}

Result<UniqueFd> ask_to_open(const std::string& path, FileUse use) {
  if (use == FileUse::kRead) return ask(kRead, path, ErrorKind::kFailure);
  return ask(use == FileUse::kWrite ? kWrite : kLookAt, path, ErrorKind::kOutput);
}

}  // namespace

Result<> start_file_service(const Options& options) {
  if (const auto* read = find_same_file(options.read_paths, options.output.path)) {
    return Error("-w " + options.output.path + ": this is the input file " + *read, ErrorKind::kUsage);
  }
  if (!options.output.rotate_command.empty() && ::getauxval(AT_SECURE) != 0) {
    return Error("-z: refused, since this program has rights that its caller has not (capabilities of its file)",
                 ErrorKind::kUsage)
        .hint("run the command on the files from outside");
  }
  const bool writes = !options.output.path.empty() && options.output.path != "-";
  const bool opens_later = writes || options.output.rotation.rotates();
  const bool by_another = !options.user.empty() && ::geteuid() == 0;
  if (!(options.sandbox || by_another) || (options.read_paths.empty() && !opens_later)) return ok();
  FileService service(options);
  auto helper = HelperProcess::start({.name = "ringtap-files",
                                      .files = {},
                                      .may_block = true,
                                      .prepare = [&] { return keep_opening(options); },
                                      .serve = [&](std::string_view request) { return service.serve(request); }});
  if (!helper) return helper.take_error();
  the_helper().emplace(helper.take());
  set_file_opener(ask_to_open);
  return ok();
}

Result<> run_file_command(const Options& options, const std::string& path) {
  if (!the_helper()) {
    static FileCommand command(options.output.rotate_command);
    return command.run(path);
  }
  auto ran = ask(kRun, path, ErrorKind::kFailure);
  return ran ? ok() : Result<>(ran.take_error());
}

}  // namespace ringtap
