// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The tc taps with --who, run by BPF_PROG_TEST_RUN on packets for sockets of this process: whom they name, and what
// that costs (printed; docs/owners.md has the figures of a quiet machine).
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "loader/cpus.hpp"
#include "loader/owner_hooks.hpp"
#include "loader/rings.hpp"
#include "loader/tap_programs.hpp"
#include "owner_programs.hpp"
#include "ringtap/owner.hpp"
#include "ringtap/unique_fd.hpp"
#include "support/namespace.hpp"
#include "support/packet.hpp"
#include "support/requirements.hpp"
#include "support/socket_address.hpp"

namespace ringtap {
namespace {

using testing::Bytes;
using testing::Ethernet;
using testing::Icmp;
using testing::Ipv4;
using testing::kHere;
using testing::kThere;
using testing::Namespace;
using testing::Payload;
using testing::SocketAddress;
using testing::Tcp;
using testing::Udp;

constexpr auto kTcxEgress = static_cast<bpf_attach_type>(47);  // BPF_TCX_EGRESS of Linux 6.6
constexpr const char* kBroadcast = "192.0.2.255";
constexpr unsigned kLoopback = 1;

enum class Listens { kAtOnce, kLater };

// One of TCP listens.
UniqueFd bound(int type, const std::string& address, std::uint16_t port, Listens listens = Listens::kAtOnce) {
  UniqueFd made(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  const SocketAddress local(address, port);
  EXPECT_EQ(::bind(made.get(), local.get(), local.size), 0);
  if (type == SOCK_STREAM && listens == Listens::kAtOnce) {
    EXPECT_EQ(::listen(made.get(), 5), 0);
  }
  return made;
}

// Of TCP, both ends.
struct Connection {
  UniqueFd client;
  UniqueFd accepted;
  sockaddr_in local{};  // the client's

  // To a listener at this port of kHere.
  void make(const UniqueFd& listener, std::uint16_t port) {
    client = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const SocketAddress to(kHere, port);
    ASSERT_EQ(::connect(client.get(), to.get(), to.size), 0);
    accepted = UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    socklen_t size = sizeof local;
    ::getsockname(client.get(), reinterpret_cast<sockaddr*>(&local), &size);
  }
};

// Child processes, which end with the object, or with this process.
class Children {
 public:
  Children() = default;
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;
  ~Children() {
    for (const pid_t each : pids_) {
      ::kill(each, SIGKILL);
      ::waitpid(each, nullptr, 0);
    }
  }
  // One more, which does this and stays; false if there is no process to be had.
  bool add(const std::function<void()>& work) {
    const pid_t made = ::fork();
    if (made == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      work();
      for (;;) ::pause();
    }
    if (made > 0) pids_.push_back(made);
    return made > 0;
  }
  [[nodiscard]] pid_t last() const { return pids_.back(); }

 private:
  std::vector<pid_t> pids_;
};

// What this thread has had of a CPU: on a busy machine a clock says more.
double thread_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// What a child process does, which then ends.
pid_t in_child(const std::function<bool()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work() ? 0 : 1);
  int status = 1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  return child;
}

class OwnerPrograms : public testing::OwnerProgramsTest {
 protected:
  void expect_receiver(const char* what, const Bytes& packet, ringtap_owner_kind kind) {
    const ringtap_owner receiver = owners_of(TapProgram::kTcIngress, packet).receiver;
    EXPECT_EQ(receiver.kind, kind) << what;
    if (kind >= RINGTAP_OWNER_SENDER) {
      EXPECT_EQ(pid_of(receiver), ::getpid()) << what;
    }
    print_cost(what, TapProgram::kTcIngress, packet);
  }

  // More than what the program costs without. In turns and in short rounds, of which some are not disturbed.
  void print_cost(const char* what, TapProgram program, const Bytes& packet) const {
    const int rounds = std::getenv("RINGTAP_COSTS") != nullptr ? 400 : 3;
    double with = std::numeric_limits<double>::max();
    double without = with;
    here_.inside([&] {
      for (int round = 0; round < rounds; ++round) {
        with = std::min(with, run(*with_, program, packet, 2000));
        without = std::min(without, run(*without_, program, packet, 2000));
      }
    });
    std::cout << what << ": " << with - without << " ns more than " << without << '\n';
  }

  // What is sent: by both programs on one device, as the kernel's statistics of programs have it.
  void print_egress_cost() {
    const UniqueFd statistics(bpf_enable_stats(BPF_STATS_RUN_TIME));
    if (!statistics) return;
    here_.ip(std::string("neigh add ") + kThere + " lladdr 02:00:00:00:00:03 dev d0");
    double with = std::numeric_limits<double>::max();
    double without = with;
    here_.inside([&] {
      const UniqueFd links[] = {at_egress(*without_, device_), at_egress(*with_, device_)};
      if (!links[0] || !links[1]) return;  // Linux 6.6
      const UniqueFd sender(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      const SocketAddress to(kThere, 9);
      ASSERT_EQ(::connect(sender.get(), to.get(), to.size), 0);
      const std::array<char, 64> data{};
      for (int round = 0; round < (std::getenv("RINGTAP_COSTS") != nullptr ? 400 : 3); ++round) {
        const double before[] = {total_ns(*without_), total_ns(*with_)};
        for (int i = 0; i < 500; ++i) (void)::send(sender.get(), data.data(), data.size(), 0);
        without = std::min(without, (total_ns(*without_) - before[0]) / 500);
        with = std::min(with, (total_ns(*with_) - before[1]) / 500);
      }
    });
    if (with == std::numeric_limits<double>::max()) return;
    std::cout << "egress, UDP by its process: " << with - without << " ns more than " << without << '\n';
  }
  // Linux 6.6.
  static UniqueFd at_egress(const TapPrograms& programs, unsigned device) {
    LIBBPF_OPTS(bpf_link_create_opts, no_options);
    return UniqueFd(
        bpf_link_create(programs.fd(TapProgram::kTcEgress), static_cast<int>(device), kTcxEgress, &no_options));
  }
  static double total_ns(const TapPrograms& programs) {
    bpf_prog_info info{};
    std::uint32_t size = sizeof info;
    EXPECT_EQ(bpf_obj_get_info_by_fd(programs.fd(TapProgram::kTcEgress), &info, &size), 0);
    return static_cast<double>(info.run_time_ns);
  }
};

TEST_F(OwnerPrograms, NameTheProcessOfASocketThatWasOpenBeforeOrIsOpenedLater) {
  UniqueFd listener;
  Connection connection;
  here_.inside([&] {
    listener = bound(SOCK_STREAM, kHere, 9001);
    connection.make(listener, 9001);
  });
  auto watched = with_->watch_owners();
  ASSERT_TRUE(watched) << watched.error().text();
  UniqueFd any_listener;
  UniqueFd datagrams;
  UniqueFd any_datagrams;
  UniqueFd broadcasts;
  here_.inside([&] {
    any_listener = bound(SOCK_STREAM, "0.0.0.0", 9002);
    datagrams = bound(SOCK_DGRAM, kHere, 9003);
    any_datagrams = bound(SOCK_DGRAM, "0.0.0.0", 9004);
    broadcasts = bound(SOCK_DGRAM, kBroadcast, 9007);
  });

  const auto tcp = [](const std::string& from, std::uint16_t source, const std::string& to, std::uint16_t port) {
    return (Ethernet{} / Ipv4{.src = from, .dst = to} / Tcp{.src_port = source, .dst_port = port, .flags = Tcp::kAck} /
            Payload{std::size_t{64}})
        .bytes();
  };
  const auto udp = [](const std::string& to, std::uint16_t port) {
    return (Ethernet{} / Ipv4{.src = kThere, .dst = to} / Udp{.src_port = 1, .dst_port = port} /
            Payload{std::size_t{64}})
        .bytes();
  };
  expect_receiver("TCP, a connection", tcp(kHere, ntohs(connection.local.sin_port), kHere, 9001), RINGTAP_OWNER_SOCKET);
  expect_receiver("TCP, a listener", tcp(kThere, 1, kHere, 9001), RINGTAP_OWNER_LISTENER);
  expect_receiver("TCP, a listener on any address", tcp(kThere, 1, kHere, 9002), RINGTAP_OWNER_LISTENER);
  expect_receiver("TCP, no socket", tcp(kThere, 1, kHere, 9555), RINGTAP_OWNER_UNKNOWN);
  expect_receiver("TCP, to another host", tcp(kThere, 1, "192.0.2.50", 9002), RINGTAP_OWNER_UNKNOWN);
  expect_receiver("UDP", udp(kHere, 9003), RINGTAP_OWNER_SOCKET);
  expect_receiver("UDP on any address", udp(kHere, 9004), RINGTAP_OWNER_SOCKET);
  expect_receiver("UDP on any address, to another host", udp("192.0.2.50", 9004), RINGTAP_OWNER_UNKNOWN);
  expect_receiver("UDP on any address, broadcast", udp(kBroadcast, 9004), RINGTAP_OWNER_UNKNOWN);
  expect_receiver("UDP, broadcast", udp(kBroadcast, 9007), RINGTAP_OWNER_UNKNOWN);
  here_.inside([&] {
    const SocketAddress peer(kThere, 1);
    ASSERT_EQ(::connect(broadcasts.get(), peer.get(), peer.size), 0);
  });
  expect_receiver("UDP, broadcast, of a peer", udp(kBroadcast, 9007), RINGTAP_OWNER_UNKNOWN);
  expect_receiver("UDP, no socket", udp(kHere, 9556), RINGTAP_OWNER_UNKNOWN);
  expect_receiver("neither TCP nor UDP", (Ethernet{} / Ipv4{.dst = kHere} / Icmp{}).bytes(), RINGTAP_OWNER_UNKNOWN);
  print_egress_cost();
}

// Child processes with sockets, the last of which receives datagrams at kHere.
class Holders {
 public:
  Holders(const Namespace& where, std::uint16_t port, unsigned processes, unsigned sockets)
      : ready_(::eventfd(0, EFD_CLOEXEC)) {
    for (unsigned i = 1; i <= processes; ++i) {
      EXPECT_TRUE(children_.add([&] {
        rlimit files{};
        ::getrlimit(RLIMIT_NOFILE, &files);
        files.rlim_cur = files.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &files);
        unsigned made = 0;
        while (made < sockets && ::socket(AF_INET, SOCK_DGRAM, 0) >= 0) ++made;
        UniqueFd receiver;
        if (i == processes) where.inside([&] { receiver = bound(SOCK_DGRAM, kHere, port); });
        const bool has_all = made == sockets && (i < processes || receiver);
        (void)receiver.release();
        (void)::eventfd_write(ready_.get(), has_all ? 1 : processes + 1);
      })) << std::strerror(errno);
    }
    eventfd_t all = 0;
    for (eventfd_t some = 0; all < processes && ::eventfd_read(ready_.get(), &some) == 0;) all += some;
    EXPECT_EQ(all, processes) << "a process has not got its " << sockets << " sockets";
  }
  [[nodiscard]] pid_t last() const { return children_.last(); }

 private:
  UniqueFd ready_;
  Children children_;
};

// How long looking at what is open takes, of 20,000 sockets in ten processes; printed.
TEST_F(OwnerPrograms, AreFoundAtTheStart) {
  const unsigned each = std::getenv("RINGTAP_COSTS") != nullptr ? 2000 : 20;
  const Holders holders(here_, 9006, 10, each);
  load(with_, true);
  const double begun = thread_ms();
  auto watched = with_->watch_owners();
  const double took = thread_ms() - begun;
  ASSERT_TRUE(watched) << watched.error().text();
  std::cout << 10 * each << " sockets: " << took << " ms\n";
  const Bytes packet =
      (Ethernet{} / Ipv4{.src = kThere, .dst = kHere} / Udp{.src_port = 1, .dst_port = 9006} / Payload{"x"}).bytes();
  const ringtap_owner receiver = receiver_of(packet);
  EXPECT_EQ(receiver.kind, RINGTAP_OWNER_SOCKET);
  EXPECT_EQ(pid_of(receiver), holders.last());
}

// More sockets than files were open when the programs were loaded, so that there is no room to note all of them. The
// last process is looked at last.
TEST_F(OwnerPrograms, AreFoundAtTheStartWithoutRoomToNoteThem) {
  RINGTAP_REQUIRE(features_.kernel_casts, "Linux 6.2");
  const UniqueFd early = map_of(TapProgram::kTcIngress, "early_owners");
  const unsigned room = info_of(early).max_entries;
  RINGTAP_REQUIRE(room < 50'000, "fewer open files");
  const Holders holders(here_, 9006, 10, room / 10 + 50);
  auto watched = with_->watch_owners();
  ASSERT_TRUE(watched) << watched.error().text();
  const Bytes packet =
      (Ethernet{} / Ipv4{.src = kThere, .dst = kHere} / Udp{.src_port = 1, .dst_port = 9006} / Payload{"x"}).bytes();
  const ringtap_owner receiver = receiver_of(packet);
  EXPECT_EQ(receiver.kind, RINGTAP_OWNER_SOCKET);
  EXPECT_EQ(pid_of(receiver), holders.last());
  ringtap_socket_owner noted{};
  EXPECT_NE(bpf_map_lookup_elem(early.get(), &receiver.cookie, &noted), 0) << "there was room to note it";
}

// The client closes first, so that it is in TIME_WAIT. No packet of it was looked at before.
TEST_F(OwnerPrograms, OfTheStartAreKnownToTheEnd) {
  UniqueFd listener;
  Connection connection;
  here_.inside([&] {
    listener = bound(SOCK_STREAM, kHere, 9011);
    connection.make(listener, 9011);
  });
  auto watched = with_->watch_owners();
  ASSERT_TRUE(watched) << watched.error().text();
  connection.client = UniqueFd();
  connection.accepted = UniqueFd();
  const ringtap_owner closed = receiver_of(
      (Ethernet{} / Ipv4{.src = kHere, .dst = kHere} /
       Tcp{.src_port = 9011, .dst_port = ntohs(connection.local.sin_port), .flags = Tcp::kAck} / Payload{"x"})
          .bytes());
  EXPECT_EQ(closed.kind, RINGTAP_OWNER_CLOSED);
  EXPECT_EQ(pid_of(closed), ::getpid());
}

// A connection that nobody has used has a copy of its listener's record, whether it has a cookie by now or not.
TEST_F(OwnerPrograms, NameTheListenerOfAConnectionThatNobodyHasUsed) {
  UniqueFd listener;
  here_.inside([&] { listener = bound(SOCK_STREAM, kHere, 9011); });
  auto watched = with_->watch_owners();
  ASSERT_TRUE(watched) << watched.error().text();
  Connection connection;
  here_.inside([&] { connection.make(listener, 9011); });
  const Bytes packet =
      (Ethernet{} / Ipv4{.src = kHere, .dst = kHere} /
       Tcp{.src_port = ntohs(connection.local.sin_port), .dst_port = 9011, .flags = Tcp::kAck} / Payload{"x"})
          .bytes();
  EXPECT_EQ(receiver_of(packet).kind, RINGTAP_OWNER_LISTENER);
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  ASSERT_EQ(::getsockopt(connection.accepted.get(), SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
  EXPECT_EQ(receiver_of(packet).kind, RINGTAP_OWNER_LISTENER);
  EXPECT_EQ(pid_of(receiver_of(packet)), ::getpid());
}

// Bound at the start, it listens later: its connections get a copy of its record all the same.
TEST_F(OwnerPrograms, NameTheListenerThatWasOnlyBoundAtTheStart) {
  UniqueFd listener;
  here_.inside([&] { listener = bound(SOCK_STREAM, kHere, 9012, Listens::kLater); });
  auto watched = with_->watch_owners();
  ASSERT_TRUE(watched) << watched.error().text();
  ASSERT_EQ(::listen(listener.get(), 5), 0);
  Connection connection;
  here_.inside([&] { connection.make(listener, 9012); });
  const ringtap_owner receiver = receiver_of(
      (Ethernet{} / Ipv4{.src = kHere, .dst = kHere} /
       Tcp{.src_port = ntohs(connection.local.sin_port), .dst_port = 9012, .flags = Tcp::kAck} / Payload{"x"})
          .bytes());
  EXPECT_EQ(receiver.kind, RINGTAP_OWNER_LISTENER);
  EXPECT_EQ(pid_of(receiver), ::getpid());
}

// What was found before is that of whoever uses it now, and a closed connection is nobody's.
TEST_F(OwnerPrograms, NameWhoUsesASocketNow) {
  RINGTAP_REQUIRE(features_.owner_tracepoints, "Linux 6.3");
  auto watched = with_->watch_owners();
  ASSERT_TRUE(watched) << watched.error().text();
  Connection connection;
  here_.inside([&] {
    const UniqueFd listener = bound(SOCK_STREAM, kHere, 9001);
    connection.make(listener, 9001);
  });
  const auto use = [&] {
    char byte = 'x';
    return ::send(connection.client.get(), &byte, 1, 0) == 1 && ::recv(connection.accepted.get(), &byte, 1, 0) == 1;
  };
  const Bytes packet =
      (Ethernet{} / Ipv4{.src = kHere, .dst = kHere} /
       Tcp{.src_port = ntohs(connection.local.sin_port), .dst_port = 9001, .flags = Tcp::kAck} / Payload{"x"})
          .bytes();
  ASSERT_TRUE(use());
  EXPECT_EQ(pid_of(receiver_of(packet)), ::getpid());
  const pid_t child = in_child(use);
  EXPECT_EQ(pid_of(receiver_of(packet)), child);
  ASSERT_TRUE(use());
  EXPECT_EQ(pid_of(receiver_of(packet)), ::getpid());
  connection.accepted = UniqueFd();
  EXPECT_NE(receiver_of(packet).kind, RINGTAP_OWNER_SOCKET);
  connection.client = UniqueFd();
  EXPECT_NE(receiver_of(packet).kind, RINGTAP_OWNER_SOCKET);
  UniqueFd receiver;
  here_.inside([&] { receiver = bound(SOCK_DGRAM, kHere, 9010); });
  const Bytes datagram =
      (Ethernet{} / Ipv4{.src = kThere, .dst = kHere} / Udp{.src_port = 1, .dst_port = 9010} / Payload{"x"}).bytes();
  EXPECT_EQ(pid_of(receiver_of(datagram)), ::getpid());
  const pid_t other = in_child([&] {
    const SocketAddress to(kHere, 9010);
    char byte = 'x';
    return ::sendto(receiver.get(), &byte, 1, 0, to.get(), to.size) == 1 && ::recv(receiver.get(), &byte, 1, 0) == 1;
  });
  EXPECT_EQ(pid_of(receiver_of(datagram)), other);
  receiver = UniqueFd();
  here_.inside([&] { receiver = bound(SOCK_DGRAM, kHere, 9010); });
  EXPECT_EQ(pid_of(receiver_of(datagram)), ::getpid());
}

// A server that speaks first by a descriptor above those that are looked at. Its connection has but the listener's
// record.
TEST_F(OwnerPrograms, NameWhoSpeaksFirstByAHighDescriptor) {
  constexpr int kHigh = 1100;
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  RINGTAP_REQUIRE(files.rlim_max > kHigh, "1,101 open files");
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  auto watched = with_->watch_owners();
  ASSERT_TRUE(watched) << watched.error().text();
  UniqueFd egress;
  std::uint64_t cookie = 0;
  here_.inside([&] {
    egress = at_egress(*with_, kLoopback);
    if (!egress) return;
    const UniqueFd listener = bound(SOCK_STREAM, kHere, 9008);
    Connection connection;
    connection.make(listener, 9008);
    const UniqueFd accepted(::fcntl(connection.accepted.get(), F_DUPFD_CLOEXEC, kHigh));
    ASSERT_TRUE(accepted) << std::strerror(errno);
    connection.accepted = UniqueFd();
    socklen_t size = sizeof cookie;
    ASSERT_EQ(::getsockopt(accepted.get(), SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
    (void)take_all();
    ASSERT_EQ(::send(accepted.get(), "x", 1, 0), 1);
  });
  RINGTAP_REQUIRE(egress, "Linux 6.6");
  std::vector<unsigned> kinds;
  for (const ringtap_owners& owners : take_all()) {
    if (owners.sender.cookie == cookie) kinds.push_back(owners.sender.kind);
  }
  ASSERT_FALSE(kinds.empty());
  EXPECT_EQ(kinds.front(), RINGTAP_OWNER_SENDER);
}

// A sender that is remembered is chosen, or left out, as one that is looked up.
TEST_F(OwnerPrograms, ChooseTheSenderThatIsRemembered) {
  constexpr std::size_t kPackets = 3;  // the first is looked up
  const auto pid = static_cast<std::uint32_t>(::getpid());
  for (const std::uint32_t chosen : {pid, pid + 1}) {
    ringtap_choice choice{};
    choice.pids[choice.pid_count++] = chosen;
    load(with_, true, choice);
    auto watched = with_->watch_owners();
    ASSERT_TRUE(watched) << watched.error().text();
    UniqueFd egress;
    here_.inside([&] {
      egress = at_egress(*with_, kLoopback);
      if (!egress) return;
      const UniqueFd sender = bound(SOCK_DGRAM, kHere, 9013);
      const SocketAddress to(kHere, 9013);
      (void)take_all();
      for (std::size_t i = 0; i < kPackets; ++i) {
        ASSERT_EQ(::sendto(sender.get(), "x", 1, 0, to.get(), to.size), 1);
      }
    });
    RINGTAP_REQUIRE(egress, "Linux 6.6");
    const std::vector<ringtap_owners> taken = take_all();
    EXPECT_EQ(taken.size(), chosen == pid ? kPackets : 0);
    for (const ringtap_owners& owners : taken) {
      EXPECT_EQ(owners.sender.kind, RINGTAP_OWNER_SENDER);
      EXPECT_EQ(pid_of(owners.sender), ::getpid());
    }
  }
}

// A packet that a rule may send to another socket is nobody's, whoever listens there.
TEST_F(OwnerPrograms, NameNobodyWhereARuleMayRedirect) {
  REQUIRE_TOOL("nft");
  auto watched = with_->watch_owners();
  ASSERT_TRUE(watched) << watched.error().text();
  UniqueFd datagrams;
  here_.inside([&] { datagrams = bound(SOCK_DGRAM, "0.0.0.0", 9004); });
  const Bytes packet =
      (Ethernet{} / Ipv4{.src = kThere, .dst = kHere} / Udp{.src_port = 1, .dst_port = 9004} / Payload{"x"}).bytes();
  expect_receiver("UDP", packet, RINGTAP_OWNER_SOCKET);
  const auto rules =
      testing::run_shell(here_.prefix() +
                         "nft -f - <<'RULES'\n"
                         "table ip t { chain c { type filter hook input priority 0; ct state new accept; }; }\n"
                         "RULES");
  ASSERT_EQ(rules.status, (testing::ExitStatus{0, 0})) << rules;
  expect_receiver("UDP, connection tracking", packet, RINGTAP_OWNER_SOCKET);
  // Where connection tracking and defragmentation are, and before.
  for (const char* const priority : {"-450", "-400", "-200"}) {
    const auto set = [&](const std::string& command) {
      const auto done = testing::run_shell(here_.prefix() + "nft '" + command + "'");
      ASSERT_EQ(done.status, (testing::ExitStatus{0, 0})) << done;
    };
    set(std::string("table ip p { chain c { type filter hook prerouting priority ") + priority + "; }; }");
    expect_receiver("UDP, rules at a priority of the kernel's", packet, RINGTAP_OWNER_UNKNOWN);
    set("delete table ip p");
  }
  expect_receiver("UDP, without them", packet, RINGTAP_OWNER_SOCKET);
  const auto nat = testing::run_shell(here_.prefix() +
                                      "nft -f - <<'RULES'\n"
                                      "table ip n { chain c { type nat hook prerouting priority -100; }; }\n"
                                      "RULES");
  ASSERT_EQ(nat.status, (testing::ExitStatus{0, 0})) << nat;
  expect_receiver("UDP, NAT", packet, RINGTAP_OWNER_UNKNOWN);
}

// Nor one for which a program may choose another socket: at the look-up, or of a group.
TEST_F(OwnerPrograms, NameNobodyWhereAProgramChoosesTheSocket) {
  auto watched = with_->watch_owners();
  ASSERT_TRUE(watched) << watched.error().text();
  const Bytes packet =
      (Ethernet{} / Ipv4{.src = kThere, .dst = kHere} / Udp{.src_port = 1, .dst_port = 9005} / Payload{"x"}).bytes();
  UniqueFd datagrams;
  {
    UniqueFd link;
    here_.inside([&] {
      datagrams = bound(SOCK_DGRAM, kHere, 9005);
      const std::array<bpf_insn, 2> pass = {bpf_insn{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = SK_PASS},
                                            bpf_insn{.code = BPF_JMP | BPF_EXIT}};
      LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_SK_LOOKUP);
      const UniqueFd program(
          bpf_prog_load(BPF_PROG_TYPE_SK_LOOKUP, nullptr, "GPL", pass.data(), pass.size(), &options));
      const UniqueFd netns(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
      link = UniqueFd(bpf_link_create(program.get(), netns.get(), BPF_SK_LOOKUP, nullptr));
    });
    ASSERT_TRUE(link) << std::strerror(errno);
    expect_receiver("UDP, a program at sk_lookup", packet, RINGTAP_OWNER_UNKNOWN);
  }
  expect_receiver("UDP", packet, RINGTAP_OWNER_SOCKET);
  if (!features_.kernel_casts) return;  // before Linux 6.2 this is not seen
  here_.inside([&] {
    datagrams = UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    EXPECT_EQ(::setsockopt(datagrams.get(), SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes), 0);
    const SocketAddress local(kHere, 9005);
    EXPECT_EQ(::bind(datagrams.get(), local.get(), local.size), 0);
    sock_filter first{.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0};
    const sock_fprog program{.len = 1, .filter = &first};
    EXPECT_EQ(::setsockopt(datagrams.get(), SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program), 0);
  });
  expect_receiver("UDP, a group with a program", packet, RINGTAP_OWNER_UNKNOWN);
}

}  // namespace
}  // namespace ringtap
