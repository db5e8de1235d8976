// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/child_command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace ringtap {
namespace {

struct Pipe {
  UniqueFd in;
  UniqueFd out;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Error::from_errno(errno, "make a pipe");
  return Pipe{.in = UniqueFd(ends[1]), .out = UniqueFd(ends[0])};
}

// In the child.
[[noreturn]] void wait_and_run(std::vector<char*> arguments, int go, int refused) {
  char byte = 0;
  ssize_t got = 0;
  do {
    got = ::read(go, &byte, 1);
  } while (got < 0 && errno == EINTR);
  if (got != 1) ::_exit(0);
  ::execvp(arguments[0], arguments.data());
  const int error = errno;
  (void)!::write(refused, &error, sizeof error);
  ::_exit(127);
}

}  // namespace

Result<ChildCommand> ChildCommand::start(const std::vector<std::string>& command) {
  auto go = make_pipe();
  if (!go) return go.take_error();
  auto refused = make_pipe();
  if (!refused) return refused.take_error();
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return Error::from_errno(errno, "start " + command[0]);
  if (pid == 0) {
    go->in.reset();
    wait_and_run(std::move(arguments), go->out.get(), refused->in.get());
  }
  ChildCommand child(command[0], pid);
  child.ended_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
  if (!child.ended_) return Error::from_errno(errno, "watch " + command[0]);
  child.go_ = std::move(go->in);
  child.refused_ = std::move(refused->out);
  return child;
}

Result<> ChildCommand::release() {
  const char byte = 1;
  if (::write(go_.get(), &byte, 1) != 1) return Error::from_errno(errno, "start " + name_);
  go_.reset();
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(refused_.get(), &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof error) return ok();
  return Error::from_errno(error, "run " + name_, ErrorKind::kUsage);
}

bool ChildCommand::has_ended() const {
  pollfd ended{.fd = ended_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&ended, 1, 0) == 1;
}

}  // namespace ringtap
