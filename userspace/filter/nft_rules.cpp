// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "filter/nft_rules.hpp"

#include <linux/filter.h>
#include <linux/if_ether.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "filter/decode.hpp"

namespace ringtap {
namespace {

// Beyond these the rules would cost each packet more than tracing all of them; a program that loops ends here too.
constexpr std::size_t kMaxRules = 256;
constexpr std::size_t kMaxConditions = 32;  // the kernel takes 128 expressions a rule, a condition is up to three
constexpr std::size_t kMaxSteps = 100'000;

using Relation = NftCondition::Relation;

// What is known of a register: bytes of the packet under a mask, the start of IPv4's payload, or nothing.
struct Value {
  enum class Kind : std::uint8_t { kUnknown, kPacket, kPayloadStart };
  Kind kind = Kind::kUnknown;
  bool transport = false;
  std::uint8_t size = 4;
  std::uint32_t offset = 0;  // of the frame, or of the transport header
  std::uint32_t mask = 0;
};

struct Machine {
  Value a;
  Value x;
  std::array<Value, kMemoryWords> memory;

  Value& reg(FilterReg which) { return which == FilterReg::kA ? a : x; }
};

constexpr std::uint32_t full_mask(std::uint8_t size) {
  return size == 4 ? ~0U : (1U << (8 * size)) - 1;
}

Relation opposite(Relation relation) {
  switch (relation) {
    case Relation::kEqual:
      return Relation::kNotEqual;
    case Relation::kNotEqual:
      return Relation::kEqual;
    case Relation::kGreater:
      return Relation::kLessOrEqual;
    case Relation::kGreaterOrEqual:
      return Relation::kLess;
    case Relation::kLess:
      return Relation::kGreaterOrEqual;
    default:
      return Relation::kGreater;
  }
}

class PathWalk {
 public:
  PathWalk(const std::vector<DecodedInsn>& program, std::uint32_t link_header)
      : program_(program), link_header_(link_header) {}

  NftRules walk() && {
    pending_.push_back({});
    while (!pending_.empty() && !rules_.everything) {
      const Side side = pending_.back();
      pending_.pop_back();
      path_.resize(side.path_size);
      if (side.condition) path_.push_back(*side.condition);
      follow(side.position, side.machine);
    }
    if (rules_.everything) return {.everything = true};
    return std::move(rules_);
  }

 private:
  // One side of a test. A stack of these rather than calls in calls: a path may have tens of thousands of tests.
  struct Side {
    std::size_t position = 0;
    std::size_t path_size = 0;              // of the conditions so far
    std::optional<NftCondition> condition;  // what this side adds
    Machine machine;
  };

  // To the next test or the end.
  void follow(std::size_t position, Machine machine) {
    for (;; ++position) {
      if (++steps_ > kMaxSteps) {
        rules_.everything = true;
        return;
      }
      if (const auto* op = std::get_if<FilterOp>(&program_[position])) {
        execute(*op, machine);
        continue;
      }
      const auto& end = std::get<FilterEnd>(program_[position]);
      if (!end.is_branch()) {
        if (!end.rejects()) accept();
        return;
      }
      if (end.is_test()) {
        branch(end, machine);
        return;
      }
      position = static_cast<std::size_t>(end.on_true) - 1;
    }
  }

  void branch(const FilterEnd& end, const Machine& machine) {
    const auto condition = condition_of(end, machine.a);
    auto otherwise = condition;
    if (otherwise) otherwise->relation = opposite(otherwise->relation);
    add_side(otherwise, end.on_false, end.on_true, machine);
    add_side(condition, end.on_true, end.on_false, machine);  // the first to be followed
  }

  void add_side(const std::optional<NftCondition>& condition, int target, int other, const Machine& machine) {
    // Where the other side accepts at once, it has a rule of its own and this one need not exclude it.
    const bool needed = condition && !accepts(other);
    pending_.push_back({static_cast<std::size_t>(target), path_.size(), needed ? condition : std::nullopt, machine});
  }

  [[nodiscard]] bool accepts(int position) const {
    const auto* end = std::get_if<FilterEnd>(&program_[static_cast<std::size_t>(position)]);
    return end != nullptr && end->kind == FilterEnd::Kind::kReturnConstant && end->k != 0;
  }

  void execute(const FilterOp& op, Machine& machine) const {
    Value result;
    switch (op.kind) {
      case OpKind::kLoadAbsolute:
        result = {Value::Kind::kPacket, false, op.size, op.k, full_mask(op.size)};
        break;
      case OpKind::kLoadIndirect:
        if (machine.x.kind == Value::Kind::kPayloadStart && op.k >= link_header_) {
          result = {Value::Kind::kPacket, true, op.size, op.k - link_header_, full_mask(op.size)};
        }
        break;
      case OpKind::kLoadHeaderLength:
        if (op.k == link_header_) result.kind = Value::Kind::kPayloadStart;
        break;
      case OpKind::kLoadMemory:
        result = machine.memory[op.k];
        break;
      case OpKind::kStoreMemory:
        machine.memory[op.k] = machine.reg(op.reg);
        return;
      case OpKind::kTransfer:
        result = op.reg == FilterReg::kA ? machine.x : machine.a;
        break;
      case OpKind::kArithmetic:
        if (op.alu == BPF_AND && !op.with_x && machine.a.kind == Value::Kind::kPacket) {
          result = machine.a;
          result.mask &= op.k;
        }
        break;
      default:
        break;
    }
    machine.reg(op.reg) = result;
  }

  // What holds where the test succeeds, in offsets of the frame.
  static std::optional<NftCondition> condition_of(const FilterEnd& end, const Value& a) {
    if (end.with_x || a.kind != Value::Kind::kPacket) return std::nullopt;
    NftCondition condition{a.transport, a.size, a.offset, a.mask, Relation::kEqual, end.k};
    switch (end.test) {
      case BPF_JEQ:
        break;
      case BPF_JGT:
        condition.relation = Relation::kGreater;
        break;
      case BPF_JGE:
        condition.relation = Relation::kGreaterOrEqual;
        break;
      default:  // BPF_JSET
        condition.mask &= end.k;
        condition.value = 0;
        condition.relation = Relation::kNotEqual;
        break;
    }
    // Nothing to test, or an order that always or never holds: nft(8) refuses some of these.
    const std::uint32_t full = full_mask(condition.size);
    if (condition.mask == 0 || condition.value > full) return std::nullopt;
    const bool ordered = end.test == BPF_JGT || end.test == BPF_JGE;
    if (ordered && (condition.value == 0 || condition.value == full)) return std::nullopt;
    return condition;
  }

  void accept() {
    const auto protocol = protocol_of_path();
    if (!protocol) {
      rules_.everything = true;
      return;
    }
    NftRule rule{*protocol, {}};
    for (NftCondition condition : path_) {
      if (!condition.transport) {
        if (condition.offset < link_header_) continue;
        condition.offset -= link_header_;
      }
      if (rule.conditions.size() == kMaxConditions || !holds_at_the_hooks(condition, *protocol)) continue;
      if (std::find(rule.conditions.begin(), rule.conditions.end(), condition) != rule.conditions.end()) continue;
      rule.conditions.push_back(condition);
      rules_.fragments |= differs_in_fragments(condition, *protocol);
      rules_.transport |= condition.transport;
    }
    if (std::find(rules_.rules.begin(), rules_.rules.end(), rule) != rules_.rules.end()) return;
    rules_.rules.push_back(std::move(rule));
    if (rules_.rules.size() > kMaxRules) rules_.everything = true;
  }

  // The network protocol that the path insists on. Behind a tag's EtherType the offsets of the frame and those of the
  // network header have nothing to do with each other: none.
  [[nodiscard]] std::optional<std::uint16_t> protocol_of_path() const {
    for (const NftCondition& condition : path_) {
      if (condition.transport || condition.relation != Relation::kEqual) continue;
      if (link_header_ == 0) {
        if (condition.offset != 0 || condition.size != 1 || condition.mask != 0xf0) continue;
        if (condition.value == 0x40) return ETH_P_IP;
        if (condition.value == 0x60) return ETH_P_IPV6;
      } else if (condition.offset == 12 && condition.size == 2 && condition.mask == 0xffff) {
        const auto type = static_cast<std::uint16_t>(condition.value);
        const bool tag = type == ETH_P_8021Q || type == ETH_P_8021AD || type == ETH_P_QINQ1 || type == ETH_P_QINQ2 ||
                         type == ETH_P_QINQ3;
        if (tag || type < ETH_P_802_3_MIN) return std::nullopt;
        return type;
      }
    }
    return std::nullopt;
  }

  static bool holds_at_the_hooks(const NftCondition& condition, std::uint16_t protocol) {
    for (std::uint32_t n = 0; n < condition.size; ++n) {
      const bool tested = (condition.mask >> (8 * (condition.size - 1 - n)) & 0xff) != 0;
      if (tested && !steady(condition.transport, condition.offset + n, protocol)) return false;
    }
    return true;
  }

  // Whether a byte is the same in a packet and in what offloads make of it or made it of.
  static bool steady(bool transport, std::uint32_t offset, std::uint16_t protocol) {
    if (transport) return protocol == ETH_P_IP && offset < 4;  // ports, ICMP's type and code
    if (protocol == ETH_P_IP) return offset < 2 || (offset >= 6 && offset < 10) || (offset >= 12 && offset < 20);
    if (protocol == ETH_P_IPV6) return offset < 4 || (offset >= 6 && offset < 44);
    return offset < 28;  // nobody merges or splits others; an ARP message is this long
  }

  static bool differs_in_fragments(const NftCondition& condition, std::uint16_t protocol) {
    if (condition.transport) return true;
    if (protocol == ETH_P_IP) return condition.offset < 8 && condition.offset + condition.size > 6;
    return protocol == ETH_P_IPV6 &&
           (condition.offset >= 40 || (condition.offset <= 6 && condition.offset + condition.size > 6));
  }

  const std::vector<DecodedInsn>& program_;
  const std::uint32_t link_header_;
  std::vector<NftCondition> path_;  // the conditions of the path so far
  std::vector<Side> pending_;       // the last one is the next to be followed
  std::size_t steps_ = 0;
  NftRules rules_;
};

}  // namespace

NftRules nft_rules(const ClassicProgram& program) {
  const bool ethernet = program.link_type == LinkType::kEthernet;
  const auto decoded = decode(program);
  if (!decoded || (!ethernet && program.link_type != LinkType::kRaw)) return {.everything = true};
  return PathWalk(*decoded, ethernet ? ETH_HLEN : 0).walk();
}

std::string nft_text(const NftCondition& condition) {
  static constexpr std::array<const char*, 6> relations = {" == ", " != ", " > ", " >= ", " < ", " <= "};
  std::string text = condition.transport ? "@th," : "@nh,";
  text += std::to_string(8 * condition.offset) + "," + std::to_string(8 * condition.size);
  if (condition.mask != full_mask(condition.size)) text += " & " + std::to_string(condition.mask);
  return text + relations[static_cast<std::size_t>(condition.relation)] + std::to_string(condition.value);
}

}  // namespace ringtap
