// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Netlink messages that the kernel should never send: too short, or longer than they say.
#include "net/netlink_message.hpp"

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "net/rtnetlink.hpp"
#include "nft/nft_trace_messages.hpp"

namespace ringtap {
namespace {

class Message {
 public:
  explicit Message(std::uint16_t type) : header_(mnl_nlmsg_put_header(buffer_.data())) { header_->nlmsg_type = type; }
  template <class Body>
  Message& body(const Body& body) {
    *static_cast<Body*>(mnl_nlmsg_put_extra_header(header_, sizeof body)) = body;
    return *this;
  }
  Message& attribute(int type, std::string_view bytes) {
    mnl_attr_put(header_, static_cast<std::uint16_t>(type), bytes.size(), bytes.data());
    return *this;
  }
  [[nodiscard]] nlmsghdr* header() { return header_; }
  [[nodiscard]] std::span<const std::byte> bytes() const {
    return std::as_bytes(std::span(buffer_).first(header_->nlmsg_len));
  }

 private:
  alignas(nlmsghdr) std::array<char, 512> buffer_{};
  nlmsghdr* header_;
};

std::vector<rtnetlink::DeviceEvent> events(const Message& message) {
  std::vector<rtnetlink::DeviceEvent> events;
  netlink::for_each_message(message.bytes(), [&](const nlmsghdr* one) { rtnetlink::read_event(one, events); });
  return events;
}

TEST(NetlinkMessage, MayNotBeLongerThanTheBuffer) {
  Message message(RTM_NEWLINK);
  message.body(ifinfomsg{});
  EXPECT_EQ(netlink::whole_messages(message.bytes()), message.bytes().size());
  const auto bytes = message.bytes();
  message.header()->nlmsg_len = 0x80000000U;  // libmnl takes it for a negative number
  EXPECT_EQ(netlink::whole_messages(bytes), 0U);
  EXPECT_EQ(netlink::whole_messages(bytes.first(8)), 0U);
}

TEST(NetlinkMessage, OfADeviceTellsNothingWithoutItsBody) {
  Message message(RTM_NEWLINK);
  EXPECT_TRUE(events(message).empty());
}

TEST(NetlinkMessage, HasNamesThatNeedNotEndInAZero) {
  Message message(RTM_NEWLINK);
  message.body(ifinfomsg{.ifi_index = 4}).attribute(IFLA_IFNAME, "eth0").attribute(IFLA_ADDRESS, "abcde");
  const auto found = events(message);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].device.name, "eth0");
  EXPECT_FALSE(found[0].device.mac);
}

TEST(NetlinkMessage, HasNoNumberInAnAttributeThatIsTooShort) {
  Message message(RTM_DELLINK);
  message.body(ifinfomsg{.ifi_index = 4}).attribute(IFLA_MASTER, "\x01").attribute(IFLA_NEW_NETNSID, "");
  const auto found = events(message);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].device.master, 0U);
  EXPECT_FALSE(found[0].moved_to);
}

TEST(NetlinkMessage, HasNoAttributeThatEndsAfterIt) {
  Message message(RTM_NEWLINK);
  message.body(ifinfomsg{.ifi_index = 4}).attribute(IFLA_IFNAME, "eth0").attribute(IFLA_MASTER, "\x01\x01\x01\x01");
  message.header()->nlmsg_len -= 1;
  const auto found = events(message);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].device.name, "eth0");
  EXPECT_EQ(found[0].device.master, 0U);
}

TEST(NftTraceMessages, SkipWhatIsTooShort) {
  NftTraceMessages messages(NftChains([](const std::string&) { return std::nullopt; }));
  std::vector<NftDecision> decisions;
  Message bare(kNftTraceMessage);
  messages.read(bare.bytes(), 1, decisions);
  EXPECT_TRUE(decisions.empty());
  Message cut(kNftTraceMessage);
  const std::string_view type("\0\0\0\x01", 4);  // NFT_TRACETYPE_POLICY; of the policy there is only one byte
  cut.body(nfgenmsg{}).attribute(NFTA_TRACE_TYPE, type).attribute(NFTA_TRACE_POLICY, std::string_view("\0", 1));
  messages.read(cut.bytes(), 1, decisions);
  EXPECT_TRUE(decisions.empty());
  EXPECT_EQ(messages.count(), 2U);
}

}  // namespace
}  // namespace ringtap
