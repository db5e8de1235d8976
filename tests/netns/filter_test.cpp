// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Filters on live traffic: the taps pick what they are asked for, the accounting says what was left out, and a filter
// that the kernel does not take is applied in user space.
#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "netns/capture.hpp"
#include "support/capture_file.hpp"
#include "support/namespace.hpp"
#include "support/reports.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

class LiveFilters : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    hosts = std::make_unique<TwoHosts>();
    warm_up(*hosts);
    hosts->without_ipv6();
  }

  struct Result {
    Finished finished;
    Accounting accounting;
    std::size_t frames = 0;
  };

  // Runs a capture at the receiver while 30 datagrams go to port 5000 and 20 to port 6000.
  Result capture(std::vector<std::string> arguments) {
    const std::string file = folder.path() / "x.pcapng";
    arguments.insert(arguments.begin(), {"-i", "right", "-vv", "-w", file});
    Capture ringtap(hosts->right, arguments);
    send_udp(hosts->left, TwoHosts::kRightIpv4, 5000, Bytes(100), 30);
    send_udp(hosts->left, TwoHosts::kRightIpv4, 6000, Bytes(100), 20);
    Result result;
    result.finished = ringtap.stop();
    result.accounting = expect_identity(result.finished.err);
    result.frames = read_capture(file).frames.size();
    return result;
  }

  TempDir folder;
  std::unique_ptr<TwoHosts> hosts;
};

TEST_F(LiveFilters, PickTheSamePacketsAtEveryTap) {
  for (const char* tap : {"tc-in", "xdp"}) {
    const Result result = capture({"--tap", tap, "udp", "dst", "port", "5000"});
    EXPECT_EQ(result.finished.status.code, 0) << result.finished.err;
    EXPECT_EQ(result.frames, 30U) << tap;
    ASSERT_TRUE(result.accounting.total);
    EXPECT_EQ((*result.accounting.total)["filtered"], (*result.accounting.total)["seen"] - 30);
    const auto closing = parse_closing_lines(result.finished.err);
    ASSERT_TRUE(closing);
    EXPECT_EQ(closing->captured, 30U);
    EXPECT_EQ(closing->received, 30U);
  }
}

TEST_F(LiveFilters, SeeDirectionByTheTap) {
  EXPECT_EQ(capture({"inbound and udp port 6000"}).frames, 20U);
  EXPECT_EQ(capture({"outbound and udp port 6000"}).frames, 0U);
}

TEST_F(LiveFilters, WorkOnEveryInterfaceAtOnce) {
  const std::string file = folder.path() / "any.pcap";
  Capture ringtap(hosts->right, {"-i", "any", "-vv", "-w", file, "udp dst port 5000"});
  send_udp(hosts->left, TwoHosts::kRightIpv4, 5000, Bytes(100), 30);
  send_udp(hosts->right, "127.0.0.1", 5000, Bytes(100), 5);
  send_udp(hosts->left, TwoHosts::kRightIpv4, 6000, Bytes(100), 20);
  expect_identity(ringtap.stop().err);
  EXPECT_EQ(read_capture(file).frames.size(), 35U);
}

TEST_F(LiveFilters, TooLargeForTheKernelRunInUserSpaceWithAWarning) {
  const std::string expression = folder.path() / "filter";
  {
    std::ofstream file(expression);
    file << "udp dst port 5000";
    for (int i = 0; i < 2000; ++i) file << " or ether[" << 60 + i % 900 << ":2] = " << i + 1;
  }
  const Result result = capture({"-O", "-s", "64", "-F", expression});
  EXPECT_EQ(result.finished.status.code, 0);
  EXPECT_NE(result.finished.err.find("filtered in user space"), std::string::npos) << result.finished.err;
  EXPECT_EQ(result.frames, 30U);
  ASSERT_TRUE(result.accounting.total);
  EXPECT_EQ((*result.accounting.total)["filtered"], 0U);
  EXPECT_EQ((*result.accounting.total)["discarded_filter"], (*result.accounting.total)["delivered"] - 30);
  const auto closing = parse_closing_lines(result.finished.err);
  ASSERT_TRUE(closing);
  EXPECT_EQ(closing->received, 30U);
}

// Frames of every kind the expressions below speak of, whole and tagged, to addresses nobody answers for.
std::vector<Bytes> assorted_frames() {
  const Ipv4 v4{.src = "198.51.100.7", .dst = "198.51.100.200"};
  const Ipv6 v6{.src = "2001:db8:1::7", .dst = "2001:db8:2::8"};
  const std::vector<Packet> packets = {
      Ethernet{} / v4 / Tcp{.dst_port = 80} / Payload{"GET / HTTP/1.1"},
      Ethernet{} / v4 / Tcp{.src_port = 80, .dst_port = 4444, .flags = Tcp::kSyn | Tcp::kAck},
      Ethernet{} / v4 / Tcp{.dst_port = 443, .flags = Tcp::kFin | Tcp::kAck},
      Ethernet{} / v4 / Udp{.dst_port = 53} / Payload{std::size_t{300}},
      Ethernet{} / v4 / Udp{.dst_port = 5000} / Payload{std::size_t{10}},
      Ethernet{} / v4 / Icmp{},
      Ethernet{} / Ipv4{.src = "203.0.113.9", .dst = "198.51.100.77", .fragment = 0x2000} / Udp{} /
          Payload{std::size_t{64}},
      Ethernet{} / Ipv4{.src = "203.0.113.9", .dst = "198.51.100.77", .fragment = 0x00b9, .protocol = 17} /
          Payload{std::size_t{64}},
      Ethernet{} / v6 / Tcp{.dst_port = 80} / Payload{"GET / HTTP/1.1"},
      Ethernet{} / v6 / Udp{.dst_port = 53},
      Ethernet{} / v6 / Icmp{},
      Ethernet{} / Ipv6{.src = "2001:db8:1::7", .dst = "2001:db8:2::8", .next_header = 0} /
          Payload{Bytes{std::byte{17}, std::byte{0}, std::byte{1}, std::byte{4}, {}, {}, {}, {}}} /
          Payload{std::size_t{16}},
      Ethernet{} / Arp{.sender = "203.0.113.1", .target = "203.0.113.2"},
      Ethernet{.type = 0x88cc} / Payload{std::size_t{60}},
      Ethernet{} / Vlan{.id = 5} / v4 / Tcp{.dst_port = 80},
      Ethernet{} / Vlan{.id = 6} / v4 / Udp{.dst_port = 53},
      Ethernet{} / Vlan{.id = 7, .protocol = 0x88a8} / Vlan{.id = 9} / v4 / Tcp{.dst_port = 80},
      Ethernet{.type = 0x8847} / Payload{Bytes{std::byte{0}, std::byte{6}, std::byte{0x41}, std::byte{64}}} /
          Payload{std::size_t{40}},
      Ethernet{.type = 0x8864} /
          Payload{Bytes{std::byte{0x11}, {}, {}, std::byte{3}, {}, std::byte{34}, {}, std::byte{0x21}}} /
          Payload{std::size_t{40}},
  };
  std::vector<Bytes> frames;
  for (const Packet& packet : packets) frames.push_back(packet.bytes());
  return frames;
}

void write_pcap(const std::filesystem::path& path, const std::vector<Bytes>& frames) {
  const std::unique_ptr<pcap_t, decltype([](pcap_t* handle) { pcap_close(handle); })> handle(
      pcap_open_dead(DLT_EN10MB, 262144));
  const std::unique_ptr<pcap_dumper_t, decltype([](pcap_dumper_t* dump) { pcap_dump_close(dump); })> dump(
      pcap_dump_open(handle.get(), path.c_str()));
  ASSERT_TRUE(dump);
  for (const Bytes& frame : frames) {
    pcap_pkthdr header{};
    header.caplen = header.len = static_cast<bpf_u_int32>(frame.size());
    pcap_dump(reinterpret_cast<u_char*>(dump.get()), &header, reinterpret_cast<const u_char*>(frame.data()));
  }
}

std::uint64_t count_by_tcpdump(const std::filesystem::path& file, const std::string& expression) {
  const Finished finished = run({"tcpdump", "--count", "-r", file, expression});
  EXPECT_EQ(finished.status.code, 0) << finished.err;
  return std::stoull(finished.out);
}

std::uint64_t delivered_at(const Accounting& accounting, const std::string& tap) {
  std::uint64_t sum = 0;
  for (const AccountingLine& line : accounting.lines) {
    if (line.words.at("tap") == tap) sum += line["delivered"];
  }
  return sum;
}

// The truth is tcpdump on the file of the frames as they were sent: live, tcpdump takes tagged frames for untagged
// ones.
TEST_F(LiveFilters, MeanAtEveryTapWhatTheyMeanToTcpdumpOnTheFileOfTheFrames) {
  REQUIRE_TOOL("tcpdump");
  const auto frames = assorted_frames();
  const auto file = folder / "sent.pcap";
  write_pcap(file, frames);
  const FrameSender sender(hosts->left, "left");
  std::uint64_t matched = 0;
  for (const char* expression : {"ip",
                                 "tcp port 80",
                                 "udp",
                                 "arp",
                                 "vlan",
                                 "vlan 5",
                                 "vlan and tcp port 80",
                                 "vlan 7 and vlan 9",
                                 "ip6",
                                 "icmp6",
                                 "portrange 50-60",
                                 "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
                                 "greater 200",
                                 "less 60",
                                 "host 198.51.100.7",
                                 "dst net 198.51.100.64/26 and not tcp",
                                 "ether proto 0x88cc",
                                 "ip6 protochain 17",
                                 "mpls",
                                 "pppoes",
                                 "ip[6:2] & 0x1fff != 0",
                                 "not ip and not ip6",
                                 "tcp[((tcp[12]&0xf0)>>2):4] = 0x47455420"}) {
    Capture ringtap(hosts->right,
                    {"-i", "right", "-vv", "--tap", "xdp,tc-in", "-w", folder / "both.pcapng", expression});
    for (const Bytes& frame : frames) sender.send(frame);
    const Accounting accounting = expect_identity(ringtap.stop().err);
    const std::uint64_t truth = count_by_tcpdump(file, expression);
    EXPECT_EQ(delivered_at(accounting, "xdp"), truth) << expression;
    EXPECT_EQ(delivered_at(accounting, "tc-ingress"), truth) << expression;
    matched += truth;
  }
  EXPECT_GT(matched, frames.size());
}

// The tag stands in metadata at tc ingress, and in the bytes at XDP, at tc egress and in what the stack tap copies.
TEST_F(LiveFilters, SayAtTheEndHowManyTaggedFramesDidNotMatchUnlessTheyAskForTags) {
  const Ipv4 header{.src = "198.51.100.7", .dst = "198.51.100.200"};
  const Bytes tagged = (Ethernet{} / Vlan{.id = 5} / header / Udp{.dst_port = 9} / Payload{"x"}).bytes();
  const Bytes untagged = (Ethernet{} / header / Udp{.dst_port = 10} / Payload{"x"}).bytes();
  const FrameSender sender(hosts->left, "left");
  const auto said = [&](const std::vector<std::string>& arguments, int frames) {
    const bool sending = arguments[0] == "left";
    std::vector<std::string> all = {"-vv", "-w", folder.path() / "x.pcap", "-i"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    Capture ringtap(sending ? hosts->left : hosts->right, all);
    for (int i = 0; i < frames; ++i) sender.send(tagged);
    sender.send(untagged);
    const Finished finished = ringtap.stop();
    expect_identity(finished.err);
    const auto at = finished.err.find("VLAN-tagged");
    if (at == std::string::npos) return std::string();
    const auto begin = finished.err.rfind('\n', at) + 1;
    return finished.err.substr(begin, finished.err.find('\n', at) - begin);
  };
  const std::string twelve = "ringtap: 12 VLAN-tagged frames did not match; --any-vlan matches inside tags";
  for (const char* tap : {"tc-in", "xdp", "stack-in"})
    EXPECT_EQ(said({"right", "--tap", tap, "udp port 9"}, 12), twelve);
  EXPECT_EQ(said({"left", "--tap", "tc-out", "udp port 9"}, 12), twelve);
  EXPECT_EQ(said({"any", "udp port 9"}, 12), twelve);
  EXPECT_EQ(said({"right", "udp port 9"}, 1),
            "ringtap: 1 VLAN-tagged frame did not match; --any-vlan matches inside tags");
  EXPECT_EQ(said({"right", "udp port 9"}, 0), "");
  EXPECT_EQ(said({"right", "vlan 6 and udp"}, 12), "");
  EXPECT_EQ(said({"right", "--any-vlan", "tcp port 9"}, 12), "");
  EXPECT_EQ(said({"right", "vlan and udp"}, 12), "");
  EXPECT_EQ(said({"right", "--any-vlan", "udp port 9"}, 12), "");
  EXPECT_EQ(said({"right"}, 12), "");
}

TEST_F(LiveFilters, WorkOnADeviceWithoutALinkHeader) {
  const TunDevice tun(hosts->right, "tun0", "198.51.100.1/24");
  const Ipv4 header{.src = "198.51.100.7", .dst = "198.51.100.200"};
  const auto bare = [&](std::uint16_t port) {
    Bytes frame = (Ethernet{} / header / Udp{.dst_port = port} / Payload{"x"}).bytes();
    frame.erase(frame.begin(), frame.begin() + 14);
    return frame;
  };
  for (const char* interface : {"tun0", "any"}) {
    Capture ringtap(hosts->right, {"-i", interface, "-vv", "-Q", "in", "-w", folder / "tun.pcap", "udp dst port 5000"});
    for (int i = 0; i < 4; ++i) tun.send(bare(5000));
    for (int i = 0; i < 3; ++i) tun.send(bare(6000));
    expect_identity(ringtap.stop().err);
    EXPECT_EQ(read_capture(folder / "tun.pcap").frames.size(), 4U) << interface;
  }
}

// What a TCP socket sends lies in pages, outside the linear part of the skb.
TEST_F(LiveFilters, ReadPayloadThatLiesOutsideTheLinearPart) {
  REQUIRE_TOOL("tcpdump");
  const std::string expression = "tcp[((tcp[12]&0xf0)>>2)+40:2] > 0x1000 and tcp src port 7777";
  const auto everything = folder / "all.pcap";
  Capture all(hosts->right, {"-i", "right", "-vv", "--tap", "tc-out", "-w", everything});
  Capture some(hosts->right, {"-i", "right", "-vv", "--tap", "tc-out", "-w", folder / "some.pcap", expression});
  for (int i = 0; i < 20; ++i) exchange_tcp(hosts->left, hosts->right, TwoHosts::kRightIpv4, 7777, 100, 3000);
  expect_identity(all.stop().err);
  expect_identity(some.stop().err);
  const std::uint64_t truth = count_by_tcpdump(everything, expression);
  EXPECT_GE(truth, 20U);
  EXPECT_EQ(read_capture(folder / "some.pcap").frames.size(), truth);
}

TEST_F(LiveFilters, ThatAreWrongAttachNothingAndExitWithTwo) {
  const Finished finished = run(hosts->right.command({ringtap_binary(), "-i", "right", "udp prot 5"}));
  EXPECT_EQ(finished.status.code, 2);
  EXPECT_NE(finished.err.find("syntax error"), std::string::npos) << finished.err;
}

}  // namespace
}  // namespace ringtap::testing
