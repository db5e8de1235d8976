// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// libFuzzer target: netlink messages. The first byte chooses whose: devices and tc filters of rtnetlink, or the trace
// of nftables. Arbitrary bytes are read as the kernel's answer, out of memory that ends where they do; every whole
// message has to count. Then a message that is made of the input as the kernel makes it has to give back what it was
// made of.
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/netlink_message.hpp"
#include "net/rtnetlink.hpp"
#include "nft/nft_trace_messages.hpp"
#include "support/fuzz_input.hpp"

namespace {

using namespace ringtap;
using testing::FuzzInput;
using testing::require;

constexpr std::size_t kAlternativeName = 127;  // ALTIFNAMSIZ with its zero
constexpr std::string_view kRuleset =
    "table inet t {\n\tchain c {\n\t\ttype filter hook input priority filter; policy drop;\n"
    "\t\tudp dport 5001 drop # handle 7\n\t}\n}\n";

NftChains chains() {
  return NftChains(
      [](const std::string& what) { return what == "ruleset" ? std::optional<std::string>(kRuleset) : std::nullopt; });
}

// The bytes in memory that is as long as they are.
class Exactly {
 public:
  explicit Exactly(std::span<const std::uint8_t> bytes) : size_(bytes.size()), memory_(new std::byte[bytes.size()]) {
    std::copy_n(std::as_bytes(bytes).begin(), size_, memory_.get());
  }
  [[nodiscard]] std::span<const std::byte> span() const { return {memory_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> memory_;
};

// How many messages a buffer begins with that are long enough for this body, counted anew.
std::size_t messages_with(std::span<const std::byte> bytes, std::size_t body, std::optional<std::uint16_t> type = {}) {
  std::size_t count = 0;
  for (std::size_t at = 0; at + sizeof(nlmsghdr) <= bytes.size();) {
    nlmsghdr header{};
    std::memcpy(&header, bytes.data() + at, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > bytes.size() - at) break;
    if (header.nlmsg_len >= sizeof header + body && (!type || header.nlmsg_type == *type)) ++count;
    at += (std::size_t{header.nlmsg_len} + 3) / 4 * 4;
  }
  return count;
}

bool is_text(std::string_view text) {
  return text.find('\0') == std::string_view::npos;
}

void check_any_link(std::span<const std::uint8_t> bytes) {
  const Exactly answer(bytes);
  std::vector<rtnetlink::Device> devices;
  std::vector<rtnetlink::DeviceEvent> events;
  std::vector<rtnetlink::TcFilter> filters;
  netlink::for_each_message(answer.span(), [&](const nlmsghdr* message) {
    rtnetlink::read_device(message, devices);
    rtnetlink::read_event(message, events);
    rtnetlink::read_tc_filter(message, filters);
  });
  require(devices.size() == messages_with(answer.span(), sizeof(ifinfomsg)));
  require(filters.size() <= messages_with(answer.span(), sizeof(tcmsg)));
  // Of network namespaces there are events, too; these have no device.
  require(static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [](const auto& event) {
            return event.netns_id == rtnetlink::kNoNetnsId;
          })) <= devices.size());
  for (const auto& device : devices) {
    require(is_text(device.name) && is_text(device.kind));
    require(std::all_of(device.other_names.begin(), device.other_names.end(), is_text));
    require(device.is_called(device.name.substr(0, device.name.find(':'))) || device.name.find(':') < SIZE_MAX);
  }
  for (const auto& filter : filters) require(is_text(filter.kind) && is_text(filter.program_name));
}

std::string name_of(FuzzInput& input, std::size_t most) {
  const auto text = input.take_until('\n').substr(0, most);
  return std::string(text.substr(0, text.find('\0')));
}

void put_text(nlmsghdr* message, int type, const std::string& text) {
  mnl_attr_put_strz(message, static_cast<std::uint16_t>(type), text.c_str());
}

void check_made_link(FuzzInput input) {
  alignas(nlmsghdr) std::array<char, 4096> buffer{};
  nlmsghdr* message = mnl_nlmsg_put_header(buffer.data());
  message->nlmsg_type = input.take<std::uint8_t>() % 2 == 0 ? RTM_NEWLINK : RTM_DELLINK;
  auto* info = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg)));
  info->ifi_index = input.take<std::int32_t>();
  info->ifi_flags = input.take<std::uint32_t>();
  const auto master = input.take<std::uint32_t>();
  const auto link = input.take<std::uint32_t>();
  const auto moved_to = input.take<std::int32_t>();
  const bool has_other_netns = input.take<std::uint8_t>() % 2 != 0;
  const auto mac = input.take<std::array<std::uint8_t, 6>>();
  const std::string name = name_of(input, IFNAMSIZ - 1);
  const std::string kind = name_of(input, 32);
  put_text(message, IFLA_IFNAME, name);
  mnl_attr_put_u32(message, IFLA_MASTER, master);
  mnl_attr_put_u32(message, IFLA_LINK, link);
  if (has_other_netns) mnl_attr_put_u32(message, IFLA_LINK_NETNSID, 1);
  mnl_attr_put_u32(message, IFLA_NEW_NETNSID, static_cast<std::uint32_t>(moved_to));
  mnl_attr_put(message, IFLA_ADDRESS, mac.size(), mac.data());
  nlattr* nest = mnl_attr_nest_start(message, IFLA_LINKINFO);
  put_text(message, IFLA_INFO_KIND, kind);
  mnl_attr_nest_end(message, nest);
  nest = mnl_attr_nest_start(message, IFLA_PROP_LIST);
  std::vector<std::string> others;
  for (std::size_t n = 0; n < 4 && !input.empty(); ++n) {
    others.push_back(name_of(input, kAlternativeName));
    put_text(message, IFLA_ALT_IFNAME, others.back());
  }
  mnl_attr_nest_end(message, nest);

  std::vector<rtnetlink::DeviceEvent> events;
  rtnetlink::read_event(message, events);
  require(events.size() == 1);
  const auto& [gone, device, netns, netns_id] = events[0];
  require(netns_id == rtnetlink::kNoNetnsId);
  require(gone == (message->nlmsg_type == RTM_DELLINK));
  require(gone ? netns == moved_to : !netns);
  require(device.ifindex == static_cast<std::uint32_t>(info->ifi_index) && device.flags == info->ifi_flags);
  require(device.name == name && device.kind == kind && device.other_names == others && device.mac == mac);
  require(device.master == master && device.link == (has_other_netns ? 0 : link));
}

void check_made_filter(FuzzInput input) {
  alignas(nlmsghdr) std::array<char, 4096> buffer{};
  nlmsghdr* message = mnl_nlmsg_put_header(buffer.data());
  auto* info = static_cast<tcmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(tcmsg)));
  info->tcm_handle = input.take<std::uint32_t>();
  const auto priority = input.take<std::uint16_t>();
  info->tcm_info = static_cast<std::uint32_t>(priority) << 16;
  const bool is_bpf = input.take<std::uint8_t>() % 2 == 0;
  const std::string name = name_of(input, 64);
  put_text(message, TCA_KIND, is_bpf ? "bpf" : "flower");
  nlattr* nest = mnl_attr_nest_start(message, TCA_OPTIONS);
  put_text(message, 7 /* TCA_BPF_NAME */, name);
  mnl_attr_nest_end(message, nest);
  std::vector<rtnetlink::TcFilter> filters;
  rtnetlink::read_tc_filter(message, filters);
  require(filters.size() == (info->tcm_handle == 0 ? 0U : 1U));
  for (const auto& filter : filters) {
    require(filter.handle == info->tcm_handle && filter.priority == priority);
    require(filter.program_name == (is_bpf ? name : ""));
  }
}

void check_any_trace(std::span<const std::uint8_t> bytes) {
  const Exactly received(bytes);
  NftTraceMessages messages(chains());
  std::vector<NftDecision> decisions;
  messages.read(received.span(), 1, decisions);
  require(messages.count() == messages_with(received.span(), 0, kNftTraceMessage));
  require(decisions.size() <= messages.count());
  for (const NftDecision& decision : decisions) {
    const RuleVerdict verdict = decision.view();
    require(is_text(verdict.table) && is_text(verdict.chain));
    require(verdict.network_header_on.size() <= decision.pass.bytes.size());
  }
}

// A packet that a rule or the policy of `inet t c` decides about.
void check_made_trace(FuzzInput input) {
  const auto id = input.take<std::uint32_t>();
  const auto in = input.take<std::uint32_t>();
  const auto handle = input.take<std::uint64_t>();
  const auto choices = input.take<std::uint8_t>();
  const bool by_policy = choices % 2 != 0;
  const std::uint32_t code = choices / 2 % 2 != 0 ? NF_DROP : NF_ACCEPT;
  const auto header = input.take_bytes(80);

  alignas(nlmsghdr) std::array<char, 4096> buffer{};
  nlmsghdr* message = mnl_nlmsg_put_header(buffer.data());
  message->nlmsg_type = kNftTraceMessage;
  static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)))->nfgen_family = NFPROTO_INET;
  put_text(message, NFTA_TRACE_TABLE, "t");
  put_text(message, NFTA_TRACE_CHAIN, "c");
  mnl_attr_put_u32(message, NFTA_TRACE_ID, htonl(id));
  mnl_attr_put_u32(message, NFTA_TRACE_IIF, htonl(in));
  mnl_attr_put(message, NFTA_TRACE_NETWORK_HEADER, header.size(), header.data());
  mnl_attr_put_u32(message, NFTA_TRACE_TYPE, htonl(by_policy ? NFT_TRACETYPE_POLICY : NFT_TRACETYPE_RULE));
  if (by_policy) {
    mnl_attr_put_u32(message, NFTA_TRACE_POLICY, htonl(code));
  } else {
    mnl_attr_put_u64(message, NFTA_TRACE_RULE_HANDLE, htobe64(handle));
    nlattr* nest = mnl_attr_nest_start(message, NFTA_TRACE_VERDICT);
    mnl_attr_put_u32(message, NFTA_VERDICT_CODE, htonl(code));
    mnl_attr_nest_end(message, nest);
  }
  NftTraceMessages messages(chains());
  std::vector<NftDecision> decisions;
  messages.read(std::as_bytes(std::span(buffer).first(message->nlmsg_len)), 5, decisions);
  require(decisions.size() == 1);
  const RuleVerdict verdict = decisions[0].view();
  require(verdict.time_ns == 5 && verdict.trace_id == id && verdict.in_ifindex == in && verdict.out_ifindex == 0);
  require(verdict.action == (code == NF_DROP ? RuleAction::kDrop : RuleAction::kAccept));
  require(verdict.policy == by_policy && verdict.hook == NetfilterHook::kInput && verdict.family == "inet");
  const auto bytes = std::as_bytes(header).first(std::min<std::size_t>(header.size(), 60));
  require(std::equal(bytes.begin(), bytes.end(), verdict.network_header_on.begin(), verdict.network_header_on.end()));
  const std::string_view rule = handle == 7 ? "udp dport 5001 drop" : "";
  require(verdict.rule_text == (by_policy ? "policy drop" : rule));
  require(by_policy || verdict.rule_handle == handle);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span<const std::uint8_t> rest(data + 1, size - 1);
  const FuzzInput input(rest.data(), rest.size());
  if (data[0] % 2 == 0) {
    check_any_link(rest);
    check_made_link(input);
    check_made_filter(input);
  } else {
    check_any_trace(rest);
    check_made_trace(input);
  }
  return 0;
}
