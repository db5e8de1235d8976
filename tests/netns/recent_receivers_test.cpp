// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Sockets of UDP that the tc taps remember, with --who, while other sockets come and go and addresses, routes and rules
// change: the socket that is named is the one that the kernel gives a datagram to, which is sent beside it.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "owner_programs.hpp"
#include "ringtap/owner.hpp"
#include "ringtap/unique_fd.hpp"
#include "support/packet.hpp"
#include "support/requirements.hpp"
#include "support/socket_address.hpp"

namespace ringtap {
namespace {

using testing::Bytes;
using testing::Ethernet;
using testing::Ipv4;
using testing::Ipv6;
using testing::kHere;
using testing::kThere;
using testing::Payload;
using testing::SocketAddress;
using testing::Udp;

constexpr std::uint16_t kPort = 9020;
constexpr std::uint16_t kFrom = 9021;
constexpr std::uint16_t kLast = 9029;
constexpr const char* kAny = "0.0.0.0";
constexpr const char* kHere6 = "2001:db8::1";
constexpr const char* kAny6 = "::";

std::uint64_t cookie_of(const UniqueFd& socket) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  EXPECT_EQ(::getsockopt(socket.get(), SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
  return cookie;
}

class RecentReceivers : public testing::OwnerProgramsTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(OwnerProgramsTest::SetUp());
    RINGTAP_REQUIRE(features_.kernel_casts, "Linux 6.2");
    here_.ip("link set lo up");
    here_.ip(std::string("-6 addr add ") + kHere6 + "/64 dev d0 nodad");
    auto watched = with_->watch_owners();
    ASSERT_TRUE(watched) << watched.error().text();
    sender_ = add("127.0.0.1", kFrom, {}, false);
    sender6_ = add("::1", kFrom, {}, false);
    last_ = add("127.0.0.1", kLast, {}, false);
  }

  // A socket of the test's namespace; those that `receives` are asked for what was sent.
  int add(const std::string& address, std::uint16_t port, std::initializer_list<int> options = {SO_REUSEADDR},
          bool receives = true) {
    int made = -1;
    here_.inside([&] {
      const SocketAddress local(address, port);
      made = ::socket(local.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      const int yes = 1;
      for (const int option : options) {
        EXPECT_EQ(::setsockopt(made, SOL_SOCKET, option, &yes, sizeof yes), 0);
      }
      if (address == kAny6 && only_ipv6_) {
        EXPECT_EQ(::setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes), 0);
      }
      EXPECT_EQ(::bind(made, local.get(), local.size), 0) << address << ": " << std::strerror(errno);
    });
    if (receives)
      sockets_.emplace(made, UniqueFd(made));
    else
      others_.emplace_back(made);
    return made;
  }
  void connect(int socket, const std::string& address, std::uint16_t port) const {
    const SocketAddress peer(address, port);
    EXPECT_EQ(::connect(socket, peer.get(), peer.size), 0) << std::strerror(errno);
  }
  static void disconnect(int socket) {
    const sockaddr none{.sa_family = AF_UNSPEC, .sa_data = {}};
    EXPECT_EQ(::connect(socket, &none, sizeof none), 0);
  }
  void close(int socket) { sockets_.erase(socket); }

  // Who gets a datagram that is sent to this address: -1 if nobody does. What is sent after it on the same CPU comes
  // after it, so that nobody has to wait for what does not come.
  int sent_to(const std::string& address) {
    const SocketAddress to(address, kPort);
    const SocketAddress last("127.0.0.1", kLast);
    here_.inside([&] {
      cpu_set_t this_cpu;
      CPU_ZERO(&this_cpu);
      CPU_SET(static_cast<unsigned>(::sched_getcpu()), &this_cpu);
      EXPECT_EQ(::sched_setaffinity(0, sizeof this_cpu, &this_cpu), 0);
      (void)::sendto(to.family() == AF_INET6 ? sender6_ : sender_, "x", 1, 0, to.get(), to.size);
      EXPECT_EQ(::sendto(sender_, "y", 1, 0, last.get(), last.size), 1);
    });
    char byte = 0;
    pollfd comes{.fd = last_, .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&comes, 1, 10'000), 1);
    EXPECT_EQ(::recv(last_, &byte, 1, 0), 1);
    int got = -1;
    for (const auto& [socket, owned] : sockets_) {
      if (::recv(socket, &byte, 1, 0) == 1) got = socket;
    }
    return got;
  }
  static Bytes datagram_to(const std::string& address, const char* from) {
    const Udp udp{.src_port = kFrom, .dst_port = kPort};
    if (address.find(':') != std::string::npos) {
      return (Ethernet{} / Ipv6{.src = "::1", .dst = address} / udp / Payload{"x"}).bytes();
    }
    return (Ethernet{} / Ipv4{.src = from, .dst = address} / udp / Payload{"x"}).bytes();
  }

  // The socket that the program names, -1 if it does not know.
  int named_for(const std::string& address, const char* from = "127.0.0.1") {
    const ringtap_owner receiver = receiver_of(datagram_to(address, from));
    if (receiver.kind != RINGTAP_OWNER_SOCKET) return -1;
    for (const auto& [socket, owned] : sockets_) {
      if (cookie_of(owned) == receiver.cookie) return socket;
    }
    ADD_FAILURE() << "a socket is named that is not there";
    return -2;
  }
  // That this socket gets it, and is named.
  void expect(const char* what, int socket, const std::string& address = kHere) {
    EXPECT_EQ(named_for(address), socket) << what;
    EXPECT_EQ(sent_to(address), socket) << what;
  }
  // And that it was not asked for again.
  void expect_remembered(const char* what, int socket, const std::string& address = kHere) {
    expect(what, socket, address);
    EXPECT_TRUE(is_remembered(sockets_.at(socket))) << what;
  }

  // Whether one of the CPUs has an entry of it.
  [[nodiscard]] bool is_remembered(const UniqueFd& socket) const {
    struct Entry {  // recent_receiver, bpf/recent.bpf.h
      std::uint64_t sk, record, cookie;
      std::uint32_t ifindex, reserved;
    };
    const std::uint64_t cookie = cookie_of(socket);
    const UniqueFd map = map_of(TapProgram::kTcIngress, "recent_receiver");  // of the name, 15 bytes
    const bpf_map_info about = info_of(map);
    EXPECT_EQ(about.value_size, sizeof(Entry));
    std::vector<Entry> of_cpus(static_cast<std::size_t>(libbpf_num_possible_cpus()));
    for (std::uint32_t i = 0; i < about.max_entries; ++i) {
      EXPECT_EQ(bpf_map_lookup_elem(map.get(), &i, of_cpus.data()), 0);
      if (std::any_of(of_cpus.begin(), of_cpus.end(), [&](const Entry& each) { return each.cookie == cookie; })) {
        return true;
      }
    }
    return false;
  }

  bool only_ipv6_ = false;  // of sockets that are made now
  std::map<int, UniqueFd> sockets_;
  std::vector<UniqueFd> others_;
  int sender_ = -1;
  int sender6_ = -1;
  int last_ = -1;
};

TEST_F(RecentReceivers, GiveWayToASocketThatComesBeforeThem) {
  const int any = add(kAny, kPort);
  expect_remembered("on any address", any);
  const int exact = add(kHere, kPort);
  expect_remembered("beside one on any address", exact);
  const int later = add(kHere, kPort);
  expect("of two on this address", later);
  close(later);
  expect("the other again", exact);
  close(exact);
  expect("the first again", any);
  const int dual = add(kAny6, kPort);
  expect("beside one of both families", any);
  close(any);
  expect_remembered("of both families, alone", dual);
  close(dual);
  expect("none", -1);
}

TEST_F(RecentReceivers, GiveWayWhenTheyAreConnectedOrBoundToADevice) {
  const int exact = add(kHere, kPort);
  expect_remembered("on this address", exact);
  connect(exact, "127.0.0.1", kFrom + 1);
  expect("with another peer", -1);
  connect(exact, "127.0.0.1", kFrom);
  expect_remembered("with this peer", exact);
  disconnect(exact);
  expect_remembered("without a peer", exact);
  const int group[] = {add(kHere, kPort + 1, {SO_REUSEPORT}), add(kHere, kPort + 1, {SO_REUSEPORT})};
  connect(group[0], "127.0.0.1", kFrom);
  expect("beside those of another port", exact);
  EXPECT_EQ(::setsockopt(exact, SOL_SOCKET, SO_BINDTODEVICE, "d1", 3), 0) << std::strerror(errno);
  expect("bound to another device", -1);
}

TEST_F(RecentReceivers, OfAGroupAreTheOnesThatTheKernelChooses) {
  const int first = add(kHere, kPort, {SO_REUSEPORT});
  expect_remembered("alone", first);
  for (int i = 0; i < 6; ++i) (void)add(kHere, kPort, {SO_REUSEPORT});
  expect("of seven", sent_to(kHere));
  const int chosen = sent_to(kHere);
  close(chosen);
  expect("of six", sent_to(kHere));
}

TEST_F(RecentReceivers, OfIpv6GiveWayToo) {
  const int any = add(kAny6, kPort);
  expect("on any address", any, kHere6);
  const int exact = add(kHere6, kPort);
  expect_remembered("beside one on any address", exact, kHere6);
  expect("IPv4", any);
  const int later = add(kHere6, kPort);
  expect("of two on this address", later, kHere6);
  close(later);
  connect(exact, "::1", kFrom + 1);
  expect("with another peer", any, kHere6);
  connect(exact, "::1", kFrom);
  expect_remembered("with this peer", exact, kHere6);
  close(exact);
  close(any);
  only_ipv6_ = true;
  const int only = add(kAny6, kPort);
  expect("of IPv6 only", only, kHere6);
  expect("IPv4, with a socket of IPv6 only", -1);
}

// With an address, a route or a rule.
TEST_F(RecentReceivers, AreNobodysWhereTheStackTakesNoPackets) {
  const std::string second = "198.51.100.1";
  const std::string other = "203.0.113.7";
  const int any = add(kAny, kPort);
  EXPECT_EQ(named_for(second), -1) << "without the address";
  here_.ip("addr add " + second + "/24 dev d0");
  expect_remembered("with the address", any, second);
  EXPECT_EQ(named_for("198.51.100.255"), -1) << "a broadcast";
  here_.ip("addr del " + second + "/24 dev d0");
  EXPECT_EQ(named_for(second), -1) << "without the address again";
  EXPECT_EQ(named_for("198.51.100.255"), -1) << "no broadcast, but nothing of this host either";

  here_.ip("addr add " + other + "/32 dev d1");
  EXPECT_EQ(named_for(other), -1) << "forwards nothing: the routes are not asked";
  here_.write_sysctl("ipv4/ip_forward", "1");
  expect_remembered("with another device's address", any, other);
  here_.ip("link set d1 down");
  EXPECT_EQ(named_for(other), -1) << "of a device that is down, which has no route";
  here_.ip("link set d1 up");
  expect_remembered("of one that is up again", any, other);
  here_.ip("addr del " + other + "/32 dev d1");
  EXPECT_EQ(named_for(other), -1) << "without any route";
  here_.ip("route add local " + other + " dev d0");
  EXPECT_EQ(named_for(other), -1) << "with a route of this host's, and no address";

  expect_remembered("without rules", any);
  here_.ip("rule add pref 1 from " + std::string(kThere) + " iif d0 blackhole");
  here_.ip("rule del pref 0");
  here_.ip("rule add pref 2 lookup local");
  EXPECT_EQ(named_for(kHere), any) << "not of the rule";
  EXPECT_EQ(named_for(kHere, kThere), -1) << "of the rule";
  here_.ip("rule del pref 1");
  EXPECT_EQ(named_for(kHere, kThere), any) << "without it";
}

// Of another host, although a socket here is bound to it.
TEST_F(RecentReceivers, AreNobodysWhereTheAddressIsNotOfThisHost) {
  here_.write_sysctl("ipv4/ip_nonlocal_bind", "1");
  here_.write_sysctl("ipv4/ip_forward", "1");
  here_.write_sysctl("ipv6/ip_nonlocal_bind", "1");
  here_.write_sysctl("ipv6/conf/all/forwarding", "1");
  for (const auto& [address, mask] : {std::pair{"192.0.2.77", "/24"}, std::pair{"2001:db8::77", "/64"}}) {
    const int exact = add(address, kPort);
    EXPECT_EQ(named_for(address), -1) << address;
    here_.ip(std::string("addr add ") + address + mask + " dev d1" + (mask[1] == '6' ? " nodad" : ""));
    expect_remembered("with another device's address", exact, address);
    here_.ip(std::string("addr del ") + address + mask + " dev d1");
    EXPECT_EQ(named_for(address), -1) << address;
    here_.ip(std::string("addr add ") + address + mask + " dev d0" + (mask[1] == '6' ? " nodad" : ""));
    expect_remembered("with this device's address", exact, address);
    here_.ip(std::string("addr del ") + address + mask + " dev d0");
    EXPECT_EQ(named_for(address), -1) << address;
  }
}

// Nor is a link-local address of another link, whoever forwards.
TEST_F(RecentReceivers, AreNobodysWhereTheAddressIsOfAnotherLink) {
  here_.ip("-6 addr add fe80::77/64 dev d1 nodad");
  const int any = add(kAny6, kPort);
  EXPECT_EQ(named_for("fe80::77"), -1) << "of another link";
  here_.ip("-6 addr del fe80::77/64 dev d1");
  here_.ip("-6 addr add fe80::77/64 dev d0 nodad");
  EXPECT_EQ(named_for("fe80::77"), any) << "of this link";
}

// An address that becomes the broadcast of a subnet, on which somebody listens.
TEST_F(RecentReceivers, AreNobodysWhereTheAddressBecomesABroadcast) {
  here_.ip("addr add 198.51.100.127/32 dev d0");
  const int exact = add("198.51.100.127", kPort);
  expect_remembered("an address", exact, "198.51.100.127");
  here_.ip("addr del 198.51.100.127/32 dev d0");
  here_.ip("addr add 198.51.100.1/25 dev d0");
  EXPECT_EQ(named_for("198.51.100.127"), -1) << "a broadcast";
}

}  // namespace
}  // namespace ringtap
