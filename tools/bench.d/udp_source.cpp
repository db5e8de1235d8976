// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Sends a fixed number of small UDP datagrams through the kernel's own transmit path, many per system call, from one
// core. What the path costs, taps included, is the time per datagram. The address needs a route that no neighbour has
// to be asked for.
#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "bench.hpp"

int main(int argc, char** argv) {
  using namespace ringtap::bench;
  const Arguments arguments(argc, argv, 4, "ADDRESS CORE SIZE COUNT, SIZE of the payload");
  const unsigned long size = arguments.number(3);
  const unsigned long count = arguments.number(4);
  pin_to_core(arguments.number(2));

  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(9);
  if (inet_pton(AF_INET, arguments.text(1), &to.sin_addr) != 1) give_up("not an IPv4 address");
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) give_up_errno("socket");
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) give_up_errno("connect");

  constexpr unsigned kPerCall = 64;
  std::array<char, 1472> payload = {};
  if (size > payload.size()) give_up("too large a payload");
  iovec bytes = {.iov_base = payload.data(), .iov_len = size};
  std::array<mmsghdr, kPerCall> messages = {};
  for (mmsghdr& message : messages) {
    message.msg_hdr.msg_iov = &bytes;
    message.msg_hdr.msg_iovlen = 1;
  }
  wait_for_start();
  const Stopwatch stopwatch;
  for (unsigned long sent = 0; sent < count;) {
    const int now =
        sendmmsg(fd, messages.data(), static_cast<unsigned>(std::min<unsigned long>(kPerCall, count - sent)), 0);
    if (now < 0) give_up_errno("sendmmsg");
    sent += static_cast<unsigned long>(now);
  }
  stopwatch.report(count);
}
