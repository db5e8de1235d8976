// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/capture_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "fleet/host_counters.hpp"

namespace ringtap {
namespace {

constexpr const char* kThisProgram = "/proc/self/exe";
constexpr int kMemoryFd = STDERR_FILENO + 1;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Error::from_errno(errno, "make a pipe");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

Result<CaptureProcess> CaptureProcess::start(const std::vector<std::string>& words, int memory_fd) {
  auto in = make_pipe();
  auto out = make_pipe();
  auto err = make_pipe();
  for (auto* made : {&in, &out, &err}) {
    if (!*made) return made->take_error();
  }
  for (const int fd : {out->read.get(), err->read.get()}) ::fcntl(fd, F_SETFL, O_NONBLOCK);

  std::vector<std::string> owned = {"ringtap"};
  if (memory_fd >= 0) owned.insert(owned.end(), {"--output-memory", std::to_string(kMemoryFd)});
  owned.insert(owned.end(), words.begin(), words.end());
  std::vector<char*> argv;
  argv.reserve(owned.size() + 1);
  for (std::string& word : owned) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&files, in->read.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, out->write.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, err->write.get(), STDERR_FILENO);
  if (memory_fd >= 0) ::posix_spawn_file_actions_adddup2(&files, memory_fd, kMemoryFd);
  // Sockets to the servers among them: a server is to see at once that an agent is gone.
  ::posix_spawn_file_actions_addclosefrom_np(&files, memory_fd >= 0 ? kMemoryFd + 1 : kMemoryFd);
  sigset_t signals;
  sigemptyset(&signals);
  ::posix_spawnattr_setsigmask(&attributes, &signals);
  sigaddset(&signals, SIGPIPE);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  ::posix_spawnattr_setsigdefault(&attributes, &signals);
  // In a group of its own: Ctrl-C at the agent's terminal is for the agent.
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, kThisProgram, &files, &attributes, argv.data(), ::environ);
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) return Error::from_errno(error, "start a capture");
  return CaptureProcess(pid, std::move(in->write), std::move(out->read), std::move(err->read));
}

CaptureProcess::CaptureProcess(CaptureProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      in_(std::move(other.in_)),
      out_(std::move(other.out_)),
      err_(std::move(other.err_)) {}

CaptureProcess::~CaptureProcess() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  static_cast<void>(wait());
}

bool CaptureProcess::open_gate(std::uint64_t at_ns) {
  const std::string line = std::to_string(at_ns) + " " + std::to_string(kCountersIntervalNs) + "\n";
  return in_ && ::write(in_.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

void CaptureProcess::kill() const {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

int CaptureProcess::wait() {
  int status = 0;
  while (pid_ > 0 && ::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

}  // namespace ringtap
