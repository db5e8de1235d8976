// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "kernel/nft_trace.hpp"

#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/sock_diag.h>
#include <nftables/libnftables.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <limits>
#include <set>
#include <span>
#include <utility>

#include "kernel/rtnetlink.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kMaxPasses = 1 << 16;  // those whose last message was lost never go by themselves
constexpr std::size_t kMaxDevices = 256;     // of one chain: NFT_NETDEVICE_MAX
constexpr int kDatagramsPerDrain = 512;
constexpr std::size_t kTableNameSize = 16;
constexpr std::uint16_t kTraceMessage = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE;
constexpr std::uint16_t kNewGeneration = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN;

// "ringtap_0f3a52c1": another ringtap may trace in this namespace too.
Result<std::string> table_name() {
  std::uint32_t number = 0;
  if (getrandom(&number, sizeof(number), 0) != sizeof(number)) return Error::from_errno(errno, "trace nftables' rules");
  std::array<char, kTableNameSize + 1> name{};
  std::snprintf(name.data(), name.size(), "ringtap_%08x", number);
  return std::string(name.data());
}

// --- The tables -----------------------------------------------------------------------------------------------------

constexpr const char* kMark = " meta nftrace set 1 accept\n";  // accept: on to the next base chain, as without us

std::string quoted(const std::vector<std::string>& devices) {
  std::string text = "{ ";
  for (const std::string& device : devices) text += (text.size() > 2 ? ", \"" : "\"") + device + "\"";
  return text + " }";
}

// The chain that marks what matches and leaves the rest alone. `inet`: for the IP hooks; else for netdev's.
std::string mark_chain(const std::vector<NftRules>& all, bool inet) {
  const auto of_protocol = [inet](std::uint16_t protocol) {
    if (inet) return std::string(protocol == ETH_P_IP ? "meta nfproto ipv4" : "meta nfproto ipv6");
    return "meta protocol " + std::to_string(protocol);
  };
  bool everything = all.empty();
  bool fragments = false;
  std::set<std::string> lines;
  for (const NftRules& rules : all) {
    everything |= rules.everything;
    fragments |= rules.fragments;
    for (const NftRule& rule : rules.rules) {
      if (inet && rule.protocol != ETH_P_IP && rule.protocol != ETH_P_IPV6) continue;
      std::string line = of_protocol(rule.protocol);
      for (const NftCondition& condition : rule.conditions) line += " " + nft_text(condition);
      lines.insert(line);
    }
  }
  std::string text = "chain wanted {\n";
  if (everything) return text + kMark + "}\n";
  for (const std::string& line : lines) text += line + kMark;
  if (fragments) {
    text += of_protocol(ETH_P_IP) + " @nh,48,16 & 0x3fff != 0" + kMark;
    text += of_protocol(ETH_P_IPV6) + " exthdr frag exists" + kMark;
  }
  return text + "}\n";
}

std::string base_chain(const std::string& name, const std::string& hook, const std::string& rules) {
  return "chain " + name + " {\ntype filter hook " + hook + " priority " +
         std::to_string(std::numeric_limits<std::int32_t>::min()) + ";\n" + rules + "}\n";
}

std::string inet_table(const std::string& table, const std::vector<NftRules>& rules,
                       const std::vector<std::string>& interfaces) {
  const std::string in = interfaces.empty() ? "" : "iifname " + quoted(interfaces) + " ";
  const std::string out = interfaces.empty() ? "" : "oifname " + quoted(interfaces) + " ";
  const std::string jump = "jump wanted\n";
  const std::string either = interfaces.empty() ? jump : in + jump + out + jump;
  // At every hook, since what the one before has rewritten may match only now.
  return "table inet " + table + " {\nflags owner;\n" + mark_chain(rules, true) +
         base_chain("prerouting", "prerouting", in + jump) + base_chain("input", "input", in + jump) +
         base_chain("forward", "forward", either) + base_chain("output", "output", out + jump) +
         base_chain("postrouting", "postrouting", either) + "}\n";
}

std::string netdev_table(const std::string& table, const std::vector<NftRules>& rules,
                         const std::vector<std::string>& devices, bool egress) {
  std::string jump = "jump wanted\n";
  // An IPv4 packet that is malformed has no transport header in nftables' eyes, so no test of ports can tell.
  if (std::any_of(rules.begin(), rules.end(), [](const NftRules& one) { return one.transport; })) {
    jump += std::string("meta protocol ip meta l4proto >= 0 accept\nmeta protocol ip") + kMark;
  }
  std::string text = "table netdev " + table + " {\nflags owner;\n" + mark_chain(rules, false);
  for (std::size_t first = 0; first < devices.size(); first += kMaxDevices) {
    const auto begin = devices.begin() + static_cast<std::ptrdiff_t>(first);
    const auto count = static_cast<std::ptrdiff_t>(std::min(kMaxDevices, devices.size() - first));
    const std::string where = " devices = " + quoted({begin, begin + count});
    const std::string number = std::to_string(first / kMaxDevices);
    text += base_chain("ingress" + number, "ingress" + where, jump);
    if (egress) text += base_chain("egress" + number, "egress" + where, jump);
  }
  return text + "}\n";
}

// `interfaces` and every device that stands on one of them: at the IP hooks a packet has that one's name.
std::vector<std::string> with_stacked(const std::vector<std::string>& interfaces,
                                      const std::vector<rtnetlink::Device>& devices) {
  std::set<std::uint32_t> wanted;
  const auto wants = [&](std::uint32_t index) { return index != 0 && wanted.count(index) != 0; };
  for (const auto& device : devices) {
    if (std::find(interfaces.begin(), interfaces.end(), device.name) != interfaces.end()) wanted.insert(device.ifindex);
  }
  for (std::size_t before = 0; before != wanted.size();) {
    before = wanted.size();
    for (const auto& device : devices) {
      if (wants(device.link)) wanted.insert(device.ifindex);
      if (wants(device.ifindex) && device.master != 0) wanted.insert(device.master);
    }
  }
  std::vector<std::string> names = interfaces;
  for (const auto& device : devices) {
    if (wants(device.ifindex) && std::find(names.begin(), names.end(), device.name) == names.end()) {
      names.push_back(device.name);
    }
  }
  return names;
}

// --- The messages, NFTA_TRACE_… of <linux/netfilter/nf_tables.h> ----------------------------------------------------

using Attributes = std::array<const nlattr*, NFTA_TRACE_MAX + 1>;

int keep_attribute(const nlattr* attribute, void* into) {
  const std::uint16_t type = mnl_attr_get_type(attribute);
  if (type <= NFTA_TRACE_MAX) (*static_cast<Attributes*>(into))[type] = attribute;
  return MNL_CB_OK;
}

std::uint32_t number_of(const nlattr* attribute) {
  return attribute == nullptr ? 0 : be32toh(mnl_attr_get_u32(attribute));
}

std::string_view text_of(const nlattr* attribute) {
  if (attribute == nullptr) return {};
  const auto* text = static_cast<const char*>(mnl_attr_get_payload(attribute));
  return {text, strnlen(text, mnl_attr_get_payload_len(attribute))};
}

std::span<const std::byte> bytes_of(const nlattr* attribute) {
  if (attribute == nullptr) return {};
  return {static_cast<const std::byte*>(mnl_attr_get_payload(attribute)), mnl_attr_get_payload_len(attribute)};
}

int keep_code(const nlattr* attribute, void* into) {
  if (mnl_attr_get_type(attribute) == NFTA_VERDICT_CODE) {
    *static_cast<std::int32_t*>(into) = static_cast<std::int32_t>(number_of(attribute));
  }
  return MNL_CB_OK;
}

// NF_DROP … or NFT_JUMP …, of the rule's verdict or the policy's.
std::int32_t code_of(const Attributes& attributes, bool policy) {
  std::int32_t code = NFT_CONTINUE;
  if (policy) return static_cast<std::int32_t>(number_of(attributes[NFTA_TRACE_POLICY]));
  if (const nlattr* verdict = attributes[NFTA_TRACE_VERDICT]) mnl_attr_parse_nested(verdict, keep_code, &code);
  return code;
}

std::optional<RuleAction> action_of(std::int32_t code) {
  if (code < 0) return std::nullopt;  // NFT_CONTINUE, NFT_JUMP …: nothing is decided
  switch (code & NF_VERDICT_MASK) {
    case NF_DROP:
      return RuleAction::kDrop;
    case NF_ACCEPT:
    case NF_STOP:
      return RuleAction::kAccept;
    case NF_STOLEN:
      return RuleAction::kStolen;
    case NF_QUEUE:
      return RuleAction::kQueue;
    default:
      return std::nullopt;
  }
}

const char* family_name(std::uint8_t family) {
  switch (family) {
    case NFPROTO_INET:
      return "inet";
    case NFPROTO_IPV4:
      return "ip";
    case NFPROTO_IPV6:
      return "ip6";
    case NFPROTO_ARP:
      return "arp";
    case NFPROTO_NETDEV:
      return "netdev";
    case NFPROTO_BRIDGE:
      return "bridge";
    default:
      return "";
  }
}

std::optional<NetfilterHook> hook_of(std::uint8_t family, std::string_view name) {
  static constexpr std::array<std::string_view, 5> names = {"prerouting", "input", "forward", "output", "postrouting"};
  const auto* const found = std::find(names.begin(), names.end(), name);
  const bool ip = family == NFPROTO_INET || family == NFPROTO_IPV4 || family == NFPROTO_IPV6;
  if (!ip || found == names.end()) return std::nullopt;
  return static_cast<NetfilterHook>(found - names.begin());
}

// Whether the transport header's bytes follow those of the network header: it has not been cut, and there is nothing
// between them.
bool transport_follows(std::span<const std::byte> network) {
  if (network.empty()) return false;
  const auto at = [&](std::size_t n) { return std::to_integer<std::uint32_t>(network[n]); };
  if (at(0) >> 4 == 4) return network.size() >= 20 && network.size() == 4 * (at(0) & 15);
  return at(0) >> 4 == 6 && network.size() == 40 && (at(6) == 6 || at(6) == 17 || at(6) == 58 || at(6) == 132);
}

std::uint64_t epoch_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

void NftTrace::Close::operator()(mnl_socket* socket) const noexcept {
  mnl_socket_close(socket);
}

Result<NftTrace> NftTrace::start(const NftTraceOptions& options) {
  auto table = table_name();
  if (!table) return table.take_error();
  auto socket = open_socket(*table, options.receive_buffer);
  if (!socket) return socket.take_error();
  NftContext reader = make_nft_context();
  NftTrace trace(socket.take(), NftChains(std::move(reader)));
  trace.owner_ = make_nft_context();
  if (!trace.owner_) return Error("trace nftables' rules: libnftables has no memory");
  if (auto made = trace.make_tables(options, *table); !made) return made.take_error();
  return trace;
}

Result<NftTrace::Socket> NftTrace::open_socket(const std::string& table, int receive_buffer) {
  const std::string what = "trace nftables' rules";
  Socket socket(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) {
    return Error::from_errno(errno, what).hint("this kernel has no netfilter over netlink");
  }
  const int fd = mnl_socket_get_fd(socket.get());

  // Asks for the ruleset's generation, since joining a group is no test of privilege or of nf_tables.
  struct {
    nlmsghdr header;
    nfgenmsg body;
  } request{};
  request.header = {.nlmsg_len = sizeof(request),
                    .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
                    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK};
  std::array<char, 1024> answer{};
  if (mnl_socket_sendto(socket.get(), &request, sizeof(request)) < 0) return Error::from_errno(errno, what);
  for (int status = MNL_CB_OK; status != MNL_CB_STOP;) {  // the kernel answers before sendto returns
    const auto length = mnl_socket_recvfrom(socket.get(), answer.data(), answer.size());
    status =
        length < 0 ? MNL_CB_ERROR : mnl_cb_run(answer.data(), static_cast<std::size_t>(length), 0, 0, nullptr, nullptr);
    if (status >= MNL_CB_STOP) continue;
    const int err = errno;
    return Error::from_errno(err, what).hint(err == EPERM ? "needs CAP_NET_ADMIN" : "this kernel has no nf_tables");
  }

  // Keeps what our own chains say out of the buffer: trace messages with our table's name. Offsets and words are in
  // network order, the message type is in the host's.
  std::array<std::uint32_t, kTableNameSize / 4> words{};
  std::memcpy(words.data(), table.data(), kTableNameSize);
  constexpr std::uint32_t first_attribute = sizeof(nlmsghdr) + sizeof(nfgenmsg);
  std::array<sock_filter, 17> code = {{
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(nlmsghdr, nlmsg_type)),
      BPF_JUMP(BPF_JMP | BPF_JEQ, htobe16(kTraceMessage), 0, 14),
      BPF_STMT(BPF_LDX | BPF_IMM, NFTA_TRACE_TABLE),
      BPF_STMT(BPF_LD | BPF_IMM, first_attribute),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_NLATTR)),
      BPF_JUMP(BPF_JMP | BPF_JEQ, 0, 10, 0),
      BPF_STMT(BPF_MISC | BPF_TAX, 0),
  }};
  for (std::size_t n = 0; n < words.size(); ++n) {
    const auto left = static_cast<std::uint8_t>(2 * (words.size() - n - 1));
    code[7 + 2 * n] = BPF_STMT(BPF_LD | BPF_W | BPF_IND, static_cast<std::uint32_t>(sizeof(nlattr) + 4 * n));
    code[8 + 2 * n] = BPF_JUMP(BPF_JMP | BPF_JEQ, be32toh(words[n]), 0, static_cast<std::uint8_t>(left + 1));
  }
  code[15] = BPF_STMT(BPF_RET | BPF_K, 0);
  code[16] = BPF_STMT(BPF_RET | BPF_K, ~0U);
  const sock_fprog program{.len = code.size(), .filter = code.data()};
  const int trace_group = NFNLGRP_NFTRACE;
  const int change_group = NFNLGRP_NFTABLES;
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0 ||
      mnl_socket_setsockopt(socket.get(), NETLINK_ADD_MEMBERSHIP, const_cast<int*>(&trace_group), sizeof(int)) != 0 ||
      mnl_socket_setsockopt(socket.get(), NETLINK_ADD_MEMBERSHIP, const_cast<int*>(&change_group), sizeof(int)) != 0) {
    return Error::from_errno(errno, what);
  }
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof(receive_buffer)) != 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));  // up to net.core.rmem_max
  }
  return socket;
}

Result<> NftTrace::make_tables(const NftTraceOptions& options, const std::string& table) {
  std::vector<NftRules> rules;
  for (const ClassicProgram& program : options.programs) rules.push_back(nft_rules(program));
  const bool everything =
      rules.empty() || std::any_of(rules.begin(), rules.end(), [](const NftRules& one) { return one.everything; });
  if (everything) rules.clear();

  // Ingress and egress come on top where the kernel has them; a device may go while it is being named.
  enum class Reach { kEgress, kIngress, kIp };
  for (const Reach reach : {Reach::kEgress, Reach::kIngress, Reach::kIp}) {
    auto devices = rtnetlink::devices();
    if (!devices) return devices.take_error();
    std::vector<std::string> names;
    for (const auto& device : *devices) names.push_back(device.name);
    const auto interfaces =
        options.interfaces.empty() ? std::vector<std::string>() : with_stacked(options.interfaces, *devices);
    std::string text = inet_table(table, rules, interfaces);
    if (reach != Reach::kIp) {
      text += netdev_table(table, rules, options.interfaces.empty() ? names : interfaces, reach == Reach::kEgress);
    }
    if (nft_run_cmd_from_buffer(owner_.get(), text.c_str()) == 0) {
      description_ = "table " + table + ", " + (everything ? "every packet" : "packets that match") + " at " +
                     (reach == Reach::kIp        ? ""
                      : reach == Reach::kIngress ? "ingress and "
                                                 : "ingress, egress and ") +
                     "the IP hooks";
      return ok();
    }
  }
  const std::string_view said = nft_ctx_get_error_buffer(owner_.get());
  return Error("trace nftables' rules: " + std::string(said.substr(0, said.find('\n'))))
      .hint("needs tables with an owner, Linux 5.12");
}

int NftTrace::fd() const {
  return mnl_socket_get_fd(socket_.get());
}

NftTraceStatistics NftTrace::statistics() const {
  NftTraceStatistics statistics = statistics_;
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t size = sizeof(memory);
  if (getsockopt(fd(), SOL_SOCKET, SO_MEMINFO, memory.data(), &size) == 0) {
    statistics.lost = memory[SK_MEMINFO_DROPS];
  }
  return statistics;
}

Result<bool> NftTrace::drain(const std::function<void(const RuleVerdict&)>& handler) {
  for (int n = 0; n < kDatagramsPerDrain; ++n) {
    const auto length = mnl_socket_recvfrom(socket_.get(), buffer_.data(), buffer_.size());
    if (length < 0) {
      if (errno == EAGAIN) return false;
      if (errno == EINTR) continue;
      if (errno != ENOBUFS) return Error::from_errno(errno, "read nftables' trace");
      chains_.forget();  // what was lost may have told of a change; how much it was, the socket counts
      continue;
    }
    const std::uint64_t now = epoch_ns();
    auto left = static_cast<int>(length);
    for (auto* message = reinterpret_cast<const nlmsghdr*>(buffer_.data()); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_type == kNewGeneration) chains_.forget();
      if (message->nlmsg_type == kTraceMessage) read_message(message, now, handler);
    }
  }
  return true;
}

void NftTrace::read_message(const nlmsghdr* message, std::uint64_t now,
                            const std::function<void(const RuleVerdict&)>& handler) {
  ++statistics_.messages;
  Attributes attributes{};
  if (mnl_attr_parse(message, sizeof(nfgenmsg), keep_attribute, &attributes) < 0) return;
  const std::uint8_t family = static_cast<const nfgenmsg*>(mnl_nlmsg_get_payload(message))->nfgen_family;

  RuleVerdict verdict;
  verdict.time_ns = now;
  verdict.trace_id = number_of(attributes[NFTA_TRACE_ID]);
  verdict.family = family_name(family);
  verdict.table = text_of(attributes[NFTA_TRACE_TABLE]);
  verdict.chain = text_of(attributes[NFTA_TRACE_CHAIN]);
  verdict.policy = number_of(attributes[NFTA_TRACE_TYPE]) == NFT_TRACETYPE_POLICY;

  // A pass begins with the message that has a device, which no packet at a hook is without.
  if (attributes[NFTA_TRACE_IIF] != nullptr || attributes[NFTA_TRACE_OIF] != nullptr) {
    if (passes_.size() >= kMaxPasses) passes_.clear();
    Pass& pass = passes_[verdict.trace_id];
    const auto network = bytes_of(attributes[NFTA_TRACE_NETWORK_HEADER]);
    const auto transport = bytes_of(attributes[NFTA_TRACE_TRANSPORT_HEADER]);
    pass.size = std::min(network.size(), pass.bytes.size());
    std::copy_n(network.begin(), pass.size, pass.bytes.begin());
    if (transport_follows(network) && network.size() + transport.size() <= pass.bytes.size()) {
      std::copy(transport.begin(), transport.end(), pass.bytes.begin() + static_cast<std::ptrdiff_t>(pass.size));
      pass.size += transport.size();
    }
    pass.in_ifindex = number_of(attributes[NFTA_TRACE_IIF]);
    pass.out_ifindex = number_of(attributes[NFTA_TRACE_OIF]);
    // The chain it begins in is the base chain, whichever decides in the end.
    pass.hook = chains_.chain(verdict.family, verdict.table, verdict.chain).hook;
  }

  const auto action = action_of(code_of(attributes, verdict.policy));
  if (!action) return;
  verdict.action = *action;
  const auto known = passes_.find(verdict.trace_id);
  const Pass pass = known == passes_.end() ? Pass() : known->second;
  if (known != passes_.end()) passes_.erase(known);
  verdict.in_ifindex = pass.in_ifindex;
  verdict.out_ifindex = pass.out_ifindex;
  verdict.network_header_on = std::span(pass.bytes).first(pass.size);
  verdict.hook_name = pass.hook;
  verdict.hook = hook_of(family, pass.hook);
  const NftChain& chain = chains_.chain(verdict.family, verdict.table, verdict.chain);
  if (verdict.policy) {
    verdict.rule_text = chain.policy;
  } else {
    if (const nlattr* handle = attributes[NFTA_TRACE_RULE_HANDLE]) {
      verdict.rule_handle = be64toh(mnl_attr_get_u64(handle));
    }
    if (const auto rule = chain.rules.find(verdict.rule_handle); rule != chain.rules.end()) {
      verdict.rule_text = rule->second;
    }
  }
  ++statistics_.verdicts;
  handler(verdict);
}

}  // namespace ringtap
