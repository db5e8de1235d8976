// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a comparison shows beyond its report: the page of --html, the picture on it, and the table on a terminal. That
// the page is good HTML readers.page shows.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/terminal.hpp"
#include "compare/html_text.hpp"
#include "compare/live_table.hpp"
#include "compare/path_layout.hpp"
#include "support/compared_records.hpp"

namespace ringtap {
namespace {

using testing::Bytes;
using testing::Ethernet;
using testing::Ipv4;
using testing::Kernel;
using testing::MemoryWriter;
using testing::Payload;
using testing::Stored;
using testing::Udp;

Bytes udp(std::uint16_t id, std::uint16_t port = 5000) {
  return (Ethernet{} / Ipv4{.id = id} / Udp{.dst_port = port} / Payload{"hello"}).bytes();
}

// 100 delivered, 200 dropped at INPUT and 50 at the socket.
void give_packets(Kernel& kernel) {
  for (std::uint16_t i = 1; i <= 350; ++i) {
    const Bytes bytes = udp(i);
    const std::uint64_t skb = 0x1000U + i;
    if (i <= 100) {
      kernel.deliver(bytes, skb);
      continue;
    }
    kernel.receive(bytes, skb);
    kernel.both(NetfilterHook::kPrerouting, bytes, skb);
    kernel.hook(NetfilterHook::kInput, false, bytes, skb);
    if (i > 300) kernel.hook(NetfilterHook::kInput, true, bytes, skb);
    kernel.drop(bytes, skb, i > 300 ? "NO_SOCKET" : "NETFILTER_DROP", i > 300 ? "__udp4_lib_rcv" : "nft_do_chain");
  }
}

std::string text_of(const Stored& stored) {
  return {reinterpret_cast<const char*>(stored.bytes.data()), stored.bytes.size()};
}

TEST(HtmlText, EscapesWhatComesFromOutside) {
  HtmlText page;
  page.html("<b title=\"").text("\"><script>alert('&')</script>").html("\">").text("a\x1b[31m\xe2\x80\xae\nb\xff");
  page.html("</b>");
  EXPECT_EQ(
      page.take(),
      "<b title=\"&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;\">a\\x1b[31m\\u202e\\nb\\xff</b>");
}

TEST(HtmlText, GroupsTheDigitsOfCounts) {
  HtmlText page;
  page.count(0).html(" ").count(999).html(" ").count(1000).html(" ").count(1234567).html(" ").decimal(0.25);
  EXPECT_EQ(page.take(), "0 999 1,000 1,234,567 0.3");
}

TEST(ComparePage, HasEveryOutcomeWithItsRuleAndPackets) {
  auto stored = std::make_shared<Stored>();
  CompareOptions options;
  options.listened_at = "eth0 for 'len < 100'";
  Kernel kernel(std::move(options));
  kernel.comparer().make_page(std::make_unique<MemoryWriter>(stored));
  give_packets(kernel);
  kernel.finish();
  EXPECT_TRUE(stored->is_closed);
  const std::string page = text_of(*stored);
  for (const char* part : {"eth0 for &#39;len &lt; 100&#39;", "<b>200</b> dropped at INPUT by netfilter",
                           "<small>NETFILTER_DROP in nft_do_chain</small>", "<b>50</b> dropped at the socket",
                           "<b>100</b> delivered", "20 of 200</span>", "</code>#1 192.0.2.1"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
  std::size_t opened = 0;
  for (std::size_t at = page.find("<details>"); at != std::string::npos; at = page.find("<details>", at + 1)) ++opened;
  EXPECT_EQ(opened, 3 * PathFlow::kSamplesOfOutcome);
}

// Names of devices, reasons, functions and rules; in a file they may be anything.
TEST(ComparePage, HasNoMarkupFromOutside) {
  const std::string hostile = "<img src=x onerror=alert(1)>\"'&\x1b]0;x\x07";
  auto stored = std::make_shared<Stored>();
  CompareOptions options;
  options.listened_at = options.program = hostile;
  options.device_name = [&](std::uint32_t, std::uint32_t) { return std::string(hostile); };
  Kernel kernel(std::move(options));
  kernel.comparer().make_page(std::make_unique<MemoryWriter>(stored));
  Interface interface;
  interface.name = hostile;
  interface.ifindex = 9;
  ASSERT_TRUE(kernel.comparer().on_interface(interface));
  const Bytes bytes = udp(1);
  kernel.use_device(9);
  RecordView drop = kernel.record(Tap::kDrop, bytes, 0x100);
  drop.interface_id = 0;
  drop.trace->reason = drop.trace->function = drop.trace->rule = drop.trace->device = hostile;
  kernel.give(drop);
  RecordView seen = kernel.record(Tap::kTcIngress, bytes, 0x200);
  seen.interface_id = 99;
  kernel.give(seen);
  kernel.finish();
  const std::string page = text_of(*stored);
  EXPECT_EQ(page.find("<img"), std::string::npos);
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
  EXPECT_EQ(page.find('\x07'), std::string::npos);
  std::size_t escaped = 0;
  for (std::size_t at = page.find("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;"); at != std::string::npos;
       at = page.find("&lt;img", at + 1)) {
    ++escaped;
  }
  EXPECT_GE(escaped, 6U) << page;
}

class Layout : public ::testing::Test {
 protected:
  static PathLayout of(const std::vector<std::vector<std::uint32_t>>& paths) {
    Places places;
    PathFlow flow;
    CompareTotals totals;
    std::uint64_t number = 0;
    for (const std::vector<std::uint32_t>& path : paths) {
      std::vector<Observation> seen;
      for (const std::uint32_t ifindex : path) {
        RecordView record;
        record.tap = Tap::kTcIngress;
        record.direction = Direction::kIn;
        record.ifindex = ifindex;
        record.interface_id = 99;
        seen.push_back({.time_ns = 1000 + seen.size(), .records = 1, .place = places.number_of(record)});
      }
      totals.rows.resize(places.size());
      for (const Observation& one : seen) ++totals.rows[one.place].packets;
      if (totals.outcomes.empty()) totals.outcomes.push_back({});
      ++totals.outcomes[0].packets;
      ++totals.packets;
      PacketHistory history;
      history.number = ++number;
      history.first_ns = 1000;
      flow.add(history, seen, 0, places);
    }
    return layout_of(flow, totals, places);
  }
};

TEST_F(Layout, PutsEachPlaceBelowThoseBeforeIt) {
  const PathLayout layout = of({{1, 2, 3}, {1, 2, 3}, {1, 3}});
  ASSERT_EQ(layout.nodes.size(), 4U);  // with where they come from
  const auto y = [&](const char* device) {
    const auto found =
        std::find_if(layout.nodes.begin(), layout.nodes.end(), [&](const auto& node) { return node.device == device; });
    return found == layout.nodes.end() ? -1 : found->y;
  };
  EXPECT_LT(0, y("if1"));
  EXPECT_LT(y("if1"), y("if2"));
  EXPECT_LT(y("if2"), y("if3"));
  EXPECT_EQ(layout.returned, 0U);
  for (const PathLayout::Node& node : layout.nodes) {
    EXPECT_GE(node.x, 0);
    EXPECT_LE(node.x + node.width, PathLayout::kPathWidth + 1e-6);
    EXPECT_LT(node.y, layout.height);
  }
}

TEST_F(Layout, LeavesOutWhatWouldLeadBack) {
  const PathLayout layout = of({{1, 2}, {1, 2}, {2, 1}});
  EXPECT_EQ(layout.returned, 1U);
  std::uint64_t ended = 0;
  for (const PathLayout::End& end : layout.ends) ended += end.packets;
  EXPECT_EQ(ended, 3U);
}

TEST_F(Layout, GathersManyDevices) {
  std::vector<std::vector<std::uint32_t>> paths;
  for (std::uint32_t device = 1; device <= 300; ++device) {
    paths.push_back({device, 1000});
    if (device <= 3) paths.push_back({device, 1000});
  }
  const PathLayout layout = of(paths);
  EXPECT_LE(layout.nodes.size(), 6U);
  double right = 0;
  bool is_told = false;
  for (const PathLayout::Node& node : layout.nodes) {
    right = std::max(right, node.x + node.width);
    is_told = is_told || node.device.find(" more devices") != std::string::npos;
  }
  EXPECT_LE(right, PathLayout::kPathWidth + 1e-6);
  EXPECT_TRUE(is_told);
}

TEST_F(Layout, OfNothingIsEmpty) {
  EXPECT_TRUE(of({}).nodes.empty());
}

TEST(LiveTable, HasALineForEachPlaceAndIsRedWherePacketsEnd) {
  Kernel kernel;
  give_packets(kernel);
  kernel.finish();
  LiveTable table;
  const std::string colored_text =
      table.text(kernel.comparer(), "", 1, {.has_color = true, .has_utf8 = false, .lines = 40, .columns = 100});
  EXPECT_NE(colored_text.find("\x1b[31m        200\x1b[0m"), std::string::npos) << colored_text;
  EXPECT_NE(colored_text.find("\x1b[31mdropped at INPUT by netfilter (NETFILTER_DROP in nft_do_chain)\x1b[0m"),
            std::string::npos)
      << colored_text;
  LiveTable again;
  const std::string text = again.text(kernel.comparer(), "a packet", 2, {.lines = 40, .columns = 100});
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
  EXPECT_NE(text.find("350 packets, 175 packets/s"), std::string::npos) << text;
  EXPECT_NE(text.find("\nxdp eth0                               350         175  ####"), std::string::npos) << text;
  EXPECT_NE(text.find("xx"), std::string::npos) << text;
  EXPECT_NE(text.find("\n\na packet\n\nplace "), std::string::npos) << text;
  // Asked again in between, the rates stay.
  EXPECT_NE(again.text(kernel.comparer(), "", 0, {}).find("350 packets, 175 packets/s"), std::string::npos);
}

TEST(Terminal, ALineIsCutByWhatIsSeenOfIt) {
  EXPECT_EQ(fitting_line("abc", 5), "abc");
  EXPECT_EQ(fitting_line("abcdef", 5), "abcde");
  EXPECT_EQ(fitting_line("a\x1b[31mbcd\x1b[0mef", 3), "a\x1b[31mbc\x1b[0m");
  EXPECT_EQ(fitting_line("\xc3\xa4\xc3\xb6\xc3\xbc", 2), "\xc3\xa4\xc3\xb6");
  EXPECT_EQ(fitting_line("\xff"
                         "a",
                         2),
            "?a");
}

}  // namespace
}  // namespace ringtap
