// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "nft/nft_tables.hpp"

#include <linux/if_ether.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>

#include "filter/nft_rules.hpp"
#include "net/rtnetlink.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kMaxDevices = 255;  // per chain: the kernel refuses NFT_NETDEVICE_MAX or more
constexpr const char* kMark = " meta nftrace set 1 accept\n";  // accept: continue with the next base chain

std::string quoted(const std::vector<std::string>& devices) {
  std::string text = "{ ";
  for (const std::string& device : devices) text += (text.size() > 2 ? ", \"" : "\"") + device + "\"";
  return text + " }";
}

// The chain that marks packets that match. `inet`: for the IP hooks, otherwise for those of netdev.
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
  // At every hook, since a packet that was rewritten at the previous one may match only now.
  return "table inet " + table + " {\nflags owner;\n" + mark_chain(rules, true) +
         base_chain("prerouting", "prerouting", in + jump) + base_chain("input", "input", in + jump) +
         base_chain("forward", "forward", either) + base_chain("output", "output", out + jump) +
         base_chain("postrouting", "postrouting", either) + "}\n";
}

std::string netdev_table(const std::string& table, const std::vector<NftRules>& rules,
                         const std::vector<std::string>& devices, bool egress) {
  std::string jump = "jump wanted\n";
  // For nftables a malformed IPv4 packet has no transport header, so ports cannot be tested.
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

// `interfaces` and all devices stacked on them: at the IP hooks a packet has the name of the upper device.
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

}  // namespace

Result<NftTables> NftTables::make(const NftTraceOptions& options, const std::string& name) {
  auto owner = NftContext::make();
  if (!owner) return owner.take_error();
  NftTables tables(owner.take());
  std::vector<NftRules> rules;
  for (const ClassicProgram& program : options.programs) rules.push_back(nft_rules(program));
  const bool everything =
      rules.empty() || std::any_of(rules.begin(), rules.end(), [](const NftRules& one) { return one.everything; });
  if (everything) rules.clear();

  // Ingress and egress are added if the kernel has them; a device may disappear in the meantime.
  enum class Reach { kEgress, kIngress, kIp };
  for (const Reach reach : {Reach::kEgress, Reach::kIngress, Reach::kIp}) {
    auto devices = rtnetlink::devices();
    if (!devices) return devices.take_error();
    std::vector<std::string> names;
    for (const auto& device : *devices) names.push_back(device.name);
    const auto interfaces =
        options.interfaces.empty() ? std::vector<std::string>() : with_stacked(options.interfaces, *devices);
    std::string text = inet_table(name, rules, interfaces);
    if (reach != Reach::kIp) {
      text += netdev_table(name, rules, options.interfaces.empty() ? names : interfaces, reach == Reach::kEgress);
    }
    if (tables.owner_.run(text)) {
      tables.description_ = "table " + name + ", " + (everything ? "every packet" : "packets that match") + " at " +
                            (reach == Reach::kIp        ? ""
                             : reach == Reach::kIngress ? "ingress and "
                                                        : "ingress, egress and ") +
                            "the IP hooks";
      return tables;
    }
  }
  const std::string_view said = tables.owner_.complaints();
  return Error("trace nftables' rules: " + std::string(said.substr(0, said.find('\n'))))
      .hint("needs nftables tables with an owner (Linux 5.12)");
}

}  // namespace ringtap
