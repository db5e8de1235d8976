// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "net/promiscuous.hpp"

#include <linux/if_packet.h>
#include <sys/socket.h>

#include <cerrno>

namespace ringtap {

Result<> PromiscuousMode::add(std::uint32_t ifindex, const std::string& name) {
  if (!socket_) socket_.reset(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  packet_mreq request{};
  request.mr_ifindex = static_cast<int>(ifindex);
  request.mr_type = PACKET_MR_PROMISC;
  if (!socket_ || setsockopt(socket_.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)) != 0) {
    return Error::from_errno(errno, "promiscuous mode on " + name);
  }
  return ok();
}

}  // namespace ringtap
