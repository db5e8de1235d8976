// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "app/file_command.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "base/open_files.hpp"
#include "base/thread.hpp"
#include "base/wait_status.hpp"

namespace ringtap {
namespace {

Result<pid_t> start(const std::string& command, const std::string& path) {
  posix_spawn_file_actions_t files{};
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawnattr_t how{};
  posix_spawnattr_init(&how);
  sigset_t ours{};
  sigemptyset(&ours);
  for (const int signal : {SIGPIPE, SIGXFSZ, SIGHUP}) sigaddset(&ours, signal);
  posix_spawnattr_setsigdefault(&how, &ours);
  sigset_t none{};
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setpgroup(&how, 0);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);

  std::array<char*, 3> arguments = {const_cast<char*>(command.c_str()), const_cast<char*>(path.c_str()), nullptr};
  pid_t pid = -1;
  int err = 0;
  {
    const OpenFileLimit original;
    err = posix_spawnp(&pid, command.c_str(), &files, &how, arguments.data(), environ);
  }
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  if (err != 0) return Error::from_errno(err, "start it");
  constexpr int kLowestPriority = 19;
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(pid), kLowestPriority);
  return pid;
}

// Waits for it; empty: it did what it was to do.
std::string failure_of(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) return "";
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "" : ending_text(status);
}

}  // namespace

struct FileCommand::State {
  std::string command;
  std::function<void(const std::string&)> report;
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::deque<std::string> waiting;
  std::size_t threads = 0;
  Totals totals;

  void work() {
    std::unique_lock lock(mutex);
    while (!waiting.empty()) {
      const std::string path = std::move(waiting.front());
      waiting.pop_front();
      const auto process = start(command, path);  // with the lock: it changes a limit of this process for a moment
      changed.notify_all();
      lock.unlock();
      const std::string failure = process ? failure_of(*process) : process.error().text();
      if (!failure.empty()) report("-z " + command + " " + path + ": " + failure);
      lock.lock();
      totals.failed += failure.empty() ? 0 : 1;
      --totals.running;
      changed.notify_all();
    }
    --threads;
  }
};

FileCommand::FileCommand(std::string command, std::function<void(const std::string& text)> report)
    : state_(std::make_shared<State>()) {
  state_->command = std::move(command);
  state_->report = std::move(report);
}

Result<> FileCommand::run(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  state_->waiting.push_back(path);
  ++state_->totals.files;
  ++state_->totals.running;
  if (state_->threads == kMostAtOnce) return ok();
  auto thread = start_thread("waits for the command of -z", [state = state_] { state->work(); });
  if (thread) {
    ++state_->threads;
    thread->detach();
    return ok();
  }
  if (state_->threads > 0) return ok();  // another one takes the file
  state_->waiting.pop_back();
  --state_->totals.running;
  ++state_->totals.failed;
  return thread.take_error();
}

FileCommand::Totals FileCommand::totals() const {
  constexpr std::chrono::milliseconds kPatience(100);
  std::unique_lock lock(state_->mutex);
  state_->changed.wait_for(lock, kPatience, [this] { return state_->totals.running == 0; });
  return state_->totals;
}

void FileCommand::wait_for_start() const {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [this] { return state_->waiting.empty(); });
}

}  // namespace ringtap
