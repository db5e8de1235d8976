// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Files that are read and written again: in which format, and what of them stays. End to end; tshark, capinfos and
// tcpdump are the judges.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/files.hpp"

namespace ringtap::testing {
namespace {

class FileConversion : public FilesTest {
 protected:
  // ringtap -r FILES -w OUT; the standard error that it leaves.
  std::string convert(std::vector<std::string> arguments, const std::string& out) {
    arguments.insert(arguments.end(), {"-w", folder_ / out});
    const Finished finished = ringtap(arguments);
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished;
    return finished.err;
  }
  [[nodiscard]] std::string type_of(const std::string& out) const {
    const std::string text = run({"capinfos", "-t", folder_ / out}).out;
    return text.find("pcapng") != std::string::npos ? "pcapng" : text.find("pcap") != std::string::npos ? "pcap" : text;
  }
  static std::string fields(const std::string& file, std::vector<std::string> names) {
    std::vector<std::string> words = {"tshark", "-n", "-r", file, "-Y", "frame.time", "-T", "fields"};
    for (std::string& name : names) words.insert(words.end(), {"-e", std::move(name)});
    return run(words).out;
  }
  [[nodiscard]] std::string bytes(const std::string& path) const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

const std::vector<std::string> kWhatPacketsSay = {"frame.time_epoch", "frame.len",          "frame.interface_name",
                                                  "frame.comment",    "frame.packet_flags", "frame.drop_count"};

TEST_F(FileConversion, OfSeveralLinkTypesGivesPcapngUnlessTheFilterLeavesOne) {
  REQUIRE_TOOL("capinfos");
  REQUIRE_TOOL("tshark");
  const auto found = shared_case("ng_2lt_le.pcapng");
  REQUIRE_CORPUS(found);
  const std::string file = found[0];
  for (const char* out : {"a", "a.pcap", "a.pcapng"}) {
    SCOPED_TRACE(out);
    const std::string err = convert({"-r", file}, out);
    EXPECT_EQ(type_of(out), "pcapng");
    EXPECT_EQ(err.find("it becomes a pcapng file") != std::string::npos, std::string(out) != "a.pcapng") << err;
    EXPECT_EQ(fields(folder_ / out, {"frame.number", "frame.encap_type", "udp.srcport", "frame.len"}),
              fields(file, {"frame.number", "frame.encap_type", "udp.srcport", "frame.len"}));
  }
  convert({"-r", file, "udp port 1000"}, "one");
  EXPECT_EQ(type_of("one"), "pcap");
  EXPECT_EQ(tcpdump({"-n", "-t", "-r", folder_ / "one"}).out, ringtap({"-n", "-t", "-r", file, "udp port 1000"}).out);
  convert({"-r", file, "--skip", "1", "-c", "1"}, "raw");
  EXPECT_EQ(type_of("raw"), "pcap");
  // A pipe cannot be written twice: what the file announces decides.
  const Finished piped = run_shell(ringtap_binary() + " -r " + file + " -w - | tshark -r - | wc -l");
  EXPECT_EQ(piped.out, "3\n") << piped;
  const Finished asked = ringtap({"-r", file, "-w", folder_ / "x", "--format", "pcap"});
  EXPECT_EQ(asked.status, (ExitStatus{4, 0})) << asked;
  EXPECT_NE(asked.err.find("a pcap file has one link type"), std::string::npos) << asked;
}

TEST_F(FileConversion, OfSeveralPcapFilesFollowsTheirLinkTypes) {
  REQUIRE_TOOL("capinfos");
  convert({"-r", pcap("a", 1), "-r", pcap("b", 1)}, "same");
  EXPECT_EQ(type_of("same"), "pcap");
  convert({"-r", folder_ / "a", "-r", pcap("c", 101)}, "different");
  EXPECT_EQ(type_of("different"), "pcapng");
  EXPECT_EQ(ringtap({"--count", "-r", folder_ / "different"}).out, "4 packets\n");
  // A second section whose interfaces nobody knew at the beginning.
  const std::string cat = folder_ / "cat.pcapng";
  convert({"-r", folder_ / "a"}, "a.pcapng");
  convert({"-r", folder_ / "c"}, "c.pcapng");
  std::ofstream(cat, std::ios::binary) << bytes(folder_ / "a.pcapng") << bytes(folder_ / "c.pcapng");
  convert({"-r", cat}, "late");
  EXPECT_EQ(type_of("late"), "pcapng");
  EXPECT_EQ(ringtap({"--count", "-r", folder_ / "late"}).out, "4 packets\n");
}

TEST_F(FileConversion, KeepsSnaplenAndFcsLengthInEitherFormat) {
  REQUIRE_TOOL("capinfos");
  const std::string file = pcap("x", 1, 2, 96);
  for (const char* out : {"y.pcap", "y.pcapng"}) {
    convert({"-r", file}, out);
    const std::string about = run({"capinfos", folder_ / out}).out;
    EXPECT_NE(about.find("Capture length = 96"), std::string::npos) << out << about;
  }
  convert({"-r", folder_ / "y.pcapng"}, "z.pcap");
  EXPECT_EQ(bytes(folder_ / "z.pcap"), bytes(file));
  const auto found = shared_case("p_fcs.pcap");
  REQUIRE_CORPUS(found);
  convert({"-r", found[0]}, "fcs.pcap");
  EXPECT_EQ(bytes(folder_ / "fcs.pcap"), bytes(found[0]));
  convert({"-r", found[0]}, "fcs.pcapng");
  convert({"-r", folder_ / "fcs.pcapng"}, "back.pcap");
  EXPECT_EQ(bytes(folder_ / "back.pcap"), bytes(found[0]));
}

TEST_F(FileConversion, KeepsCommentsNamesSecretsAndCustomBlocks) {
  REQUIRE_TOOL("capinfos");
  REQUIRE_TOOL("tshark");
  const auto found = shared_case("ng_blocks.pcapng");
  REQUIRE_CORPUS(found);
  const std::string file = found[0];
  const std::string err = convert({"-r", file}, "x.pcapng");
  // Two of unknown types, and one that must not be copied.
  EXPECT_NE(err.find("left out 3 blocks that are of unknown types or must not be copied"), std::string::npos) << err;
  const std::string copy = folder_ / "x.pcapng";
  EXPECT_EQ(fields(copy, kWhatPacketsSay), fields(file, kWhatPacketsSay));
  const std::string about = run({"capinfos", copy}).out;
  for (const char* line :
       {"Capture comment:     section comment", "Comment = idb comment", "Filter string = host 1.2.3.4",
        "resolved IPv4 addresses in file: 1", "decryption secrets in file: 1"}) {
    EXPECT_NE(about.find(line), std::string::npos) << line << "\n" << about;
  }
  // The custom block as it was.
  EXPECT_NE(bytes(copy).find(std::string("\xad\x0b\0\0\x18\0\0\0\xd9\x7e\0\0", 12)), std::string::npos);
  EXPECT_EQ(bytes(copy).find(std::string("\xad\x0b\0\x40", 4)), std::string::npos);
  // Written once more nothing is left out.
  EXPECT_EQ(convert({"-r", copy}, "y.pcapng").find("left out"), std::string::npos);
  EXPECT_EQ(bytes(folder_ / "y.pcapng"), bytes(copy));
}

TEST_F(FileConversion, SaysOnceWhatAPcapFileHasNoPlaceFor) {
  const auto found = shared_case("ng_blocks.pcapng");
  REQUIRE_CORPUS(found);
  constexpr const char* kLeftOut =
      "left out 3 comments, 1 block of resolved names, 1 block of decryption secrets, 1 custom block, 3 blocks that "
      "are "
      "of unknown types or must not be copied, 1 direction of a packet, 1 count of packets lost; a pcap file has no "
      "place";
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"-C", "1k"}, {"-s", "40"}}) {
    std::vector<std::string> arguments = {"-r", found[0]};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const std::string err = convert(arguments, "x.pcap");
    EXPECT_NE(err.find(kLeftOut), std::string::npos) << err;
    EXPECT_EQ(err.find("left out"), err.rfind("left out")) << err;
  }
  EXPECT_EQ(ringtap({"-n", "-r", found[0]}).err.find("left out"), std::string::npos);
  EXPECT_EQ(convert({"-r", pcap("plain", 1)}, "y").find("left out"), std::string::npos);
}

// Two blocks of totals that tell only how many packets were dropped: no other number is made up.
TEST_F(FileConversion, KeepsOnlyTheTotalsThatTheFileTells) {
  const auto found = shared_case("ng_blocks.pcapng");
  REQUIRE_CORPUS(found);
  convert({"-r", found[0]}, "x.pcapng");
  const std::string block("\x05\0\0\0\x28\0\0\0\0\0\0\0", 12);
  const auto option = [&](const std::string& file) {
    const std::string all = bytes(file);
    const std::size_t at = all.rfind(block);
    return at == std::string::npos ? std::string("none") : all.substr(at + 20);
  };
  EXPECT_EQ(option(folder_ / "x.pcapng"), option(found[0]));
  EXPECT_NE(option(found[0]), "none");
}

// Enough packets for several files of a set: each has the names, the secrets and the comments.
TEST_F(FileConversion, GivesEachFileOfASetWhatItNeeds) {
  REQUIRE_TOOL("capinfos");
  const auto found = shared_case("ng_blocks.pcapng");
  REQUIRE_CORPUS(found);
  std::string file = bytes(found[0]);
  const std::size_t packet = file.find(std::string("\x06\0\0\0\x54\0\0\0", 8));
  ASSERT_NE(packet, std::string::npos);
  const std::string again = file.substr(packet, 0x54);
  for (int i = 0; i < 40; ++i) file.insert(packet, again);
  std::ofstream(folder_ / "many.pcapng", std::ios::binary) << file;
  convert({"-r", folder_ / "many.pcapng", "-C", "1k"}, "set.pcapng");
  for (const char* out : {"set.pcapng", "set.pcapng1", "set.pcapng2"}) {
    const std::string about = run({"capinfos", folder_ / out}).out;
    for (const char* line :
         {"section comment", "resolved IPv4 addresses in file: 1", "decryption secrets in file: 1"}) {
      EXPECT_NE(about.find(line), std::string::npos) << out << line << "\n" << about;
    }
  }
}

// The same file in the byte order of another machine, made from numbers.
TEST_F(FileConversion, PutsBlocksOfTheOtherByteOrderIntoThisOne) {
  REQUIRE_TOOL("capinfos");
  const std::string path = folder_ / "big.pcapng";
  {
    std::ofstream file(path, std::ios::binary);
    const auto big = [&](std::initializer_list<std::uint32_t> words) {
      for (const std::uint32_t word : words) put(file, {__builtin_bswap32(word)});
    };
    big({0x0a0d0d0a, 40, 0x1a2b3c4d, 0x00010000, ~0U, ~0U});
    big({0x00010004});  // a comment
    file << "note";
    big({0, 40});
    big({4, 32, 0x0001'0009});  // 10.0.0.1 is "host"
    file << std::string("\x0a\0\0\x01host\0\0\0\0", 12);
    big({0, 32});
    big({10, 28, 0x544c534b, 5});  // TLS key log
    file << std::string("hello\0\0\0", 8);
    big({28});
    big({1, 36, 0x0001'0000, 96, 0x0008'0008, 0, 1'000'000'000, 0, 36});  // if_speed
    big({0x0bad, 20, 32473});
    file << "abcd";
    big({20});
  }
  const std::string err = convert({"-r", path}, "little.pcapng");
  // What the bytes of a custom block mean nobody knows.
  EXPECT_NE(err.find("left out 1 block that is of an unknown type or must not be copied"), std::string::npos) << err;
  const std::string about = run({"capinfos", folder_ / "little.pcapng"}).out;
  for (const char* line : {"Capture comment:     note", "resolved IPv4 addresses in file: 1",
                           "decryption secrets in file: 1", "Speed = 1000000000", "Capture length = 96"}) {
    EXPECT_NE(about.find(line), std::string::npos) << line << "\n" << about;
  }
}

TEST_F(FileConversion, KeepsWhatNoFieldOfOursHolds) {
  REQUIRE_TOOL("tshark");
  const std::string path = folder_ / "x.pcapng";
  {
    std::ofstream file(path, std::ios::binary);
    put(file, {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, ~0U, ~0U, 28});
    put(file, {1, 20, 1, 0, 20});
    // Two comments, flags with an FCS length and a CRC error, a hash of another kind.
    put(file, {6, 88, 0, 0, 1000, 16, 16});
    file << std::string(16, 'x');
    put(file, {3U << 16 | 1});
    file << std::string("one\0", 4);
    put(file, {3U << 16 | 1});
    file << std::string("two\0", 4);
    put(file, {4U << 16 | 2, 1U << 24 | 4U << 5 | 1, 5U << 16 | 3});
    file << std::string(
        "\x02"
        "abcd\0\0\0",
        8);
    put(file, {0, 88});
  }
  convert({"-r", path}, "y.pcapng");
  const std::vector<std::string> names = {"frame.comment", "frame.packet_flags", "frame.packet_hash"};
  EXPECT_NE(fields(path, {"frame.comment"}).find("one"), std::string::npos);
  EXPECT_EQ(fields(folder_ / "y.pcapng", {"frame.comment", "frame.packet_flags"}),
            fields(path, {"frame.comment", "frame.packet_flags"}));
  EXPECT_NE(bytes(folder_ / "y.pcapng")
                .find(std::string("\x02"
                                  "abcd",
                                  5)),
            std::string::npos);
  const std::string text = ringtap({"-nv", "-r", path}).out;
  EXPECT_NE(text.find("\n    comment: one\n    comment: two\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace ringtap::testing
