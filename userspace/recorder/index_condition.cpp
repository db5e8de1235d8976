// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "recorder/index_condition.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "filter/expression_tree.hpp"
#include "recorder/index_keys.hpp"
#include "recorder/owner_keys.hpp"

namespace ringtap {
namespace {

using Words = std::vector<std::string_view>;

constexpr std::uint32_t kMostPorts = 32;  // of a range; each may be there by chance

struct ProtocolWord {
  std::string_view word;
  std::uint8_t number;
};
// Those of IPv4 alone and of IPv6 alone too: the number is necessary for either.
constexpr std::array kProtocols = {ProtocolWord{"tcp", IPPROTO_TCP},
                                   ProtocolWord{"udp", IPPROTO_UDP},
                                   ProtocolWord{"sctp", IPPROTO_SCTP},
                                   ProtocolWord{"icmp", IPPROTO_ICMP},
                                   ProtocolWord{"icmp6", IPPROTO_ICMPV6},
                                   ProtocolWord{"igmp", IPPROTO_IGMP},
                                   ProtocolWord{"ah", IPPROTO_AH},
                                   ProtocolWord{"esp", IPPROTO_ESP},
                                   ProtocolWord{"pim", IPPROTO_PIM},
                                   ProtocolWord{"vrrp", 112},
                                   ProtocolWord{"carp", 112}};

struct EthertypeWord {
  std::string_view word;
  std::uint16_t number;
};
constexpr std::array kEthertypes = {EthertypeWord{"ip", ethertype::kIpv4}, EthertypeWord{"ip6", ethertype::kIpv6},
                                    EthertypeWord{"arp", ethertype::kArp}, EthertypeWord{"rarp", ethertype::kRarp}};

// What libpcap takes for a decimal number; one with a leading zero would be octal.
std::optional<std::uint32_t> number(std::string_view word, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  const bool is_octal = word.size() > 1 && word[0] == '0';
  if (error != std::errc() || end != word.data() + word.size() || is_octal || value > most) return std::nullopt;
  return value;
}

// Of an address without a mask, or with a full one.
std::optional<std::uint32_t> address_key(std::string_view word) {
  const std::size_t slash = word.find('/');
  const std::string text(word.substr(0, slash));
  const auto has_mask = [&](std::uint32_t bits) {
    return slash == std::string_view::npos || number(word.substr(slash + 1), bits) == bits;
  };
  in_addr ipv4{};
  if (inet_pton(AF_INET, text.c_str(), &ipv4) == 1) {
    if (!has_mask(32)) return std::nullopt;
    return key_hash(KeyKind::kIpv4Address, ntohl(ipv4.s_addr));
  }
  std::array<std::byte, 16> ipv6{};
  if (inet_pton(AF_INET6, text.c_str(), ipv6.data()) == 1 && has_mask(128)) {
    return ipv6_key(load_be64(ipv6.data()), load_be64(ipv6.data() + 8));
  }
  return std::nullopt;
}

}  // namespace

IndexCondition IndexCondition::key(std::uint32_t hash) {
  IndexCondition condition;
  condition.kind_ = Kind::kKey;
  condition.key_ = hash;
  return condition;
}

IndexCondition IndexCondition::owner(std::uint32_t hash) {
  IndexCondition condition = key(hash);
  condition.kind_ = Kind::kOwnerKey;
  return condition;
}

IndexCondition IndexCondition::all_of(std::vector<IndexCondition> parts) {
  std::erase_if(parts, [](const IndexCondition& part) { return part.demands_nothing(); });
  if (parts.size() == 1) return std::move(parts.front());
  IndexCondition condition;
  if (parts.empty()) return condition;
  condition.kind_ = Kind::kAnd;
  condition.parts_ = std::move(parts);
  return condition;
}

IndexCondition IndexCondition::one_of(std::vector<IndexCondition> parts) {
  IndexCondition condition;
  if (std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part.demands_nothing(); })) {
    return condition;
  }
  condition.kind_ = Kind::kOr;
  condition.parts_ = std::move(parts);
  return condition;
}

bool IndexCondition::may_match(const FrameEntry& entry) const {
  const auto holds = [&](const IndexCondition& part) { return part.may_match(entry); };
  switch (kind_) {
    case Kind::kNothing:
      return true;
    case Kind::kKey:
      return entry.may_have(key_);
    case Kind::kOwnerKey:
      return !entry.has(kHasOwners) || entry.may_have(key_);
    case Kind::kAnd:
      return std::all_of(parts_.begin(), parts_.end(), holds);
    case Kind::kOr:
      return std::any_of(parts_.begin(), parts_.end(), holds);
  }
  return true;
}

// One primitive: qualifiers, then at most one value.
class LeafReader {
 public:
  explicit LeafReader(const Words& words) : words_(words) {}

  IndexCondition read() {
    if (words_.empty()) return {};
    if (words_.size() == 1) return word(words_.front());
    for (std::size_t n = 0; n + 1 < words_.size(); ++n) {
      if (!take(words_[n])) return {};
    }
    return value(words_.back());
  }

 private:
  static IndexCondition protocol(std::uint32_t number) {
    return IndexCondition::key(key_hash(KeyKind::kProtocol, number));
  }
  static IndexCondition ethertype(std::uint32_t number) {
    return IndexCondition::key(key_hash(KeyKind::kEthertype, number));
  }
  static IndexCondition port(std::uint32_t number) { return IndexCondition::key(key_hash(KeyKind::kPort, number)); }

  // `tcp`, `ip6`; an address, which is that of a host.
  static IndexCondition word(std::string_view word) {
    for (const ProtocolWord& known : kProtocols) {
      if (known.word == word) return protocol(known.number);
    }
    for (const EthertypeWord& known : kEthertypes) {
      if (known.word == word) return ethertype(known.number);
    }
    const auto address = word.find('/') == std::string_view::npos ? address_key(word) : std::nullopt;
    return address ? IndexCondition::key(*address) : IndexCondition();
  }

  // A qualifier; false: what it means is not known here.
  bool take(std::string_view word) {
    if (word == "src" || word == "dst" || word == "or" || word == "and" || word == "||" || word == "&&") return true;
    if (word == "host" || word == "net" || word == "port" || word == "portrange" || word == "proto") {
      return std::exchange(type_, word).empty();
    }
    const bool is_protocol = word == "ip" || word == "ip6" || word == "arp" || word == "rarp" || word == "tcp" ||
                             word == "udp" || word == "sctp";
    return is_protocol && std::exchange(protocol_, word).empty();
  }

  [[nodiscard]] IndexCondition value(std::string_view text) const {
    if (type_.empty() || type_ == "host" || type_ == "net") {
      const bool is_host = type_ != "net";
      const auto address = is_host && text.find('/') != std::string_view::npos ? std::nullopt : address_key(text);
      return address ? IndexCondition::key(*address) : IndexCondition();
    }
    const bool of_transport = protocol_ == "tcp" || protocol_ == "udp" || protocol_ == "sctp";
    if (type_ == "proto") {
      const auto known = of_transport || protocol_ == "arp" || protocol_ == "rarp" ? std::nullopt : number(text, 255);
      return known ? protocol(*known) : IndexCondition();
    }
    if (!of_transport && !protocol_.empty()) return {};
    return IndexCondition::all_of({of_transport ? word(protocol_) : IndexCondition(), ports(text)});
  }

  [[nodiscard]] IndexCondition ports(std::string_view text) const {
    const std::size_t dash = type_ == "portrange" ? text.find('-') : std::string_view::npos;
    const auto first = number(text.substr(0, dash), 0xffff);
    const auto last = dash == std::string_view::npos ? first : number(text.substr(dash + 1), 0xffff);
    if (!first || !last) return {};
    const auto [low, high] = std::minmax(*first, *last);
    if (high - low >= kMostPorts) return {};
    std::vector<IndexCondition> some;
    for (std::uint32_t number = low; number <= high; ++number) some.push_back(port(number));
    return some.size() == 1 ? std::move(some.front()) : IndexCondition::one_of(std::move(some));
  }

  const Words& words_;
  std::string_view type_;
  std::string_view protocol_;
};

class ConditionReader {
 public:
  // Where no word shifts the offsets of what follows, each part means what it means by itself.
  static IndexCondition read(const ExpressionNode& node) {
    using Kind = ExpressionNode::Kind;
    if (node.kind == Kind::kLeaf) return LeafReader(expression_words(node.text)).read();
    if (node.kind == Kind::kNot) return {};
    std::vector<IndexCondition> parts;
    parts.reserve(node.children.size());
    for (const ExpressionNode& child : node.children) parts.push_back(read(child));
    return node.kind == Kind::kAnd ? IndexCondition::all_of(std::move(parts))
                                   : IndexCondition::one_of(std::move(parts));
  }

  // `vlan` and the like have what follows looked for further on. In a conjunction that is after the header they demand,
  // where the keys are from too; in other places it may be anywhere.
  static IndexCondition read_conjunction(std::string_view expression) {
    std::vector<IndexCondition> parts;
    for (const std::string_view part : conjuncts(expression)) {
      if (const auto tree = parse_expression(part)) {
        // Without a qualifier of its own it would take that of the part before.
        if (!begins_with_number(part)) parts.push_back(read(*tree));
        continue;
      }
      const Words words = expression_words(part);
      if (auto header = read_header(words)) {
        parts.push_back(std::move(*header));
      } else if (!is_named(words)) {
        break;  // it may shift what follows
      }
    }
    return IndexCondition::all_of(std::move(parts));
  }

 private:
  static bool begins_with_number(std::string_view part) {
    const Words words = expression_words(part);
    return !words.empty() && (words.front().find(':') != std::string_view::npos ||
                              (words.front().front() >= '0' && words.front().front() <= '9'));
  }

  // `vlan 5`, `mpls`, `pppoes 7`; none: it is something else.
  static std::optional<IndexCondition> read_header(const Words& words) {
    if (words.empty() || words.size() > 2) return std::nullopt;
    std::optional<std::uint32_t> value;
    if (words.size() == 2) {
      value = number(words[1], 0xffff'ffff);
      if (!value) return std::nullopt;
    }
    const auto one_of = [](std::initializer_list<std::uint16_t> types) {
      std::vector<IndexCondition> some;
      for (const std::uint16_t type : types) {
        some.push_back(IndexCondition::key(key_hash(KeyKind::kEthertype, type)));
      }
      return IndexCondition::one_of(std::move(some));
    };
    if (words[0] == "vlan") {
      if (value) return IndexCondition::key(key_hash(KeyKind::kVlan, *value & 0xfff));
      return one_of({0x8100, 0x88a8, 0x9100, 0x9200});
    }
    if (words[0] == "mpls") return one_of({ethertype::kMpls, ethertype::kMplsUpstream});
    if (words[0] == "pppoes") return one_of({ethertype::kPppoeSession});
    return std::nullopt;
  }

  // `host www.example.com`, `tcp port https`: a primitive that shifts nothing.
  static bool is_named(const Words& words) {
    constexpr std::array<std::string_view, 6> kNames = {"host", "net", "port", "portrange", "src", "dst"};
    if (words.size() < 2 || words.size() > 4) return false;
    const auto is_one = [&](std::string_view word) {
      return std::find(kNames.begin(), kNames.end(), word) != kNames.end();
    };
    if (!is_one(words[words.size() - 2])) return false;
    return std::none_of(words.begin(), words.end(), [](std::string_view word) {
      return word == "vlan" || word == "mpls" || word == "pppoes" || word == "pppoed" || word == "geneve" ||
             word == "vxlan" || word == "(" || word == ")" || word == "[" || word == "not" || word == "!";
    });
  }
};

IndexCondition IndexCondition::of(const OwnerSelection& selection) {
  std::vector<IndexCondition> parts;
  const auto demand = [&parts](const auto& list, auto condition_of) {
    if (list.empty()) return;
    std::vector<IndexCondition> some;
    some.reserve(list.size());
    for (const auto& one : list) some.push_back(condition_of(one));
    parts.push_back(one_of(std::move(some)));
  };
  demand(selection.pids, [](std::uint32_t pid) { return owner(owner_key(OwnerKey::kPid, pid)); });
  demand(selection.uids, [](std::uint32_t uid) { return owner(owner_key(OwnerKey::kUid, uid)); });
  demand(selection.names, [](const std::string& name) { return owner(owner_key(OwnerKey::kName, name)); });
  demand(selection.cgroups, [](std::string_view path) {
    while (path.ends_with('/')) path.remove_suffix(1);
    return path.size() > 1 ? owner(owner_key(OwnerKey::kCgroup, path)) : IndexCondition();
  });
  demand(selection.containers, [](const std::string& name) {
    std::vector<IndexCondition> either = {owner(owner_key(OwnerKey::kContainerName, name))};
    if (name.size() >= kShortestContainerId) either.push_back(owner(container_id_key(name)));
    return one_of(std::move(either));
  });
  demand(selection.pods, [](const std::string& name) { return owner(owner_key(OwnerKey::kPod, name)); });
  return all_of(std::move(parts));
}

IndexCondition IndexCondition::of(std::string_view expression) {
  if (const auto tree = parse_expression(expression)) return ConditionReader::read(*tree);
  return ConditionReader::read_conjunction(expression);
}

}  // namespace ringtap
