// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/file_service.hpp"

#include <sys/auxv.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "app/file_command.hpp"
#include "command/file_requests.hpp"
#include "command/file_rights.hpp"
#include "command/messages.hpp"
#include "command/outputs.hpp"
#include "file/open_file.hpp"

namespace ringtap {
namespace {

// What is written, with the option that names it.
std::vector<std::pair<const char*, const std::string*>> outputs_of(const Options& options) {
  std::vector<std::pair<const char*, const std::string*>> outputs;
  const OutputOptions& output = options.output;
  if (!output.path.empty() && output.path != "-") outputs.emplace_back("-w", &output.path);
  if (!output.html_path.empty()) outputs.emplace_back("--html", &output.html_path);
  return outputs;
}

// Where that is: the folder in its name, as far as that is the same for all files of a set, and that of the file which
// the name is a link to.
std::vector<std::string> output_folders(const Options& options) {
  const auto folder_of = [](const std::string& name) {
    const std::size_t slash = name.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : name.substr(0, slash);
  };
  std::vector<std::string> folders;
  for (const auto& [option, path] : outputs_of(options)) {
    const std::size_t variable = options.output.rotation.seconds > 0 ? path->find('%') : std::string::npos;
    folders.push_back(folder_of(path->substr(0, variable)));
    std::error_code error;
    if (const auto target = std::filesystem::canonical(*path, error); !error) folders.push_back(folder_of(target));
  }
  return folders;
}

constexpr std::string_view kRanHow = "s";  // a request without a path; the answer is file_command_text()

class FileService {
 public:
  explicit FileService(const Options& options)
      : requests_(options), inputs_(options.read_paths), command_(options.output.rotate_command, say) {}

  // The answer is empty, or an error.
  HelperProcess::Answer serve(std::string_view text) {
    if (text == kRanHow) return {file_command_text(), {}};
    auto request = requests_.accept(text, std::time(nullptr));
    auto done = request ? carry_out(*request) : request.take_error();
    if (!done) return {error_text(done.error()), {}};
    return {"", done.take()};
  }

  void end() const { command_.wait_for_start(); }

 private:
  // "2 of 7 commands failed; 1 still runs"; empty: nothing to say.
  [[nodiscard]] std::string file_command_text() const {
    const FileCommand::Totals totals = command_.totals();
    if (totals.failed == 0) return "";
    std::string text = std::to_string(totals.failed) + " of " + std::to_string(totals.files) + " commands failed";
    if (totals.running > 0) text += ", and " + std::to_string(totals.running) + " have not ended yet";
    return text;
  }

  Result<UniqueFd> carry_out(const FileRequest& request) {
    const auto& [use, path] = request;
    if (!use) {
      if (auto started = command_.run(path); !started) return started.take_error();
      return UniqueFd();
    }
    const auto* input = use == FileUse::kRead ? nullptr : find_same_file(inputs_, path);
    if (input == nullptr) return open_file_here(path, *use);
    return Error("create " + path + ": this is the input file " + *input, ErrorKind::kOutput);
  }

  FileRequests requests_;
  const std::vector<std::string>& inputs_;
  FileCommand command_;
};

std::optional<HelperProcess>& the_helper() {
  static std::optional<HelperProcess> helper;
  return helper;
}

// Also called by the thread that completes files.
Result<UniqueFd> ask(const FileRequest& request, ErrorKind kind) {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  auto answer = the_helper()->ask(request.text());
  if (!answer) return Error("open " + request.path + ": " + error_text(answer.error()), kind);
  if (!answer->text.empty()) return Error(answer->text, kind);
  return std::move(answer->fd);
}

// Files that have another meaning in another process, such as /dev/stdout and /dev/fd/63: opened before.
std::map<std::string, UniqueFd>& own_files() {
  static std::map<std::string, UniqueFd> files;
  return files;
}

Result<> open_own_file(const std::string& path, FileUse use) {
  if (!path.starts_with("/dev/") && !path.starts_with("/proc/")) return ok();
  auto file = open_file_here(path, use);
  if (!file) return file.take_error();
  own_files()[path] = file.take();
  return ok();
}

Result<UniqueFd> ask_to_open(const std::string& path, FileUse use) {
  if (const auto own = own_files().find(path); own != own_files().end()) {
    if (own->second || use == FileUse::kFolder) return std::move(own->second);  // its name is not on a disk
  }
  return ask({use, path}, use == FileUse::kRead ? ErrorKind::kFailure : ErrorKind::kOutput);
}

}  // namespace

Result<> start_file_service(const Options& options) {
  const auto outputs = outputs_of(options);
  for (const auto& [option, path] : outputs) {
    if (const auto* read = find_same_file(options.read_paths, *path)) {
      return Error(std::string(option) + " " + *path + ": this is the input file " + *read, ErrorKind::kUsage);
    }
  }
  if (!options.output.rotate_command.empty() && ::getauxval(AT_SECURE) != 0) {
    return Error("-z: refused, since this program has rights that its caller has not (capabilities of its file)",
                 ErrorKind::kUsage)
        .hint("run the command on the files from outside");
  }
  const bool reads = std::any_of(options.read_paths.begin(), options.read_paths.end(),
                                 [](const std::string& path) { return path != "-"; });
  const bool by_another = !options.user.empty() && ::geteuid() == 0;
  const bool runs = !options.output.rotate_command.empty();
  if (!(options.sandbox || by_another || runs) || (!reads && outputs.empty())) return ok();
  for (const std::string& path : options.read_paths) {
    if (auto opened = open_own_file(path, FileUse::kRead); !opened) return opened;
  }
  for (const auto& [option, path] : outputs) {
    if (options.output.rotation.rotates()) break;
    if (auto opened = open_own_file(*path, FileUse::kWrite); !opened) return opened;
  }
  FileService service(options);
  auto helper =
      HelperProcess::begin({.name = "ringtap-files",
                            .without = "no other file is opened",
                            .files = {},
                            .keeps_output = runs,
                            .prepare = [&] { return keep_rights_for_files(options, output_folders(options)); },
                            .serve = [&](std::string_view request) { return service.serve(request); },
                            .end = [&] { service.end(); }});
  if (!helper) return helper.take_error();
  the_helper().emplace(helper.take());
  set_file_opener(ask_to_open);
  return ok();
}

Result<> run_file_command(const std::string& path) {
  auto ran = ask({{}, path}, ErrorKind::kFailure);
  return ran ? ok() : Result<>(ran.take_error());
}

std::string file_command_text(const Options& options) {
  if (options.output.rotate_command.empty() || !the_helper()) return "";
  const auto answer = the_helper()->ask(kRanHow);
  return answer && !answer->text.empty() ? "-z " + options.output.rotate_command + ": " + answer->text : "";
}

}  // namespace ringtap
