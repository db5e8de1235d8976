// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "app/signals.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "base/end_request.hpp"

namespace ringtap {
namespace {

volatile sig_atomic_t counts_asked_flag = 0;
volatile sig_atomic_t flush_asked_flag = 0;
volatile sig_atomic_t next_file_asked_flag = 0;
volatile sig_atomic_t hangup_starts_file_flag = 0;
int wake_write_fd = -1;

// The terminals among the standard descriptors, as bits.
volatile sig_atomic_t terminals = 0;

// The terminal is gone, rather than that somebody asks for the next file.
bool is_hangup_of_terminal(const siginfo_t& info) {
  if (info.si_code == SI_KERNEL) return true;
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    pollfd terminal{.fd = fd, .events = 0, .revents = 0};
    if ((terminals >> fd & 1) != 0 && ::poll(&terminal, 1, 0) == 1 && (terminal.revents & POLLHUP) != 0) return true;
  }
  return false;
}

void on_signal(int signal, siginfo_t* info, void* /*context*/) {
  const int saved = errno;
  if (signal == SIGUSR1) {
    counts_asked_flag = 1;
  } else if (signal == SIGUSR2) {
    flush_asked_flag = 1;
  } else if (signal == SIGHUP && hangup_starts_file_flag != 0 && !is_hangup_of_terminal(*info)) {
    next_file_asked_flag = 1;
  } else {
    EndRequest::of_this_run().ask();
  }
  const std::uint64_t one = 1;
  // If the counter is full, the descriptor is readable already.
  [[maybe_unused]] const auto written = ::write(wake_write_fd, &one, sizeof(one));
  errno = saved;
}

bool take(volatile sig_atomic_t& flag) {
  if (flag == 0) return false;
  flag = 0;
  return true;
}

}  // namespace

Result<Signals> Signals::create() {
  UniqueFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return Error::from_errno(errno, "create an eventfd");
  wake_write_fd = wake.get();
  struct sigaction action {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;  // what is under way before the run does not expect them
  sigaction(SIGUSR1, &action, nullptr);
  sigaction(SIGUSR2, &action, nullptr);
  return Signals(std::move(wake));
}

void Signals::install(bool hangup_starts_file) {
  hangup_starts_file_flag = hangup_starts_file ? 1 : 0;
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::isatty(fd) == 1) terminals = terminals | 1 << fd;
  }
  struct sigaction action {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO;
  for (const int signal : {SIGUSR1, SIGUSR2, SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
  // Under nohup(1) the process has to continue.
  struct sigaction hangup {};
  sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
  action.sa_flags = 0;
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
}

bool Signals::take_counts_asked() {
  return take(counts_asked_flag);
}
bool Signals::take_flush_asked() {
  return take(flush_asked_flag);
}
bool Signals::take_next_file_asked() {
  return take(next_file_asked_flag);
}

void Signals::clear_wake() const {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(wake_.get(), &count, sizeof(count));
}

}  // namespace ringtap
