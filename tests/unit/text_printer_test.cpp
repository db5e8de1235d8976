// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The printer against the installed tcpdump: the same packets, whole and cut at every length, under every option that
// changes a line.
#include "sink/text_printer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "support/compared_tcpdump.hpp"
#include "support/process.hpp"

namespace ringtap {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct Packet {
  Bytes bytes;
  std::uint32_t wire_len;
};

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Bytes be16(unsigned value) {
  return {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

const Bytes kStations = {0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01};

Bytes ipv4(std::uint8_t protocol, const Bytes& payload, unsigned fragment = 0) {
  return kStations + be16(0x0800) + Bytes{0x45, 0} + be16(static_cast<unsigned>(20 + payload.size())) + be16(7) +
         be16(fragment) + Bytes{64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2} + payload;
}

Bytes ipv6(std::uint8_t next, const Bytes& payload) {
  Bytes addresses(32);
  addresses[0] = addresses[16] = 0xfe;
  addresses[1] = addresses[17] = 0x80;
  addresses[15] = 1;
  addresses[31] = 2;
  return kStations + be16(0x86dd) + Bytes{0x60, 0, 0, 0} + be16(static_cast<unsigned>(payload.size())) +
         Bytes{next, 64} + addresses + payload;
}

Bytes udp(unsigned source, unsigned destination, const Bytes& payload) {
  return be16(source) + be16(destination) + be16(static_cast<unsigned>(8 + payload.size())) + be16(0x1234) + payload;
}

Bytes tcp(unsigned source, unsigned destination, std::uint8_t flags, const Bytes& options, const Bytes& payload) {
  return be16(source) + be16(destination) + Bytes{0, 0, 1, 0, 0, 0, 2, 0} +
         Bytes{static_cast<std::uint8_t>((5 + options.size() / 4) << 4), flags} + be16(512) + be16(0) + be16(0) +
         options + payload;
}

// An Ethernet frame from its type on.
Bytes without_stations(const Bytes& frame) {
  return {frame.begin() + 12, frame.end()};
}

Bytes text(std::string_view characters) {
  return {characters.begin(), characters.end()};
}

std::vector<Bytes> samples() {
  const Bytes options = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7};
  const Bytes quoted = {0x45, 0, 0, 31, 0, 7, 0, 0, 64, 17, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1, 0, 53, 7, 0, 0, 11, 0, 0};
  const Bytes advertisement = {134, 0, 0, 0, 64, 0x48, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0,
                               1,   1, 2, 0, 0,  0,    0, 1, 5, 1, 0, 0, 0, 0, 5, 0xdc};
  const Bytes question = {0,   9, 1,   0,   0,   1,   0,   0,   0,   0, 0, 0,  3, 'w', 'w',
                          'w', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 28, 0, 1};
  const Bytes answer = {0, 9,    0x81, 0x80, 0, 1, 0, 1, 0, 0, 0,    0, 1, 'a', 0, 0, 1, 0,
                        1, 0xc0, 12,   0,    1, 0, 1, 0, 0, 1, 0x2c, 0, 4, 192, 0, 2, 1};
  Bytes bootp(236);
  bootp[0] = bootp[1] = 1;
  bootp[2] = 6;
  bootp[10] = 0x80;
  bootp[12] = 10;
  for (std::size_t i = 28; i < 34; ++i) bootp[i] = static_cast<std::uint8_t>(i);
  bootp = bootp + Bytes{0x63, 0x82, 0x53, 0x63, 53, 1,   1, 55, 5,  1,  3, 6,   15,     255, 61, 7,   1, 2,  3,   4,
                        5,    6,    7,    51,   4,  0,   0, 14, 16, 12, 3, 'a', '\x1b', 'c', 82, 6,   1, 4,  'e', 't',
                        'h',  '0',  121,  8,    24, 192, 0, 2,  10, 0,  0, 1,   119,    3,   1,  'a', 0, 255};
  const Bytes stamp = {0xe5, 0, 0, 0, 0x80, 0, 0, 0};
  const Bytes later = {0xe5, 0, 0, 1, 0, 0, 0, 9};
  const Bytes ntp =
      Bytes{0x23, 2, 6, 0xec, 0, 0, 0x12, 0x34, 0, 1, 0x80, 0, 192, 0, 2, 1} + stamp + later + stamp + later;
  const Bytes frame = ipv4(17, udp(5, 6, text("abc")));
  const Bytes datagram = {frame.begin() + 14, frame.end()};
  Bytes exceeded = Bytes{11, 0, 0, 0, 0, 32, 0, 0} + quoted + Bytes(100) +
                   Bytes{0x20, 0, 0, 0, 0, 8, 1, 1, 0x18, 0x96, 1, 1, 0, 8, 2, 8, 0, 0, 0, 7};
  return {
      kStations + be16(0x0806) +
          Bytes{0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2},
      kStations + be16(0x8100) + be16(0xf005) + without_stations(ipv4(17, udp(5, 6, {1}))),
      kStations + be16(0x1234) + text("no printer for this"),
      kStations + be16(38) + Bytes{0x42, 0x42, 3} + Bytes(35),
      ipv4(6, tcp(1000, 80, 2, options, {})),
      ipv4(6, tcp(1000, 80, 0x18, {}, text("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))),
      ipv4(6, tcp(1000, 80, 0x18, {}, text("\x1b[2Jnot text\r\n"))),
      ipv4(6, tcp(80, 1000, 0x14, {}, text("why\x07\xff"))),
      ipv4(6, tcp(1000, 2000, 0x10, {1, 1, 8, 10, 0, 0, 1, 2, 0xff, 0, 0, 3}, {})),
      ipv4(17, udp(5, 6, text("abc"))),
      ipv4(17, udp(1053, 53, question)),
      ipv4(17, udp(53, 1053, answer)),
      ipv4(17, udp(5, 6, text("abc")), 0x2000),
      ipv4(17, text("later"), 0x2003),
      ipv4(1, Bytes{8, 0, 0, 0, 0, 1, 0, 2} + text("ping")),
      ipv4(1, Bytes{3, 3, 0, 0, 0, 0, 0, 0} + quoted),
      ipv4(253, text("unknown")),
      ipv6(6, tcp(1000, 2000, 0x10, {}, {})),
      ipv6(17, udp(5, 6, text("abc"))),
      ipv6(58, advertisement),
      ipv6(58, Bytes{128, 0, 0, 0, 0, 1, 0, 2} + text("ping")),
      ipv6(0, Bytes{58, 0, 5, 2, 0, 0, 1, 0, 143, 0, 0, 0, 0, 0, 0, 0}),
      ipv6(44, Bytes{17, 0, 0, 1, 0, 0, 0, 9} + udp(5, 6, text("abc"))),
      ipv4(1, exceeded),
      ipv4(17, udp(68, 67, bootp)),
      ipv4(17, udp(1123, 123, ntp)),
      ipv4(17, udp(1123, 123, ntp + Bytes{0, 0, 0, 1} + Bytes(16))),
      ipv4(17, udp(1123, 123, Bytes{0x16, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0})),
      ipv4(47, be16(0xb000) + be16(0x0800) + be16(1) + be16(0) + Bytes{0, 0, 0, 7, 0, 0, 0, 8} + datagram),
      ipv4(47, be16(0x3081) + be16(0x880b) + be16(31) + be16(5) + Bytes{0, 0, 0, 7, 0, 0, 0, 8, 0x21} + datagram),
      ipv4(17, udp(1000, 4789, Bytes{8, 0, 0, 0, 0, 0, 100, 0} + frame)),
      ipv4(17, udp(1000, 4790, Bytes{12, 0, 0, 1, 0, 0, 100, 0} + datagram)),
      ipv4(17, udp(1000, 6081, Bytes{2, 0x40, 0x65, 0x58, 0, 0, 10, 0, 1, 2, 0x80, 1, 0, 0, 0, 5} + frame)),
  };
}

class TextPrinterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/text_printer_test.XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    std::remove((folder_ + "/p.pcap").c_str());
    std::remove((folder_ + "/out").c_str());
    ::rmdir(folder_.c_str());
  }

  std::string printed(const std::vector<Packet>& packets, const TextOptions& options) {
    const int fd = ::open((folder_ + "/out").c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    EXPECT_GE(fd, 0);
    TextPrinter printer(fd, options);
    std::uint64_t time = kStart;
    for (const Packet& packet : packets) {
      EXPECT_TRUE(printer.on_record(record(packet, time)));
      time += kStep;
    }
    EXPECT_TRUE(printer.finish());
    EXPECT_EQ(printer.records_stored(), packets.size());
    ::close(fd);
    std::ifstream file(folder_ + "/out");
    std::ostringstream all;
    all << file.rdbuf();
    return all.str();
  }

  std::string expected(const std::vector<Packet>& packets, const std::string& options) {
    std::ofstream file(folder_ + "/p.pcap", std::ios::binary);
    const auto put32 = [&](std::uint32_t value) { file.write(reinterpret_cast<const char*>(&value), 4); };
    put32(0xa1b23c4d);
    put32(4u << 16 | 2);
    for (const std::uint32_t word : {0u, 0u, 262144u, 1u}) put32(word);
    std::uint64_t time = kStart;
    for (const Packet& packet : packets) {
      put32(static_cast<std::uint32_t>(time / 1000000000));
      put32(static_cast<std::uint32_t>(time % 1000000000));
      put32(static_cast<std::uint32_t>(packet.bytes.size()));
      put32(packet.wire_len);
      file.write(reinterpret_cast<const char*>(packet.bytes.data()), static_cast<std::streamsize>(packet.bytes.size()));
      time += kStep;
    }
    file.close();
    return testing::run_shell("tcpdump " + options + " -r " + folder_ + "/p.pcap 2>/dev/null").out;
  }

  static RecordView record(const Packet& packet, std::uint64_t time) {
    RecordView view;
    view.time_ns = time;
    view.data = std::as_bytes(std::span(packet.bytes));
    view.wire_len = packet.wire_len;
    return view;
  }

  static constexpr std::uint64_t kStart = 1700000000'000000005;
  static constexpr std::uint64_t kStep = 1'500000123;

  std::string folder_;
};

struct OptionSet {
  std::string letters;
  TextOptions options;
};

std::vector<OptionSet> option_sets() {
  const auto with = [](auto change) {
    TextOptions options;
    options.dissect.no_names = 1;
    change(options);
    return options;
  };
  return {
      {"-n", with([](TextOptions&) {})},
      {"-n -t", with([](TextOptions& o) { o.time = TimeStyle::kNone; })},
      {"-n -tt --nano", with([](TextOptions& o) { o.time = TimeStyle::kEpoch, o.nanoseconds = true; })},
      {"-n -ttt", with([](TextOptions& o) { o.time = TimeStyle::kSincePrevious; })},
      {"-n -tttt", with([](TextOptions& o) { o.time = TimeStyle::kDate; })},
      {"-n -ttttt -#", with([](TextOptions& o) { o.time = TimeStyle::kSinceFirst, o.number = true; })},
      {"-n -v", with([](TextOptions& o) { o.dissect.verbosity = 1; })},
      {"-n -vv -e", with([](TextOptions& o) { o.dissect.verbosity = 2, o.dissect.link_header = true; })},
      {"-n -vvv -K", with([](TextOptions& o) { o.dissect.verbosity = 3, o.dissect.no_checksums = true; })},
      {"-n -q", with([](TextOptions& o) { o.dissect.quiet = true; })},
      {"-n -q -e", with([](TextOptions& o) { o.dissect.quiet = true, o.dissect.link_header = true; })},
      {"-n -S", with([](TextOptions& o) { o.dissect.absolute_seq = true; })},
      {"-n -x", with([](TextOptions& o) { o.dump = DumpStyle::kHex; })},
      {"-n -xx", with([](TextOptions& o) { o.dump = DumpStyle::kHex, o.dump_link_header = true; })},
      {"-n -X", with([](TextOptions& o) { o.dump = DumpStyle::kHexAndAscii; })},
      {"-n -XX", with([](TextOptions& o) { o.dump = DumpStyle::kHexAndAscii, o.dump_link_header = true; })},
      {"-n -A", with([](TextOptions& o) { o.dump = DumpStyle::kAscii; })},
      {"-n -AA", with([](TextOptions& o) { o.dump = DumpStyle::kAscii, o.dump_link_header = true; })},
  };
}

TEST_F(TextPrinterTest, PrintsWholePacketsAsTcpdumpDoesUnderEveryOption) {
  REQUIRE_COMPARED_TCPDUMP();
  std::vector<Packet> packets;
  for (const Bytes& bytes : samples()) packets.push_back({bytes, static_cast<std::uint32_t>(bytes.size())});
  for (const OptionSet& set : option_sets()) {
    EXPECT_EQ(printed(packets, set.options), expected(packets, set.letters)) << set.letters;
  }
}

TEST_F(TextPrinterTest, PrintsPacketsCutAtEveryLengthAsTcpdumpDoes) {
  REQUIRE_COMPARED_TCPDUMP();
  std::vector<Packet> packets;
  for (const Bytes& bytes : samples()) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      packets.push_back({Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)),
                         static_cast<std::uint32_t>(bytes.size())});
    }
  }
  for (const OptionSet& set : option_sets()) {
    if (set.options.dump != DumpStyle::kNone) continue;
    EXPECT_EQ(printed(packets, set.options), expected(packets, set.letters)) << set.letters;
  }
}

TEST_F(TextPrinterTest, DiffersFromTcpdumpOnlyWithoutCompatAndOnlyInTheLinesThatItNames) {
  REQUIRE_COMPARED_TCPDUMP();
  Bytes large = ipv4(6, tcp(1000, 80, 0x10, {}, text("part of 64 KiB")));
  large[16] = large[17] = 0;  // total length
  const Bytes vxlan = ipv4(17, udp(5, 8472, Bytes{8, 0, 0, 0, 0, 0, 7, 0} + ipv4(17, udp(5, 6, text("abc")))));
  std::vector<Bytes> frames = samples();
  frames.push_back(large);
  frames.push_back(vxlan);
  TextOptions options;
  options.dissect.no_names = 1;
  options.time = TimeStyle::kNone;
  for (const Bytes& frame : frames) {
    const std::vector<Packet> packet = {{frame, static_cast<std::uint32_t>(frame.size())}};
    const std::string theirs = expected(packet, "-n -t");
    options.dissect.compat = true;
    EXPECT_EQ(printed(packet, options), theirs);
    options.dissect.compat = false;
    if (frame == large) {
      EXPECT_EQ(printed(packet, options),
                "IP 10.0.0.1.1000 > 10.0.0.2.80: Flags [.], seq 256:270, ack 512, win 512, length 14: HTTP\n");
    } else if (frame == vxlan) {
      EXPECT_EQ(printed(packet, options),
                "IP 10.0.0.1.5 > 10.0.0.2.8472: VXLAN, flags [I] (0x08), vni 7\n"
                "IP 10.0.0.1.5 > 10.0.0.2.6: UDP, length 3\n");
    } else {
      EXPECT_EQ(printed(packet, options), theirs);
    }
  }
}

TEST_F(TextPrinterTest, LetsNoByteOfADamagedPacketReachTheTerminal) {
  std::mt19937 random(1);
  const std::vector<Bytes> whole = samples();
  std::vector<Packet> packets;
  for (unsigned i = 0; i < 5000; ++i) {
    Bytes bytes = whole[random() % whole.size()];
    for (unsigned j = random() % 8; j-- > 0;) bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    packets.push_back({bytes, static_cast<std::uint32_t>(bytes.size() + random() % 3)});
  }
  for (const OptionSet& set : option_sets()) {
    for (const char c : printed(packets, set.options)) {
      ASSERT_TRUE((c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t') << set.letters << ": " << static_cast<int>(c);
    }
  }
}

// What a printer with these options makes of one record of each of these interfaces.
std::string shown(const TextOptions& options, const std::vector<std::string>& names,
                  const std::vector<RecordView>& views) {
  int fds[2];
  EXPECT_EQ(::pipe(fds), 0);
  TextPrinter printer(fds[1], options);
  for (const std::string& name : names) EXPECT_TRUE(printer.on_interface({.name = name}));
  for (const RecordView& view : views) EXPECT_TRUE(printer.on_record(view));
  EXPECT_TRUE(printer.finish());
  std::array<char, 4096> buffer{};
  const ssize_t size = ::read(fds[0], buffer.data(), buffer.size());
  ::close(fds[0]);
  ::close(fds[1]);
  return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

TextOptions plain_options() {
  TextOptions options;
  options.dissect.no_names = 1;
  options.time = TimeStyle::kNone;
  return options;
}

TEST_F(TextPrinterTest, NamesTheInterfaceWhereSeveralAreCaptured) {
  TextOptions options = plain_options();
  options.show_interface = true;
  const Bytes bytes = samples()[9];
  const Packet packet = {bytes, static_cast<std::uint32_t>(bytes.size())};
  RecordView in = record(packet, kStart);
  in.packet_type = PacketType::kHost;
  RecordView out = in;
  out.interface_id = 1;
  out.packet_type = PacketType::kOutgoing;
  EXPECT_EQ(shown(options, {"eth0", "lo"}, {in, out}),
            "eth0  In  IP 10.0.0.1.5 > 10.0.0.2.6: UDP, length 3\n"
            "lo    Out IP 10.0.0.1.5 > 10.0.0.2.6: UDP, length 3\n");
}

TEST_F(TextPrinterTest, SaysWhatATapKnowsOfThePacket) {
  TextOptions options = plain_options();
  const Bytes bytes = samples()[9];
  const Packet packet = {bytes, static_cast<std::uint32_t>(bytes.size())};
  RecordView drop = record(packet, kStart);
  drop.tap = Tap::kDrop;
  drop.direction = Direction::kIn;
  drop.trace = Trace{.reason = "NETFILTER_DROP", .function = "nft_do_chain"};
  const std::string line = "IP 10.0.0.1.5 > 10.0.0.2.6: UDP, length 3";
  EXPECT_EQ(shown(options, {"eth0:drop"}, {drop}), "eth0:drop In  " + line + " [NETFILTER_DROP in nft_do_chain]\n");
  drop.trace = Trace{.function = "ip_\x1b[0mrcv"};
  EXPECT_EQ(shown(options, {"eth0:drop"}, {drop}), "eth0:drop In  " + line + " [dropped in ip_\\x1b[0mrcv]\n");
  RecordView hook = record(packet, kStart);
  hook.tap = Tap::kNetfilter;
  hook.trace = Trace{.hook = NetfilterHook::kInput, .last = true};
  EXPECT_EQ(shown(options, {"eth0:netfilter"}, {hook}), "eth0:netfilter ?   " + line + " [INPUT post]\n");
  options.dissect.compat = true;
  EXPECT_EQ(shown(options, {"eth0:drop"}, {drop}), line + "\n");
}

TEST_F(TextPrinterTest, NamesInterfacesOfFilesWhereTwoHaveNames) {
  TextOptions options = plain_options();
  const Bytes bytes = samples()[9];
  const Packet packet = {bytes, static_cast<std::uint32_t>(bytes.size())};
  RecordView view = record(packet, kStart);
  view.comment = "seen\nat \x1b noon";
  const std::string line = "IP 10.0.0.1.5 > 10.0.0.2.6: UDP, length 3\n";
  EXPECT_EQ(shown(options, {"", ""}, {view}), line);
  EXPECT_EQ(shown(options, {"eth0", "eth0"}, {view}), line);
  EXPECT_EQ(shown(options, {"e\x07th0", "eth1"}, {view}), "e\\x07th0 ?   " + line);
  EXPECT_EQ(shown(options, {"", "eth0", "eth1"}, {view}), "if0   ?   " + line);
  options.dissect.verbosity = 1;
  EXPECT_NE(shown(options, {""}, {view}).find("\n    comment: seen"), std::string::npos);
  EXPECT_EQ(shown(options, {""}, {view}).find('\x1b'), std::string::npos);
}

TEST(TextPrinterErrors, SayWhichErrorAndHowManyRecordsWereStored) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  TextPrinter printer(full, TextOptions{});
  const Bytes bytes = samples()[9];
  RecordView view;
  view.data = std::as_bytes(std::span(bytes));
  view.wire_len = static_cast<std::uint32_t>(bytes.size());
  ASSERT_TRUE(printer.on_record(view));
  const Result<> result = printer.finish();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().errno_value(), ENOSPC);
  EXPECT_EQ(result.error().kind(), ErrorKind::kOutput);
  EXPECT_EQ(printer.records_stored(), 0u);
  ::close(full);
}

}  // namespace
}  // namespace ringtap
