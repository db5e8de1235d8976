// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// libFuzzer target: a comparison of records that anyone may have written. The first byte chooses the options; then come
// records: tap, trace and bytes, the time since the one before, and now and then a verdict of nftables. Every packet
// that is begun has to end with one outcome, every record of a tap that takes part is in the table, and the same
// records give the same report. Records of a file reach a comparison no other way.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compare/comparer.hpp"
#include "support/fuzz_input.hpp"
#include "support/memory_writer.hpp"

namespace {

using namespace ringtap;
using testing::FuzzInput;
using testing::require;

constexpr std::array kReasons = {"", "NETFILTER_DROP", "NO_SOCKET", "QDISC_DROP", "TC_INGRESS", "a\x1b[31mb"};
constexpr std::array kFunctions = {"", "nft_do_chain", "nf_hook_slow", "__udp4_lib_rcv", "tcp_v4_rcv", "skb_release"};
constexpr std::array kHooks = {"", "input", "prerouting", "ingress", "output"};

struct Answer {
  std::string text;
  CompareTotals totals;
};

RecordView record_of(FuzzInput& input, std::uint64_t& now) {
  const auto choices = input.take<std::uint16_t>();
  const auto names = input.take<std::uint8_t>();
  RecordView record;
  now += input.take<std::uint32_t>() >> (choices % 32);
  record.time_ns = now;
  record.tap = kTapTraits[choices / 32 % kTapTraits.size()].tap;
  record.direction = tap_traits(record.tap).direction;
  record.interface_id = choices >> 9 & 1;
  record.ifindex = choices >> 10 & 3;
  record.lost_before = (choices & 0x1000) != 0 ? 1 : 0;
  record.gso_segs = (choices & 0x2000) != 0 ? 3 : 0;
  record.gso_size = (choices & 0x2000) != 0 ? 20 : 0;
  record.link_type = (choices & 0x4000) != 0 ? LinkType::kRaw : LinkType::kEthernet;
  if ((choices & 0x8000) != 0) record.packet_id = input.take<std::uint8_t>();
  if (names % 8 != 0) {
    Trace& trace = record.trace.emplace();
    trace.skb = input.take<std::uint8_t>() % 4;
    const auto flags = input.take<std::uint8_t>();
    trace.hook = static_cast<NetfilterHook>(flags % kNetfilterHookNames.size());
    trace.last = (flags & 0x08) != 0;
    trace.followed = (flags & 0x10) != 0;
    trace.other_netns = (flags & 0x20) != 0;
    trace.bridge_port = (flags & 0x40) != 0;
    trace.in_ifindex = flags >> 7;
    trace.reason = kReasons[names % kReasons.size()];
    trace.function = kFunctions[names / 8 % kFunctions.size()];
  }
  const auto bytes = std::as_bytes(input.take_bytes(input.take<std::uint8_t>()));
  record.data = bytes;
  record.wire_len = static_cast<std::uint32_t>(bytes.size()) + names % 3;
  return record;
}

RuleVerdict verdict_of(FuzzInput& input, std::uint64_t now) {
  const auto choices = input.take<std::uint16_t>();
  RuleVerdict verdict;
  verdict.time_ns = now;
  verdict.action = static_cast<RuleAction>(choices % 4);
  verdict.policy = (choices & 0x04) != 0;
  verdict.family = "inet";
  verdict.table = "t";
  verdict.chain = "c";
  verdict.rule_handle = choices >> 3 & 3;
  verdict.rule_text = "udp dport 5001 drop";
  verdict.hook_name = kHooks[choices / 32 % kHooks.size()];
  verdict.in_ifindex = choices >> 8 & 1;
  verdict.network_header_on = std::as_bytes(input.take_bytes(60));
  return verdict;
}

Answer compare(FuzzInput input) {
  const auto choices = input.take<std::uint8_t>();
  CompareOptions options;
  options.each = (choices & 0x01) != 0;
  options.json = (choices & 0x02) != 0;
  options.verbosity = choices >> 2 & 1;
  options.live = (choices & 0x08) != 0;
  options.rule_delay_ns = (choices & 0x10) != 0 ? 1'000'000 : 0;
  options.correlator.max_packets = (choices & 0x20) != 0 ? 4 : 1024;
  options.device_name = [](std::uint32_t, std::uint32_t ifindex) { return "dev" + std::to_string(ifindex); };
  const auto stored = std::make_shared<testing::Stored>();
  Comparer comparer(options, std::make_unique<testing::MemoryWriter>(stored), nullptr);
  for (const char* name : {"eth0", "eth1:drop"}) {
    Interface interface;
    interface.name = name;
    require(static_cast<bool>(comparer.on_interface(interface)));
  }
  std::uint64_t now = 1'700'000'000'000'000'000;
  if ((choices & 0x40) != 0) comparer.begin(now + 1000);
  while (!input.empty()) {
    if (input.take<std::uint8_t>() % 16 == 0) {
      comparer.on_rule(verdict_of(input, now));
      continue;
    }
    const RecordView record = record_of(input, now);
    (void)comparer.on_record(record);  // an Error if the record does not have its tap
  }
  if ((choices & 0x80) != 0) comparer.end(now);
  require(static_cast<bool>(comparer.finish()));
  Answer outcome;
  outcome.text.assign(reinterpret_cast<const char*>(stored->bytes.data()), stored->bytes.size());
  outcome.totals = comparer.totals();
  return outcome;
}

// No byte that a terminal could obey.
bool is_shown(char c) {
  return static_cast<unsigned char>(c) >= 0x20 ? c != 0x7f : c == '\n';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const FuzzInput input(data, size);
  const Answer outcome = compare(input);
  require(std::all_of(outcome.text.begin(), outcome.text.end(), is_shown));
  std::uint64_t ended = 0;
  for (const auto& row : outcome.totals.outcomes) ended += row.packets;
  require(ended == outcome.totals.packets);
  for (const auto& row : outcome.totals.rows) {
    require(row.packets <= row.records && row.last_seen <= row.packets && row.lost_here <= row.last_seen);
  }
  require(outcome.text == compare(input).text);
  return 0;
}
