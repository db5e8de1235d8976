// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// --threads: several threads read the rings, into one file or each into files of its own, and together they do what one
// would.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <thread>

#include "capture.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

// To a host that is not there: the receive path ends early, nothing answers.
const Bytes kFrame =
    (Ethernet{.dst = TwoHosts::kRightMac} / Ipv4{.dst = "192.0.2.99"} / Udp{} / Payload{std::size_t{18}}).bytes();

class Threads : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("ip");
    REQUIRE_TOOL("ethtool");
    REQUIRE_TOOL("tshark");
    cpu_set_t allowed;
    ASSERT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &allowed)) cpus_.push_back(cpu);
    }
    RINGTAP_REQUIRE(cpus_.size() >= 2, "two CPUs");
    hosts_.emplace();
    hosts_->add_pair("left2", "right2");
    hosts_->without_ipv6();
    // veth takes redirected frames only with NAPI on, which GRO turns on.
    for (const char* device : {"right", "right2"}) {
      ASSERT_EQ(run(hosts_->right.command({"ethtool", "-K", device, "gro", "on"})).status, (ExitStatus{0, 0}));
    }
  }

  // On the first and the last CPU at once, whose rings are read by different threads; each to a device of its own,
  // `bursts` of `count`.
  void send(int bursts, std::uint64_t count) {
    const auto on_cpu = [&](unsigned cpu, const char* device) {
      cpu_set_t set;
      CPU_ZERO(&set);
      CPU_SET(cpu, &set);
      EXPECT_EQ(::sched_setaffinity(0, sizeof set, &set), 0);
      for (int i = 0; i < bursts; ++i) send_live_frames(hosts_->left, device, kFrame, count);
    };
    std::thread first(on_cpu, cpus_.front(), "left");
    std::thread second(on_cpu, cpus_.back(), "left2");
    first.join();
    second.join();
  }

  Finished capture(const std::function<void(Capture&)>& meanwhile, const std::function<void()>& in_child = {},
                   const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"-vv", "-i",    "right",     "-i", "right2", "-s",   "64",
                                      "-B",  "65536", "--threads", "2",  "-w",     first()};
    words.insert(words.end(), more.begin(), more.end());
    Capture ringtap(hosts_->right, words, in_child);
    if (HasFailure()) return {};
    meanwhile(ringtap);
    return ringtap.stop();
  }

  std::string first() const { return folder_ / "x.pcapng"; }
  std::string second() const { return folder_ / "x.pcapng.2"; }

  std::vector<unsigned> cpus_;
  std::optional<TwoHosts> hosts_;
  TempDir folder_;
};

// Frames that stand behind a newer one.
std::size_t out_of_order(const CaptureFile& file) {
  std::size_t count = 0;
  std::uint64_t newest = 0;
  for (const CapturedFrame& frame : file.frames) {
    count += frame.time_ns < newest ? 1 : 0;
    newest = std::max(newest, frame.time_ns);
  }
  return count;
}

TEST_F(Threads, HaveAFileEachAndTogetherEveryRecordOnce) {
  const Finished finished = capture([&](Capture&) { send(50, 500); }, {}, {"--file-per-thread"});
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  const Accounting accounting = expect_identity(finished.err);
  const std::uint64_t written = (*accounting.total)["written"];
  std::size_t frames = 0;
  std::size_t late = 0;
  for (const std::string& path : {first(), second()}) {
    const CaptureFile file = read_capture(path);
    EXPECT_EQ(file.error, "") << path;
    EXPECT_GT(file.frames.size(), 0u) << path << ": one thread did it all: the test shows nothing";
    frames += file.frames.size();
    late += out_of_order(file);
    const Finished read = run({"tcpdump", "-n", "-r", path, "--count"});
    EXPECT_EQ(read.status, (ExitStatus{0, 0})) << read.err;
    EXPECT_EQ(read.out, std::to_string(file.frames.size()) + " packets\n");
  }
  EXPECT_EQ(frames, written);
  EXPECT_GE(frames, 20'000u);
  EXPECT_EQ(late, (*accounting.total)["late"]) << finished.err;

  // The command that it names for one file.
  const std::string hint = "ringtap -r " + first() + " -r " + second() + " -w FILE";
  EXPECT_NE(finished.err.find(hint), std::string::npos) << finished.err;
  const std::string all = folder_ / "all.pcapng";
  const Finished merged = run({ringtap_binary(), "-r", first(), "-r", second(), "-w", all});
  EXPECT_EQ(merged.status, (ExitStatus{0, 0})) << merged.err;
  const CaptureFile whole = read_capture(all);
  EXPECT_EQ(whole.frames.size(), written);
  EXPECT_LE(out_of_order(whole), late);
}

TEST_F(Threads, SleepWithoutTrafficAndAreWokenByAFrame) {
  const auto stored = [&] { return read_capture(first()).frames.size(); };
  const Finished finished = capture([&](Capture& ringtap) {
    for (std::size_t sent = 2; sent <= 6; sent += 2) {
      // Longer than they nap before they sleep. If this machine is so busy that they have not slept, nothing fails.
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      send(1, 1);
      EXPECT_TRUE(wait_until([&] { return stored() >= sent; })) << stored() << " of " << sent;
    }
    EXPECT_TRUE(ringtap.process().running());
  });
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  const Accounting accounting = expect_identity(finished.err);
  EXPECT_EQ((*accounting.total)["seen"], 6u) << finished.err;
  EXPECT_EQ((*accounting.total)["written"], 6u) << finished.err;
}

// What is renamed while they run has its old name before and its new one after.
TEST_F(Threads, KnowTheNameThatADeviceHad) {
  const Finished finished = capture([&](Capture& ringtap) {
    send(20, 500);
    ASSERT_EQ(run(hosts_->right.command({"ip", "link", "set", "right", "down"})).status, (ExitStatus{0, 0}));
    ASSERT_EQ(run(hosts_->right.command({"ip", "link", "set", "right", "name", "other"})).status, (ExitStatus{0, 0}));
    ASSERT_EQ(run(hosts_->right.command({"ip", "link", "set", "other", "up"})).status, (ExitStatus{0, 0}));
    EXPECT_TRUE(wait_until([&] {
      ringtap.process().signal(SIGUSR1);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      return ringtap.process().err().find("interface=other") != std::string::npos;
    })) << ringtap.process().err();
    send(20, 500);
  });
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  expect_identity(finished.err);
  std::set<std::string> names;
  std::size_t named = 0;
  const Finished fields = run({"tshark", "-n", "-r", first(), "-T", "fields", "-e", "frame.interface_name"});
  std::istringstream lines(fields.out);
  for (std::string line; std::getline(lines, line); ++named) names.insert(line);
  EXPECT_EQ(names, (std::set<std::string>{"right", "right2", "other"}));
  EXPECT_EQ(named, read_capture(first()).frames.size());
}

// Of all files in the folder whose name begins so: that each is whole, readable for others and in time order.
void expect_files_with(const std::filesystem::path& folder, const std::string& begin, const Accounting& accounting) {
  std::size_t frames = 0;
  std::size_t late = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string path = entry.path();
    if (!entry.path().filename().string().starts_with(begin)) continue;
    const CaptureFile file = read_capture(path);
    EXPECT_EQ(file.error, "") << path;
    const Finished read = run({"tcpdump", "-n", "-r", path, "--count"});
    EXPECT_EQ(read.status, (ExitStatus{0, 0})) << path << ": " << read.err;
    frames += file.frames.size();
    late += out_of_order(file);
  }
  EXPECT_EQ(frames, (*accounting.total)["written"]);
  EXPECT_LE(late, (*accounting.total)["late"]);
}

TEST_F(Threads, HaveASetOfFilesEach) {
  const std::string list = folder_ / "list";
  const std::string command = folder_ / "note";
  std::ofstream(command) << "#!/bin/sh\necho \"$1\" >> " << list << "\n";
  std::filesystem::permissions(command, std::filesystem::perms::owner_all);
  const Finished finished =
      capture([&](Capture&) { send(40, 500); }, {}, {"--file-per-thread", "-C", "1", "-z", command});
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  const Accounting accounting = expect_identity(finished.err);
  EXPECT_GE((*accounting.total)["written"], 20'000u);
  expect_files_with(folder_.path(), "x.pcapng", accounting);
  for (const std::string& path : {first(), second(), first() + "1", first() + "1.2"}) {
    EXPECT_TRUE(std::filesystem::exists(path)) << path;
  }
  EXPECT_NE(finished.err.find("2 sets of files, those of the second end in .2"), std::string::npos) << finished.err;
  // The command is run on each file that another one follows.
  const auto noted = [&] {
    std::ifstream in(list);
    return std::set<std::string>{std::istream_iterator<std::string>(in), {}};
  };
  EXPECT_TRUE(wait_until([&] { return noted().contains(first()) && noted().contains(second()); }));
}

TEST_F(Threads, EndWithTheFirstSetThatIsComplete) {
  const std::string pattern = folder_ / "g-%s.pcapng";
  const Finished finished = capture(
      [&](Capture& ringtap) {
        EXPECT_TRUE(wait_until([&] {
          send(1, 10);
          return !ringtap.process().running();
        }));
      },
      {}, {"--file-per-thread", "-w", pattern, "-G", "1", "-W", "2"});
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  EXPECT_NE(finished.err.find("Maximum file limit reached: 2"), std::string::npos) << finished.err;
  expect_files_with(folder_.path(), "g-", expect_identity(finished.err));
}

TEST_F(Threads, GoOnInNewFilesAfterASighup) {
  for (const bool is_one : {true, false}) {
    const std::vector<std::string> files = is_one ? std::vector{first()} : std::vector{first(), second()};
    const Finished finished = capture(
        [&](Capture& ringtap) {
          send(20, 500);
          for (const std::string& path : files) std::filesystem::rename(path, path + ".old");
          ringtap.process().signal(SIGHUP);
          const auto exists = [](const std::string& path) { return std::filesystem::exists(path); };
          EXPECT_TRUE(wait_until([&] { return std::all_of(files.begin(), files.end(), exists); }));
          send(20, 500);
        },
        {}, is_one ? std::vector<std::string>{} : std::vector<std::string>{"--file-per-thread"});
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
    expect_files_with(folder_.path(), "x.pcapng", expect_identity(finished.err));
    for (const std::string& path : files) EXPECT_FALSE(read_capture(path).frames.empty()) << path;
  }
}

// A set of one file is made anew under its name, here in a folder that has gone: it is the end, not a crash.
TEST_F(Threads, EndWhenASighupsFileCannotBeMade) {
  for (const auto& more : {std::vector<std::string>{}, {"--file-per-thread"}}) {
    const std::filesystem::path folder = folder_ / "set";
    std::filesystem::create_directory(folder);
    std::vector<std::string> words = {"-w", folder / "y.pcapng", "-C", "1", "-W", "1"};
    words.insert(words.end(), more.begin(), more.end());
    const Finished finished = capture(
        [&](Capture& ringtap) {
          send(1, 100);
          std::filesystem::rename(folder, folder_ / "gone");
          ringtap.process().signal(SIGHUP);
          EXPECT_TRUE(wait_until([&] {
            send(1, 10);
            return !ringtap.process().running();
          }));
        },
        {}, words);
    EXPECT_EQ(finished.status.code, 4) << finished.err;
    EXPECT_NE(finished.err.find("No such file or directory"), std::string::npos) << finished.err;
    expect_identity(finished.err);
    std::filesystem::remove_all(folder_ / "gone");
  }
}

// Both formats: the threads encode what one writes.
TEST_F(Threads, WriteOneFileInTimeOrder) {
  for (const std::string format : {"pcapng", "pcap"}) {
    const Finished finished = capture([&](Capture&) { send(20, 500); }, {}, {"--format", format});
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
    const Accounting accounting = expect_identity(finished.err);
    EXPECT_GE((*accounting.total)["written"], 10'000u) << finished.err;
    EXPECT_FALSE(std::filesystem::exists(second()));
    expect_files_with(folder_.path(), "x.pcapng", accounting);
  }
}

TEST_F(Threads, WriteOneSetOfFiles) {
  const Finished finished = capture([&](Capture&) { send(40, 500); }, {}, {"-C", "1"});
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  EXPECT_TRUE(std::filesystem::exists(first() + "1"));
  expect_files_with(folder_.path(), "x.pcapng", expect_identity(finished.err));
}

// CPUs of each thread of the process, as /proc writes them: "0-1", "1".
std::vector<std::string> allowed_cpus(const Process& process) {
  std::vector<std::string> allowed;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(process.pid()) + "/task")) {
    std::ifstream status(task.path() / "status");
    for (std::string line; std::getline(status, line);) {
      const std::string_view key = "Cpus_allowed_list:\t";
      if (line.starts_with(key)) allowed.push_back(line.substr(key.size()));
    }
  }
  return allowed;
}

// What the kernel leaves to user space (here a loop over extension headers) is decided there, by all threads.
TEST_F(Threads, ShareAFilterInUserSpace) {
  const Finished finished = capture([&](Capture&) { send(20, 500); }, {}, {"ip protochain 17"});
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  const Accounting accounting = expect_identity(finished.err);
  EXPECT_GT((*accounting.total)["delivered"], 0u) << finished.err;
  EXPECT_EQ((*accounting.total)["written"], (*accounting.total)["delivered"]) << finished.err;
}

TEST_F(Threads, DoNotRunWherePacketsAreReceived) {
  const Finished finished = capture([&](Capture& ringtap) {
    std::thread sender([&] {
      cpu_set_t first;
      CPU_ZERO(&first);
      CPU_SET(cpus_.front(), &first);
      ASSERT_EQ(::sched_setaffinity(0, sizeof first, &first), 0);
      EXPECT_TRUE(wait_until([&] {
        send_live_frames(hosts_->left, "left", kFrame, 2000);
        const auto allowed = allowed_cpus(ringtap.process());
        // The thread that reads what this CPU writes; the other one sleeps, and need not move.
        return std::any_of(allowed.begin(), allowed.end(),
                           [&](const auto& cpus) { return std::stoul(cpus) != cpus_.front(); });
      })) << ::testing::PrintToString(allowed_cpus(ringtap.process()));
    });
    sender.join();
  });
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  expect_identity(finished.err);
}

TEST_F(Threads, CountWhatAFullDiskDoesNotTake) {
  for (const auto& more : {std::vector<std::string>{}, {"--file-per-thread"}}) {
    const Finished finished = capture([&](Capture&) { send(20, 500); },
                                      [] {
                                        const rlimit limit{.rlim_cur = 100'000, .rlim_max = 100'000};
                                        ::setrlimit(RLIMIT_FSIZE, &limit);
                                      },
                                      more);
    EXPECT_EQ(finished.status.code, 4) << finished.err;
    EXPECT_NE(finished.err.find("File too large"), std::string::npos) << finished.err;
    const Accounting accounting = expect_identity(finished.err);
    EXPECT_GT((*accounting.total)["discarded_output"], 0u) << finished.err;
    EXPECT_GT((*accounting.total)["written"], 0u) << finished.err;
    expect_files_with(folder_.path(), "x.pcapng", accounting);
  }
}

TEST_F(Threads, LeaveNothingAttachedWhenTheyAreKilled) {
  Capture ringtap(hosts_->right, {"-i", "right", "--tap", "tc,xdp", "--threads", "2", "-w", first()});
  ASSERT_FALSE(HasFailure());
  const BpfObjects objects = bpf_objects_of(ringtap.process());
  EXPECT_FALSE(objects.links.empty());
  ringtap.process().signal(SIGKILL);
  EXPECT_TRUE(ringtap.process().wait());
  EXPECT_TRUE(all_gone(objects));
}

}  // namespace
}  // namespace ringtap::testing
