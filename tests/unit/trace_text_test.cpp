// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/trace_text.hpp"

#include <gtest/gtest.h>

namespace ringtap {
namespace {

std::string words_of(const RecordView& record) {
  std::string text;
  append_trace_words(text, record);
  return text;
}

std::string comment_of(const RecordView& record) {
  std::string text;
  append_trace_comment(text, record);
  return text;
}

TEST(TraceText, ComesBackAsItWas) {
  RecordView drop;
  drop.tap = Tap::kDrop;
  drop.ifindex = 7;
  drop.trace = Trace{.skb = 0xffff888012345600,
                     .followed = true,
                     .other_netns = true,
                     .reason = "NETFILTER_DROP",
                     .function = "nf_hook_slow"};
  const std::string words = words_of(drop);
  EXPECT_EQ(words,
            "tap=drop skb=ffff888012345600 ifindex=7 followed=1 other_netns=1 reason=NETFILTER_DROP "
            "function=nf_hook_slow");
  RecordView back;
  read_trace_words(words, back);
  EXPECT_EQ(back.tap, Tap::kDrop);
  EXPECT_EQ(back.ifindex, 7U);
  ASSERT_TRUE(back.trace);
  EXPECT_EQ(words_of(back), words);
  EXPECT_EQ(comment_of(back), "dropped: NETFILTER_DROP in nf_hook_slow");

  RecordView hook;
  hook.tap = Tap::kNetfilter;
  hook.trace = Trace{.skb = 1, .hook = NetfilterHook::kForward, .last = true, .in_ifindex = 2, .out_ifindex = 3};
  EXPECT_EQ(words_of(hook), "tap=netfilter skb=1 hook=FORWARD stage=post in=2 out=3");
  RecordView hook_back;
  read_trace_words(words_of(hook), hook_back);
  EXPECT_EQ(words_of(hook_back), words_of(hook));
  EXPECT_EQ(comment_of(hook_back), "FORWARD, after the rules");
}

TEST(TraceText, KeepsTheNamesOfDevicesElsewhereAndTheRule) {
  RecordView drop;
  drop.tap = Tap::kDrop;
  drop.trace = Trace{.other_netns = true,
                     .netns = 4026532000,
                     .netns_name = "web",
                     .device = "eth0",
                     .bridge_port = true,
                     .reason = "NETFILTER_DROP",
                     .function = "nft_do_chain",
                     .rule = "inet t c handle 4: ip saddr 192.0.2.1 log prefix \"a=b \" drop"};
  const std::string words = words_of(drop);
  EXPECT_EQ(words,
            "tap=drop device=eth0 other_netns=1 netns=4026532000 netns_name=web bridge_port=1 reason=NETFILTER_DROP "
            "function=nft_do_chain rule=inet t c handle 4: ip saddr 192.0.2.1 log prefix \"a=b \" drop");
  RecordView back;
  read_trace_words(words, back);
  ASSERT_TRUE(back.trace);
  EXPECT_EQ(words_of(back), words);
  EXPECT_EQ(back.trace->rule, drop.trace->rule);
  EXPECT_TRUE(comment_of(back).starts_with("dropped: NETFILTER_DROP in nft_do_chain by rule inet t c handle 4: "));
}

// A blank would divide it.
TEST(TraceText, LeavesOutANameThatIsNoWord) {
  RecordView record;
  record.tap = Tap::kStackIn;
  record.trace = Trace{.skb = 1, .netns_name = "my web", .device = "eth0"};
  EXPECT_EQ(words_of(record), "tap=stack-in skb=1 device=eth0");
}

TEST(TraceText, SaysOnlyTheTapOfARecordWithoutATrace) {
  RecordView record;
  record.tap = Tap::kPacketIn;
  EXPECT_EQ(words_of(record), "tap=packet-in");
  EXPECT_EQ(comment_of(record), "");
  RecordView back;
  read_trace_words("tap=packet-in", back);
  EXPECT_EQ(back.tap, Tap::kPacketIn);
  EXPECT_FALSE(back.trace);
}

TEST(TraceText, SkipsWhatItDoesNotKnow) {
  RecordView record;
  read_trace_words("tap=teleport skb=zz  = x=1 hook=NOWHERE skb=10 tap=drop =", record);
  EXPECT_EQ(record.tap, Tap::kDrop);
  ASSERT_TRUE(record.trace);
  EXPECT_EQ(record.trace->skb, 0x10U);
  EXPECT_EQ(record.trace->hook, NetfilterHook::kPrerouting);
}

TEST(TraceText, IsNoTraceIfNoWordIsKnown) {
  RecordView record;
  read_trace_words("tap=drop colour=red in", record);
  EXPECT_EQ(record.tap, Tap::kDrop);
  EXPECT_FALSE(record.trace);
}

TEST(TraceText, KeepsADeviceThatIsAllItTells) {
  RecordView record;
  read_trace_words("tap=end ifindex=4", record);
  EXPECT_EQ(words_of(record), "tap=end ifindex=4");
}

}  // namespace
}  // namespace ringtap
