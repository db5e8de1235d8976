// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "support/traffic.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <span>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "support/socket_address.hpp"

namespace ringtap::testing {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { reset(); }
  void reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

Descriptor make_socket(const Namespace& where, int family, int type, int protocol) {
  Descriptor made;
  where.inside([&] {
    made = Descriptor(::socket(family, type | SOCK_CLOEXEC, protocol));
    if (made.get() < 0) fail("socket");
  });
  // A lost peer must not hang a test.
  const timeval patience = {.tv_sec = kPatience.count(), .tv_usec = 0};
  ::setsockopt(made.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(made.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return made;
}

void send_all(int fd, std::size_t size) {
  const Bytes bytes = Payload(size).bytes;
  for (std::size_t sent = 0; sent < size;) {
    const ssize_t got = ::send(fd, bytes.data() + sent, size - sent, MSG_NOSIGNAL);
    if (got <= 0) fail("send");
    sent += static_cast<std::size_t>(got);
  }
}

void receive_to_end(int fd, std::size_t expected) {
  std::size_t received = 0;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got < 0) fail("recv");
    if (got == 0) break;
    received += static_cast<std::size_t>(got);
  }
  if (received != expected) throw std::runtime_error("received " + std::to_string(received) + " bytes");
}

// bpf(2) has no wrapper in the C library; the tests load their few programs without one of ours.
int sys_bpf(bpf_cmd command, bpf_attr& attributes) {
  return static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

Descriptor load(bpf_prog_type type, std::span<const bpf_insn> program, const std::string& name) {
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  attributes.prog_type = type;
  attributes.insns = reinterpret_cast<std::uint64_t>(program.data());
  attributes.insn_cnt = static_cast<std::uint32_t>(program.size());
  attributes.license = reinterpret_cast<std::uint64_t>("GPL");
  name.copy(attributes.prog_name, sizeof attributes.prog_name - 1);
  Descriptor loaded(sys_bpf(BPF_PROG_LOAD, attributes));
  if (loaded.get() < 0) fail("load " + name);
  return loaded;
}

int attach(const Namespace& where, const std::string& device, const Descriptor& program, std::uint32_t attach_type,
           std::uint32_t flags = 0) {
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  attributes.link_create.prog_fd = static_cast<std::uint32_t>(program.get());
  attributes.link_create.target_ifindex = where.index_of(device);
  attributes.link_create.attach_type = attach_type;
  attributes.link_create.flags = flags;
  int link = -1;
  where.inside([&] {
    link = sys_bpf(BPF_LINK_CREATE, attributes);
    if (link < 0) fail("attach to " + device);
  });
  return link;
}

template <std::uint8_t kTarget>
constexpr bpf_insn move(std::int32_t value) {
  return {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = kTarget, .src_reg = 0, .off = 0, .imm = value};
}
constexpr bpf_insn call(std::int32_t function) {
  return {.code = BPF_JMP | BPF_CALL, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = function};
}
// BPF_TCX_INGRESS, BPF_TCX_EGRESS, which headers older than 6.6 do not name.
constexpr std::uint32_t kTcxIngress = 46;
constexpr std::uint32_t kTcxEgress = 47;
constexpr bpf_insn kExit = {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0};

}  // namespace

FrameSender::FrameSender(const Namespace& where, const std::string& device) {
  // Protocol 0: receives nothing.
  Descriptor made = make_socket(where, AF_PACKET, SOCK_RAW, 0);
  sockaddr_ll address = {};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(where.index_of(device));
  if (::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind to " + device);
  fd_ = made.release();
}

FrameSender::~FrameSender() {
  ::close(fd_);
}

void FrameSender::send(const Bytes& frame) const {
  constexpr int kMostTries = 10'000;
  constexpr std::chrono::microseconds kPause{100};
  for (int i = 0; i < kMostTries; ++i) {
    if (::send(fd_, frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size())) return;
    if (errno != ENOBUFS) break;
    std::this_thread::sleep_for(kPause);
  }
  fail("send frame");
}

void send_udp(const Namespace& from, const std::string& address, std::uint16_t port, const Bytes& payload,
              unsigned count) {
  const SocketAddress to(address, port);
  const Descriptor made = make_socket(from, to.family(), SOCK_DGRAM, 0);
  for (unsigned i = 0; i < count; ++i) {
    // Not connected: an ICMP error of an earlier datagram does not come back here.
    const ssize_t sent = ::sendto(made.get(), payload.data(), payload.size(), 0, to.get(), to.size);
    if (sent < 0 && errno != EPERM) fail("send to " + address);
  }
}

void exchange_tcp(const Namespace& client, const Namespace& server, const std::string& address, std::uint16_t port,
                  std::size_t request_size, std::size_t response_size) {
  const SocketAddress at(address, port);
  const Descriptor listener = make_socket(server, at.family(), SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(listener.get(), at.get(), at.size) != 0) fail("bind to " + address);
  if (::listen(listener.get(), 1) != 0) fail("listen");

  const Descriptor connection = make_socket(client, at.family(), SOCK_STREAM, 0);
  if (::connect(connection.get(), at.get(), at.size) != 0) fail("connect to " + address);

  std::exception_ptr thrown;
  std::thread responder([&] {
    try {
      const Descriptor accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (accepted.get() < 0) fail("accept");
      receive_to_end(accepted.get(), request_size);
      send_all(accepted.get(), response_size);
    } catch (...) {
      thrown = std::current_exception();
    }
  });
  try {
    send_all(connection.get(), request_size);
    ::shutdown(connection.get(), SHUT_WR);
    receive_to_end(connection.get(), response_size);
  } catch (...) {
    thrown = std::current_exception();
  }
  responder.join();
  if (thrown) std::rethrow_exception(thrown);
}

void send_live_frames(const Namespace& from, const std::string& device, const Bytes& frame, std::uint64_t count) {
  // Frames of one batch are prepared once and recycled; the kernel takes at most 256.
  constexpr std::uint32_t kBatch = 64;
  constexpr std::uint64_t kMostPerCall = 1 << 20;

  const std::array program = {move<BPF_REG_1>(static_cast<std::int32_t>(from.index_of(device))), move<BPF_REG_2>(0),
                              call(BPF_FUNC_redirect), kExit};
  const Descriptor loaded = load(BPF_PROG_TYPE_XDP, program, "test_redirect");
  from.inside([&] {
    for (std::uint64_t sent = 0; sent < count;) {
      const std::uint64_t now = std::min(count - sent, kMostPerCall);
      bpf_attr attributes;
      std::memset(&attributes, 0, sizeof attributes);
      attributes.test.prog_fd = static_cast<std::uint32_t>(loaded.get());
      attributes.test.data_in = reinterpret_cast<std::uint64_t>(frame.data());
      attributes.test.data_size_in = static_cast<std::uint32_t>(frame.size());
      attributes.test.repeat = static_cast<std::uint32_t>(now);
      attributes.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
      attributes.test.batch_size = kBatch;
      if (sys_bpf(BPF_PROG_TEST_RUN, attributes) != 0) {
        // A full receiver: what it refused is not in its counters either.
        if (errno == EINTR || errno == EAGAIN) continue;
        fail("run live frames");
      }
      sent += now;
    }
  });
}

TunDevice::TunDevice(const Namespace& where, const std::string& name, const std::string& address) {
  Descriptor made;
  where.inside([&] {
    made = Descriptor(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
    if (made.get() < 0) fail("open /dev/net/tun");
    ifreq request = {};
    name.copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (::ioctl(made.get(), TUNSETIFF, &request) != 0) fail("make tun device " + name);
  });
  where.ip("link set " + name + " addrgenmode none up");
  where.ip("addr add " + address + " dev " + name);
  fd_ = made.release();
}

TunDevice::~TunDevice() {
  ::close(fd_);
}

void TunDevice::send(const Bytes& packet) const {
  if (::write(fd_, packet.data(), packet.size()) != static_cast<ssize_t>(packet.size())) fail("send through tun");
}

ForeignProgram ForeignProgram::pass_xdp(const Namespace& where, const std::string& device, const std::string& name) {
  const std::array program = {move<BPF_REG_0>(XDP_PASS), kExit};
  return ForeignProgram(attach(where, device, load(BPF_PROG_TYPE_XDP, program, name), BPF_XDP));
}

ForeignProgram ForeignProgram::drop_xdp(const Namespace& where, const std::string& device, bool generic) {
  const std::array program = {move<BPF_REG_0>(XDP_DROP), kExit};
  return ForeignProgram(attach(where, device, load(BPF_PROG_TYPE_XDP, program, "test_dropper"), BPF_XDP,
                               generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE));
}

ForeignProgram ForeignProgram::drop_tc_ingress(const Namespace& where, const std::string& device) {
  const std::array program = {move<BPF_REG_0>(TC_ACT_SHOT), kExit};
  return ForeignProgram(attach(where, device, load(BPF_PROG_TYPE_SCHED_CLS, program, "test_dropper"), kTcxIngress));
}

ForeignProgram ForeignProgram::tag_and_forward(const Namespace& where, const std::string& device, const std::string& to,
                                               std::uint16_t vlan_id) {
  const std::array program = {move<BPF_REG_2>(htons(ETH_P_8021Q)),
                              move<BPF_REG_3>(vlan_id),
                              call(BPF_FUNC_skb_vlan_push),
                              move<BPF_REG_1>(static_cast<std::int32_t>(where.index_of(to))),
                              move<BPF_REG_2>(0),
                              call(BPF_FUNC_redirect),
                              kExit};
  return ForeignProgram(attach(where, device, load(BPF_PROG_TYPE_SCHED_CLS, program, "test_tagger"), kTcxIngress));
}

ForeignProgram ForeignProgram::drop_egress(const Namespace& where, const std::string& device, const std::string& name) {
  constexpr std::uint32_t kBefore = 1U << 3;  // BPF_F_BEFORE
  constexpr std::int32_t kShot = 2;           // TC_ACT_SHOT
  const std::array program = {move<BPF_REG_0>(kShot), kExit};
  const Descriptor loaded = load(BPF_PROG_TYPE_SCHED_CLS, program, name);
  return ForeignProgram(attach(where, device, loaded, kTcxEgress, kBefore));
}

ForeignProgram ForeignProgram::drop_tc(const Namespace& where, const std::string& device, bool ingress) {
  const std::array program = {move<BPF_REG_0>(TC_ACT_SHOT), kExit};
  return ForeignProgram(attach(where, device, load(BPF_PROG_TYPE_SCHED_CLS, program, "test_dropper"),
                               ingress ? kTcxIngress : kTcxEgress));
}

ForeignProgram ForeignProgram::pass_tc(const Namespace& where, const std::string& device) {
  const std::array program = {move<BPF_REG_0>(TC_ACT_UNSPEC), kExit};
  return ForeignProgram(attach(where, device, load(BPF_PROG_TYPE_SCHED_CLS, program, "test_passer"), kTcxIngress));
}

ForeignProgram ForeignProgram::pass_cgroup(const std::string& root) {
  const std::array program = {move<BPF_REG_0>(1), kExit};
  const Descriptor loaded = load(BPF_PROG_TYPE_CGROUP_SKB, program, "test_passer");
  const Descriptor folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  attributes.link_create.prog_fd = static_cast<std::uint32_t>(loaded.get());
  attributes.link_create.target_fd = static_cast<std::uint32_t>(folder.get());
  attributes.link_create.attach_type = BPF_CGROUP_INET_INGRESS;
  const int link = sys_bpf(BPF_LINK_CREATE, attributes);
  if (link < 0) fail("attach to " + root);
  return ForeignProgram(link);
}

ForeignProgram::ForeignProgram(ForeignProgram&& other) noexcept : link_(std::exchange(other.link_, -1)) {}

ForeignProgram::~ForeignProgram() {
  if (link_ >= 0) ::close(link_);
}

}  // namespace ringtap::testing
