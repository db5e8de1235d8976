// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// --who, case by case: sockets and packets of which an owner is easily got wrong (docs/owners.md). Whoever sends or
// receives is called after what it does (owners/cases.py), and each end of each packet is right or unknown.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "capture.hpp"
#include "ringtap/unique_fd.hpp"
#include "support/namespace.hpp"
#include "support/process.hpp"
#include "support/requirements.hpp"
#include "support/wait.hpp"

namespace ringtap::testing {
namespace {

constexpr const char* kLo = "127.0.0.1";

std::vector<std::string> role(std::vector<std::string> words, const std::filesystem::path& ready) {
  std::vector<std::string> command = {"python3",
                                      std::string(std::getenv("RINGTAP_SOURCE_DIR")) + "/tests/netns/owners/cases.py"};
  words.insert(words.begin() + 1, ready.string());
  command.insert(command.end(), words.begin(), words.end());
  return command;
}

// Plays a role until the object goes.
class Actor {
 public:
  Actor(const Namespace& where, const std::vector<std::string>& words) : process_(where.command(role(words, ready()))) {
    EXPECT_TRUE(process_.wait_ready(ready())) << process_.err();
  }
  ~Actor() { ::kill(process_.pid(), SIGKILL); }
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;
  [[nodiscard]] std::filesystem::path ready() const { return folder_ / "ready"; }

 private:
  TempDir folder_;
  Process process_;
};

// What the capture said of one end of the packets with this text, each by the name of the process; "?" is nobody.
std::vector<std::string> names_at(const std::string& out, const std::string& packet, const std::string& end) {
  std::vector<std::string> names;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.rfind(" [");
    if (line.find(packet) == std::string::npos || at == std::string::npos) continue;
    std::istringstream ends(line.substr(at + 2, line.size() - at - 3));
    for (std::string each; std::getline(ends, each, ';');) {
      if (each.starts_with(' ')) each.erase(0, 1);
      if (!each.starts_with(end + " ")) continue;
      each.erase(0, end.size() + 1);
      for (const char* const how : {"listener: ", "closed: ", "tun: "}) {
        if (each.starts_with(how)) each.erase(0, std::string_view(how).size());
      }
      names.push_back(each.substr(0, each.find(' ')));
    }
  }
  return names;
}

enum class Known { kAlways, kSometimes };

// That end is this process, or unknown.
void expect_end(const std::string& out, const std::string& packet, const std::string& end, const std::string& right,
                Known known) {
  const std::vector<std::string> names = names_at(out, packet, end);
  EXPECT_FALSE(names.empty()) << packet << ' ' << end << '\n' << out;
  unsigned named = 0;
  for (const std::string& name : names) {
    EXPECT_TRUE(name == right || name == "?") << packet << ' ' << end << " is said to be " << name << '\n' << out;
    named += name == right ? 1 : 0;
  }
  if (known == Known::kAlways) {
    EXPECT_EQ(named, names.size()) << packet << ' ' << end << '\n' << out;
  }
  if (known == Known::kSometimes) {
    EXPECT_GT(named, 0U) << packet << ' ' << end << '\n' << out;
  }
}

// Who that end is cannot be known.
void expect_nobody(const std::string& out, const std::string& packet, const std::string& end) {
  const std::vector<std::string> names = names_at(out, packet, end);
  EXPECT_FALSE(names.empty()) << packet << ' ' << end << '\n' << out;
  EXPECT_EQ(names, std::vector<std::string>(names.size(), "?")) << packet << ' ' << end << '\n' << out;
}

bool kernel_has_type(const std::string& name) {
  return read_file("/sys/kernel/btf/vmlinux").find('\0' + name + '\0') != std::string::npos;
}

class OwnerCases : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("python3");
  }

  // A role that ends by itself.
  void act(const Namespace& where, const std::vector<std::string>& words) const {
    const Finished acted = run(where.command(role(words, folder_ / "ready")));
    EXPECT_EQ(acted.status, (ExitStatus{0, 0})) << words[0] << ": " << acted;
  }
  static std::string stop(Capture& capture) {
    const Finished captured = capture.stop();
    EXPECT_EQ(captured.status, (ExitStatus{0, 0})) << captured.err;
    expect_identity(captured.err);
    return captured.out;
  }

  const TempDir folder_;
};

// How many processes have the socket at this end of the packets with this text, as far as it was said.
std::set<std::string> shares_at(const std::string& out, const std::string& packet, const std::string& end) {
  std::set<std::string> shares;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t from = line.find(end + " ", line.rfind(" ["));
    if (line.find(packet) == std::string::npos || from == std::string::npos) continue;
    const std::string owner = line.substr(from, line.find_first_of(";]", from) - from);
    const std::size_t at = owner.find(" shared=");
    if (at == std::string::npos) continue;
    const std::string count = owner.substr(at + 8);
    shares.insert(count.substr(0, count.find_first_not_of("0123456789")));
  }
  return shares;
}

// The parent of two: what both inherited, what one of them closed, what one was sent or has fetched; but not what has
// two descriptors in one process, what is on its way to nobody, and what only its threads use.
TEST_F(OwnerCases, HowManyHaveASocketIsSaidWhereItIsCertain) {
  const bool is_receiver_known = kernel_has_type("bpf_rdonly_cast");  // before Linux 6.2 its file is not seen
  for (const bool threads : {false, true}) {
    const Namespace host;
    std::vector<std::string> words = {"sharer"};
    if (threads) words.emplace_back("threads");
    Actor sharer(host, words);
    Capture ringtap(host, {"--who", "-v", "-n", "-l", "-i", "lo", "udp or tcp"});
    const std::vector<std::pair<const char*, std::string>> known = {{" > 127.0.0.1.7301: ", "3"},
                                                                    {" > 127.0.0.1.7302: ", "2"},
                                                                    {" > 127.0.0.1.7303: ", "2"},
                                                                    {" > 127.0.0.1.7304: ", "2"}};
    const auto has_all = [&] {
      const std::string out = ringtap.process().out();
      return std::all_of(known.begin(), known.end(),
                         [&](const auto& each) { return !shares_at(out, each.first, "from").empty(); }) &&
             !shares_at(out, " > 127.0.0.1.7322: Flags [S]", "to").empty() &&
             shares_at(out, ".7321: UDP", "to").empty() != is_receiver_known;
    };
    EXPECT_TRUE(wait_until(has_all)) << ringtap.process().out();
    std::ofstream(sharer.ready().string() + ".stop").close();
    const std::string out = stop(ringtap);
    for (const auto& [packet, count] : known) {
      EXPECT_EQ(shares_at(out, packet, "from"), std::set<std::string>{count}) << packet << '\n' << out;
    }
    for (const char* const packet : {".7305: ", ".7306: ", ".7307: "}) {
      EXPECT_EQ(shares_at(out, packet, "from"), std::set<std::string>{}) << packet << '\n' << out;
    }
    EXPECT_EQ(shares_at(out, ".7321: UDP", "to"),
              is_receiver_known ? std::set<std::string>{"3"} : std::set<std::string>{})
        << out;
    EXPECT_EQ(shares_at(out, ".7322: Flags [S]", "to"), std::set<std::string>{"3"}) << out;
    EXPECT_EQ(shares_at(out, ".7322: Flags", "from"), std::set<std::string>{}) << out;
  }
}

// The iterator that finds out is kept open by a run that may need it.
TEST_F(OwnerCases, HowManyHaveASocketIsLookedForOnlyIfItIsSaid) {
  const auto looks = [](const Process& process) {
    for (const auto& entry :
         std::filesystem::directory_iterator("/proc/" + std::to_string(process.pid()) + "/fdinfo")) {
      if (read_file(entry.path()).find("link_type:\titer") != std::string::npos) return true;
    }
    return false;
  };
  const Namespace host;
  const std::string file = folder_ / "packets.pcapng";
  const std::vector<std::vector<std::string>> say = {{}, {"-w", file}, {"--json"}};
  for (std::vector<std::string> arguments : say) {
    arguments.insert(arguments.end(), {"--who", "-v", "-i", "lo"});
    Capture ringtap(host, arguments);
    EXPECT_TRUE(looks(ringtap.process())) << arguments.front();
    (void)stop(ringtap);
  }
  for (const char* const command : {"compare", "stats", "drops"}) {
    Capture ringtap(host, {"--who", "-i", "lo"}, {}, command);
    EXPECT_FALSE(looks(ringtap.process())) << command;
    EXPECT_EQ(ringtap.stop().status, (ExitStatus{0, 0})) << command;
  }
  Capture counter(host, {"--who", "-v", "--count", "-i", "lo"});
  EXPECT_FALSE(looks(counter.process()));
  (void)stop(counter);
}

TEST_F(OwnerCases, AReusedPidIsAnotherProcess) {
  const Namespace host;
  Capture ringtap(host, {"--who", "-v", "-n", "-i", "lo", "udp"});
  act(host, {"reuse", "5"});
  const std::string out = stop(ringtap);
  expect_end(out, " > 127.0.0.1.7302: ", "from", "first", Known::kAlways);
  expect_end(out, " > 127.0.0.1.7303: ", "from", "second", Known::kAlways);
  expect_end(out, " > 127.0.0.1.7301: ", "from", "second", Known::kAlways);
  expect_nobody(out, " > 127.0.0.1.7301: ", "to");
}

// What waits for the address of a neighbour is sent by whoever brings it.
TEST_F(OwnerCases, ADatagramThatWaitedIsNotThatOfWhoWasRunning) {
  const TwoHosts hosts;
  hosts.left.ip("link set left arp off");
  hosts.left.ip("link set left arp on");
  hosts.right.ip("link set right arp off");
  Capture ringtap(hosts.left, {"--who", "-v", "-n", "-i", "left", "udp"});
  const Actor sender(hosts.left, {"send_and_wait", TwoHosts::kRightIpv4, "7301"});
  hosts.left.ip(std::string("neigh replace ") + TwoHosts::kRightIpv4 + " lladdr 02:00:00:00:00:02 dev left");
  expect_end(stop(ringtap), ".7301: ", "from", "send-and-wait", Known::kAlways);
}

// Whoever reads NFQUEUE has the kernel send what it lets pass.
TEST_F(OwnerCases, ADatagramInAQueueOfNetfilterIsNotThatOfItsReader) {
  REQUIRE_TOOL("iptables");
  const Namespace host;
  const Actor server(host, {"echo", kLo, "7301"});
  const Actor reader(host, {"queue"});
  const Finished rule =
      run(host.command({"iptables", "-A", "OUTPUT", "-p", "udp", "--dport", "7301", "-j", "NFQUEUE"}));
  if (rule.status != ExitStatus{0, 0}) GTEST_SKIP() << "this kernel has no NFQUEUE: " << rule.err;
  Capture ringtap(host, {"--who", "-v", "-n", "-i", "lo", "udp port 7301"});
  act(host, {"ask", kLo, "7301"});
  const std::string out = stop(ringtap);
  expect_end(out, " > 127.0.0.1.7301: ", "from", "ask", Known::kAlways);
  expect_end(out, " > 127.0.0.1.7301: ", "to", "echo", Known::kAlways);
  expect_end(out, " 127.0.0.1.7301 > ", "from", "echo", Known::kAlways);
}

TEST_F(OwnerCases, AMachineBehindATunDeviceIsTheProcessThatRunsIt) {
  const Namespace host;
  Actor machine(host, {"machine", "10.9.0.1"});
  const Actor reader(host, {"echo", "10.9.0.1", "7301"});
  Capture ringtap(host, {"--who", "-v", "-n", "-i", "vm0", "udp port 7301"});
  std::ofstream(machine.ready().string() + ".go").close();
  EXPECT_TRUE(wait_until([&] { return std::filesystem::exists(machine.ready().string() + ".done"); }));
  const std::string out = stop(ringtap);
  expect_end(out, " > 10.9.0.1.7301: ", "from", "machine", Known::kAlways);
  EXPECT_NE(out.find("[from tun: machine "), std::string::npos) << out;
  expect_end(out, " > 10.9.0.1.7301: ", "to", "echo", Known::kAlways);
  expect_end(out, " > 10.9.0.99.7999: ", "from", "echo", Known::kAlways);
}

// Another CPU receives what it writes, on which a process runs that has the device open, too.
TEST_F(OwnerCases, AMachineWhosePacketsWaitForAnotherCpuIsNobody) {
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "there is only one CPU";
  const Namespace host;
  if (run_shell(host.prefix() + "test -e /sys/class/net/lo/queues/rx-0/rps_cpus").status != ExitStatus{0, 0}) {
    GTEST_SKIP() << "this kernel has no RPS";
  }
  Actor machine(host, {"machine", "10.9.0.1", "rps"});
  const Actor reader(host, {"echo", "10.9.0.1", "7301"});
  Capture ringtap(host, {"--who", "-v", "-n", "-i", "vm0", "udp port 7301"});
  std::ofstream(machine.ready().string() + ".go").close();
  EXPECT_TRUE(wait_until([&] { return std::filesystem::exists(machine.ready().string() + ".done"); }));
  expect_nobody(stop(ringtap), " > 10.9.0.1.7301: ", "from");
}

TEST_F(OwnerCases, MptcpsSubflowsAreThoseOfTheirProcess) {
  const Namespace host;
  if (!std::ifstream("/proc/sys/net/mptcp/enabled")) GTEST_SKIP() << "this kernel has no MPTCP";
  const Actor server(host, {"echo", kLo, "7301", "262"});
  Capture ringtap(host, {"--who", "-v", "-n", "-i", "lo", "tcp port 7301"});
  act(host, {"connect", kLo, "7301", "262"});
  const std::string out = stop(ringtap);
  EXPECT_NE(out.find("mptcp"), std::string::npos) << out;
  for (const char* end : {"from", "to"}) {
    const bool is_from = std::string(end) == "from";
    expect_end(out, " > 127.0.0.1.7301: ", end, is_from ? "connect" : "echo", Known::kSometimes);
    expect_end(out, " 127.0.0.1.7301 > ", end, is_from ? "echo" : "connect", Known::kSometimes);
  }
}

// A client that does not know MPTCP makes of the socket that MPTCP had a plain one of the process.
TEST_F(OwnerCases, APlainConnectionToAListenerOfMptcpIsNotTheKernels) {
  const Namespace host;
  if (!std::ifstream("/proc/sys/net/mptcp/enabled")) GTEST_SKIP() << "this kernel has no MPTCP";
  const Actor server(host, {"echo", kLo, "7301", "262"});
  Capture ringtap(host, {"--who", "-v", "-n", "-i", "lo", "tcp port 7301"});
  act(host, {"connect", kLo, "7301"});
  const std::string out = stop(ringtap);
  expect_end(out, " > 127.0.0.1.7301: ", "from", "connect", Known::kAlways);
  expect_end(out, " > 127.0.0.1.7301: ", "to", "echo", Known::kSometimes);
  expect_end(out, " 127.0.0.1.7301 > ", "from", "echo", Known::kSometimes);
}

TEST_F(OwnerCases, IoUringsWorkersAndThreadsAreTheirProcess) {
  const Namespace host;
  std::ifstream disabled("/proc/sys/kernel/io_uring_disabled");
  if (char value = '0'; disabled >> value && value != '0') GTEST_SKIP() << "this kernel has io_uring disabled";
  const Actor server(host, {"echo", kLo, "7301"});
  Capture ringtap(host, {"--who", "-v", "-n", "-i", "lo", "port 7301"});
  act(host, {"uring", kLo, "7301"});
  const std::string out = stop(ringtap);
  expect_end(out, " > 127.0.0.1.7301: UDP", "from", "uring", Known::kAlways);
  expect_end(out, " > 127.0.0.1.7301: Flags", "from", "uring", Known::kAlways);
  expect_end(out, " 127.0.0.1.7301 > ", "to", "uring", Known::kAlways);
  expect_end(out, " > 127.0.0.1.7301: ", "to", "echo", Known::kAlways);
}

TEST_F(OwnerCases, RawAndPingSocketsAreNamedAsTheySend) {
  const Namespace host;
  host.write_sysctl("ipv4/ping_group_range", "0 0");
  for (const char* kind : {"raw", "ping"}) {
    Capture ringtap(host, {"--who", "-v", "-n", "-i", "lo", "icmp"});
    act(host, {"ping", kind, kLo});
    const std::string out = stop(ringtap);
    expect_end(out, "echo request", "from", "ping", Known::kAlways);
    expect_nobody(out, "echo request", "to");
    expect_end(out, "echo reply", "from", "kernel", Known::kAlways);
    expect_nobody(out, "echo reply", "to");
  }
}

TEST_F(OwnerCases, SocketsOfWholeFramesAreNamedAsTheySend) {
  const TwoHosts hosts;
  Capture ringtap(hosts.left, {"--who", "-v", "-n", "-i", "left", "ether proto 0x88b5"});
  act(hosts.left, {"frames", "left"});
  const std::string out = stop(ringtap);
  EXPECT_EQ(names_at(out, " me [", "from"),
            (std::vector<std::string>{"frames", "frames", "frames", "child", "child", "child"}))
      << out;
}

// Without the tap at egress, which sees who sends.
TEST_F(OwnerCases, FramesThatADeviceDropsAreNamed) {
  if (!kernel_has_type("btf_trace_sock_send_length")) GTEST_SKIP() << "before Linux 6.3 packet sockets are not seen";
  const TwoHosts hosts;
  hosts.right.ip("link set right down");
  Capture ringtap(hosts.left, {"--who", "--json", "ether proto 0x88b5"}, {}, "drops");
  act(hosts.left, {"frames", "left"});
  const std::string out = ringtap.stop().out;
  EXPECT_NE(out.find("\"owner\":\"from frames "), std::string::npos) << out;
  EXPECT_NE(out.find("\"owner\":\"from child "), std::string::npos) << out;
}

// All members of a group get it, whichever of them the kernel would name first.
TEST_F(OwnerCases, MulticastAndBroadcastAreForNobodyAlone) {
  const Namespace host;
  host.ip("route add 224.0.0.0/4 dev lo");
  const Actor member(host, {"member", "224.1.2.3", "7301"});
  const Actor other(host, {"listen_only", "0.0.0.0", "7301"});
  Capture ringtap(host, {"--who", "-v", "-n", "-i", "lo", "udp port 7301"});
  act(host, {"send", "224.1.2.3", "7301"});
  act(host, {"send", "127.255.255.255", "7301"});
  const std::string out = stop(ringtap);
  expect_nobody(out, " > 224.1.2.3.7301: ", "to");
  expect_end(out, " > 224.1.2.3.7301: ", "from", "send", Known::kSometimes);
  expect_nobody(out, " > 127.255.255.255.7301: ", "to");
}

TEST_F(OwnerCases, ATransparentProxyIsNamedForWhatIsRedirectedToIt) {
  REQUIRE_TOOL("nft");
  const TwoHosts hosts;
  const Finished rules = run_shell(hosts.right.prefix() +
                                   "sh -c 'ip rule add fwmark 1 lookup 100; ip route add local default dev lo table "
                                   "100; nft -f -' <<'RULES'\n"
                                   "table ip t { chain c { type filter hook prerouting priority mangle;\n"
                                   "  tcp dport 7301 meta mark set 1 tproxy to :7400 accept; }; }\n"
                                   "RULES");
  if (rules.status != ExitStatus{0, 0}) GTEST_SKIP() << "this kernel has no TPROXY: " << rules.err;
  const Actor bait(hosts.right, {"echo", "0.0.0.0", "7301"});
  const Actor proxy(hosts.right, {"proxy", "0.0.0.0", "7400"});
  Capture ringtap(hosts.right, {"--who", "-v", "-n", "-i", "right", "tcp port 7301"});
  act(hosts.left, {"connect", TwoHosts::kRightIpv4, "7301"});
  const std::string out = stop(ringtap);
  expect_end(out, ".7301: ", "to", "proxy", Known::kSometimes);
  expect_end(out, ".7301 > ", "from", "proxy", Known::kAlways);
}

// Sockets outside a VRF do not get what arrives in it; the kernel's look-up for programs finds none of those inside.
TEST_F(OwnerCases, AVrfsSocketsAreNamedAsTheySend) {
  const TwoHosts hosts;
  const Finished made = run(hosts.right.command({"ip", "link", "add", "vrf0", "type", "vrf", "table", "10"}));
  if (made.status != ExitStatus{0, 0}) GTEST_SKIP() << "this kernel has no VRF";
  hosts.right.ip("link set vrf0 up");
  hosts.right.ip("link set right master vrf0");
  hosts.right.ip(std::string("addr replace ") + TwoHosts::kRightIpv4 + "/24 dev right");
  const Actor outside(hosts.right, {"listen_only", "0.0.0.0", "7301"});
  const Actor inside(hosts.right, {"echo_on", "vrf0", "0.0.0.0", "7302"});
  Capture ringtap(hosts.right, {"--who", "-v", "-n", "-i", "right", "udp port 7301 or port 7302"});
  act(hosts.left, {"send", TwoHosts::kRightIpv4, "7301"});
  act(hosts.left, {"connect", TwoHosts::kRightIpv4, "7302"});
  act(hosts.left, {"ask", TwoHosts::kRightIpv4, "7302"});
  const std::string out = stop(ringtap);
  expect_nobody(out, ".7301: ", "to");
  expect_nobody(out, ".7302: ", "to");
  expect_end(out, ".7302 > ", "from", "echo-on", Known::kSometimes);
}

TEST_F(OwnerCases, SctpsAssociationsAreNamedAsTheySend) {
  const Namespace host;
  UniqueFd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP));
  if (!probe) GTEST_SKIP() << "this kernel has no SCTP";
  const Actor server(host, {"echo", kLo, "7301", std::to_string(IPPROTO_SCTP)});
  Capture ringtap(host, {"--who", "-v", "-n", "-i", "lo", "sctp"});
  act(host, {"connect", kLo, "7301", std::to_string(IPPROTO_SCTP)});
  const std::string out = stop(ringtap);
  expect_end(out, ".7301: ", "from", "connect", Known::kSometimes);
  expect_end(out, ".7301 > ", "from", "echo", Known::kSometimes);
  expect_nobody(out, ".7301: ", "to");
}

}  // namespace
}  // namespace ringtap::testing
