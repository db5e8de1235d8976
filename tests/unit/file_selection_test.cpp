// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Which packets of files are read and how much of each: by direction, time and length; of several files in time order.
// End to end; tshark, mergecap and tcpdump are the judges.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "support/files.hpp"

namespace ringtap::testing {
namespace {

class FileSelection : public FilesTest {
 protected:
  // The destination ports, one a packet, as tshark sees them in a file that ringtap has written.
  std::string ports(std::vector<std::string> arguments) {
    const std::string out = folder_ / "selected.pcapng";
    arguments.insert(arguments.end(), {"-w", out});
    const Finished finished = ringtap(arguments);
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished;
    return field(out, "udp.dstport");
  }
  static std::string field(const std::string& file, const std::string& name) {
    std::string text = run({"tshark", "-n", "-r", file, "-T", "fields", "-e", name}).out;
    for (char& letter : text) letter = letter == '\n' ? ' ' : letter;
    return text;
  }
  std::string usage_error(const std::vector<std::string>& arguments) {
    const Finished finished = ringtap(arguments);
    EXPECT_EQ(finished.status, (ExitStatus{2, 0})) << finished;
    EXPECT_EQ(finished.out, "");
    return finished.err;
  }
};

TEST_F(FileSelection, ByMomentsIsWhatTsharkSelectsByTime) {
  REQUIRE_TOOL("tshark");
  const std::string file = pcap("x", 1, 5, 262144, 1700000000);
  EXPECT_EQ(ports({"-r", file, "--from", "@1700000001", "--to", "@1700000003"}), "1002 1003 1004 ");
  EXPECT_EQ(ports({"-r", file, "--from", "2023-11-14T22:13:21Z", "--to", "2023-11-14T22:13:22.5Z"}), "1002 1003 ");
  EXPECT_EQ(ports({"-r", file, "--from", "+3s"}), "1004 1005 ");
  EXPECT_EQ(ports({"-r", file, "--to", "+0.5s", "udp"}), "1001 ");
  const std::string zone = "TZ=UTC " + ringtap_binary() + " -r " + file;
  const std::string out = folder_ / "day";
  EXPECT_EQ(run_shell(zone + " --from 22:13:23 -w " + out).status, (ExitStatus{0, 0}));
  EXPECT_EQ(field(out, "udp.dstport"), "1004 1005 ");
  // Past midnight: the end is on the next day.
  EXPECT_EQ(run_shell(zone + " --from 22:13:24 --to 01:00 -w " + out).status, (ExitStatus{0, 0}));
  EXPECT_EQ(field(out, "udp.dstport"), "1005 ");
}

TEST_F(FileSelection, BySeveralFilesIsInTheOrderOfMergecap) {
  REQUIRE_TOOL("mergecap");
  REQUIRE_TOOL("tshark");
  const std::string first = pcap("a", 1, 4, 262144, 1000);
  const std::string second = pcap("b", 1, 4, 262144, 1002);
  const std::string merged = folder_ / "merged.pcapng";
  // Of equal times mergecap takes the last file first, ringtap the first one.
  ASSERT_EQ(run({"mergecap", "-w", merged, second, first}).status, (ExitStatus{0, 0}));
  EXPECT_EQ(ports({"-r", first, "-r", second}), field(merged, "udp.dstport"));
  EXPECT_EQ(ports({"-V", list("names", {second, first})}), "1001 1002 1001 1003 1002 1004 1003 1004 ");
  // Times count over all of them, and so does the filter.
  EXPECT_EQ(ports({"-r", second, "-r", first, "--from", "+1s", "--to", "+3s", "udp port 1002 or udp port 1004"}),
            "1002 1002 1004 ");
  EXPECT_EQ(ringtap({"--count", "-c", "3", "-r", first, "-r", second}).out, "3 packets\n");
}

TEST_F(FileSelection, ByPipesMergesWhatHasArrived) {
  const std::string first = pcap("a", 1, 2, 262144, 1000);
  const std::string second = pcap("b", 1, 2, 262144, 1001);
  const Finished finished = run_shell(ringtap_binary() + " -ttn -r - -r " + second + " < " + first + " | cut -d. -f1");
  EXPECT_EQ(finished.out, "1000\n1001\n1001\n1002\n") << finished;
}

TEST_F(FileSelection, OfSeveralLinkTypesIsPrintedEachAsItIs) {
  const std::string ethernet = pcap("e", 1, 2);
  const std::string raw = pcap("r", 101, 2);
  const std::string both = ringtap({"-n", "-r", ethernet, "-r", raw}).out;
  std::string expected;
  for (const char* number : {"1", "2"}) {
    for (const std::string& file : {ethernet, raw}) {
      expected += ringtap({"-n", "-r", file, std::string("udp port 100") + number}).out;
    }
  }
  EXPECT_EQ(both, expected);
}

// A LINUX_SLL file: in, out, broadcast.
TEST_F(FileSelection, ByDirectionTakesThePacketTypeOfCookedFiles) {
  const std::string path = folder_ / "cooked.pcap";
  {
    std::ofstream file(path, std::ios::binary);
    put(file, {0xa1b2c3d4, 0x00040002, 0, 0, 262144, 113});
    for (const int type : {0, 4, 1}) {
      const std::string header = {0, static_cast<char>(type), 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0};
      const Bytes ip = (Ethernet{} / Ipv4{} / Udp{.dst_port = static_cast<std::uint16_t>(100 + type)}).bytes();
      const auto size = static_cast<std::uint32_t>(header.size() + ip.size() - 14);
      put(file, {1000, 0, size, size});
      file << header;
      file.write(reinterpret_cast<const char*>(ip.data()) + 14, static_cast<std::streamsize>(ip.size() - 14));
    }
  }
  REQUIRE_TOOL("tshark");
  EXPECT_EQ(ports({"-r", path, "-Q", "in"}), "100 101 ");
  EXPECT_EQ(ports({"-r", path, "-Q", "out"}), "104 ");
  EXPECT_EQ(ports({"-r", path, "-Q", "inout"}), "100 104 101 ");
}

TEST_F(FileSelection, ByDirectionTakesTheFlagsOfPcapng) {
  const auto found = shared_case("ng_2names.pcapng");
  REQUIRE_CORPUS(found);
  const std::string path = found[0];
  const auto flagged = [&](const std::string& direction) {
    return run({"tshark", "-r", path, "-Y", "frame.packet_flags_direction == " + direction, "-T", "fields", "-e",
                "udp.srcport"})
        .out;
  };
  const auto selected = [&](const std::string& direction) {
    const std::string out = folder_ / "out.pcapng";
    const Finished finished = ringtap({"-r", path, "-Q", direction, "-w", out});
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished;
    EXPECT_NE(finished.err.find("1 packet was left out: -Q asks for a direction"), std::string::npos) << finished;
    return run({"tshark", "-r", out, "-T", "fields", "-e", "udp.srcport"}).out;
  };
  REQUIRE_TOOL("tshark");
  EXPECT_EQ(selected("in"), flagged("1"));
  EXPECT_EQ(selected("out"), flagged("2"));
}

TEST_F(FileSelection, ByWhatAFileDoesNotTellIsRefused) {
  EXPECT_NE(usage_error({"-r", pcap("x", 1), "-Q", "in"}).find("does not record the direction"), std::string::npos);
  EXPECT_NE(usage_error({"-r", pcap("x", 1), "-y", "RAW"}).find("has the link type EN10MB"), std::string::npos);
  EXPECT_NE(usage_error({"-r", pcap("x", 105), "--slice", "l4"}).find("--slice: "), std::string::npos);
  EXPECT_NE(usage_error({"-r", pcap("x", 1), "--duration", "1s"}).find("--from and --to"), std::string::npos);
  EXPECT_EQ(ringtap({"-r", pcap("x", 1), "-y", "EN10MB", "--count"}).out, "2 packets\n");
}

TEST_F(FileSelection, ByLengthCutsAsEditcapDoes) {
  REQUIRE_TOOL("editcap");
  const std::string file = pcap("x", 1, 3);
  const std::string ours = folder_ / "ours.pcap";
  const std::string theirs = folder_ / "theirs.pcap";
  ASSERT_EQ(ringtap({"-r", file, "-s", "30", "-w", ours}).status, (ExitStatus{0, 0}));
  ASSERT_EQ(run({"editcap", "-F", "pcap", "-s", "30", file, theirs}).status, (ExitStatus{0, 0}));
  EXPECT_EQ(field(ours, "frame.cap_len"), "30 30 30 ");
  for (const char* name : {"frame.cap_len", "frame.len", "ip.src"}) EXPECT_EQ(field(ours, name), field(theirs, name));
  EXPECT_NE(run({"capinfos", "-l", ours}).out.find("file hdr: 30 bytes"), std::string::npos);
  expect_same({"-n", "-r", ours});
  // What is printed is cut, too, as in a capture.
  EXPECT_EQ(ringtap({"-nx", "-r", file, "-s", "30", "-c", "1"}).out, ringtap({"-nx", "-r", ours, "-c", "1"}).out);
}

TEST_F(FileSelection, BySliceKeepsTheHeadersAndTheTrueLength) {
  REQUIRE_TOOL("tshark");
  const std::string file = pcap("x", 1, 2);
  const auto kept = [&](const std::string& slice) {
    const std::string out = folder_ / "sliced.pcap";
    EXPECT_EQ(ringtap({"-r", file, "--slice", slice, "-w", out}).status, (ExitStatus{0, 0}));
    EXPECT_EQ(field(out, "frame.len"), "52 52 ");
    return field(out, "frame.cap_len");
  };
  EXPECT_EQ(kept("l2"), "14 14 ");
  EXPECT_EQ(kept("l3"), "34 34 ");
  EXPECT_EQ(kept("l4"), "42 42 ");
  EXPECT_EQ(kept("l4+4"), "46 46 ");
}

}  // namespace
}  // namespace ringtap::testing
