// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "app/signals.hpp"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace ringtap {
namespace {

volatile sig_atomic_t end_asked_flag = 0;
volatile sig_atomic_t counts_asked_flag = 0;
volatile sig_atomic_t flush_asked_flag = 0;
int wake_write_fd = -1;

void on_signal(int signal) {
  const int saved = errno;
  if (signal == SIGUSR1) {
    counts_asked_flag = 1;
  } else if (signal == SIGUSR2) {
    flush_asked_flag = 1;
  } else {
    end_asked_flag = 1;
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
  return Signals(std::move(wake));
}

void Signals::install() {
  wake_write_fd = wake_.get();
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGUSR1, &action, nullptr);
  sigaction(SIGUSR2, &action, nullptr);
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // a second signal is not caught
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // Under nohup(1) the process has to continue.
  struct sigaction hangup {};
  sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
  action.sa_flags = 0;
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
  sigaction(SIGXFSZ, &action, nullptr);
}

bool Signals::end_asked() const {
  return end_asked_flag != 0;
}
bool Signals::take_counts_asked() {
  return take(counts_asked_flag);
}
bool Signals::take_flush_asked() {
  return take(flush_asked_flag);
}

void Signals::clear_wake() const {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(wake_.get(), &count, sizeof(count));
}

}  // namespace ringtap
