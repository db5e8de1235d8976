// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// ringtap without -n beside tcpdump without -n, in a mount namespace whose hosts(5) and ethers(5) the test has written;
// and a live capture whose name server is silent.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/compared_tcpdump.hpp"
#include "support/corpora.hpp"
#include "support/namespace.hpp"
#include "support/packet.hpp"
#include "support/process.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"
#include "support/wait.hpp"

namespace ringtap::testing {
namespace {

using namespace std::chrono_literals;

void write_text(const std::filesystem::path& path, std::string_view content) {
  std::ofstream(path) << content;
}

std::vector<Bytes> frames() {
  const Mac left = {2, 0, 0, 0, 0, 1};
  const Mac cisco = {0, 0, 0x0c, 1, 2, 3};
  const Mac everybody = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  return {
      (Ethernet{} / Ipv4{} / Tcp{}).bytes(),
      (Ethernet{.src = cisco} / Ipv4{.src = "127.0.0.1"} / Udp{.src_port = 123} / Payload{"x"}).bytes(),
      (Ethernet{.dst = everybody} / Ipv4{.src = "0.0.0.0", .dst = "255.255.255.255"} / Udp{.dst_port = 514} /
       Payload{"<13>hello"})
          .bytes(),
      (Ethernet{.dst = everybody} / Arp{}).bytes(),
      (Ethernet{.dst = cisco} / Arp{.operation = 2, .sender_mac = left}).bytes(),
      (Ethernet{} / Ipv6{} / Tcp{.dst_port = 22}).bytes(),
      (Ethernet{} / Ipv6{.src = "::1", .dst = "2001:db8::77"} / Icmp{}).bytes(),
      (Ethernet{} / Ipv4{.src = "192.0.2.77", .protocol = 253} / Payload{"x"}).bytes(),
      (Ethernet{.type = 0x1234} / Payload{"nobody prints this"}).bytes(),
  };
}

void write_pcap(const std::filesystem::path& path) {
  std::ofstream file(path, std::ios::binary);
  const auto word = [&file](std::uint32_t value) { file.write(reinterpret_cast<const char*>(&value), 4); };
  for (const std::uint32_t value : {0xa1b2c3d4u, 4u << 16 | 2, 0u, 0u, 262144u, 1u}) word(value);
  for (const Bytes& frame : frames()) {
    const auto size = static_cast<std::uint32_t>(frame.size());
    for (const std::uint32_t value : {1u, 0u, size, size}) word(value);
    file.write(reinterpret_cast<const char*>(frame.data()), size);
  }
}

class Names : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_COMPARED_TCPDUMP();
    REQUIRE_TOOL("unshare");
    std::filesystem::create_directory(folder_ / "etc");
    write_text(folder_ / "etc/hosts",
               "127.0.0.1 localhost\n192.0.2.1 left.example.org left\n192.0.2.2 right\n::1 ip6-localhost\n"
               "2001:db8::1 left6.example.org\n255.255.255.255 all.example.org\n0.0.0.0 none\n");
    write_text(folder_ / "etc/ethers", "02:00:00:00:00:01 left.station\n");
    write_text(folder_ / "etc/nsswitch.conf", "hosts: files\nservices: files\nprotocols: files\nethers: files\n");
    const Finished tried = run(with_names("true"));
    RINGTAP_REQUIRE(tried.status == (ExitStatus{0, 0}), "an overlay on /etc: " << tried.err);
  }

  // `script` where the files of `folder_` stand in /etc. An overlay, because /etc/ethers need not be there to be
  // mounted upon.
  [[nodiscard]] std::vector<std::string> with_names(const std::string& script) const {
    return {"unshare", "-m", "sh", "-c",
            "mount -t tmpfs none /mnt && mkdir /mnt/upper /mnt/work && "
            "mount -t overlay none -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc && cp " +
                (folder_ / "etc").string() + "/* /etc/ && " + script};
  }

  const TempDir folder_;
};

TEST_F(Names, AreTcpdumpsForHostsPortsAndStations) {
  const auto capture = folder_ / "x.pcap";
  write_pcap(capture);
  for (const std::string options : {"", "-e", "-N", "-e -N", "-v", "-e -vv", "-q", "-n", "-e -n"}) {
    const std::string rest = " -t " + options + " -r " + capture.string();
    const Finished expected = run(with_names("exec tcpdump" + rest));
    const Finished printed = run(with_names("exec " + ringtap_binary() + rest));
    EXPECT_EQ(printed.out, expected.out) << options << '\n' << printed.err;
    EXPECT_EQ(printed.out.find("right") != std::string::npos, options.find("-n") == std::string::npos) << printed.out;
  }
}

std::multiset<std::string> lines_of(const std::filesystem::path& path) {
  std::istringstream text(read_file(path));
  std::multiset<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.insert(line);
  return lines;
}

struct Score {
  std::size_t lines = 0;
  std::size_t exact = 0;
  void add(const std::filesystem::path& expected, const std::filesystem::path& printed) {
    auto rest = lines_of(printed);
    for (const std::string& line : lines_of(expected)) {
      ++lines;
      const auto found = rest.find(line);
      if (found == rest.end()) continue;
      ++exact;
      rest.erase(found);
    }
  }
  [[nodiscard]] double share() const { return static_cast<double>(exact) / static_cast<double>(lines); }
};

// Names must not cost lines: what is exact with numbers is exact with names.
TEST_F(Names, AreExactWhereNumbersAre) {
  const auto files = corpus_files("tcpdump-4.99.3");
  REQUIRE_CORPUS(files);
  std::string script = "cd " + folder_.path().string() + "\n";
  std::vector<std::string> stems;
  for (std::size_t i = 0; i < files.size(); i += 4) {
    if (files[i].extension() != ".pcap") continue;
    stems.push_back(std::to_string(i));
    for (const std::string option : {"", "-n"}) {
      const std::string rest = " -t -e " + option + " -r '" + files[i].string() + "' 2>&- >" + stems.back() + option;
      script += "timeout 10 tcpdump" + rest + ".tcpdump\ntimeout 10 " + ringtap_binary() + rest + ".ringtap\n";
    }
  }
  (void)run(with_names(script), 120s);  // damaged files among them end with 1
  Score names;
  Score numbers;
  for (const std::string& stem : stems) {
    names.add(folder_ / (stem + ".tcpdump"), folder_ / (stem + ".ringtap"));
    numbers.add(folder_ / (stem + "-n.tcpdump"), folder_ / (stem + "-n.ringtap"));
  }
  ASSERT_GT(numbers.lines, 1000u);
  EXPECT_GE(names.share(), numbers.share() - 0.005) << names.exact << " and " << numbers.exact;
}

// The server never answers: its address is routed nowhere that speaks.
TEST_F(Names, OfASilentServerDoNotStopACapture) {
  const TwoHosts hosts;
  hosts.without_ipv6();
  write_text(folder_ / "etc/nsswitch.conf", "hosts: files dns\nservices: files\nprotocols: files\nethers: files\n");
  write_text(folder_ / "etc/resolv.conf", "nameserver 192.0.2.1\noptions timeout:30 attempts:5\n");
  const auto ready = folder_ / "ready";
  constexpr unsigned kFrames = 500;
  Process ringtap(hosts.right.command(with_names("exec " + ringtap_binary() + " -i right -t -l --ready-file " +
                                                 ready.string() + " udp port 9 and src net 198.51.100")));
  ASSERT_TRUE(ringtap.wait_ready(ready)) << ringtap.err();
  FrameSender sender(hosts.left, "left");
  for (unsigned i = 0; i < kFrames; ++i) {
    const std::string source = "198.51.100." + std::to_string(i % 200 + 1);
    sender.send((Ethernet{} / Ipv4{.src = source} / Udp{} / Payload{i + 1}).bytes());
  }
  EXPECT_TRUE(ringtap.wait_for_out("length " + std::to_string(kFrames) + "\n")) << ringtap.err();
  EXPECT_NE(ringtap.out().find("IP 198.51.100.7.40000 > "), std::string::npos);
  ringtap.signal(SIGINT);
  const auto status = ringtap.wait();
  ASSERT_TRUE(status) << "a look-up holds up the end";
  EXPECT_EQ(*status, (ExitStatus{0, 0})) << ringtap.err();
  EXPECT_NE(ringtap.err().find(std::to_string(kFrames) + " packets captured"), std::string::npos) << ringtap.err();
}

}  // namespace
}  // namespace ringtap::testing
