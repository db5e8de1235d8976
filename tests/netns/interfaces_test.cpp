// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Which interfaces and taps a capture holds, while interfaces come and go; and what other tools say about its files.
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "capture.hpp"
#include "ringtap/unique_fd.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

class Interfaces : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("ip");
  }

  static std::size_t holding(const CaptureFile& file, std::string_view text) {
    return static_cast<std::size_t>(std::count_if(file.frames.begin(), file.frames.end(),
                                                  [&](const auto& frame) { return contains(frame.data, text); }));
  }

  TempDir folder_;
};

Bytes frame_saying(const std::string& text) {
  return (Ethernet{} / Ipv4{.dst = "192.0.2.99"} / Udp{} / Payload{text}).bytes();
}

TEST_F(Interfaces, SeveralAreInOneFile) {
  TwoHosts hosts;
  hosts.add_pair("left2", "right2");
  Capture ringtap(hosts.right, {"-v", "-i", "right", "-i", "right2", "-i", "lo", "-w", folder_ / "x.pcapng"});
  FrameSender(hosts.left, "left").send(frame_saying("by the first"));
  FrameSender(hosts.left, "left2").send(frame_saying("by the second"));
  send_udp(hosts.right, "127.0.0.1", 9, Payload{"by loopback"}.bytes);
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  expect_identity(finished.err);
  const CaptureFile file = read_capture(folder_ / "x.pcapng");
  EXPECT_EQ(file.error, "");
  EXPECT_EQ(holding(file, "by the first"), 1u);
  EXPECT_EQ(holding(file, "by the second"), 1u);
  EXPECT_GE(holding(file, "by loopback"), 1u);
  REQUIRE_TOOL("tshark");
  const Finished names = run({"tshark", "-r", folder_ / "x.pcapng", "-T", "fields", "-e", "frame.interface_name"});
  for (const char* name : {"right\n", "right2\n", "lo\n"}) EXPECT_NE(names.out.find(name), std::string::npos) << names;
}

TEST_F(Interfaces, XdpAndTcSeeTheSameFrameOnceEach) {
  const TwoHosts hosts;
  Capture ringtap(hosts.right, {"-v", "-i", "right", "--tap", "xdp,tc", "-w", folder_ / "both.pcapng"});
  const FrameSender sender(hosts.left, "left");
  for (int i = 0; i < 10; ++i) sender.send(frame_saying("once at each tap"));
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  expect_identity(finished.err);
  const CaptureFile file = read_capture(folder_ / "both.pcapng");
  EXPECT_EQ(file.error, "");
  EXPECT_EQ(holding(file, "once at each tap"), 20u);
}

TEST_F(Interfaces, AnyTakesOneThatAppearsWhileItRuns) {
  TwoHosts hosts;
  const std::filesystem::path path = folder_ / "any.pcapng";
  Capture ringtap(hosts.right, {"-v", "-U", "-i", "any", "-w", path});
  FrameSender(hosts.left, "left").send(frame_saying("from the beginning"));
  hosts.add_pair("late", "comer");
  const FrameSender sender(hosts.left, "late");
  EXPECT_TRUE(wait_until([&] {
    sender.send(frame_saying("from the newcomer"));
    return read_file(path).find("from the newcomer") != std::string::npos;
  })) << ringtap.process().err();
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  expect_identity(finished.err);
  const CaptureFile file = read_capture(path);
  EXPECT_EQ(file.error, "");
  EXPECT_EQ(holding(file, "from the beginning"), 1u);
}

TEST_F(Interfaces, OneThatIsRemovedEndsTheCaptureWithAMessage) {
  const TwoHosts hosts;
  Capture ringtap(hosts.right, {"-v", "-i", "right", "-w", folder_ / "x.pcap"});
  FrameSender(hosts.left, "left").send(frame_saying("before the end"));
  hosts.right.ip("link del right");
  const Finished finished = ringtap.finish();
  EXPECT_EQ(finished.status, (ExitStatus{1, 0})) << finished.err;
  EXPECT_NE(finished.err.find("right"), std::string::npos) << finished.err;
  expect_identity(finished.err);
  const CaptureFile file = read_capture(folder_ / "x.pcap");
  EXPECT_EQ(file.error, "");
  EXPECT_EQ(holding(file, "before the end"), 1u);
}

TEST_F(Interfaces, OneOfSeveralThatIsRemovedLeavesTheOthers) {
  TwoHosts hosts;
  hosts.add_pair("left2", "right2");
  const std::filesystem::path path = folder_ / "x.pcapng";
  Capture ringtap(hosts.right, {"-v", "-U", "-i", "right", "-i", "right2", "-w", path});
  hosts.right.ip("link del right");
  EXPECT_TRUE(ringtap.process().wait_for_err("right")) << "nothing said about the interface that went";
  FrameSender(hosts.left, "left2").send(frame_saying("by the one that stayed"));
  EXPECT_TRUE(wait_for_text(path, "by the one that stayed"));
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  expect_identity(finished.err);
}

TEST_F(Interfaces, OneThatGoesDownUpAndGetsANewNameIsStillCaptured) {
  const TwoHosts hosts;
  const std::filesystem::path path = folder_ / "x.pcap";
  Capture ringtap(hosts.right, {"-v", "-U", "-i", "right", "-w", path});
  hosts.right.ip("link set right down");
  hosts.right.ip("link set right name renamed");
  hosts.right.ip("link set renamed up");
  FrameSender(hosts.left, "left").send(frame_saying("under a new name"));
  EXPECT_TRUE(wait_for_text(path, "under a new name"));
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  expect_identity(finished.err);
}

// Interface and payload of every datagram, as tshark reads the file: "right: before".
std::vector<std::string> datagrams(const std::string& path) {
  const Finished read = run({"tshark", "-n", "-r", path, "-Y", "udp", "-T", "fields", "-E", "separator= ", "-e",
                             "frame.interface_name", "-e", "data.data"});
  EXPECT_EQ(read.status, (ExitStatus{0, 0})) << read;
  std::vector<std::string> all;
  for (const std::string& line : lines_of(read.out)) {
    const std::size_t blank = line.find(' ');
    std::string text = line.substr(0, blank) + ": ";
    for (std::size_t at = blank + 1; at + 2 <= line.size(); at += 2) {
      text += static_cast<char>(std::stoul(line.substr(at, 2), nullptr, 16));
    }
    all.push_back(text);
  }
  return all;
}

TEST_F(Interfaces, ThatAreRenamedHaveTheirNewNameFromThenOn) {
  REQUIRE_TOOL("tshark");
  const TwoHosts hosts;
  hosts.without_ipv6();
  const std::filesystem::path path = folder_ / "x.pcapng";
  Capture ringtap(hosts.right, {"-v", "-U", "-i", "right", "-w", path, "--print", "-l", "-n", "-t"});
  const FrameSender sender(hosts.left, "left");
  for (int i = 0; i < 3; ++i) sender.send(frame_saying("before"));
  hosts.right.ip("link set right name renamed");
  EXPECT_TRUE(ringtap.process().wait_for_err("right is now called renamed"));
  for (int i = 0; i < 4; ++i) sender.send(frame_saying("after"));
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  EXPECT_NE(finished.err.find("right is now called renamed"), std::string::npos) << finished.err;
  expect_identity(finished.err);
  std::vector<std::string> expected(3, "right: before");
  expected.insert(expected.end(), 4, "renamed: after");
  EXPECT_EQ(datagrams(path), expected);
  EXPECT_NE(finished.out.find("\nrenamed In  IP "), std::string::npos) << finished.out;
  EXPECT_EQ(run({ringtap_binary(), "-v", "-n", "-t", "-r", path}).out, finished.out);
}

TEST_F(Interfaces, ThatSwapTheirNamesKeepTheirPackets) {
  REQUIRE_TOOL("tshark");
  TwoHosts hosts;
  hosts.add_pair("left2", "right2");
  hosts.without_ipv6();
  const std::filesystem::path path = folder_ / "x.pcapng";
  const FrameSender first(hosts.left, "left");
  const FrameSender second(hosts.left, "left2");
  const auto send = [&](const std::string& when) {
    for (int i = 0; i < 5; ++i) {
      first.send(frame_saying("first " + when));
      second.send(frame_saying("second " + when));
    }
  };
  Capture any(hosts.right, {"-i", "any", "-l", "-n", "-t", "udp"});
  Capture ringtap(hosts.right, {"-v", "-i", "right", "-i", "right2", "-w", path});
  const auto rename = [&](const std::string& from, const std::string& to) {
    hosts.right.ip("link set " + from + " name " + to);
    for (Capture* capture : {&any, &ringtap}) {
      EXPECT_TRUE(capture->process().wait_for_err(from + " is now called " + to)) << capture->process().err();
    }
  };
  send("before");
  rename("right", "between");
  send("meanwhile");
  rename("right2", "right");
  rename("between", "right2");
  send("after");
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  expect_identity(finished.err);
  std::vector<std::string> expected;
  for (const auto& [one, other] : {std::pair{"right: first before", "right2: second before"},
                                   {"between: first meanwhile", "right2: second meanwhile"},
                                   {"right2: first after", "right: second after"}}) {
    for (int i = 0; i < 5; ++i) expected.insert(expected.end(), {one, other});
  }
  EXPECT_EQ(datagrams(path), expected);
  // `any` has no other mark than the name.
  const std::string text = any.stop().out;
  std::vector<std::string> names;
  for (const std::string& line : lines_of(text)) names.push_back(line.substr(0, line.find(' ')));
  for (std::string& line : expected) line.erase(line.find(':'));
  EXPECT_EQ(names, expected) << text;
}

TEST_F(Interfaces, ThatMoveToAnotherNamespaceAreNotRemoved) {
  TwoHosts hosts;
  hosts.add_pair("left2", "right2");
  Capture both(hosts.right, {"-i", "right", "-i", "right2", "-w", "/dev/null"});
  Capture any(hosts.right, {"-i", "any", "-w", "/dev/null"});
  hosts.right.ip("link set right2 netns " + hosts.left.name());
  const std::string moved = "right2 was moved to the network namespace " + hosts.left.name();
  EXPECT_TRUE(both.process().wait_for_err(moved + "; the other interfaces are still captured")) << both.process().err();
  EXPECT_TRUE(any.process().wait_for_err(moved)) << any.process().err();
  hosts.right.ip("link set right netns " + hosts.left.name());
  const Finished finished = both.finish();
  EXPECT_EQ(finished.status, (ExitStatus{1, 0})) << finished.err;
  EXPECT_NE(
      finished.err.find("right was moved to the network namespace " + hosts.left.name() + ": the capture has end"),
      std::string::npos)
      << finished.err;
  const Finished of_any = any.stop();
  EXPECT_EQ(of_any.status, (ExitStatus{0, 0})) << of_any.err;
  EXPECT_EQ(of_any.err.find("removed"), std::string::npos) << of_any.err;
}

TEST_F(Interfaces, ThatGoAreSaidByAnyToo) {
  TwoHosts hosts;
  hosts.add_pair("left2", "right2");
  Capture any(hosts.right, {"-i", "any", "-w", "/dev/null"});
  hosts.right.ip("link del right2");
  EXPECT_TRUE(any.process().wait_for_err("right2 was removed\n")) << any.process().err();
  EXPECT_EQ(any.stop().status, (ExitStatus{0, 0}));
}

TEST_F(Interfaces, AreTakenByEveryNameThatTcpdumpTakes) {
  REQUIRE_TOOL("tcpdump");
  const TwoHosts hosts;
  hosts.right.ip("link property add dev right altname other altname longer-than-15-characters");
  hosts.right.ip("addr add 198.51.100.1/28 dev right label right:1");
  for (const std::string name : {"right", "other", "right:1", "right:9", "other:1", "longer-than-15-characters"}) {
    SCOPED_TRACE(name);
    Capture ringtap(hosts.right, {"-i", name, "-n", "-t", "udp"});
    std::optional<Tcpdump> tcpdump;
    // libpcap has no room for longer names.
    if (name.size() < 16) tcpdump.emplace(hosts.right, std::vector<std::string>{"-i", name, "-n", "-t", "udp"});
    send_udp(hosts.left, TwoHosts::kRightIpv4, 9, Payload{"by any name"}.bytes);
    const Finished finished = ringtap.stop();
    EXPECT_NE(finished.err.find("listening on right (tc"), std::string::npos) << finished.err;
    EXPECT_EQ(lines_of(finished.out).size(), 1u) << finished.out;
    if (tcpdump) {
      EXPECT_EQ(finished.out + "\n", tcpdump->stop().out);  // it ends its terminal's line with ^C
    }
  }
  const auto refused = [&](const std::string& program, const std::string& name) {
    return run(hosts.right.command({program, "-i", name, "-c", "1"})).status;
  };
  for (const char* name : {"righ", "nobody:1"}) {
    EXPECT_EQ(refused(ringtap_binary(), name), (ExitStatus{1, 0})) << name;
    EXPECT_EQ(refused("tcpdump", name), (ExitStatus{1, 0})) << name;
  }
  // A label stands for its address, whose netmask `ip broadcast` means.
  const auto mask = [&](const std::string& name) {
    const Finished code = run(hosts.right.command({ringtap_binary(), "-i", name, "-d", "ip broadcast"}));
    const std::size_t at = code.out.find("and      #");
    return at == std::string::npos ? code.err : code.out.substr(at + 10, code.out.find('\n', at) - at - 10);
  };
  EXPECT_EQ(mask("right"), "0xff000000");  // a /24, in the order of the machine, as libpcap has it
  EXPECT_EQ(mask("other"), "0xff000000");
  EXPECT_EQ(mask("right:1"), "0xf000000");
}

TEST_F(Interfaces, AnyPrintsAFrameWithATagAsTcpdumpDoes) {
  REQUIRE_TOOL("tcpdump");
  const TwoHosts hosts;
  hosts.without_ipv6();
  const std::vector<std::string> arguments = {"-i", "any", "-n", "-t", "-v"};
  Tcpdump tcpdump(hosts.right, arguments);
  Capture ringtap(hosts.right, arguments);
  const FrameSender sender(hosts.left, "left");
  sender.send((Ethernet{} / Vlan{.id = 5} / Ipv4{.dst = "192.0.2.99"} / Udp{} / Payload{"tagged"}).bytes());
  sender.send(frame_saying("not tagged"));
  const Finished finished = ringtap.stop();
  EXPECT_EQ(lines_of(finished.out).size(), 4u) << finished.out;
  EXPECT_EQ(finished.out.find("ethertype"), std::string::npos) << finished.out;
  EXPECT_EQ(finished.out + "\n", tcpdump.stop().out);
}

TEST_F(Interfaces, AreListedByD) {
  const TwoHosts hosts;
  const Finished listed = run(hosts.right.command({ringtap_binary(), "-D"}));
  EXPECT_EQ(listed.status, (ExitStatus{0, 0})) << listed;
  for (const char* name : {".right ", ".any ", ".lo "}) EXPECT_NE(listed.out.find(name), std::string::npos) << listed;
}

TEST_F(Interfaces, ArePromiscuousForAsLongAsTheCaptureLives) {
  const TwoHosts hosts;
  const auto promiscuity = [&] {
    const std::string text = run(hosts.right.command({"ip", "-d", "link", "show", "right"})).out;
    const std::size_t at = text.find("promiscuity ");
    return at == std::string::npos ? "?" : text.substr(at + 12, 1);
  };
  EXPECT_EQ(promiscuity(), "0");
  {
    Capture ringtap(hosts.right, {"-i", "right", "-w", "/dev/null"});
    EXPECT_EQ(promiscuity(), "1");
    ringtap.process().signal(SIGKILL);
    ASSERT_TRUE(ringtap.process().wait());
    EXPECT_TRUE(wait_until([&] { return promiscuity() == "0"; })) << promiscuity();
  }
  Capture modest(hosts.right, {"-p", "-i", "right", "-w", "/dev/null"});
  EXPECT_EQ(promiscuity(), "0");
  modest.stop();
}

TEST_F(Interfaces, AreSeenBeforeATcProgramThatWasThereFirstAndThatStillRuns) {
  TwoHosts hosts;
  hosts.add_pair("sink", "out");
  hosts.without_ipv6();
  // Takes every frame away: what stands behind it sees none.
  const auto forwarder = ForeignProgram::tag_and_forward(hosts.right, "right", "out", 30);
  Capture ringtap(hosts.right, {"-v", "-i", "right", "-w", folder_ / "x.pcap"});
  const FrameSender sender(hosts.left, "left");
  for (int i = 0; i < 5; ++i) sender.send(frame_saying("goes on its way"));
  const Finished finished = ringtap.stop();
  expect_identity(finished.err);
  EXPECT_EQ(holding(read_capture(folder_ / "x.pcap"), "goes on its way"), 5u);
  EXPECT_GE(hosts.left.counters("sink").rx_packets, 5u);
}

TEST_F(Interfaces, AreRefusedToASecondXdpCaptureByName) {
  const TwoHosts hosts;
  Capture first(hosts.right, {"-v", "-i", "right", "--tap", "xdp", "-w", folder_ / "1.pcap"});
  const Finished second = run(hosts.right.command({ringtap_binary(), "-i", "right", "--tap", "xdp", "-n"}));
  EXPECT_EQ(second.status, (ExitStatus{1, 0})) << second;
  EXPECT_NE(second.err.find("_tap (program "), std::string::npos) << second;
  FrameSender(hosts.left, "left").send(frame_saying("still here"));
  expect_identity(first.stop().err);
  EXPECT_EQ(holding(read_capture(folder_ / "1.pcap"), "still here"), 1u);
}

TEST_F(Interfaces, TwoCapturesSideBySideSeeTheSameFrames) {
  const TwoHosts hosts;
  Capture first(hosts.right, {"-v", "-i", "right", "-w", folder_ / "1.pcap"});
  Capture second(hosts.right, {"-v", "-i", "right", "-w", folder_ / "2.pcap"});
  const FrameSender sender(hosts.left, "left");
  for (int i = 0; i < 10; ++i) sender.send(frame_saying("for both"));
  // Links: the end of one does not end the other.
  expect_identity(first.stop().err);
  sender.send(frame_saying("for the second"));
  expect_identity(second.stop().err);
  EXPECT_EQ(holding(read_capture(folder_ / "1.pcap"), "for both"), 10u);
  EXPECT_EQ(holding(read_capture(folder_ / "2.pcap"), "for both"), 10u);
  EXPECT_EQ(holding(read_capture(folder_ / "2.pcap"), "for the second"), 1u);
}

TEST_F(Interfaces, FilesOfEveryFormatAreReadByOtherToolsWithoutAComplaint) {
  REQUIRE_TOOL("tcpdump");
  REQUIRE_TOOL("tshark");
  REQUIRE_TOOL("capinfos");
  REQUIRE_TOOL("ping");
  const TwoHosts hosts;
  struct Case {
    const char* name;
    std::vector<std::string> arguments;
  };
  for (const Case& each :
       {Case{"plain.pcap", {"-i", "right"}}, Case{"nano.pcap", {"-i", "right", "--nano"}},
        Case{"plain.pcapng", {"-i", "right"}}, Case{"any.pcap", {"-i", "any"}},
        Case{"several.pcapng", {"-i", "right", "-i", "lo"}}, Case{"taps.pcapng", {"-i", "right", "--tap", "xdp,tc"}},
        Case{"any.pcapng", {"-i", "any"}}}) {
    SCOPED_TRACE(each.name);
    const std::string path = folder_ / each.name;
    std::vector<std::string> arguments = {"-v", "-w", path};
    arguments.insert(arguments.end(), each.arguments.begin(), each.arguments.end());
    Capture ringtap(hosts.right, arguments);
    ping(hosts.left, TwoHosts::kRightIpv4, 5);
    ping(hosts.right, "127.0.0.1", 5);
    const Finished finished = ringtap.stop();
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
    const Accounting accounting = expect_identity(finished.err);

    const Finished dumped = run({"tcpdump", "-n", "-t", "-r", path});
    EXPECT_EQ(dumped.status, (ExitStatus{0, 0})) << dumped.err;
    EXPECT_EQ(lines_of(dumped.out).size(), (*accounting.total)["written"]);
    for (const std::string& line : lines_of(dumped.err)) {
      // The warning is tcpdump's for every LINUX_SLL2 file: the numbers in it are those of another machine.
      EXPECT_TRUE(line.starts_with("reading from file ") || line == "Warning: interface names might be incorrect")
          << line;
    }
    const Finished listed = run({"tshark", "-n", "-r", path});
    EXPECT_EQ(listed.status, (ExitStatus{0, 0})) << listed.err;
    EXPECT_EQ(lines_of(listed.out).size(), (*accounting.total)["written"]);
    // Nothing but the note that it runs as root.
    for (const std::string& line : lines_of(listed.err)) {
      EXPECT_NE(line.find("Running as user"), std::string::npos) << line;
    }
    const Finished described = run({"capinfos", path});
    EXPECT_EQ(described.status, (ExitStatus{0, 0})) << described;
    EXPECT_EQ(described.err, "");

    const Finished ours = run({ringtap_binary(), "-n", "-t", "--compat", "-r", path});
    EXPECT_EQ(ours.status, (ExitStatus{0, 0})) << ours.err;
    EXPECT_EQ(lines_of(ours.out), lines_of(dumped.out));
    // Without --compat the lines of a file with several interfaces begin with the interface and the direction.
    if (each.arguments.size() == 2) continue;
    std::vector<std::string> lines = lines_of(run({ringtap_binary(), "-n", "-t", "-r", path}).out);
    for (std::string& line : lines) line.erase(0, line.find("IP"));
    EXPECT_EQ(lines, lines_of(dumped.out));
  }
}

TEST_F(Interfaces, PcapngCarriesWhatTheTapKnows) {
  REQUIRE_TOOL("tshark");
  const TwoHosts hosts;
  hosts.without_ipv6();  // nothing but these two frames
  const std::string path = folder_ / "x.pcapng";
  Capture ringtap(hosts.right, {"-v", "-i", "right", "--tap", "xdp,tc", "-w", path});
  FrameSender(hosts.left, "left").send(frame_saying("in"));
  FrameSender(hosts.right, "right").send(frame_saying("out"));
  expect_identity(ringtap.stop().err);
  const Finished fields = run({"tshark", "-r", path, "-T", "fields", "-E", "separator=,", "-e", "frame.interface_name",
                               "-e", "frame.packet_flags_direction"});
  ASSERT_EQ(fields.status, (ExitStatus{0, 0})) << fields;
  const std::vector<std::string> lines = lines_of(fields.out);
  const auto with = [&](const char* text) {
    return std::count_if(lines.begin(), lines.end(), [&](const auto& line) { return line.starts_with(text); });
  };
  // epb_flags: 1 is inbound, 2 outbound.
  EXPECT_EQ(with("right:xdp,0x00000001"), 1) << fields.out;
  EXPECT_GE(lines.size(), 3u) << fields.out;
  // Wireshark's own tools can write such a file anew.
  REQUIRE_TOOL("mergecap");
  const std::string merged = folder_ / "merged.pcapng";
  EXPECT_EQ(run({"mergecap", "-w", merged, path, path}).status, (ExitStatus{0, 0}));
  EXPECT_EQ(lines_of(run({"tshark", "-r", merged, "-T", "fields", "-e", "frame.number"}).out).size(), 2 * lines.size());
  // The tap is in the file, though nothing else is known of the packet.
  const std::string json = run({ringtap_binary(), "--json", "-r", path}).out;
  for (const char* tap : {R"("tap":"xdp")", R"("tap":"tc-ingress")", R"("tap":"tc-egress")"}) {
    EXPECT_NE(json.find(tap), std::string::npos) << tap << '\n' << json;
  }
}

TEST_F(Interfaces, OutputReachesAPipeAsItComes) {
  REQUIRE_TOOL("tcpdump");
  const TwoHosts hosts;
  for (const char* format : {"pcap", "pcapng"}) {
    SCOPED_TRACE(format);
    const std::string ready = folder_ / (std::string("ready-") + format);
    Process pipe({"sh", "-c",
                  hosts.right.prefix() + ringtap_binary() + " --ready-file " + ready + " -i right -U -w - --format " +
                      format + " | tcpdump -l -n -t -c 3 -r -"});
    ASSERT_TRUE(pipe.wait_ready(ready)) << pipe.err();
    const FrameSender sender(hosts.left, "left");
    for (int i = 0; i < 3; ++i) sender.send(frame_saying("through a pipe"));
    // tcpdump goes after three; the next write tells ringtap that its reader is gone.
    EXPECT_TRUE(wait_until([&] {
      sender.send(frame_saying("nobody reads this"));
      return !pipe.running();
    })) << pipe.err();
    EXPECT_EQ(lines_of(pipe.out()).size(), 3u) << pipe.out() << pipe.err();
  }
}

TEST_F(Interfaces, OfAnyAreCountedWhereCaptureBegins) {
  const TwoHosts hosts;
  Capture any(hosts.right, {"-i", "any", "-w", "/dev/null"});
  const Finished finished = any.stop();
  EXPECT_NE(finished.err.find("listening on any: 2 interfaces (AF_PACKET socket), link-type LINUX_SLL2"),
            std::string::npos)
      << finished.err;
  // lo, which has no egress tap, and right; each description once.
  Capture by_tc(hosts.right, {"-i", "any", "--tap", "tc", "-w", "/dev/null"});
  const Finished at_tc = by_tc.stop();
  EXPECT_NE(at_tc.err.find("listening on any: 2 interfaces (tc ingress, tc ingress and egress), link-type LINUX_SLL2"),
            std::string::npos)
      << at_tc.err;
  EXPECT_EQ(finished.err.find("right"), std::string::npos) << finished.err;
}

TEST_F(Interfaces, VerboseGivesTheSumsAndTwiceVerboseEachTap) {
  const TwoHosts hosts;
  for (const bool each : {false, true}) {
    Capture ringtap(hosts.right, {each ? "-vv" : "-v", "-i", "right", "--tap", "xdp,tc", "-w", folder_ / "x.pcapng"});
    ping(hosts.left, TwoHosts::kRightIpv4, 3);
    const Finished finished = ringtap.stop();
    const Accounting accounting = expect_identity(finished.err);
    EXPECT_TRUE(accounting.total) << finished.err;
    EXPECT_EQ(accounting.lines.size() >= 2, each) << finished.err;
  }
}

// With -v -w, on a terminal, as tcpdump does.
TEST_F(Interfaces, OnATerminalTheNumberOfPacketsIsShownWhileTheyAreWritten) {
  const TwoHosts hosts;
  int terminal = -1;
  int ours = -1;
  ASSERT_EQ(openpty(&terminal, &ours, nullptr, nullptr, nullptr), 0);
  const UniqueFd master(terminal);
  UniqueFd slave(ours);
  Capture ringtap(hosts.right, {"-v", "-i", "right", "-w", folder_ / "x.pcap", "icmp"},
                  [&] { ::dup2(slave.get(), STDERR_FILENO); });
  slave = UniqueFd();
  ping(hosts.left, TwoHosts::kRightIpv4, 3);
  std::string shown;
  const bool counted = wait_until(
      [&] {
        pollfd ready{.fd = master.get(), .events = POLLIN, .revents = 0};
        std::array<char, 4096> text{};
        if (::poll(&ready, 1, 10) != 1) return false;
        const ssize_t size = ::read(master.get(), text.data(), text.size());
        if (size > 0) shown.append(text.data(), static_cast<std::size_t>(size));
        return shown.find("Got 6\r") != std::string::npos;
      },
      10s);
  EXPECT_TRUE(counted) << shown;
  ringtap.stop();
  // Not in a log.
  Capture logged(hosts.right, {"-v", "-i", "right", "-w", folder_ / "x.pcap", "--duration", "1500ms"});
  EXPECT_EQ(logged.finish().err.find("Got "), std::string::npos);
}

}  // namespace
}  // namespace ringtap::testing
