// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A network namespace's devices and tc filters, and notifications when devices appear, change and disappear, from
// rtnetlink(7). Uses libmnl.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

struct mnl_socket;
struct nlmsghdr;

namespace ringtap::rtnetlink {

struct Device {
  std::uint32_t ifindex = 0;
  std::uint32_t netns = 0;               // inode number of its network namespace; 0: that of this process
  std::string name;                      // "eth0"; in another network namespace that a capture looks into "web/eth0"
  std::vector<std::string> other_names;  // "alternative names" of ip-link(8)
  std::uint16_t hardware_type = 0;       // ARPHRD_*, <net/if_arp.h>
  std::string kind;          // what made it, as in `ip link add … type KIND`; empty: unknown, as for hardware
  bool multipoint = false;   // a GRE tunnel without a remote address of its own: senders give one per packet
  std::uint32_t flags = 0;   // IFF_*, <net/if.h>
  std::uint32_t master = 0;  // the bridge, bond or VRF it is part of, 0 none
  std::uint32_t link = 0;    // the device below it (of a VLAN), or a veth's peer; 0 none in this namespace
  std::optional<std::array<std::uint8_t, 6>> mac;

  // Whether the kernel takes `text` for this device: one of its names, perhaps with a label ("eth0:1"). What comes
  // before the name may be left out.
  [[nodiscard]] bool is_called(std::string_view text) const;
  [[nodiscard]] bool up() const;
  [[nodiscard]] bool running() const;
  [[nodiscard]] bool loopback() const;
  [[nodiscard]] bool ethernet() const;  // frames begin with an Ethernet header
  [[nodiscard]] bool raw_ip() const;    // frames begin with the IP header
};

// Every device of this network namespace, by index.
Result<std::vector<Device>> devices();
// … of the one in which this socket was opened.
Result<std::vector<Device>> devices_of(UniqueFd socket);
// A socket in the network namespace of this thread; none, with errno.
UniqueFd open_route_socket();

inline constexpr std::int32_t kNoNetnsId = -1;

// Of a device, or with an index of 0 of a network namespace, that has got an id or is gone.
struct DeviceEvent {
  bool gone = false;  // RTM_DELLINK, RTM_DELNSID
  Device device;
  std::optional<std::int32_t> moved_to = {};  // it is gone to this network namespace, by its id here
  std::int32_t netns_id = kNoNetnsId;         // of the namespace in which this happened; kNoNetnsId: in this one
};

// This network namespace's id of the one that `netns_fd` refers to; nothing if it has none.
std::optional<std::int32_t> netns_id(int netns_fd);
// The same; it gets one if it has none, as `ip netns set` would give it. The id goes with the namespace.
std::optional<std::int32_t> make_netns_id(int netns_fd);

// Reports changes since its creation.
class DeviceMonitor {
 public:
  // `everywhere`: also those in other network namespaces that have an id here. No socket in one of them is needed,
  // which would keep it from ending.
  static Result<DeviceMonitor> open(bool everywhere = false);
  DeviceMonitor(DeviceMonitor&&) noexcept = default;
  DeviceMonitor& operator=(DeviceMonitor&&) noexcept = default;

  [[nodiscard]] int fd() const;
  // The pending changes; nullopt if the kernel dropped some (then devices() is to be called).
  std::optional<std::vector<DeviceEvent>> events();
  // As the function of this name, but without opening a socket, which may be forbidden later.
  Result<std::vector<Device>> devices();

 private:
  struct Close {
    void operator()(mnl_socket* socket) const noexcept;
  };
  using Socket = std::unique_ptr<mnl_socket, Close>;
  DeviceMonitor(Socket socket, Socket query, std::int32_t own_id)
      : socket_(std::move(socket)), query_(std::move(query)), own_id_(own_id) {}
  Socket socket_;
  Socket query_;
  std::int32_t own_id_;  // that this namespace has here, too
};

struct TcFilter {
  std::uint32_t handle = 0;
  std::uint32_t priority = 0;
  std::string kind;          // "bpf", "flower" …
  std::string program_name;  // of kind bpf
};

// What one message of the kernel tells is added to a list: of RTM_GETLINK's answer, of the group RTNLGRP_LINK, of
// RTM_GETTFILTER's answer. One that is too short tells nothing.
void read_device(const nlmsghdr* message, std::vector<Device>& devices);
void read_event(const nlmsghdr* message, std::vector<DeviceEvent>& events);
void read_tc_filter(const nlmsghdr* message, std::vector<TcFilter>& filters);

// The filters at the clsact hook; empty if there is no such qdisc, or if it cannot be read.
std::vector<TcFilter> tc_filters(std::uint32_t ifindex, bool ingress);

}  // namespace ringtap::rtnetlink
