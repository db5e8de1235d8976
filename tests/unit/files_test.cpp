// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the program says and does with capture files, beside tcpdump and word for word.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/files.hpp"

namespace ringtap::testing {
namespace {

using Files = FilesTest;

// Names that mean something only in this process, whose files another one opens.
TEST_F(Files, OfTheProcessItselfAreReadAndWritten) {
  const std::string file = pcap("x.pcap", 1);
  const std::string expected = ringtap({"-n", "-r", file}).out;
  const std::string binary = ringtap_binary();
  EXPECT_EQ(run_shell(binary + " -n -r /dev/stdin <" + file + " 2>/dev/null").out, expected);
  EXPECT_EQ(run({"bash", "-c", binary + " -n -r <(cat " + file + ") 2>/dev/null"}).out, expected);
  EXPECT_EQ(run_shell(binary + " -r " + file + " -w /dev/stdout 2>/dev/null | " + binary + " -n -r - 2>/dev/null").out,
            expected);
  EXPECT_EQ(run_shell(binary + " -r " + file + " -w /dev/fd/5 5>" + file + ".copy 2>/dev/null; " + binary + " -n -r " +
                      file + ".copy 2>/dev/null")
                .out,
            expected);
}

TEST_F(Files, AreWrittenWhereALinkPointsTo) {
  const std::string file = pcap("x.pcap", 1);
  std::filesystem::create_directory(folder_ / "one");
  std::filesystem::create_directory(folder_ / "two");
  std::ofstream(folder_ / "two" / "real.pcap") << "old";
  std::filesystem::create_symlink("../two/real.pcap", folder_ / "one" / "link.pcap");
  const Finished written = ringtap({"-r", file, "-w", folder_ / "one" / "link.pcap"});
  EXPECT_EQ(written.status, (ExitStatus{0, 0})) << written;
  EXPECT_EQ(ringtap({"-n", "-r", folder_ / "two" / "real.pcap"}).out, ringtap({"-n", "-r", file}).out);
}

TEST_F(Files, AreAnnouncedInTcpdumpsWordsWhateverIsAskedOfThem) {
  for (const std::uint32_t link_type :
       {0U, 1U, 9U, 12U, 50U, 101U, 104U, 105U, 108U, 113U, 127U, 147U, 228U, 229U, 276U}) {
    const std::string file = pcap("x", link_type, 0);
    expect_same({"-n", "-r", file});
    expect_same({"-r", file, "-w", "/dev/null"});
    expect_same({"--count", "-r", file});
  }
  expect_same({"-d", "-r", pcap("x", 1), "ip"});
  for (const std::uint32_t snaplen : {0U, 96U, 300000U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    expect_same({"-n", "-r", pcap("x", 1, 1, snaplen)});
    expect_same({"-n", "-r", pcapng("x", 276, snaplen)});
  }
  expect_same({"-n", "-r", pcapng("x", 249, 0)});
}

TEST_F(Files, OfAListAreReadAsIfTheyWereOne) {
  constexpr std::uint32_t kAll = 262144;
  const std::string names =
      list("names", {pcap("a", 1), pcap("b", 101, 2, kAll, 1002), pcap("c", 1, 0), pcap("d", 228, 2, kAll, 1004)});
  expect_same({"-n", "-V", names});
  expect_same({"-n", "-V", names, "udp port 1002"});
  expect_same({"--count", "-V", names, "udp port 1002"});
  const std::string ethernet = list("ethernet", {pcap("a", 1), pcap("e", 1, 3, kAll, 1002)});
  expect_same({"-V", ethernet, "-w", folder_ / "out"});
  const Finished both = ringtap({"--count", "-r", folder_ / "out"});
  EXPECT_EQ(both.out, "5 packets\n");
  // The file itself is tcpdump's, byte for byte.
  EXPECT_TRUE(tcpdump({"-V", ethernet, "-w", folder_ / "theirs"}).status == (ExitStatus{0, 0}));
  EXPECT_TRUE(ringtap({"-V", ethernet, "-w", folder_ / "ours"}).status == (ExitStatus{0, 0}));
  EXPECT_EQ(run({"cmp", folder_ / "ours", folder_ / "theirs"}).status, (ExitStatus{0, 0}));
}

TEST_F(Files, OfAListMayBeNamedOnStandardInput) {
  const std::string names = list("names", {pcap("a", 1), pcap("b", 1, 3)});
  const Finished finished = run_shell(ringtap_binary() + " --count -V - < " + names);
  EXPECT_EQ(finished.out, "5 packets\n") << finished;
}

TEST_F(Files, AreDumpedAsTheLettersTogetherSay) {
  const std::string file = pcap("x", 1);
  for (const char* letters : {"-A", "-AA", "-AX", "-AXX", "-AAX", "-Ax", "-Axx", "-AAx", "-xX", "-xXX", "-xxX", "-AxX"})
    expect_same({"-n", letters, "-r", file});
}

TEST_F(Files, KnowBroadcastsWithoutANetmask) {
  const std::string file = pcap_of("x", (Ethernet{} / Ipv4{.dst = "255.255.255.255"} / Udp{}).bytes());
  expect_same({"-n", "-r", file, "ip broadcast"});
  expect_same({"-d", "-r", file, "ip broadcast"});
  expect_same({"-n", "-r", pcap("y", 1), "ip broadcast"});
}

TEST_F(Files, AreReadWithWhatCheatSheetsSay) {
  const std::string file = pcap("x", 1);
  for (const char* option : {"--numb", "--time-stamp-prec=nano", "-u", "-H", "-j host"}) {
    SCOPED_TRACE(option);
    std::vector<std::string> words = {"-n", "-r", file};
    std::istringstream text(option);
    for (std::string word; text >> word;) words.push_back(word);
    expect_same(words);
  }
  // tcpdump says nothing of what it does not use.
  const std::vector<std::string> device = {"-n", "-r", file, "-i", "lo"};
  const Finished ours = ringtap(device);
  EXPECT_EQ(ours.status, (ExitStatus{0, 0})) << ours.err;
  EXPECT_EQ(ours.out, tcpdump(device).out);
  EXPECT_NE(ours.err.find("-i"), std::string::npos) << ours.err;
  const std::vector<std::string> module = {"-n", "-m", "none", "-r", file};
  EXPECT_EQ(ringtap(module).out, tcpdump(module).out);
  EXPECT_NE(ringtap(module).err.find("no libsmi support"), std::string::npos);
}

TEST_F(Files, AreSkippedInto) {
  const std::string file = pcap("x", 1, 5);
  const std::string all = ringtap({"-n", "-r", file}).out;
  const auto lines = [&](std::size_t from, std::size_t count) {
    std::istringstream text(all);
    std::string found;
    for (std::string line; std::getline(text, line);) {
      if (from > 0) {
        --from;
      } else if (count-- > 0) {
        found += line + "\n";
      } else {
        break;
      }
    }
    return found;
  };
  EXPECT_EQ(ringtap({"-n", "--skip", "2", "-r", file}).out, lines(2, 3));
  EXPECT_EQ(ringtap({"-n", "--skip", "2", "-c", "1", "-r", file}).out, lines(2, 1));
  EXPECT_EQ(ringtap({"-n", "--skip", "9", "-r", file}).out, "");
  EXPECT_EQ(ringtap({"--count", "--skip", "2", "-r", file}).out, "3 packets\n");
  EXPECT_EQ(ringtap({"-n", "--print-sampling", "2", "-r", file}).out, lines(1, 1) + lines(3, 1));
  EXPECT_EQ(ringtap({"-nt", "--lengths", "-c", "1", "-r", file}).out.rfind("caplen 52 len 52 IP ", 0), 0U);
  // Printed or not, each is in the file.
  EXPECT_EQ(ringtap({"--print-sampling", "2", "-r", file, "-w", folder_ / "all"}).status, (ExitStatus{0, 0}));
  EXPECT_EQ(ringtap({"--count", "-r", folder_ / "all"}).out, "5 packets\n");
}

TEST_F(Files, AreCountedTogetherByMinusC) {
  EXPECT_EQ(ringtap({"--count", "-c", "3", "-V", list("names", {pcap("a", 1), pcap("b", 1)})}).out, "3 packets\n");
}

TEST_F(Files, EndTheReadingWhereOneIsMissingOrTheExpressionHasNoMeaning) {
  const Finished missing = ringtap({"-n", "-V", list("names", {pcap("a", 1), folder_ / "none", pcap("c", 1)})});
  EXPECT_EQ(missing.status, (ExitStatus{1, 0})) << missing;
  EXPECT_EQ(missing.out, "");
  EXPECT_NE(missing.err.find("none: No such file or directory"), std::string::npos) << missing;

  const std::vector<std::string> mixed = {"-n", "-V", list("names", {pcap("a", 1), pcap("b", 101, 2, 262144, 1002)}),
                                          "ether[0] & 1 = 0"};
  expect_same(mixed);
  const Finished hosts = ringtap({"-n", "-V", folder_ / "names", "ether host 02:00:00:00:00:01"});
  EXPECT_EQ(hosts.status, (ExitStatus{2, 0})) << hosts;
  EXPECT_NE(hosts.err.find("ethernet addresses supported only on"), std::string::npos) << hosts;

  const Finished pcap_of_two = ringtap({"-V", folder_ / "names", "-w", folder_ / "out", "--format", "pcap"});
  EXPECT_EQ(pcap_of_two.status, (ExitStatus{4, 0})) << pcap_of_two;
  EXPECT_NE(pcap_of_two.err.find("a pcap file has one link type"), std::string::npos) << pcap_of_two;
}

TEST_F(Files, AreNeverWrittenOverWhileTheyAreRead) {
  const std::string first = pcap("a", 1);
  const std::string second = pcap("b", 1);
  const Finished finished = ringtap({"-V", list("names", {first, second}), "-w", second});
  EXPECT_EQ(finished.status, (ExitStatus{2, 0})) << finished;
  EXPECT_EQ(ringtap({"--count", "-r", second}).out, "2 packets\n");
}

TEST_F(Files, OfALinkTypeByNameAreWhatAFilterIsCompiledFor) {
  for (const char* name : {"EN10MB", "raw", "LINUX_SLL", "LINUX_SLL2", "NULL", "PPP", "C_HDLC", "IEEE802_11"}) {
    expect_same({"-y", name, "-d", "ip"});
  }
  const Finished unknown = ringtap({"-y", "FOO", "-d", "ip"});
  EXPECT_EQ(unknown.status, (ExitStatus{2, 0})) << unknown;
  EXPECT_NE(unknown.err.find("invalid data link type FOO"), std::string::npos) << unknown;
}

TEST_F(Files, OfPcapngCanBeAskedWhichWayPacketsWent) {
  const Bytes frame = (Ethernet{} / Ipv4{} / Udp{.dst_port = 4000} / Payload{"12"}).bytes();
  ASSERT_EQ(frame.size(), 44U);
  const std::string path = folder_ / "x.pcapng";
  {
    std::ofstream file(path, std::ios::binary);
    put(file, {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, ~0U, ~0U, 28});
    put(file, {1, 20, 1, 262144, 20});
    // epb_flags: in, out, out, out as a multicast, and none.
    for (const std::uint32_t flags : {1U, 2U, 2U, 2U | 2U << 2, 0U}) {
      put(file, {6, 88, 0, 0, 1000, 44, 44});
      file.write(reinterpret_cast<const char*>(frame.data()), static_cast<std::streamsize>(frame.size()));
      put(file, {4U << 16 | 2, flags, 0, 88});
    }
  }
  const auto count = [&](const std::string& expression) {
    const Finished finished = ringtap({"--count", "-r", path, expression});
    const bool asked = expression.find("bound") != std::string::npos;
    EXPECT_EQ(finished.err.find("1 packet was left out") != std::string::npos, asked) << finished;
    return finished.out;
  };
  EXPECT_EQ(count("udp"), "5 packets\n");
  EXPECT_EQ(count("inbound"), "1 packet\n");
  EXPECT_EQ(count("outbound and udp"), "3 packets\n");
  EXPECT_EQ(count("outbound or tcp"), "3 packets\n");
  EXPECT_EQ(ringtap({"-r", path, "ifindex 3"}).status, (ExitStatus{2, 0}));
  EXPECT_EQ(ringtap({"-r", pcap("y", 1), "inbound"}).status, (ExitStatus{2, 0}));
}

// A question for the address of ringtap.example, as it goes over UDP.
constexpr std::string_view kQuestion{
    "\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07ringtap\x07"
    "example\0\0\x01\0\x01",
    33};
static_assert(kQuestion.back() == '\x01');

TEST_F(Files, ShowPayloadsAsTheTypeThatIsForcedOnThem) {
  const std::string length_and_question = std::string("\0\x21", 2) + std::string(kQuestion);
  const std::vector<std::string> files = {
      pcap_of("udp", (Ethernet{} / Ipv4{} / Udp{.dst_port = 4000} / Payload{std::string(kQuestion)}).bytes()),
      pcap_of("mdns", (Ethernet{} / Ipv4{} / Udp{.dst_port = 5353} / Payload{std::string(kQuestion)}).bytes()),
      pcap_of("tcp",
              (Ethernet{} / Ipv4{} / Tcp{.dst_port = 80, .flags = Tcp::kPsh | Tcp::kAck} / Payload{length_and_question})
                  .bytes()),
      pcap_of("short", (Ethernet{} / Ipv4{} / Udp{.dst_port = 53} / Payload{"1"}).bytes())};
  for (const char* type : {"domain", "Domain", "ptp", "radius", "resp", "rpc", "snmp", "tftp", "vxlan"}) {
    for (const std::string& file : files) {
      for (const char* how : {"-n", "-nq", "-nv", "-nvv"}) expect_same({how, "-T", type, "-r", file});
    }
  }
  EXPECT_NE(ringtap({"-n", "-T", "domain", "-r", files[0]}).out.find("A? ringtap.example."), std::string::npos);
}

TEST_F(Files, AreNotShownAsATypeThatNobodyKnows) {
  const std::string file = pcap("x", 1);
  const Finished ours = ringtap({"-T", "foo", "-r", file});
  const Finished theirs = tcpdump({"-T", "foo", "-r", file});
  EXPECT_EQ(ours.status, theirs.status);
  EXPECT_EQ(ours.err.substr(ours.err.find(' ')), theirs.err.substr(theirs.err.find(' ')));
}

TEST_F(Files, ShowNumbersOfAutonomousSystemsWithADotWhereAskedFor) {
  // RFC 4271 4.2: an OPEN of AS 23456, with RFC 6793's capability for AS 70000.
  const std::string open =
      std::string(16, '\xff') +
      std::string("\0\x25\x01\x04\x5b\xa0\0\xb4\x0a\0\0\x01\x08\x02\x06\x41\x04\0\x01\x11\x70", 21);
  const std::string file = pcap_of(
      "bgp", (Ethernet{} / Ipv4{} / Tcp{.dst_port = 179, .flags = Tcp::kPsh | Tcp::kAck} / Payload{open}).bytes());
  expect_same({"-nv", "-r", file});
  expect_same({"-nvb", "-r", file});
  EXPECT_NE(ringtap({"-nvb", "-r", file}).out.find("4 Byte AS 1.4464\n"), std::string::npos);
}

// RFC 1321 A.5 is in dissect_base_test; here tcpdump computes the signatures, of both versions of IP.
TEST_F(Files, TellWhetherTheMd5SignatureOfASegmentIsValid) {
  RINGTAP_REQUIRE(tcpdump_version().find("OpenSSL") != std::string::npos, "a tcpdump with libcrypto");
  // A segment from port 179 with the signature of "secret", over IPv4 and IPv6.
  const std::string header = "00b3 0fa0 00000064 000000c8 a018 03e8 0000 0000 0101 1312 ";
  const std::string four = pcap_of("four", bytes_of("020000000002 020000000001 0800 45000041 00010000 4006 0000 "
                                                    "0a000001 0a000002" +
                                                    header + "c90ed944e11e5b562f5abfe8e679039a 68656c6c6f"));
  const std::string six =
      pcap_of("six", bytes_of("020000000002 020000000001 86dd 60000000 002d 06 40 20010db8000000000000000000000001 "
                              "20010db8000000000000000000000002" +
                              header + "2072d935e52f89e64cf490d93e88ce0f 68656c6c6f"));
  for (const std::string& file : {four, six}) {
    for (const char* how : {"-n", "-nv", "-nq"}) {
      expect_same({how, "-r", file});
      expect_same({how, "-M", "secret", "-r", file});
      expect_same({how, "-M", "other", "-r", file});
    }
    EXPECT_NE(ringtap({"-n", "-M", "secret", "-r", file}).out.find("md5 valid"), std::string::npos);
    const std::string cut = folder_ / "cut";
    ASSERT_EQ(run({"editcap", "-F", "pcap", "-s", "96", file, cut}).status, (ExitStatus{0, 0}));
    expect_same({"-n", "-M", "secret", "-r", cut});
    expect_same({"-n", "-r", cut});
  }
}

TEST_F(Files, OutputThatCannotBeWrittenIsAnErrorOfItsOwn) {
  for (const std::string words : {"-h", "compare -h", "--version", "-d port 80"}) {
    const Finished finished = run({"sh", "-c", ringtap_binary() + " " + words + " > /dev/full"});
    EXPECT_EQ(finished.status, (ExitStatus{4, 0})) << words << finished.err;
    EXPECT_NE(finished.err.find("standard output"), std::string::npos) << finished.err;
  }
}

TEST_F(Files, TheVersionNamesLibrariesAndKernel) {
  const Finished finished = ringtap({"--version"});
  for (const char* word : {"ringtap version ", "libbpf", "libpcap version ", "Linux "}) {
    EXPECT_NE(finished.out.find(word), std::string::npos) << finished.out;
  }
}

}  // namespace
}  // namespace ringtap::testing
