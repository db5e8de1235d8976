// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "app/file_command.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "base/open_files.hpp"

namespace ringtap {

Result<> FileCommand::run(const std::string& path) {
  std::erase_if(running_, [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) == pid; });

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

  std::array<char*, 3> arguments = {command_.data(), const_cast<char*>(path.c_str()), nullptr};
  pid_t pid = -1;
  int err = 0;
  {
    const OpenFileLimit original;
    err = posix_spawnp(&pid, command_.c_str(), &files, &how, arguments.data(), environ);
  }
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  if (err != 0) return Error::from_errno(err, "-z " + command_ + " " + path);
  constexpr int kLowestPriority = 19;
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(pid), kLowestPriority);
  running_.push_back(pid);
  return ok();
}

}  // namespace ringtap
