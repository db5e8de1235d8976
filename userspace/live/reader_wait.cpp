// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/reader_wait.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <thread>

namespace ringtap {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kFirstSleep = 4ms;
constexpr std::chrono::nanoseconds kLongestSleep = 1s;

}  // namespace

Result<ReaderWait> ReaderWait::create() {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return Error::from_errno(errno, "wait for events");
  return ReaderWait(std::move(epoll));
}

Result<> ReaderWait::watch(int fd) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return Error::from_errno(errno, "wait for events");
  return ok();
}

void ReaderWait::nap(std::chrono::nanoseconds limit) {
  std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(limit, kNap));
}

bool ReaderWait::wait(ringtap_control& control, std::chrono::nanoseconds limit, const std::function<bool()>& came) {
  if (idle_naps_ < kNapsBeforeSleep) {
    ++idle_naps_;
    nap(limit);
    return false;
  }
  __atomic_store_n(&control.sleeping, 1U, __ATOMIC_SEQ_CST);
  // A record that came before the flag was set did not wake this reader (bpf/emit.bpf.h, wake_reader()).
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (came()) {
    __atomic_store_n(&control.sleeping, 0U, __ATOMIC_RELAXED);
    nap(limit);
    return false;
  }
  // A program that staged a record may have read the flag before its own store was seen here. The first sleep is
  // short, so that such a record is found.
  const auto left = std::min(limit, kLongestSleep);
  for (const auto sleep : {std::min(left, kFirstSleep), left}) {
    const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(sleep);
    std::array<epoll_event, 8> ready{};
    const int n =
        epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), static_cast<int>(timeout.count()));
    if (n > 0) idle_naps_ = 0;
    if (n != 0 || came()) break;
  }
  __atomic_store_n(&control.sleeping, 0U, __ATOMIC_RELAXED);
  return true;
}

}  // namespace ringtap
