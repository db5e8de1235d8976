// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "net/promiscuous.hpp"

#include <linux/if_packet.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <utility>

namespace ringtap {
namespace {

bool change(const UniqueFd& socket, int option, std::uint32_t ifindex) {
  packet_mreq request{};
  request.mr_ifindex = static_cast<int>(ifindex);
  request.mr_type = PACKET_MR_PROMISC;
  return socket && setsockopt(socket.get(), SOL_PACKET, option, &request, sizeof(request)) == 0;
}

}  // namespace

Result<> PromiscuousMode::add(std::uint32_t ifindex, const std::string& name) {
  if (!socket_) socket_.reset(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!change(socket_, PACKET_ADD_MEMBERSHIP, ifindex)) {
    return Error::from_errno(errno, "promiscuous mode on " + name);
  }
  devices_.push_back(ifindex);
  return ok();
}

std::optional<Meanwhile<>> PromiscuousMode::end() {
  if (!socket_) return std::nullopt;
  // With them the thread would have to wait for the lock that detaching a program holds.
  for (const std::uint32_t ifindex : devices_) change(socket_, PACKET_DROP_MEMBERSHIP, ifindex);
  devices_.clear();
  return std::optional<Meanwhile<>>(std::in_place, [socket = std::make_shared<UniqueFd>(std::move(socket_))] {
    socket->reset();
    return ok();
  });
}

}  // namespace ringtap
