// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "live/cpu_watch.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace ringtap {

void CpuWatch::open() {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = 1;  // what the kernel itself sends, lib/kobject_uevent.c
  if (socket && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    events_ = std::move(socket);
  }
}

bool CpuWatch::look(std::uint64_t now_ns) {
  bool is_due = last_ns_ == 0 || (!events_ && now_ns - last_ns_ >= kPeriodNs);
  std::array<char, 64> text{};  // "online@/devices/system/cpu/cpu1", then what is not needed
  ssize_t size = 0;
  while (events_ && (size = ::recv(events_.get(), text.data(), text.size(), 0)) != 0) {
    if (size < 0 && errno != ENOBUFS) break;
    // After ENOBUFS it is not known what was announced.
    is_due = is_due || size < 0 || std::string_view(text.data(), static_cast<std::size_t>(size)).starts_with("online@");
  }
  if (is_due) last_ns_ = now_ns;
  return is_due;
}

}  // namespace ringtap
