// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A capture into a row of files: each whole by itself, all of them together exactly what was captured, named as tcpdump
// names its own beside it.
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <regex>

#include "capture.hpp"
#include "support/failing_call.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

const Bytes kFrame =
    (Ethernet{.dst = TwoHosts::kRightMac} / Ipv4{.dst = "192.0.2.99"} / Udp{} / Payload{std::size_t{958}}).bytes();

class Rotation : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("tcpdump");
    REQUIRE_TOOL("tshark");
    hosts_.emplace();
    hosts_->without_ipv6();
    for (const char* name : {"ours", "theirs"}) std::filesystem::create_directory(folder_ / name);
  }

  void send(unsigned count) const {
    const FrameSender sender(hosts_->left, "left");
    for (unsigned i = 0; i < count; ++i) sender.send(kFrame);
  }

  // In the order in which they were last written to.
  [[nodiscard]] std::vector<std::filesystem::path> files_in(const char* name) const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / name)) files.push_back(entry.path());
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
      return std::filesystem::last_write_time(a) < std::filesystem::last_write_time(b);
    });
    return files;
  }
  [[nodiscard]] std::vector<std::string> names_in(const char* name) const {
    std::vector<std::string> names;
    for (const auto& file : files_in(name)) names.push_back(file.filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  [[nodiscard]] std::vector<CapturedFrame> frames_in(const char* name) const {
    std::vector<CapturedFrame> all;
    for (const auto& path : files_in(name)) {
      CaptureFile file = read_capture(path);
      EXPECT_EQ(file.error, "") << path;
      std::move(file.frames.begin(), file.frames.end(), std::back_inserter(all));
    }
    return all;
  }

  std::optional<TwoHosts> hosts_;
  TempDir folder_;
};

TEST_F(Rotation, BySizeMakesTcpdumpsFilesAndLosesNothingBetweenThem) {
  Tcpdump tcpdump(hosts_->right,
                  {"-Z", "root", "-i", "right", "-s", "2000", "-C", "1", "-w", folder_ / "theirs" / "x.pcap"});
  Capture ringtap(hosts_->right, {"-v", "-i", "right", "-C", "1", "-w", folder_ / "ours" / "x.pcap"});
  send_begin(*hosts_);
  send(3500);
  send_end(*hosts_);
  const Finished finished = ringtap.stop();
  EXPECT_EQ(tcpdump.stop().status, (ExitStatus{0, 0}));
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  expect_identity(finished.err);
  EXPECT_EQ(names_in("ours"), (std::vector<std::string>{"x.pcap", "x.pcap1", "x.pcap2", "x.pcap3"}));
  EXPECT_EQ(names_in("ours"), names_in("theirs"));
  const std::vector<CapturedFrame> ours = frames_in("ours");
  EXPECT_EQ(ours.size(), parse_closing_lines(finished.err)->captured);
  const auto our_part = between_markers(ours);
  const auto their_part = between_markers(frames_in("theirs"));
  ASSERT_TRUE(our_part && their_part);
  EXPECT_EQ(difference(*our_part, *their_part, Order::kAsCaptured), "");
}

TEST_F(Rotation, OfPcapngMakesEveryFileReadableAloneByTshark) {
  Capture ringtap(hosts_->right,
                  {"-v", "-i", "right", "--tap", "xdp,tc", "-C", "500k", "-w", folder_ / "ours" / "x.pcapng"});
  send(1200);
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  expect_identity(finished.err);
  std::uint64_t records = 0;
  for (const auto& path : files_in("ours")) {
    const Finished listed = run({"tshark", "-n", "-r", path, "-T", "fields", "-e", "frame.interface_name"});
    EXPECT_EQ(listed.status, (ExitStatus{0, 0})) << listed;
    records += static_cast<std::uint64_t>(std::count(listed.out.begin(), listed.out.end(), '\n'));
    EXPECT_NE(listed.out.find("right:xdp"), std::string::npos) << path;
    EXPECT_NE(listed.out.find("right:tc"), std::string::npos) << path;
    // Two interfaces, and the totals of each at the end.
    const Finished about = run({"capinfos", "-M", path});
    EXPECT_NE(about.out.find("Number of stat entries = 1"), std::string::npos) << about;
  }
  EXPECT_GE(names_in("ours").size(), 4u);
  EXPECT_EQ(records, parse_closing_lines(finished.err)->captured);
}

TEST_F(Rotation, AtFullSpeedAccountsForEveryRecordOverAllFiles) {
  ASSERT_EQ(run(hosts_->right.command({"ethtool", "-K", "right", "gro", "on"})).status, (ExitStatus{0, 0}));
  Capture ringtap(hosts_->right, {"-v", "-i", "right", "-s", "64", "-C", "64k", "-w", folder_ / "ours" / "x.pcap"});
  send_live_frames(hosts_->left, "left", kFrame, 100'000);
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  expect_identity(finished.err);
  EXPECT_GE(names_in("ours").size(), 10u);
  EXPECT_EQ(frames_in("ours").size(), parse_closing_lines(finished.err)->captured);
}

TEST_F(Rotation, InARoundKeepsTheLastFiles) {
  Capture ringtap(hosts_->right, {"-v", "-i", "right", "-C", "64k", "-W", "11", "-w", folder_ / "ours" / "x"});
  send(1500);
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  const auto names = names_in("ours");
  ASSERT_EQ(names.size(), 11u);
  EXPECT_EQ(names.front(), "x00");
  EXPECT_EQ(names.back(), "x10");
}

TEST_F(Rotation, ByTimeEndsAfterTheLastFileAlsoOnASilentLine) {
  Capture ringtap(hosts_->right, {"-v", "-i", "right", "-G", "1", "-W", "2", "-w", folder_ / "ours" / "%s.pcap"});
  send(3);
  ASSERT_TRUE(wait_until([&] {
    send(1);  // a file is begun by a packet
    return names_in("ours").size() == 2;
  }));
  const Finished finished = ringtap.finish();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  expect_identity(finished.err);
  EXPECT_NE(finished.err.find("\nMaximum file limit reached: 2\n"), std::string::npos) << finished.err;
  EXPECT_EQ(names_in("ours").size(), 2u);
  EXPECT_EQ(frames_in("ours").size(), parse_closing_lines(finished.err)->captured);
}

TEST_F(Rotation, RunsTheCommandOnEachFileThatIsCompleteAndWaitsForNone) {
  const std::string script = folder_ / "command";
  // The capture would stand still for a minute if it waited.
  std::ofstream(script) << "#!/bin/sh\ncd " << folder_.path().string()
                        << "\ncp \"$1\" copy.$$\necho copy.$$ >>copies\nnice >>nice\nulimit -n >>limit\ncat\n"
                           "[ -e slow ] || { echo $$ >slow; exec sleep 60; }\n";
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{512, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  Capture ringtap(hosts_->right, {"-v", "-i", "right", "-C", "100k", "-z", script, "-w", folder_ / "ours" / "x.pcap"});
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  const std::string limits = read_file("/proc/" + std::to_string(ringtap.process().pid()) + "/limits");
  const std::string hard = std::to_string(before.rlim_max);
  EXPECT_TRUE(std::regex_search(limits, std::regex("Max open files +" + hard + " +" + hard + " "))) << limits;
  send(350);
  EXPECT_TRUE(wait_until([&] {
    const std::string copies = read_file(folder_ / "copies");
    return std::count(copies.begin(), copies.end(), '\n') == 3;
  }));
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  expect_identity(finished.err);
  for (const std::string& copy : lines_of(read_file(folder_ / "copies"))) {
    EXPECT_EQ(run({"tcpdump", "-r", folder_ / copy, "--count"}).out, "101 packets\n") << copy;
  }
  EXPECT_EQ(read_file(folder_ / "nice").substr(0, 2), "19");
  EXPECT_EQ(read_file(folder_ / "limit").substr(0, 4), "512\n") << "a program with select(2) knows 1024 files";
  EXPECT_EQ(::kill(std::stoi(read_file(folder_ / "slow")), SIGKILL), 0) << "it is still there, and is ours";
}

// As logrotate(8) does it: move the file, then SIGHUP.
TEST_F(Rotation, ByAHangupGoesOnInANewFileOfTheNameAndLosesNothing) {
  for (const char* name : {"x.pcap", "x.pcapng"}) {
    SCOPED_TRACE(name);
    const std::filesystem::path path = folder_ / "ours" / name;
    const std::filesystem::path moved = path.string() + ".1";
    Capture ringtap(hosts_->right, {"-v", "-U", "-i", "right", "-w", path});
    send(100);
    ringtap.process().signal(SIGHUP);
    EXPECT_TRUE(ringtap.process().wait_for_err("is still the file that is written"));
    std::filesystem::rename(path, moved);
    send(50);
    ringtap.process().signal(SIGHUP);
    EXPECT_TRUE(wait_until([&] { return std::filesystem::exists(path) && std::filesystem::file_size(path) > 0; }));
    send(30);
    const Finished finished = ringtap.stop();
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
    EXPECT_EQ((*expect_identity(finished.err).total)["written"], 180U);
    const CaptureFile before = read_capture(moved);
    const CaptureFile after = read_capture(path);
    EXPECT_EQ(before.error, "");
    EXPECT_EQ(after.error, "");
    EXPECT_GE(before.frames.size(), 100U);  // what was in the rings at the second signal may be in either
    EXPECT_EQ(before.frames.size() + after.frames.size(), 180U);
    EXPECT_EQ(run({"capinfos", moved}).status, (ExitStatus{0, 0}));
    EXPECT_EQ(run({"capinfos", path}).status, (ExitStatus{0, 0}));
  }
}

TEST_F(Rotation, ByAHangupStartsTheNextFileOfASet) {
  Capture ringtap(hosts_->right, {"-v", "-U", "-i", "right", "-C", "1", "-w", folder_ / "ours" / "x.pcap"});
  send(10);
  ringtap.process().signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] { return std::filesystem::exists(folder_ / "ours" / "x.pcap1"); }));
  send(10);
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  EXPECT_EQ((*expect_identity(finished.err).total)["written"], 20U);
  EXPECT_EQ(read_capture(folder_ / "ours" / "x.pcap").frames.size() +
                read_capture(folder_ / "ours" / "x.pcap1").frames.size(),
            20U);
}

// What the disk does not take is known only then, and of a file that counts as written it is.
TEST_F(Rotation, WithSyncCountsWhatIsOnTheDisk) {
  struct Case {
    unsigned broken;
    std::vector<std::string> arguments;
    int code;
  };
  const auto path = [&](const char* name) { return (folder_ / "ours" / name).string(); };
  for (const auto& [broken, arguments, code] :
       std::vector<Case>{{SYS_fdatasync, {"--sync", "-C", "100k", "-w", path("a.pcap")}, 4},
                         {SYS_fsync, {"--sync", "-C", "100k", "-w", path("b.pcapng")}, 4},  // of the folder
                         {SYS_fdatasync, {"--sync", "-w", path("c.pcapng")}, 4},
                         {SYS_fdatasync, {"-C", "100k", "-w", path("d.pcap")}, 0},
                         {SYS_sync, {"--sync", "-C", "100k", "-w", path("e.pcap")}, 0}}) {
    SCOPED_TRACE(arguments.back());
    std::vector<std::string> all = {"-v", "-i", "right"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    Capture ringtap(hosts_->right, all, [broken = broken] { make_call_fail(broken, EIO); });
    send(350);
    const Finished finished = ringtap.stop();
    EXPECT_EQ(finished.status, (ExitStatus{code, 0})) << finished.err;
    auto accounting = expect_identity(finished.err);
    EXPECT_EQ((*accounting.total)["written"], code == 0 ? 350U : 0U) << finished.err;
    EXPECT_EQ(finished.err.find("sync " + arguments.back()) != std::string::npos, code == 4) << finished.err;
    EXPECT_EQ(finished.err.find("Input/output error") != std::string::npos, code == 4) << finished.err;
  }
  EXPECT_EQ(read_capture(path("e.pcap1")).error, "");
  const Finished piped = run(hosts_->right.command({"sh", "-c", ringtap_binary() + " -i right --sync -w - | cat"}));
  EXPECT_NE(piped.err.find("--sync: standard output is not a file"), std::string::npos) << piped;
}

// Three commands, since the fourth file is not complete.
TEST_F(Rotation, SaysHowManyCommandsFailedAndGoesOn) {
  const auto script = [&](const char* name, const char* body) {
    const std::string path = folder_ / name;
    std::ofstream(path) << "#!/bin/sh\n" << body << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  };
  struct Case {
    std::string command;
    const char* word;
  };
  const std::string lasts = "echo $$ >>" + (folder_ / "pids").string() + "; exec sleep 60";
  for (const auto& [command, word] : std::vector<Case>{{"/no/such/command", "No such file or directory"},
                                                       {script("fails", "exit 3"), "exit status 3"},
                                                       {script("dies", "kill -9 $$"), "killed by signal 9"},
                                                       {script("works", "exit 0"), ""},
                                                       {script("lasts", lasts.c_str()), ""}}) {
    for (const std::string sandbox : {"on", "off"}) {
      SCOPED_TRACE(command + " with the sandbox " + sandbox);
      Capture ringtap(hosts_->right, {"-v", "-i", "right", "--sandbox", sandbox, "-C", "100k", "-z", command, "-w",
                                      folder_ / "ours" / "x.pcap"});
      send(350);
      const Finished finished = ringtap.stop();
      EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
      const std::string first = "-z " + command + " " + (folder_ / "ours" / "x.pcap").string() + ": ";
      EXPECT_EQ(finished.err.find(first) != std::string::npos, word[0] != 0) << finished.err;
      EXPECT_NE(finished.err.find(word), std::string::npos) << finished.err;
      EXPECT_EQ(finished.err.find("-z " + command + ": 3 of 3 commands failed\n") != std::string::npos, word[0] != 0)
          << finished.err;
      EXPECT_EQ(names_in("ours").size(), 4u);
    }
  }
  EXPECT_TRUE(wait_until([&] { return lines_of(read_file(folder_ / "pids")).size() == 6; }));
  for (const std::string& pid : lines_of(read_file(folder_ / "pids"))) ::kill(std::stoi(pid), SIGKILL);
}

TEST_F(Rotation, RunsSoManyCommandsAtOnceAndTheOthersAfterThem) {
  const std::string command = folder_ / "command";
  const std::string gate = folder_ / "gate";
  ASSERT_EQ(run({"mkfifo", gate}).status, (ExitStatus{0, 0}));
  std::ofstream(command) << "#!/bin/sh\necho $1 >>" << (folder_ / "begun").string() << "\nread line <" << gate << "\n";
  std::filesystem::permissions(command, std::filesystem::perms::owner_all);
  const auto begun = [&] { return lines_of(read_file(folder_ / "begun")).size(); };
  Capture ringtap(hosts_->right, {"-v", "-i", "right", "-C", "20k", "-z", command, "-w", folder_ / "ours" / "x.pcap"});
  send(500);  // 21 of them fill a file
  EXPECT_TRUE(wait_until([&] { return begun() == 16; }));
  EXPECT_EQ(ringtap.stop().status, (ExitStatus{0, 0}));
  EXPECT_EQ(begun(), 16u);
  const std::size_t files = names_in("ours").size();
  EXPECT_GE(files, 20u);
  // Whoever opens the pipe for writing lets all readers go, those that come later too.
  Process opener({"sh", "-c", "exec 3<>" + gate + "; while :; do echo >&3; sleep 0.02; done"});
  EXPECT_TRUE(wait_until([&] { return begun() == files - 1; })) << begun() << " of " << files;
}

TEST_F(Rotation, GoesOnInThePresentFileWhereTheNextCannotBeMade) {
  Capture ringtap(hosts_->right, {"-v", "-i", "right", "-C", "100k", "-w", folder_ / "ours" / "x.pcap"});
  std::filesystem::rename(folder_ / "ours", folder_ / "moved");
  send(350);
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{4, 0})) << finished.err;
  EXPECT_NE(finished.err.find("x.pcap1: No such file or directory; going on in "), std::string::npos) << finished.err;
  EXPECT_EQ((*expect_identity(finished.err).total)["written"], 350U);
  EXPECT_EQ(frames_in("moved").size(), 350U);
}

// The value of a line of /proc/PID/status.
std::string status_of(const std::string& text, const std::string& name) {
  const std::size_t start = text.find("\n" + name + ":\t");
  if (start == std::string::npos) return "";
  const std::size_t value = start + name.size() + 3;
  return text.substr(value, text.find('\n', value) - value);
}

TEST_F(Rotation, ByAnotherUserIsMadeWithThatUsersRightsAndNoOthers) {
  const passwd* nobody = ::getpwnam("nobody");
  ASSERT_NE(nobody, nullptr);
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
  ASSERT_EQ(::chown((folder_ / "ours").c_str(), nobody->pw_uid, nobody->pw_gid), 0);
  const std::string script = folder_ / "command";
  std::ofstream(script) << "#!/bin/sh\ncat /proc/self/status >>" << (folder_ / "ours" / "status").string() << "\n";
  std::filesystem::permissions(script, std::filesystem::perms(0755));

  Capture ringtap(hosts_->right,
                  {"-v", "-i", "any", "-Z", "nobody", "-C", "100k", "-z", script, "-w", folder_ / "ours" / "x.pcap"});
  const std::string process = "/proc/" + std::to_string(ringtap.process().pid()) + "/status";
  const std::string uid = std::to_string(nobody->pw_uid);
  const std::string four = uid + "\t" + uid + "\t" + uid + "\t" + uid;
  EXPECT_TRUE(wait_until([&] { return status_of(read_file(process), "Uid") == four; })) << read_file(process);
  EXPECT_EQ(std::stoull(status_of(read_file(process), "CapEff"), nullptr, 16), 0U);

  // An interface that appears later is attached to, and files go on.
  hosts_->add_pair("left2", "right2");
  hosts_->without_ipv6();
  const FrameSender late(hosts_->left, "left2");
  EXPECT_TRUE(wait_until([&] {
    late.send(kFrame);
    return std::filesystem::exists(folder_ / "ours" / "x.pcap1");
  }));
  EXPECT_TRUE(
      wait_until([&] { return read_file(folder_ / "ours" / "status").find("\nSeccomp") != std::string::npos; }));
  const Finished finished = ringtap.stop();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  expect_identity(finished.err);

  const std::string command = read_file(folder_ / "ours" / "status");
  EXPECT_EQ(status_of(command, "Uid"), four);
  EXPECT_EQ(std::stoull(status_of(command, "CapPrm"), nullptr, 16), 0U);
  std::filesystem::remove(folder_ / "ours" / "status");
  EXPECT_EQ(frames_in("ours").size(), parse_closing_lines(finished.err)->captured);
}

TEST_F(Rotation, ByAUserWhoMayNotMakeTheFilesDoesNotBegin) {
  const Finished finished = run(hosts_->right.command(
      {ringtap_binary(), "-i", "right", "-Z", "nobody", "-C", "1", "-w", folder_ / "ours" / "x.pcap"}));
  EXPECT_EQ(finished.status, (ExitStatus{4, 0})) << finished;
  EXPECT_NE(finished.err.find("Permission denied"), std::string::npos) << finished;
  EXPECT_EQ(finished.err.find("listening"), std::string::npos) << finished;
  const Finished unknown = run(hosts_->right.command({ringtap_binary(), "-i", "right", "-Z", "no-such-user"}));
  EXPECT_EQ(unknown.status, (ExitStatus{2, 0})) << unknown;
  EXPECT_NE(unknown.err.find("Couldn't find user 'no-such-user'"), std::string::npos) << unknown;
}

}  // namespace
}  // namespace ringtap::testing
