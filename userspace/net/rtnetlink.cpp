// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "net/rtnetlink.hpp"

#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/net_namespace.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/socket.h>
#include <sys/uio.h>

// After <net/if.h>, whose constants it has as well.
#include <linux/if_tunnel.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <functional>

#include "net/netlink_message.hpp"

namespace ringtap::rtnetlink {
namespace {

using netlink::for_each_attribute;
using netlink::for_each_nested;
using netlink::number_of;
using netlink::text_of;

using Socket = std::unique_ptr<mnl_socket, decltype([](mnl_socket* socket) { mnl_socket_close(socket); })>;
using Handler = std::function<void(const nlmsghdr*)>;

int on_message(const nlmsghdr* message, void* handler) {
  (*static_cast<Handler*>(handler))(message);
  return MNL_CB_OK;
}

// Adds attributes to a request.
using Attributes = std::function<void(nlmsghdr*)>;

// None, with errno, if there is none to be had.
Socket open_socket() {
  Socket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
  if (socket && mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) socket.reset();
  return socket;
}

// One request; returns 0 or an errno. `flags`: NLM_F_DUMP, or NLM_F_ACK for a single answer.
template <class Body>
int ask(mnl_socket* socket, std::uint16_t type, std::uint16_t flags, const Body& body, const Attributes& attributes,
        Handler handler) {
  if (socket == nullptr) return errno;
  std::array<char, 512> request{};
  nlmsghdr* header = mnl_nlmsg_put_header(request.data());
  header->nlmsg_type = type;
  header->nlmsg_flags = NLM_F_REQUEST | flags;
  header->nlmsg_seq = static_cast<std::uint32_t>(std::time(nullptr));
  *static_cast<Body*>(mnl_nlmsg_put_extra_header(header, sizeof(Body))) = body;
  if (attributes) attributes(header);
  if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0) return errno;
  std::vector<char> buffer(32768);
  for (;;) {
    const auto length = mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return errno;
    const auto whole =
        netlink::whole_messages(std::as_bytes(std::span(buffer).first(static_cast<std::size_t>(length))));
    const int status =
        mnl_cb_run(buffer.data(), whole, header->nlmsg_seq, mnl_socket_get_portid(socket), on_message, &handler);
    if (status < 0) return errno;
    if (status == MNL_CB_STOP) return 0;
  }
}

template <class Body>
int dump(mnl_socket* socket, std::uint16_t type, const Body& body, Handler handler) {
  return ask(socket, type, NLM_F_DUMP, body, {}, std::move(handler));
}

bool is_unicast(const nlattr* address) {
  const auto bytes = netlink::bytes_of(address);
  const bool is_given = std::any_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte != std::byte{0}; });
  constexpr std::size_t kIpv4Size = 4;
  return is_given && !(bytes.size() == kIpv4Size && (bytes[0] >> 4) == std::byte{0xe});  // 224.0.0.0/4
}

// When the kernel gives a tunnel's packets an outer header before they are sent by it: net/ipv4/ip_gre.c
// ipgre_tunnel_init(), net/ipv6/ip6_gre.c ip6gre_tunnel_init().
bool is_multipoint(const nlattr* data) {
  bool has_remote = false;
  for_each_nested(data, [&](const nlattr* option) {
    if (mnl_attr_get_type(option) == IFLA_GRE_REMOTE) has_remote = has_remote || is_unicast(option);
    if (mnl_attr_get_type(option) == IFLA_GRE_COLLECT_METADATA) has_remote = true;
  });
  return !has_remote;
}

void parse_link_info(const nlattr* info, Device& device) {
  const nlattr* data = nullptr;
  for_each_nested(info, [&](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND) device.kind = text_of(attribute);
    if (mnl_attr_get_type(attribute) == IFLA_INFO_DATA) data = attribute;
  });
  const bool is_gre = device.kind == "gre" || device.kind == "ip6gre";
  device.multipoint = is_gre && (data == nullptr || is_multipoint(data));
}

Device parse_device(const nlmsghdr* message, const ifinfomsg& info) {
  Device device;
  device.ifindex = static_cast<std::uint32_t>(info.ifi_index);
  device.hardware_type = info.ifi_type;
  device.flags = info.ifi_flags;
  bool link_in_other_netns = false;
  for_each_attribute(message, sizeof info, [&](const nlattr* attribute) {
    switch (mnl_attr_get_type(attribute)) {
      case IFLA_IFNAME:
        device.name = text_of(attribute);
        break;
      case IFLA_LINKINFO:
        parse_link_info(attribute, device);
        break;
      case IFLA_PROP_LIST:
        for_each_nested(attribute, [&](const nlattr* property) {
          if (mnl_attr_get_type(property) == IFLA_ALT_IFNAME) device.other_names.emplace_back(text_of(property));
        });
        break;
      case IFLA_MASTER:
        device.master = number_of<std::uint32_t>(attribute).value_or(0);
        break;
      case IFLA_LINK:
        device.link = number_of<std::uint32_t>(attribute).value_or(0);
        break;
      case IFLA_LINK_NETNSID:
        link_in_other_netns = true;
        break;
      case IFLA_ADDRESS:
        if (const auto bytes = netlink::bytes_of(attribute); bytes.size() == sizeof(*device.mac)) {
          std::memcpy(device.mac.emplace().data(), bytes.data(), bytes.size());
        }
        break;
      default:
        break;
    }
  });
  if (link_in_other_netns) device.link = 0;
  return device;
}

// Of a device that is moved the kernel says where to (net/core/dev.c, __dev_change_net_namespace()).
std::optional<std::int32_t> new_netns(const nlmsghdr* message) {
  std::optional<std::int32_t> id;
  for_each_attribute(message, sizeof(ifinfomsg), [&](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) == IFLA_NEW_NETNSID) id = number_of<std::int32_t>(attribute);
  });
  return id;
}

void read_netns_event(const nlmsghdr* message, std::vector<DeviceEvent>& events) {
  std::int32_t id = kNoNetnsId;
  for_each_attribute(message, sizeof(rtgenmsg), [&](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) == NETNSA_NSID) id = number_of<std::int32_t>(attribute).value_or(kNoNetnsId);
  });
  if (id >= 0) events.push_back({.gone = message->nlmsg_type == RTM_DELNSID, .device = {}, .netns_id = id});
}

}  // namespace

void read_device(const nlmsghdr* message, std::vector<Device>& devices) {
  const auto* info = netlink::body_of<ifinfomsg>(message);
  if (info != nullptr) devices.push_back(parse_device(message, *info));
}

void read_event(const nlmsghdr* message, std::vector<DeviceEvent>& events) {
  if (message->nlmsg_type == RTM_NEWNSID || message->nlmsg_type == RTM_DELNSID)
    return read_netns_event(message, events);
  const auto* info = netlink::body_of<ifinfomsg>(message);
  const bool gone = message->nlmsg_type == RTM_DELLINK;
  // A bridge announces a port that leaves it with the same message type and family AF_BRIDGE.
  if (info == nullptr || !(gone || message->nlmsg_type == RTM_NEWLINK) || info->ifi_family != AF_UNSPEC) return;
  events.push_back({gone, parse_device(message, *info), gone ? new_netns(message) : std::nullopt});
}

void read_tc_filter(const nlmsghdr* message, std::vector<TcFilter>& filters) {
  const auto* info = netlink::body_of<tcmsg>(message);
  if (info == nullptr || info->tcm_handle == 0) return;  // 0: the priority's own line, not a filter
  TcFilter filter{.handle = info->tcm_handle, .priority = TC_H_MAJ(info->tcm_info) >> 16};
  for_each_attribute(message, sizeof(*info), [&](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) == TCA_KIND) filter.kind = text_of(attribute);
    if (mnl_attr_get_type(attribute) != TCA_OPTIONS || filter.kind != "bpf") return;
    for_each_nested(attribute, [&](const nlattr* option) {
      if (mnl_attr_get_type(option) == TCA_BPF_NAME) filter.program_name = text_of(option);
    });
  });
  filters.push_back(std::move(filter));
}

bool Device::is_called(std::string_view text) const {
  // As the kernel does for a request by name (net/core/dev_ioctl.c): a name has no colon.
  text = text.substr(0, text.find(':'));
  const std::string_view alone = std::string_view(name).substr(name.rfind('/') + 1);
  return text == name || text == alone || std::find(other_names.begin(), other_names.end(), text) != other_names.end();
}
bool Device::up() const {
  return (flags & IFF_UP) != 0;
}
bool Device::running() const {
  return (flags & IFF_RUNNING) != 0;
}
bool Device::loopback() const {
  return (flags & IFF_LOOPBACK) != 0;
}
bool Device::ethernet() const {
  return hardware_type == ARPHRD_ETHER || hardware_type == ARPHRD_LOOPBACK;
}
bool Device::raw_ip() const {
  constexpr std::uint16_t kArphrdIp6gre = 823;  // <linux/if_arp.h>; <net/if_arp.h> lacks it
  constexpr std::array<std::uint16_t, 8> kTypes = {ARPHRD_NONE,    ARPHRD_PPP, ARPHRD_RAWIP, ARPHRD_TUNNEL,
                                                   ARPHRD_TUNNEL6, ARPHRD_SIT, ARPHRD_IPGRE, kArphrdIp6gre};
  return std::find(kTypes.begin(), kTypes.end(), hardware_type) != kTypes.end();
}

namespace {

Result<std::vector<Device>> devices_by(mnl_socket* socket) {
  std::vector<Device> found;
  const int err = dump(socket, RTM_GETLINK, ifinfomsg{.ifi_family = AF_UNSPEC},
                       [&](const nlmsghdr* message) { read_device(message, found); });
  if (err != 0) return Error::from_errno(err, "list the network interfaces");
  std::sort(found.begin(), found.end(), [](const Device& a, const Device& b) { return a.ifindex < b.ifindex; });
  return found;
}

}  // namespace

Result<std::vector<Device>> devices() {
  return devices_by(open_socket().get());
}

Result<std::vector<Device>> DeviceMonitor::devices() {
  return devices_by(query_.get());
}

Result<std::vector<Device>> devices_of(UniqueFd socket) {
  const Socket opened(socket ? mnl_socket_fdopen(socket.get()) : nullptr);
  if (opened) (void)socket.release();
  return devices_by(opened.get());
}

UniqueFd open_route_socket() {
  UniqueFd made(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (made && ::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) made.reset();
  return made;
}

namespace {

Result<> listen_everywhere(mnl_socket* socket) {
  int group = RTNLGRP_NSID;
  int on = 1;
  if (mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) == 0 &&
      mnl_socket_setsockopt(socket, NETLINK_LISTEN_ALL_NSID, &on, sizeof on) == 0) {
    return ok();
  }
  return Error::from_errno(errno, "listen for changes of interfaces in other network namespaces")
      .hint("needs CAP_NET_BROADCAST: run ringtap with sudo");
}

// The namespace that a message came from; kNoNetnsId: the socket's own, unless that has an id itself.
std::int32_t netns_of(const msghdr& message) {
  for (const cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(const_cast<msghdr*>(&message), const_cast<cmsghdr*>(part))) {
    std::int32_t id = kNoNetnsId;
    if (part->cmsg_level != SOL_NETLINK || part->cmsg_type != NETLINK_LISTEN_ALL_NSID ||
        part->cmsg_len < CMSG_LEN(sizeof id)) {
      continue;
    }
    std::memcpy(&id, CMSG_DATA(part), sizeof id);
    return id;
  }
  return kNoNetnsId;
}

}  // namespace

Result<DeviceMonitor> DeviceMonitor::open(bool everywhere) {
  std::unique_ptr<mnl_socket, Close> query(open_socket().release());
  std::unique_ptr<mnl_socket, Close> socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!query || !socket || mnl_socket_bind(socket.get(), RTMGRP_LINK, MNL_SOCKET_AUTOPID) < 0) {
    return Error::from_errno(errno, "listen for changes of the network interfaces");
  }
  if (!everywhere) return DeviceMonitor(std::move(socket), std::move(query), kNoNetnsId);
  if (auto listens = listen_everywhere(socket.get()); !listens) return listens.take_error();
  const UniqueFd own(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  return DeviceMonitor(std::move(socket), std::move(query), netns_id(own.get()).value_or(kNoNetnsId));
}

std::optional<std::int32_t> make_netns_id(int netns_fd) {
  if (const auto id = netns_id(netns_fd)) return id;
  ask(
      open_socket().get(), RTM_NEWNSID, NLM_F_ACK, rtgenmsg{.rtgen_family = AF_UNSPEC},
      [&](nlmsghdr* request) {
        mnl_attr_put_u32(request, NETNSA_FD, static_cast<std::uint32_t>(netns_fd));
        mnl_attr_put_u32(request, NETNSA_NSID, static_cast<std::uint32_t>(NETNSA_NSID_NOT_ASSIGNED));
      },
      [](const nlmsghdr*) {});
  return netns_id(netns_fd);
}

std::optional<std::int32_t> netns_id(int netns_fd) {
  std::optional<std::int32_t> id;
  ask(
      open_socket().get(), RTM_GETNSID, NLM_F_ACK, rtgenmsg{.rtgen_family = AF_UNSPEC},
      [&](nlmsghdr* request) { mnl_attr_put_u32(request, NETNSA_FD, static_cast<std::uint32_t>(netns_fd)); },
      [&](const nlmsghdr* message) {
        for_each_attribute(message, sizeof(rtgenmsg), [&](const nlattr* attribute) {
          if (mnl_attr_get_type(attribute) == NETNSA_NSID) id = number_of<std::int32_t>(attribute);
        });
      });
  return id && *id >= 0 ? id : std::nullopt;  // NETNSA_NSID_NOT_ASSIGNED
}

void DeviceMonitor::Close::operator()(mnl_socket* socket) const noexcept {
  mnl_socket_close(socket);
}

int DeviceMonitor::fd() const {
  return mnl_socket_get_fd(socket_.get());
}

std::optional<std::vector<DeviceEvent>> DeviceMonitor::events() {
  std::vector<DeviceEvent> found;
  std::vector<char> buffer(32768);
  alignas(cmsghdr) std::array<char, 128> control{};
  for (;;) {
    iovec bytes{.iov_base = buffer.data(), .iov_len = buffer.size()};
    msghdr header{};
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t length = ::recvmsg(fd(), &header, 0);
    if (length < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return found;
      return std::nullopt;  // ENOBUFS: messages were lost
    }
    const std::int32_t id = netns_of(header);
    const bool is_elsewhere = id != kNoNetnsId && id != own_id_;
    std::vector<DeviceEvent> told;
    netlink::for_each_message(std::as_bytes(std::span(buffer).first(static_cast<std::size_t>(length))),
                              [&](const nlmsghdr* message) { read_event(message, told); });
    for (DeviceEvent& event : told) {
      const bool is_of_netns = event.device.ifindex == 0;
      if (is_elsewhere && is_of_netns) continue;  // what ids mean there is not known here
      if (!is_of_netns) event.netns_id = is_elsewhere ? id : kNoNetnsId;
      found.push_back(std::move(event));
    }
  }
}

std::vector<TcFilter> tc_filters(std::uint32_t ifindex, bool ingress) {
  std::vector<TcFilter> found;
  tcmsg request{};
  request.tcm_family = AF_UNSPEC;
  request.tcm_ifindex = static_cast<int>(ifindex);
  request.tcm_parent = TC_H_MAKE(TC_H_CLSACT, ingress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
  dump(open_socket().get(), RTM_GETTFILTER, request, [&](const nlmsghdr* message) { read_tc_filter(message, found); });
  return found;
}

}  // namespace ringtap::rtnetlink
