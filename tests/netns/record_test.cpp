// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A recording: segments that other tools read, every packet accounted for, whatever ends the recorder or fills the
// disk, and what was in memory before an event.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <random>
#include <set>

#include "capture.hpp"
#include "support/failing_call.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

namespace fs = std::filesystem;

// Each frame has a number of its own in its payload.
Bytes numbered(std::uint32_t number, std::size_t size = 800) {
  Bytes payload(size, std::byte{'x'});
  for (std::size_t i = 0; i < sizeof number; ++i) payload[i] = static_cast<std::byte>(number >> (8 * i));
  return (Ethernet{.dst = TwoHosts::kRightMac} / Ipv4{.dst = "192.0.2.99"} / Udp{.dst_port = 4242} / Payload{payload})
      .bytes();
}

class Record : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("tshark");
    hosts_.emplace();
    hosts_->without_ipv6();
  }

  [[nodiscard]] std::vector<std::string> arguments(std::vector<std::string> more) const {
    std::vector<std::string> all = {"-v", "-i", "right", "-d", dir()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  [[nodiscard]] std::string dir() const { return folder_ / "rec"; }
  void send(std::uint32_t count) {
    const FrameSender sender(hosts_->left, "left");
    for (std::uint32_t i = 0; i < count; ++i) sender.send(numbered(next_++));
  }
  [[nodiscard]] std::vector<fs::path> files(std::string_view ending) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(dir())) {
      if (entry.path().string().ends_with(ending)) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  // The numbers of the frames, as tshark reads them from each segment; it must read each to its end.
  [[nodiscard]] std::vector<std::uint32_t> recorded() const {
    std::vector<std::uint32_t> numbers;
    for (const char* ending : {".pcapng", ".pcapng.zst"}) {
      for (const fs::path& file : files(ending)) {
        const Finished read =
            run({"tshark", "-n", "-r", file, "-Y", "udp.port == 4242", "-T", "fields", "-e", "udp.payload"});
        EXPECT_EQ(read.status, (ExitStatus{0, 0})) << file << read.err;
        std::istringstream lines(read.out);
        for (std::string line; std::getline(lines, line);) {
          std::uint32_t number = 0;
          for (std::size_t i = 0; i < sizeof number; ++i) {
            number |= static_cast<std::uint32_t>(std::stoul(line.substr(2 * i, 2), nullptr, 16)) << (8 * i);
          }
          numbers.push_back(number);
        }
      }
    }
    return numbers;
  }

  std::optional<TwoHosts> hosts_;
  TempDir folder_;
  std::uint32_t next_ = 0;
};

TEST_F(Record, HoldsEveryPacketInSegmentsThatTsharkReads) {
  for (const char* method : {"none", "zstd"}) {
    SCOPED_TRACE(method);
    next_ = 0;
    Capture recorder(hosts_->right, arguments({"--segment", "1M", "--compress", method}), {}, "record");
    send(4'000);
    const Finished finished = recorder.stop();
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
    expect_identity(finished.err);
    const auto numbers = recorded();
    ASSERT_EQ(numbers.size(), 4'000U);
    for (std::uint32_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], i);
    EXPECT_GE(files(method == std::string_view("none") ? ".pcapng" : ".zst").size(), 1U);
    EXPECT_TRUE(files(".part").empty());
    fs::remove_all(dir());
  }
}

// However it was killed, the next one makes whole segments of what it left, and only the end is missing.
TEST_F(Record, SurvivesAKillAtAnyMoment) {
  std::mt19937 random(4);  // NOLINT(cert-msc51-cpp): the same every time
  std::vector<std::uint32_t> ends;
  for (int i = 0; i < 8; ++i) {
    Capture recorder(hosts_->right, arguments({"--segment", "1M", "--compress", i % 2 == 0 ? "none" : "zstd"}), {},
                     "record");
    send(static_cast<std::uint32_t>(200 + random() % 2000));
    recorder.process().signal(SIGKILL);
    ASSERT_TRUE(recorder.process().wait());
    ends.push_back(next_);
  }
  Capture last(hosts_->right, arguments({}), {}, "record");
  ASSERT_TRUE(wait_until([&] {
    send(1);  // what was left is mended by the thread that writes
    return files(".part").size() <= 1 && recorded().size() > 1;
  }));
  const Finished finished = last.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  EXPECT_TRUE(files(".part").empty());
  const auto numbers = recorded();
  const std::set<std::uint32_t> distinct(numbers.begin(), numbers.end());
  EXPECT_EQ(distinct.size(), numbers.size()) << "none is there twice";
  // Of each run the packets from its first one on.
  std::uint32_t begin = 0;
  for (const std::uint32_t end : ends) {
    const auto first = distinct.lower_bound(begin);
    std::uint32_t expected = begin;
    for (auto number = first; number != distinct.end() && *number < end; ++number) ASSERT_EQ(*number, expected++);
    begin = end;
  }
  EXPECT_EQ(*distinct.rbegin(), next_ - 1);
}

// On a file system of 6 MiB, of which others take a part: the oldest go, and every packet is accounted for.
TEST_F(Record, GoesOnWhenTheDiskIsFull) {
  fs::create_directory(dir());
  if (::mount("tmpfs", dir().c_str(), "tmpfs", 0, "size=6m") != 0) RINGTAP_REQUIRE(false, "mount");
  struct Unmount {
    std::string path;
    ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
  } const unmount{dir()};
  Capture recorder(hosts_->right, arguments({"--segment", "1M", "--keep", "free=1%"}), {}, "record");
  send(6'000);
  std::ofstream(dir() + "/others") << std::string(3 << 20, 'x');
  send(6'000);
  const Finished finished = recorder.stop();
  expect_identity(finished.err);
  EXPECT_NE(finished.err.find("old ones were removed"), std::string::npos) << finished.err;
  EXPECT_TRUE(finished.status.code == 0 || finished.status.code == 4) << finished.err;
  const auto numbers = recorded();
  ASSERT_FALSE(numbers.empty());
  EXPECT_EQ(numbers.back(), 11'999U);
  EXPECT_TRUE(fs::exists(dir() + "/others"));
}

// Nothing is written, or nothing that was written is on the disk: all of it is lost, and said to be.
TEST_F(Record, CountsWhatABrokenDiskDoesNotTake) {
  for (const unsigned call : {SYS_pwrite64, SYS_fdatasync}) {
    SCOPED_TRACE(call);
    Capture recorder(
        hosts_->right, arguments({"--segment", "1M"}), [call] { make_call_fail(call, EIO); }, "record");
    send(500);
    const Finished finished = recorder.stop();
    EXPECT_EQ(finished.status, (ExitStatus{4, 0})) << finished.err;
    expect_identity(finished.err);
    EXPECT_NE(finished.err.find("Input/output error"), std::string::npos) << finished.err;
    EXPECT_NE(finished.err.find("discarded_output=500"), std::string::npos) << finished.err;
    EXPECT_TRUE(recorded().empty());
    fs::remove_all(dir());
  }
}

// Nobody listens there, so the kernel drops it with a reason: with the packets of the second before.
TEST_F(Record, WritesWhatCameBeforeADrop) {
  Capture recorder(hosts_->right,
                   arguments({"--tap", "tc,drop", "--memory", "16M", "--before", "10s", "--after", "1s",
                              "--trigger-drop", "NO_SOCKET"}),
                   {}, "record");
  send(500);
  send_udp(hosts_->left, TwoHosts::kRightIpv4, 9, Bytes(10));
  ASSERT_TRUE(recorder.process().wait_for_err("event: drop NO_SOCKET"));
  send(100);
  const Finished finished = recorder.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  expect_identity(finished.err);
  ASSERT_EQ(files(".pcapng").size(), 1U);
  const std::string segment = files(".pcapng").front();
  const auto numbers = recorded();  // each twice: received, and dropped, since it is for another host
  EXPECT_EQ(std::set<std::uint32_t>(numbers.begin(), numbers.end()).size(), 600U);
  const Finished comment = run({"capinfos", "-k", segment});
  EXPECT_NE(comment.out.find("event: drop NO_SOCKET"), std::string::npos) << comment.out << comment.err;
}

// The program in the kernel marks the packet, before it is cut; at each tap, and beside a filter.
TEST_F(Record, WritesWhatCameBeforeAPacketThatMatches) {
  for (const std::string tap : {"tc", "xdp", "packet", "stack"}) {
    SCOPED_TRACE(tap);
    Capture recorder(hosts_->right,
                     arguments({"--tap", tap, "-Q", "in", "-s", "64", "--memory", "16M", "--before", "10s", "--after",
                                "1s", "--trigger", "udp port 9 and udp[100] = 7", "udp"}),
                     {}, "record");
    send(500);
    Bytes payload(100);
    send_udp(hosts_->left, TwoHosts::kRightIpv4, 9, payload);  // not this one
    EXPECT_FALSE(recorder.process().wait_for_err("event:", std::chrono::milliseconds(300)));
    payload[92] = std::byte{7};  // behind what is kept, and behind the UDP header of 8 bytes
    send_udp(hosts_->left, TwoHosts::kRightIpv4, 9, payload);
    ASSERT_TRUE(recorder.process().wait_for_err("event: packet matching udp port 9 and udp[100] = 7"));
    const Finished finished = recorder.stop();
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
    EXPECT_EQ(finished.err.find("user space"), std::string::npos) << finished.err;
    expect_identity(finished.err);
    ASSERT_EQ(files(".pcapng").size(), 1U);
    EXPECT_EQ(recorded().size(), 500U);
    fs::remove_all(dir());
  }
}

// Somebody removes the folder: what was in it is lost, and said to be; recording goes on in a new one.
TEST_F(Record, GoesOnInAFolderMadeAnew) {
  Capture recorder(hosts_->right, arguments({"--segment", "1M"}), {}, "record");
  send(100);
  fs::remove_all(dir());
  const auto send_until_told = [&](const char* text) {
    for (int i = 0; i < 100; ++i) {
      send(1);
      if (recorder.process().wait_for_err(text, std::chrono::milliseconds(100))) return true;
    }
    return false;
  };
  ASSERT_TRUE(send_until_told("packets are lost until this is mended"));
  ASSERT_TRUE(send_until_told("goes on"));
  const Finished finished = recorder.stop();
  EXPECT_EQ(finished.status, (ExitStatus{4, 0})) << finished.err;
  expect_identity(finished.err);
  EXPECT_FALSE(recorded().empty());
}

}  // namespace
}  // namespace ringtap::testing
