// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/segment_service.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "command/file_rights.hpp"
#include "command/messages.hpp"
#include "sandbox/helper_process.hpp"
#include "sandbox/user.hpp"

namespace ringtap {
namespace {

// A request is a letter, then the name of a file; kList: then how many lines are known already.
constexpr char kCreate = 'c';
constexpr char kOpen = 'o';
constexpr char kPublish = 'p';
constexpr char kRemove = 'r';
constexpr char kRestore = 'f';
constexpr char kList = 'l';

// The answer is empty, or the text of an error with its errno in front: "28 create …: No space left on device".
HelperProcess::Answer failed(const Error& error) {
  return {std::to_string(error.errno_value()) + " " + error.text(), {}};
}

// In the helper process. Names that are not a segment's are refused.
class Service {
 public:
  explicit Service(LocalFolder& folder) : folder_(folder) {}
  HelperProcess::Answer serve(std::string_view request);

 private:
  HelperProcess::Answer restore();
  HelperProcess::Answer list(std::string_view known) const;

  LocalFolder& folder_;
  std::vector<std::string> lines_;  // a segment each: "NAME BYTES END", of the last kRestore
};

HelperProcess::Answer Service::restore() {
  auto present = folder_.restore();
  if (!present) return failed(present.error());
  lines_.clear();
  for (const KeptSegment& segment : *present) {
    lines_.push_back(segment.name.text() + " " + std::to_string(segment.bytes) + " " + std::to_string(segment.end_ns) +
                     "\n");
  }
  UniqueFd copy(::fcntl(folder_.fd(), F_DUPFD_CLOEXEC, 0));
  return copy ? HelperProcess::Answer{"", std::move(copy)} : failed(Error::from_errno(errno, "open " + folder_.path()));
}

// As many lines as an answer can have; none: that was all.
HelperProcess::Answer Service::list(std::string_view known) const {
  std::size_t next = 0;
  std::from_chars(known.data(), known.data() + known.size(), next);
  HelperProcess::Answer answer;
  for (; next < lines_.size() && answer.text.size() + lines_[next].size() < HelperProcess::kMaxMessage; ++next) {
    answer.text += lines_[next];
  }
  return answer;
}

HelperProcess::Answer Service::serve(std::string_view request) {
  LocalFolder& folder = folder_;
  if (request == std::string_view(&kRestore, 1)) return restore();
  if (!request.empty() && request.front() == kList) return list(request.substr(1));
  const auto parsed = request.empty() ? std::nullopt : parse_segment_name(request.substr(1));
  if (!parsed) return failed(Error("not a request for a segment"));
  const auto& [name, file] = *parsed;
  const auto of_file = [](Result<UniqueFd> made) -> HelperProcess::Answer {
    return made ? HelperProcess::Answer{"", made.take()} : failed(made.error());
  };
  const auto of_done = [](const Result<>& done) { return done ? HelperProcess::Answer{} : failed(done.error()); };
  switch (request.front()) {
    case kCreate:
      return file == SegmentFile::kWhole ? failed(Error("not a request for a segment"))
                                         : of_file(folder.create(name, file));
    case kOpen:
      return of_file(folder.open(name, file));
    case kPublish:
      return of_done(folder.publish(name));
    case kRemove:
      return of_done(folder.remove(name, file));
    default:
      return failed(Error("not a request for a segment"));
  }
}

// In the helper process: it may be another user by now.
Result<> prepare(const Options& options, const LocalFolder& folder) {
  // The folder that it is in: it may have to be made again.
  if (auto kept = keep_rights_for_files(options, {parent_of(folder.path())}); !kept) return kept;
  if (::faccessat(folder.fd(), ".", R_OK | W_OK | X_OK, AT_EACCESS) == 0) return ok();
  return Error::from_errno(errno, "write into the folder " + folder.path() + " as " + options.user, ErrorKind::kOutput)
      .hint("give it to that user with chown(1), or leave out -Z");
}

// Asks the helper process.
class RemoteFolder final : public SegmentFolder {
 public:
  RemoteFolder(HelperProcess helper, UniqueFd folder, std::string path)
      : helper_(std::move(helper)), folder_(std::move(folder)), path_(std::move(path)) {}

  Result<UniqueFd> create(const SegmentName& segment, SegmentFile file) override {
    return ask(kCreate, segment.text(file));
  }
  Result<UniqueFd> open(const SegmentName& segment, SegmentFile file) override {
    return ask(kOpen, segment.text(file));
  }
  Result<> publish(const SegmentName& segment) override { return done(ask(kPublish, segment.text())); }
  Result<> remove(const SegmentName& segment, SegmentFile file) override {
    return done(ask(kRemove, segment.text(file)));
  }
  Result<DiskSpace> space() override {
    const std::lock_guard lock(one_at_a_time_);
    return disk_space(folder_.get(), path_);
  }
  [[nodiscard]] bool is_gone() const override {
    const std::lock_guard lock(one_at_a_time_);
    return is_removed(folder_.get());
  }
  Result<std::vector<KeptSegment>> restore() override {
    auto opened = ask(kRestore, "");
    if (!opened) return opened.take_error();
    {
      const std::lock_guard lock(one_at_a_time_);
      folder_ = opened.take();
    }
    std::vector<KeptSegment> segments;
    for (;;) {
      auto lines = ask_for_text(kList, std::to_string(segments.size()));
      if (!lines) return lines.take_error();
      if (lines->empty()) return segments;
      std::istringstream words(*lines);
      KeptSegment segment;
      for (std::string name; words >> name >> segment.bytes >> segment.end_ns;) {
        const auto parsed = parse_segment_name(name);
        if (!parsed) return Error("list " + path_ + ": an answer that names no segment");
        segment.name = parsed->name;
        segments.push_back(segment);
      }
    }
  }
  [[nodiscard]] const std::string& path() const override { return path_; }

 private:
  static Result<> done(Result<UniqueFd> answer) { return answer ? ok() : Result<>(answer.take_error()); }

  Result<std::string> ask_for_text(char what, const std::string& argument) {
    const std::lock_guard lock(one_at_a_time_);
    auto answer = helper_.ask(what + argument);
    if (!answer) return Error(path_ + ": " + error_text(answer.error()), ErrorKind::kOutput);
    return std::move(answer->text);
  }

  Result<UniqueFd> ask(char what, const std::string& name) {
    const std::lock_guard lock(one_at_a_time_);
    auto answer = helper_.ask(what + name);
    if (!answer) return Error(path_ + "/" + name + ": " + error_text(answer.error()), ErrorKind::kOutput);
    if (answer->text.empty()) return std::move(answer->fd);
    // from_errno() writes the errno's words again.
    const std::size_t space = answer->text.find(' ');
    const HelperProcess::Answer number{answer->text.substr(0, space), {}};
    const std::string words = space == std::string::npos ? answer->text : answer->text.substr(space + 1);
    return Error::from_errno(number.errno_value(), words.substr(0, words.rfind(": ")), ErrorKind::kOutput);
  }

  HelperProcess helper_;
  UniqueFd folder_;
  std::string path_;
  mutable std::mutex one_at_a_time_;
};

std::optional<RecorderFolder>& the_folder() {
  static std::optional<RecorderFolder> folder;
  return folder;
}

}  // namespace

Result<> start_segment_service(const Options& options) {
  const std::string& path = options.output.record.folder;
  if (path.empty()) return ok();
  const bool by_another = !options.user.empty() && ::geteuid() == 0;
  const bool is_new = ::access(path.c_str(), F_OK) != 0;
  auto local = LocalFolder::open(path);
  if (!local) return local.take_error();
  if (by_another && is_new) {
    auto user = find_user(options.user);
    if (!user) return user.take_error();
    if (::fchown(local->fd(), user->uid, user->gid) != 0) {
      return Error::from_errno(errno, "give the folder " + path + " to " + options.user, ErrorKind::kOutput);
    }
  }
  auto present = local->list();
  if (!present) return present.take_error();
  RecorderFolder& folder = the_folder().emplace();
  folder.present = present.take();
  if (!options.sandbox && !by_another) {
    folder.folder = std::make_unique<LocalFolder>(local.take());
    return ok();
  }
  UniqueFd copy(::fcntl(local->fd(), F_DUPFD_CLOEXEC, 0));
  if (!copy) return Error::from_errno(errno, "open " + path + " again");
  auto helper = HelperProcess::start({.name = "ringtap-segment",
                                      .without = "no segment can be begun, completed or removed",
                                      .files = {local->fd()},
                                      .prepare = [&] { return prepare(options, *local); },
                                      .serve = [&, service = std::make_shared<Service>(*local)](
                                                   std::string_view request) { return service->serve(request); }});
  if (!helper) return helper.take_error();
  folder.folder = std::make_unique<RemoteFolder>(helper.take(), std::move(copy), path);
  return ok();
}

RecorderFolder take_recorder_folder() {
  RecorderFolder taken = std::move(*the_folder());
  the_folder().reset();
  return taken;
}

}  // namespace ringtap
