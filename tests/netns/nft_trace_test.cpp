// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// NftTrace against rules that nft(8) and iptables-nft made, on a host that also routes: who decided, in the words of
// `nft list`, for every packet; nothing of the user's changes, and nothing of ours stays.
#include "nft/nft_trace.hpp"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "filter/compile.hpp"
#include "filter/nft_rules.hpp"
#include "support/filter_corpus.hpp"
#include "support/filter_inputs.hpp"
#include "support/namespace.hpp"
#include "support/process.hpp"
#include "support/requirements.hpp"
#include "support/socket_address.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

constexpr unsigned kPackets = 1000;
constexpr const char* kFarIpv4 = "198.51.100.2";  // behind right

// A verdict that outlives its call.
struct Told {
  RuleAction action = RuleAction::kAccept;
  bool policy = false;
  std::string place;  // "inet filter input"
  std::string text;
  std::uint64_t handle = 0;
  std::string hook_name;
  std::optional<NetfilterHook> hook;
  std::uint32_t in = 0;
  std::uint32_t out = 0;
  std::vector<std::byte> bytes;

  explicit Told(const RuleVerdict& verdict)
      : action(verdict.action),
        policy(verdict.policy),
        place(std::string(verdict.family) + " " + std::string(verdict.table) + " " + std::string(verdict.chain)),
        text(verdict.rule_text),
        handle(verdict.rule_handle),
        hook_name(verdict.hook_name),
        hook(verdict.hook),
        in(verdict.in_ifindex),
        out(verdict.out_ifindex),
        bytes(verdict.network_header_on.begin(), verdict.network_header_on.end()) {}

  [[nodiscard]] std::uint32_t half(std::size_t offset) const {
    if (offset + 2 > bytes.size()) return 0;
    return std::to_integer<std::uint32_t>(bytes[offset]) << 8 | std::to_integer<std::uint32_t>(bytes[offset + 1]);
  }
  [[nodiscard]] std::uint32_t port() const { return half(22); }  // of an IPv4 datagram without options
};

class NftTraceOfRules : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("nft");
    REQUIRE_TOOL("iptables-nft");
    hosts_.emplace();
    hosts_->without_ipv6();
    far_.emplace();
    router().ip("link add toward type veth peer name far netns " + far_->name());
    router().ip("addr add 198.51.100.1/24 dev toward");
    router().ip("link set toward up");
    far_->ip("addr add 198.51.100.2/24 dev far");
    far_->ip("link set far up");
    far_->ip("route add default via 198.51.100.1");
    hosts_->left.ip("route add 198.51.100.0/24 via 192.0.2.2");
    router().write_sysctl("ipv4/ip_forward", "1");
    send(hosts_->left, kFarIpv4, 9, 1);  // resolves the neighbours
  }

  const Namespace& router() const { return hosts_->right; }

  // `arguments` as a shell takes them.
  std::string in_router(const std::string& arguments) const {
    const Finished finished = run_shell(router().prefix() + arguments);
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << arguments << "\n" << finished;
    return finished.out;
  }
  void load(const std::string& ruleset) const {
    std::ofstream(folder_ / "rules") << ruleset + "\n";
    in_router("nft -f " + (folder_ / "rules").string());
  }

  void start(NftTraceOptions options = {}) {
    router().inside([&] {
      auto started = NftTrace::start(options);
      ASSERT_TRUE(started) << started.error().text();
      trace_.emplace(started.take());
    });
    ASSERT_TRUE(trace_);
  }

  static ClassicProgram program(const std::string& expression, LinkType link_type = LinkType::kEthernet) {
    auto compiled = compile({.expression = expression, .link_type = link_type});
    EXPECT_TRUE(compiled) << expression;
    return compiled ? compiled.take() : ClassicProgram{};
  }

  // A rule at OUTPUT that drops makes sendto fail, which is no matter here.
  static void send(const Namespace& from, const std::string& address, std::uint16_t port, unsigned count,
                   std::size_t size = 8) {
    from.inside([&] {
      const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      const SocketAddress to(address, port);
      const std::string payload(size, 'x');
      for (unsigned n = 0; n < count; ++n) {
        ::sendto(fd, payload.data(), payload.size(), 0, to.get(), to.size);
      }
      ::close(fd);
    });
  }

  // What was decided about the packets so far.
  std::vector<Told> told() {
    std::vector<Told> all;
    trace_->settle(kPatience);
    const auto drained = trace_->drain([&](const RuleVerdict& verdict) { all.emplace_back(verdict); });
    EXPECT_TRUE(drained) << drained.error().text();
    return all;
  }

  // `count` decisions that `wanted` holds for.
  template <class Predicate>
  std::vector<Told> wait_for(std::size_t count, Predicate wanted) {
    std::vector<Told> found;
    const bool enough = wait_until([&] {
      for (Told& one : told()) {
        if (wanted(one)) found.push_back(std::move(one));
      }
      return found.size() >= count;
    });
    EXPECT_TRUE(enough) << "only " << found.size() << " of " << count;
    return found;
  }

  static bool dropped(const Told& told) { return told.action == RuleAction::kDrop; }

  TempDir folder_;
  std::optional<TwoHosts> hosts_;  // right is the router
  std::optional<Namespace> far_;
  std::optional<NftTrace> trace_;
};

TEST_F(NftTraceOfRules, NamesTheRuleThatDroppedEachPacketAtEachHook) {
  load(R"(
    table inet user {
      chain pre { type filter hook prerouting priority raw; udp dport 5001 drop; }
      chain in { type filter hook input priority filter; udp dport 5002 counter drop comment "says # handle 7"
        udp dport { 5003, 6001, 6002, 6003, 6004, 6005, 6006, 6007, 6008, 6009, 6010, 6011, 6012, 6013 } jump deep
      }
      chain deep { ip saddr 192.0.2.1 reject; }
      chain forward_ { type filter hook forward priority filter; oifname "toward" udp dport 5004 drop; }
      chain out { type filter hook output priority filter; udp dport 5005 drop; }
      chain post { type filter hook postrouting priority srcnat; udp dport 5006 drop; }
    }
    table netdev edge {
      chain in { type filter hook ingress device "right" priority 0; udp dport 5007 drop; }
      chain out { type filter hook egress device "toward" priority 0; udp dport 5008 drop; }
    })");
  start();
  const std::uint32_t right = router().index_of("right");
  const std::uint32_t toward = router().index_of("toward");
  struct Expected {
    std::uint16_t port;
    const Namespace& from;
    const char* to;
    const char* place;
    const char* text;
    const char* hook_name;
    std::optional<NetfilterHook> hook;
    std::uint32_t in;
    std::uint32_t out;
  };
  for (const Expected& expected : std::vector<Expected>{
           {5001, hosts_->left, "192.0.2.2", "inet user pre", "udp dport 5001 drop", "prerouting",
            NetfilterHook::kPrerouting, right, 0},
           {5002, hosts_->left, "192.0.2.2", "inet user in", "udp dport 5002 counter drop comment \"says # handle 7\"",
            "input", NetfilterHook::kInput, right, 0},
           {5003, hosts_->left, "192.0.2.2", "inet user deep", "ip saddr 192.0.2.1 reject with icmp port-unreachable",
            "input", NetfilterHook::kInput, right, 0},
           {5004, hosts_->left, kFarIpv4, "inet user forward_", "oifname \"toward\" udp dport 5004 drop", "forward",
            NetfilterHook::kForward, right, toward},
           {5005, router(), kFarIpv4, "inet user out", "udp dport 5005 drop", "output", NetfilterHook::kOutput, 0,
            toward},
           {5006, router(), kFarIpv4, "inet user post", "udp dport 5006 drop", "postrouting",
            NetfilterHook::kPostrouting, 0, toward},
           {5007, hosts_->left, "192.0.2.2", "netdev edge in", "udp dport 5007 drop", "ingress", {}, right, 0},
           {5008, hosts_->left, kFarIpv4, "netdev edge out", "udp dport 5008 drop", "egress", {}, 0, toward}}) {
    send(expected.from, expected.to, expected.port, kPackets);
    const auto drops = wait_for(kPackets, [](const Told& one) { return dropped(one); });
    EXPECT_EQ(drops.size(), kPackets) << expected.place;
    const std::string listed = in_router("nft -a -s list chain " + std::string(expected.place));
    std::set<std::uint32_t> ids;
    for (const Told& one : drops) {
      ASSERT_EQ(one.place, expected.place);
      ASSERT_EQ(one.text, expected.text);
      ASSERT_FALSE(one.policy);
      ASSERT_EQ(one.hook_name, expected.hook_name) << expected.place;
      ASSERT_EQ(one.hook, expected.hook) << expected.place;
      ASSERT_EQ(one.in, expected.in) << expected.place;
      ASSERT_EQ(one.out, expected.out) << expected.place;
      ASSERT_EQ(one.bytes.size(), 36U) << expected.place;  // all of it
      ASSERT_EQ(one.port(), expected.port);
      ids.insert(one.half(4));
    }
    ASSERT_FALSE(drops.empty());
    EXPECT_NE(listed.find(drops[0].text + " # handle " + std::to_string(drops[0].handle)), std::string::npos) << listed;
    if (expected.from.name() == hosts_->left.name()) {
      EXPECT_GT(ids.size(), kPackets / 2);  // the packets' own bytes, not those of one
    }
  }
  EXPECT_EQ(trace_->statistics().lost, 0U);
}

TEST_F(NftTraceOfRules, NamesPoliciesAndWhatIptablesMade) {
  in_router("iptables-nft -N GUARD");
  in_router("iptables-nft -N mark");  // a word of nft(8)'s own language
  in_router("iptables-nft -A INPUT -p udp --dport 7006 -j mark");
  in_router("iptables-nft -A mark -j DROP");
  in_router("iptables-nft -A INPUT -p udp --dport 7001 -j DROP");
  in_router("iptables-nft -A INPUT -p udp --dport 7002 -j GUARD");
  in_router("iptables-nft -A GUARD -s 192.0.2.1 -j REJECT");
  in_router("iptables-nft -A INPUT -p udp -m string --string xxxx --algo bm --dport 7003 -j DROP");
  in_router("iptables-nft -A INPUT -p udp --dport 7004 -j ACCEPT");
  in_router("iptables-nft -P INPUT DROP");
  load("table ip late { chain in { type filter hook input priority 50; policy drop; udp dport 1 accept; }; }");
  start();
  struct Expected {
    std::uint16_t port;
    const char* place;
    const char* text;  // of the rule as `nft list` shows it
    bool policy;
  };
  for (const Expected& expected :
       std::vector<Expected>{{7001, "ip filter INPUT", "udp dport 7001 counter drop", false},
                             {7002, "ip filter GUARD", "ip saddr 192.0.2.1 counter reject", false},
                             {7003, "ip filter INPUT", "udp dport 7003", false},
                             {7005, "ip filter INPUT", "policy drop", true},
                             {7006, "ip filter mark", "counter drop", false},
                             {7004, "ip late in", "policy drop", true}}) {
    send(hosts_->left, "192.0.2.2", expected.port, kPackets);
    const auto drops = wait_for(kPackets, [](const Told& one) { return dropped(one); });
    EXPECT_EQ(drops.size(), kPackets) << expected.port;
    const std::string listed = in_router("nft -a -s list ruleset");
    for (const Told& one : drops) {
      ASSERT_EQ(one.place, expected.place);
      ASSERT_NE(one.text.find(expected.text), std::string::npos) << one.text;
      ASSERT_EQ(one.policy, expected.policy);
      ASSERT_EQ(one.hook, NetfilterHook::kInput);
      ASSERT_EQ(one.port(), expected.port);
    }
    ASSERT_FALSE(drops.empty());
    EXPECT_NE(listed.find(drops[0].text), std::string::npos) << drops[0].text << "\n" << listed;
  }
}

TEST_F(NftTraceOfRules, TellsOfAcceptingRulesToo) {
  load("table inet user { chain in { type filter hook input priority filter; udp dport 5002 accept; }; }");
  start({.programs = {program("udp port 5002")}});
  send(hosts_->left, "192.0.2.2", 5002, 10);
  const auto accepts = wait_for(10, [](const Told& one) { return one.action == RuleAction::kAccept; });
  EXPECT_EQ(accepts.size(), 10U);
  for (const Told& one : accepts) EXPECT_EQ(one.text, "udp dport 5002 accept");
}

TEST_F(NftTraceOfRules, LeavesTheRulesetAsItIsAndNothingBehind) {
  load(R"(
    table inet user {
      set quiet { type ipv4_addr; elements = { 192.0.2.77 }; }
      chain in { type filter hook input priority filter; policy accept; udp dport 5002 counter drop; counter; }
    })");
  in_router("iptables-nft -A INPUT -p udp --dport 7001 -j DROP");
  // What is not ours; our tables are whole blocks.
  const auto theirs = [&] {
    return in_router("nft -a list ruleset 2>/dev/null | sed '/^table [a-z]* ringtap_/,/^}/d'");
  };
  const auto ours = [&] { return in_router("nft list tables | grep -c ringtap_ || true"); };
  const std::string before = theirs();
  ASSERT_NE(before.find("counter packets 0"), std::string::npos) << before;
  start({.interfaces = {"right"}, .programs = {program("udp port 5002")}});
  EXPECT_EQ(ours(), "2\n");
  EXPECT_EQ(theirs(), before);
  EXPECT_NE(in_router("nft list tables").find(trace_->description().substr(6, 16)), std::string::npos);
  trace_.reset();
  EXPECT_EQ(ours(), "0\n");
  EXPECT_EQ(theirs(), before);

  // Counted as without us: each packet once.
  start();
  send(hosts_->left, "192.0.2.2", 5002, 7);
  wait_for(7, [](const Told& one) { return dropped(one); });
  EXPECT_NE(theirs().find("udp dport 5002 counter packets 7 bytes 252 drop"), std::string::npos) << theirs();
}

TEST_F(NftTraceOfRules, GoesWithItsProcessWhenThatIsKilled) {
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  pid_t child = -1;
  router().inside([&] {
    child = ::fork();
    if (child != 0) return;
    auto trace = NftTrace::start({});
    const char word = trace ? 'y' : 'n';
    if (::write(ready[1], &word, 1) == 1) ::pause();
    ::_exit(0);
  });
  char word = 0;
  ASSERT_EQ(::read(ready[0], &word, 1), 1);
  EXPECT_EQ(word, 'y');
  EXPECT_NE(in_router("nft list tables").find("ringtap_"), std::string::npos);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(wait_until([&] { return in_router("nft list tables").find("ringtap_") == std::string::npos; }));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(NftTraceOfRules, SaysWhatIsMissingWithoutPrivileges) {
  router().inside([] {
    // This thread only.
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> none{};
    ASSERT_EQ(::syscall(SYS_capset, &header, none.data()), 0);
    const auto trace = NftTrace::start({});
    ASSERT_FALSE(trace);
    EXPECT_EQ(trace.error().text(), "trace nftables' rules: Operation not permitted");
    EXPECT_EQ(trace.error().hint(), "needs CAP_NET_ADMIN");
  });
}

TEST_F(NftTraceOfRules, ReadsTheRulesAnewWhenTheyHaveChanged) {
  const auto reload = [&](const std::string& rule) {
    load("flush ruleset\ntable inet user { chain in { type filter hook input priority filter; " + rule + "; }; }");
  };
  reload("udp dport 5002 drop");
  start();
  send(hosts_->left, "192.0.2.2", 5002, 1);
  const auto before = wait_for(1, [](const Told& one) { return dropped(one); });
  reload("udp dport 5000-5010 drop");
  send(hosts_->left, "192.0.2.2", 5002, 1);
  const auto after = wait_for(1, [](const Told& one) { return dropped(one); });
  ASSERT_EQ(before.size(), 1U);
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(before[0].handle, after[0].handle);
  EXPECT_EQ(before[0].text, "udp dport 5002 drop");
  EXPECT_EQ(after[0].text, "udp dport 5000-5010 drop");
}

// The first packet has the reader ask for a chain that takes long to list; drain() does not wait for that.
TEST_F(NftTraceOfRules, CountsWhatFindsTheBufferFullAndHoldsNobodyUp) {
  std::string rules;
  for (int n = 0; n < 10'000; ++n)
    rules += "ip saddr 10.1." + std::to_string(n / 250) + "." + std::to_string(n % 250) + " udp dport 7 accept\n";
  load("table inet user {\nchain in { type filter hook input priority filter; udp dport 5002 drop\n" + rules + "}\n}");
  start({.receive_buffer = 1 << 17});
  send(hosts_->left, "192.0.2.2", 5002, kPackets);
  const auto begin = std::chrono::steady_clock::now();
  std::size_t told_of = 0;
  const auto count = [&](const RuleVerdict& verdict) {
    EXPECT_EQ(verdict.rule_text, "udp dport 5002 drop");
    ++told_of;
  };
  EXPECT_TRUE(trace_->drain(count));
  const auto drained = std::chrono::steady_clock::now();
  trace_->settle(kPatience);
  const auto settled = std::chrono::steady_clock::now();
  EXPECT_TRUE(trace_->drain(count));
  EXPECT_LT(drained - begin, settled - drained);
  EXPECT_GT(told_of, 0U);
  EXPECT_GT(trace_->statistics().lost, 0U);
  EXPECT_EQ(told_of + trace_->statistics().lost, kPackets);  // a message each: those of our own tables do not count
}

TEST_F(NftTraceOfRules, TracesWhatMatchesAndNothingElse) {
  load("table inet user { chain in { type filter hook input priority filter; udp dport 5000-5010 drop; }; }");
  start({.programs = {program("udp port 5002"), program("udp port 5002", LinkType::kRaw)}});
  send(hosts_->left, "192.0.2.2", 5003, kPackets);
  send(hosts_->left, "192.0.2.2", 5002, kPackets);
  const auto drops = wait_for(kPackets, [](const Told& one) { return dropped(one); });
  EXPECT_EQ(drops.size(), kPackets);
  for (const Told& one : drops) ASSERT_EQ(one.port(), 5002U);
  EXPECT_EQ(trace_->statistics().messages, kPackets);

  // In three fragments that conntrack puts together before the rule sees them.
  load("table inet user { chain state { type filter hook input priority -10; ct state invalid drop; }; }");
  send(hosts_->left, "192.0.2.2", 5002, 1, 4000);
  EXPECT_EQ(wait_for(1, [](const Told& one) { return dropped(one); }).size(), 1U);
}

TEST_F(NftTraceOfRules, TracesWhatMatchesOnlyBehindAddressTranslation) {
  load(R"(
    table ip user {
      chain pre { type nat hook prerouting priority dstnat; udp dport 5001 dnat to 198.51.100.2:5002; }
      chain through { type filter hook forward priority filter; udp dport 5002 drop; }
    })");
  start({.programs = {program("host 198.51.100.2 and udp port 5002")}});
  send(hosts_->left, "192.0.2.2", 5001, 5);
  const auto drops = wait_for(5, [](const Told& one) { return dropped(one); });
  ASSERT_EQ(drops.size(), 5U);
  EXPECT_EQ(drops[0].place, "ip user through");
  EXPECT_EQ(drops[0].port(), 5002U);
}

TEST_F(NftTraceOfRules, KeepsToTheInterfacesAndWhatStandsOnThem) {
  router().ip("link add bridge type bridge");
  router().ip("link set right master bridge");
  router().ip("addr del 192.0.2.2/24 dev right");
  router().ip("addr add 192.0.2.2/24 dev bridge");
  router().ip("link set bridge address 02:00:00:00:00:02");
  router().ip("link set bridge up");
  load(
      "table inet user { chain in { type filter hook input priority filter; udp dport 5002 drop; };\n"
      "chain out { type filter hook output priority filter; udp dport 5003 drop; }; }");
  start({.interfaces = {"right"}});
  send(hosts_->left, "192.0.2.2", 5002, 5);
  send(router(), "192.0.2.1", 5003, 5);
  EXPECT_EQ(wait_for(10, [](const Told& one) { return dropped(one); }).size(), 10U);
  send(*far_, "198.51.100.1", 5002, 5);
  const std::uint32_t toward = router().index_of("toward");
  for (const Told& one : told()) EXPECT_NE(one.in, toward) << one.place;
}

TEST_F(NftTraceOfRules, TakesMoreDevicesThanOneChainDoes) {
  TempDir folder;
  std::ofstream batch(folder / "links");
  for (int n = 0; n < 150; ++n) batch << "link add one" << n << " type veth peer name other" << n << "\n";
  batch.close();
  router().ip("-batch " + (folder / "links").string());
  start();
  EXPECT_NE(trace_->description().find("every packet at ingress, egress and the IP hooks"), std::string::npos)
      << trace_->description();
}

// The rules that the unit test holds to libpcap, here as the kernel means them: an ingress chain drops everything, so
// each frame that libpcap accepts has to come with a decision.
TEST_F(NftTraceOfRules, MissesNoFrameThatLibpcapAccepts) {
  load("table netdev edge { chain in { type filter hook ingress device \"right\" priority 0; policy drop; }; }");
  const FrameSender sender(hosts_->left, "left");
  FilterInputs random(31);
  unsigned accepted = 0;
  unsigned extra = 0;
  for (const char* expression :
       {"udp port 53", "host 192.0.2.1 or net 10.0.0.0/8", "icmp or icmp6", "arp", "ip6 and tcp",
        "tcp dst portrange 50-5000", "ip[8] > 30 and udp", "ip and not tcp", "sctp or udp dst port 80", "port 443"}) {
    const ClassicProgram wanted = program(expression);
    ASSERT_FALSE(nft_rules(wanted).everything) << expression;
    auto matcher = FilterMatcher::create(wanted);
    ASSERT_TRUE(matcher);
    start({.interfaces = {"right"}, .programs = {wanted}});
    for (int n = 0; n < 1500; ++n) {
      RawFrame raw = random.frame();
      if (raw.size() < 60) raw.resize(60);  // what a device pads to
      const auto bytes = std::as_bytes(std::span(raw));
      const bool matches = matcher->verdict(bytes, static_cast<std::uint32_t>(raw.size())) != 0;
      sender.send(Bytes(bytes.begin(), bytes.end()));
      if (!matches) continue;
      ++accepted;
      EXPECT_GE(wait_for(1, [](const Told& one) { return dropped(one); }).size(), 1U) << expression;
      if (HasFailure()) return;
    }
    extra += static_cast<unsigned>(told().size());
    trace_.reset();
  }
  std::printf("%u frames accepted, %u more traced\n", accepted, extra);
  EXPECT_GT(accepted, 300U);
}

TEST_F(NftTraceOfRules, AreTakenByTheKernelForTheWholeCorpusOfExpressions) {
  unsigned narrow = 0;
  for (const auto& filter : read_filter_corpus()) {
    auto compiled = compile({.expression = filter.expression, .link_type = filter.link_type});
    ASSERT_TRUE(compiled) << filter.expression;
    if (nft_rules(*compiled).everything) continue;
    ++narrow;
    start({.programs = {*compiled}});
    ASSERT_FALSE(HasFailure()) << filter.expression;
    ASSERT_NE(trace_->description().find("packets that match at ingress, egress and"), std::string::npos)
        << filter.expression << ": " << trace_->description();
  }
  EXPECT_GT(narrow, 100U);
}

}  // namespace
}  // namespace ringtap::testing
