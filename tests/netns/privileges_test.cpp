// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What rights a running ringtap and its helper processes have, in every mode, as proc_pid_status(5) shows them for each
// thread; and that files, names and new devices work nevertheless.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "capture.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNone = "0000000000000000";

// The fields of one thread.
std::map<std::string, std::string> status_of(const fs::path& task) {
  std::map<std::string, std::string> fields;
  std::ifstream file(task / "status");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    fields[line.substr(0, colon)] = begin == std::string::npos ? "" : line.substr(begin);
  }
  return fields;
}

// The child of this name; 0, and the test fails, if there is none.
pid_t helper_of(pid_t parent, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
  for (pid_t child = 0; file >> child;) {
    if (status_of("/proc/" + std::to_string(child))["Name"] == name) return child;
  }
  ADD_FAILURE() << "no process " << name;
  return 0;
}

// Entering the sandbox is the next step after the ready file.
void wait_until_confined(pid_t process) {
  const std::string main_thread = "/proc/" + std::to_string(process);
  EXPECT_TRUE(wait_until([&] { return status_of(main_thread)["Seccomp"] == "2"; }));
}

// Every thread: no capability but `capabilities`, no new ones to come, system calls filtered, not root.
void expect_confined(pid_t process, const std::string& capabilities = kNone) {
  wait_until_confined(process);
  std::size_t threads = 0;
  for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    ++threads;
    auto status = status_of(task.path());
    SCOPED_TRACE(status["Name"] + " " + task.path().string());
    EXPECT_EQ(status["CapEff"], capabilities);
    EXPECT_EQ(status["CapPrm"], capabilities);
    EXPECT_EQ(status["CapInh"], kNone);
    EXPECT_EQ(status["CapBnd"], kNone);
    EXPECT_EQ(status["CapAmb"], kNone);
    EXPECT_EQ(status["NoNewPrivs"], "1");
    EXPECT_EQ(status["Seccomp"], "2");
    EXPECT_NE(status["Uid"].substr(0, 2), "0\t");
  }
  EXPECT_GE(threads, 1u);
}

class Privileges : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("ip");
  }

  void send(unsigned count = 5) const {
    for (unsigned i = 0; i < count; ++i) FrameSender(hosts_.left, "left").send((Ethernet{} / Ipv4{} / Udp{}).bytes());
  }
  static void expect_good_end(Capture& ringtap) {
    const Finished finished = ringtap.stop();
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
    expect_identity(finished.err);
  }

  TwoHosts hosts_;
  TempDir folder_;
};

TEST_F(Privileges, ACaptureHasNoneWhateverItDoes) {
  for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{
           {"-v", "-n"},
           {"-v"},
           {"-v", "-w", (folder_ / "one.pcap").string()},
           {"-v", "-w", (folder_ / "many.pcapng").string(), "-C", "1", "-W", "3"},
           {"-v", "--tap", "xdp,tc,drop,stack,netfilter"},
           {"-v", "--tap", "packet"},
       }) {
    std::string line;
    for (const std::string& word : more) line += word + " ";
    SCOPED_TRACE(line);
    std::vector<std::string> arguments = {"-i", "right"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Capture ringtap(hosts_.right, arguments);
    send();
    expect_confined(ringtap.process().pid());
    expect_good_end(ringtap);
  }
}

TEST_F(Privileges, AnyKeepsAttachingThroughAProcessThatSeesNoPacket) {
  const fs::path path = folder_ / "any.pcapng";
  Capture ringtap(hosts_.right, {"-v", "-U", "-i", "any", "--tap", "tc", "-w", path});
  expect_confined(ringtap.process().pid());
  const pid_t attaches = helper_of(ringtap.process().pid(), "ringtap-attach");
  auto helper = status_of("/proc/" + std::to_string(attaches));
  EXPECT_EQ(helper["CapEff"], "0000008000001000");  // CAP_BPF and CAP_NET_ADMIN
  EXPECT_EQ(helper["CapBnd"], kNone);
  EXPECT_NE(helper["Uid"].substr(0, 2), "0\t");
  hosts_.add_pair("late", "comer");
  const FrameSender sender(hosts_.left, "late");
  EXPECT_TRUE(wait_until([&] {
    sender.send((Ethernet{} / Ipv4{} / Udp{} / Payload{"from the newcomer"}).bytes());
    return read_file(path).find("from the newcomer") != std::string::npos;
  })) << ringtap.process().err();
  expect_good_end(ringtap);
  EXPECT_TRUE(wait_until([&] { return !fs::exists("/proc/" + std::to_string(attaches)); }));
}

TEST_F(Privileges, OwnersAreNamedByAProcessThatMayOnlyRead) {
  Capture ringtap(hosts_.right, {"-v", "-n", "-i", "right", "--who"});
  send();
  expect_confined(ringtap.process().pid());
  auto helper = status_of("/proc/" + std::to_string(helper_of(ringtap.process().pid(), "ringtap-owners")));
  EXPECT_EQ(helper["CapEff"], "0000000000000004");  // CAP_DAC_READ_SEARCH
  EXPECT_EQ(helper["CapBnd"], kNone);
  EXPECT_NE(helper["Uid"].substr(0, 2), "0\t");
  expect_good_end(ringtap);
}

TEST_F(Privileges, AComparisonHasNone) {
  REQUIRE_TOOL("nft");
  Capture ringtap(hosts_.right, {"-i", "right", "-v", "--nft-rule"}, {}, "compare");
  send();
  expect_confined(ringtap.process().pid());
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished;
}

TEST_F(Privileges, ReadingAFileHasNone) {
  const fs::path input = folder_ / "input";
  ASSERT_EQ(::mkfifo(input.c_str(), 0600), 0);  // of root: only root can open it
  Process ringtap({ringtap_binary(), "-r", input, "-w", folder_ / "copy.pcap"});
  std::ofstream writer(input, std::ios::binary);
  const auto put = [&](std::initializer_list<std::uint32_t> words) {
    for (const std::uint32_t word : words) writer.write(reinterpret_cast<const char*>(&word), sizeof word);
    writer.flush();
  };
  put({0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1});
  ASSERT_TRUE(ringtap.wait_for_err("reading from file"));
  expect_confined(ringtap.pid());
  put({1, 0, 4, 4, 0});
  writer.close();
  const auto status = ringtap.wait();
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, (ExitStatus{0, 0})) << ringtap.err();
  EXPECT_EQ(fs::file_size(folder_ / "copy.pcap"), 24u + 16u + 4u);
}

TEST_F(Privileges, TheFilesOfASetAndTheCommandOnThemAreAnothersWork) {
  const fs::path seen = folder_ / "seen";
  const fs::path command = folder_ / "command";
  // Says which rights it has.
  std::ofstream(command) << "#!/bin/sh\ngrep -E '^(Cap(Eff|Prm)|Uid)' /proc/self/status >> " << seen.string()
                         << "\nrm \"$1\"\n";
  fs::permissions(command, fs::perms::owner_all);
  const fs::path folder = folder_ / "of root";
  fs::create_directory(folder);
  fs::permissions(folder, fs::perms::owner_all);
  Capture ringtap(hosts_.right,
                  {"-v", "-i", "right", "-w", (folder / "x").string(), "-C", "1K", "-z", command.string()});
  expect_confined(ringtap.process().pid());
  EXPECT_TRUE(wait_until([&] {
    send(10);
    return read_file(seen).find("CapEff") != std::string::npos;
  })) << ringtap.process().err();
  const std::string rights = read_file(seen);
  EXPECT_NE(rights.find("CapEff:\t" + std::string(kNone)), std::string::npos) << rights;
  EXPECT_NE(rights.find("CapPrm:\t" + std::string(kNone)), std::string::npos) << rights;
  auto helper = status_of("/proc/" + std::to_string(helper_of(ringtap.process().pid(), "ringtap-files")));
  EXPECT_EQ(helper["CapEff"], "000000000000000e");  // CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
  EXPECT_EQ(helper["CapBnd"], kNone);
  expect_good_end(ringtap);
}

// Killed by whoever needs memory (OOM), or by hand.
TEST_F(Privileges, AHelperThatIsKilledIsNamedAndTheCaptureGoesOn) {
  const auto kill_helper = [](Capture& ringtap, const char* name) {
    wait_until_confined(ringtap.process().pid());
    ::kill(helper_of(ringtap.process().pid(), name), SIGKILL);
  };
  const auto text = [](const char* name, const std::string& without) {
    return std::string("ringtap: the process ") + name + " was killed by signal 9 (Killed): " + without;
  };
  {
    Capture ringtap(hosts_.right, {"-v", "-U", "-i", "right", "-C", "1k", "-w", folder_ / "x.pcap"});
    kill_helper(ringtap, "ringtap-files");
    send(100);
    const Finished finished = ringtap.stop();
    EXPECT_EQ(finished.status, (ExitStatus{4, 0})) << finished.err;
    const std::string loss = text("ringtap-files", "no other file is opened");
    EXPECT_NE(finished.err.find(loss), std::string::npos) << finished.err;
    EXPECT_EQ(finished.err.find(loss), finished.err.rfind(loss)) << "said once" << finished.err;
    auto accounting = expect_identity(finished.err);
    EXPECT_GE((*accounting.total)["written"], 100U);
    EXPECT_EQ(read_capture(folder_ / "x.pcap").frames.size(), (*accounting.total)["written"]);
  }
  {
    Capture ringtap(hosts_.right, {"-v", "-U", "--tap", "tc", "-i", "any", "-w", folder_ / "any.pcap"});
    kill_helper(ringtap, "ringtap-attach");
    hosts_.add_pair("late", "comer");
    EXPECT_TRUE(ringtap.process().wait_for_err(text("ringtap-attach", "interfaces that appear are not captured")));
    send(20);
    const Finished finished = ringtap.stop();
    EXPECT_EQ(finished.status, (ExitStatus{1, 0})) << finished.err;
    EXPECT_EQ(finished.err.find("No such process"), std::string::npos) << finished.err;
    EXPECT_GE((*expect_identity(finished.err).total)["written"], 20U);
  }
  {
    Capture ringtap(hosts_.right, {"-v", "-i", "right", "udp"});
    kill_helper(ringtap, "ringtap-names");
    send(20);
    EXPECT_TRUE(ringtap.process().wait_for_err(text("ringtap-names", "host names that are not known yet")));
    const Finished finished = ringtap.stop();
    EXPECT_EQ(finished.status, (ExitStatus{1, 0})) << finished.err;
    EXPECT_EQ((*expect_identity(finished.err).total)["written"], 20U);
  }
}

// LINUX_SLL2 has the number of the device, which this host may have a name for.
TEST_F(Privileges, ReadingAFileMayAskForTheNameOfADevice) {
  const Namespace host;
  const std::string path = folder_ / "sll2.pcap";
  std::ofstream file(path, std::ios::binary);
  const auto put = [&](std::initializer_list<std::uint32_t> words) {
    for (const std::uint32_t word : words) file.write(reinterpret_cast<const char*>(&word), sizeof word);
  };
  put({0xa1b2c3d4, 4U << 16 | 2U, 0, 0, 262144, 276});
  for (const std::uint32_t ifindex : {1U, 999'999U}) {
    put({1'700'000'000, 0, 20, 20});
    put({0xf788, __builtin_bswap32(ifindex), 0x00000100, 0, 0});  // Ethertype 0x88f7, Ethernet
  }
  file.close();
  const Finished read = run(host.command({ringtap_binary(), "-n", "-t", "-r", path}));
  EXPECT_EQ(read.status, (ExitStatus{0, 0})) << read;
  const auto lines = lines_of(read.out);
  ASSERT_EQ(lines.size(), 2U) << read;
  EXPECT_TRUE(lines[0].starts_with("lo ")) << read;
  EXPECT_TRUE(lines[1].starts_with("? ")) << read;
}

TEST_F(Privileges, StayWithSandboxOff) {
  Capture ringtap(hosts_.right, {"-v", "-n", "-i", "right", "--sandbox", "off"});
  const auto status = status_of("/proc/" + std::to_string(ringtap.process().pid()));
  EXPECT_EQ(status.at("Seccomp"), "0");
  EXPECT_NE(status.at("CapEff"), kNone);
  expect_good_end(ringtap);
}

}  // namespace
}  // namespace ringtap::testing
