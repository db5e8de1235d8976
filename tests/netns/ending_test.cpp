// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Every way a capture ends: by count, time, signal, a reader that went, a kill; and what it refuses to begin. Each has
// its message and exit code, and nothing stays attached.
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>

#include "capture.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

const Bytes kFrame =
    (Ethernet{.dst = TwoHosts::kRightMac} / Ipv4{.dst = "192.0.2.99"} / Udp{} / Payload{std::size_t{1000}}).bytes();

class Ending : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("ip");
    REQUIRE_TOOL("bpftool");
    hosts_.emplace();
    hosts_->without_ipv6();
  }

  void send(unsigned count) const {
    const FrameSender sender(hosts_->left, "left");
    for (unsigned i = 0; i < count; ++i) sender.send(kFrame);
  }

  // The links that the capture holds now; there must be some, else their absence later proves nothing.
  static BpfObjects objects_of(Capture& ringtap) {
    BpfObjects objects = bpf_objects_of(ringtap.process());
    EXPECT_FALSE(objects.links.empty());
    EXPECT_FALSE(objects.programs.empty());
    for (const unsigned id : objects.links) {
      EXPECT_EQ(run({"bpftool", "link", "show", "id", std::to_string(id)}).status, (ExitStatus{0, 0}));
    }
    return objects;
  }

  // A run that must not get as far as capturing: exit code, and words of its message.
  void expect_refusal(const std::vector<std::string>& arguments, int code, const std::vector<std::string>& words) {
    std::vector<std::string> argv = {ringtap_binary()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    std::string line;
    for (const std::string& argument : arguments) line += argument + " ";
    SCOPED_TRACE(line);
    const Finished result = run(hosts_->right.command(argv), 5s);
    EXPECT_EQ(result.status, (ExitStatus{code, 0})) << result;
    EXPECT_TRUE(result.err.starts_with("ringtap: ")) << result.err;
    for (const std::string& word : words) EXPECT_NE(result.err.find(word), std::string::npos) << result.err;
    EXPECT_EQ(result.out, "");
  }

  std::optional<TwoHosts> hosts_;
  TempDir folder_;
};

TEST_F(Ending, AfterACountWritesThatManyAndAccountsForTheRest) {
  Capture ringtap(hosts_->right, {"-v", "-i", "right", "-c", "7", "-w", folder_ / "x.pcap"});
  send(50);
  const Finished finished = ringtap.finish();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  EXPECT_EQ((*expect_identity(finished.err).total)["written"], 7u);
  EXPECT_EQ(parse_closing_lines(finished.err)->captured, 7u);
  EXPECT_EQ(read_capture(folder_ / "x.pcap").frames.size(), 7u);
}

TEST_F(Ending, AfterADurationIsCleanAlsoWithoutTraffic) {
  const auto begin = std::chrono::steady_clock::now();
  Capture ringtap(hosts_->right, {"-v", "-i", "right", "--duration", "300ms", "-w", folder_ / "x.pcap"});
  const Finished finished = ringtap.finish();
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  EXPECT_GE(took, 300ms);
  EXPECT_LT(took, 5s);
  EXPECT_EQ(read_capture(folder_ / "x.pcap").error, "");
  expect_identity(finished.err);
}

TEST_F(Ending, BySignalDetachesAndKeepsEveryFrameSentBefore) {
  for (const int signal : {SIGINT, SIGTERM}) {
    SCOPED_TRACE(signal);
    Capture ringtap(hosts_->right, {"-v", "-i", "right", "--tap", "xdp,tc", "-w", folder_ / "x.pcapng"});
    const BpfObjects objects = objects_of(ringtap);
    send(500);
    const Finished finished = ringtap.stop(signal);
    EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
    EXPECT_GE((*expect_identity(finished.err).total)["written"], 1000u);
    EXPECT_TRUE(all_gone(objects));
  }
}

// Output that nobody reads: a full pipe, also as a file of -w, and standard error in the same pipe.
TEST_F(Ending, IsNotHeldUpByAReaderWhoStandsStill) {
  const std::string fifo = folder_ / "fifo";
  const std::string ready = folder_ / "ready";
  struct Case {
    std::string arguments;
    bool has_summary;
  };
  for (const auto& [arguments, has_summary] : std::vector<Case>{{"-n -vv -X >" + fifo, true},
                                                                {"-v -w - >" + fifo, true},
                                                                {"-v -w " + fifo, true},
                                                                {"-n -vv -X >" + fifo + " 2>&1", false}}) {
    for (const bool by_signal : {true, false}) {
      SCOPED_TRACE(arguments + (by_signal ? " by SIGTERM" : " by --duration"));
      ASSERT_EQ(run({"mkfifo", fifo}).status, (ExitStatus{0, 0}));
      Process reader({"sh", "-c", "exec 3<" + fifo + "; exec sleep 60"});
      Process ringtap({"sh", "-c",
                       "exec " + hosts_->right.prefix() + ringtap_binary() + " --ready-file " + ready +
                           (by_signal ? "" : " --duration 1s") + " -i right " + arguments});
      ASSERT_TRUE(ringtap.wait_ready(ready)) << ringtap.err();
      const BpfObjects objects = bpf_objects_of(ringtap);
      send(500);
      if (by_signal) ringtap.signal(SIGTERM);
      const auto status = ringtap.wait(10s);
      ASSERT_TRUE(status) << "held up";
      EXPECT_EQ(*status, (ExitStatus{4, 0})) << ringtap.err();
      EXPECT_TRUE(all_gone(objects));
      std::filesystem::remove(ready);
      std::filesystem::remove(fifo);
      if (!has_summary) continue;
      expect_identity(ringtap.err());
      EXPECT_NE(ringtap.err().find("nobody reads it"), std::string::npos) << ringtap.err();
    }
  }
}

TEST_F(Ending, GivesASlowReaderEverything) {
  const std::string ready = folder_ / "ready";
  const std::string got = folder_ / "got.pcap";
  // 64 KiB every tenth of a second: several seconds for what is sent, and longer than the patience with who stands
  // still.
  Process pipe(
      {"bash", "-c",
       hosts_->right.prefix() + ringtap_binary() + " --ready-file " + ready + " --duration 1s -v -i right -w - 2>" +
           (folder_ / "err").string() + " | while dd bs=64K count=1 iflag=fullblock status=none >>" + got +
           " && sleep 0.1 && [ $(stat -c %s " + got + ") != \"$last\" ]; do last=$(stat -c %s " + got + "); done"});
  ASSERT_TRUE(pipe.wait_ready(ready));
  send(1500);
  EXPECT_TRUE(pipe.wait());
  const std::string err = read_file(folder_ / "err");
  EXPECT_EQ((*expect_identity(err).total)["written"], 1500U) << err;
  EXPECT_EQ(read_capture(got).frames.size(), 1500U);
}

TEST_F(Ending, ByASecondSignalIsSoonerAndKeepsTheCounts) {
  const std::string fifo = folder_ / "fifo";
  const std::string ready = folder_ / "ready";
  ASSERT_EQ(run({"mkfifo", fifo}).status, (ExitStatus{0, 0}));
  Process reader({"sh", "-c", "exec 3<" + fifo + "; exec sleep 60"});
  Process ringtap(
      {"sh", "-c",
       "exec " + hosts_->right.prefix() + ringtap_binary() + " --ready-file " + ready + " -v -i right -w - >" + fifo});
  ASSERT_TRUE(ringtap.wait_ready(ready)) << ringtap.err();
  const BpfObjects objects = bpf_objects_of(ringtap);
  send(500);
  ringtap.signal(SIGINT);
  ringtap.signal(SIGINT);
  const auto status = ringtap.wait(10s);
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, (ExitStatus{4, 0})) << ringtap.err();
  expect_identity(ringtap.err());
  EXPECT_TRUE(all_gone(objects));
}

TEST_F(Ending, DoesNotComeBySignalsForOtherThingsBeforeTheStart) {
  // While its helper process, which opens files, waits for the reader of the output.
  const std::string fifo = folder_ / "fifo";
  ASSERT_EQ(run({"mkfifo", fifo}).status, (ExitStatus{0, 0}));
  Process ringtap(hosts_->right.command({ringtap_binary(), "-v", "-i", "right", "-w", fifo}));
  const std::string process = "/proc/" + std::to_string(ringtap.pid());
  EXPECT_TRUE(wait_until([&] {
    std::istringstream children(read_file(process + "/task/" + std::to_string(ringtap.pid()) + "/children"));
    for (std::string child; children >> child;) {
      if (read_file("/proc/" + child + "/wchan") == "wait_for_partner") return true;
    }
    return false;
  }));
  ringtap.signal(SIGUSR1);
  ringtap.signal(SIGUSR2);
  Process reader({"sh", "-c", "exec cat " + fifo + " >/dev/null"});
  EXPECT_TRUE(ringtap.wait_for_err("listening on")) << ringtap.err();
  ringtap.signal(SIGINT);
  const auto status = ringtap.wait();
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, (ExitStatus{0, 0})) << ringtap.err();
}

TEST_F(Ending, ByKillLeavesNothingAttached) {
  Capture ringtap(hosts_->right, {"-i", "right", "--tap", "xdp,tc", "-w", folder_ / "x.pcapng"});
  const BpfObjects objects = objects_of(ringtap);
  const auto xdp_is_on = [&] {
    return run(hosts_->right.command({"bpftool", "net", "show", "dev", "right"})).out.find("right") !=
           std::string::npos;
  };
  EXPECT_TRUE(xdp_is_on());
  send(100);
  ringtap.process().signal(SIGKILL);
  ASSERT_TRUE(ringtap.process().wait());
  EXPECT_TRUE(all_gone(objects));
  EXPECT_FALSE(xdp_is_on());
}

TEST_F(Ending, ByAReaderThatWentIsClean) {
  const std::string ready = folder_ / "ready";
  const std::string code = folder_ / "code";
  Process pipe({"sh", "-c",
                "(" + hosts_->right.prefix() + ringtap_binary() + " --ready-file " + ready +
                    " -i right -n -l; echo $? >" + code + ") | head -n 1"});
  ASSERT_TRUE(pipe.wait_ready(ready)) << pipe.err();
  EXPECT_TRUE(wait_until([&] {
    send(1);
    return !pipe.running();
  })) << pipe.err();
  EXPECT_EQ(lines_of(pipe.out()).size(), 1u) << pipe.out();
  EXPECT_EQ(read_file(code), "0\n") << pipe.err();
}

TEST_F(Ending, OnAFullDiskKeepsWholeRecordsAndSaysHowMany) {
  const std::filesystem::path disk = folder_ / "disk";
  std::filesystem::create_directory(disk);
  ASSERT_EQ(::mount("none", disk.c_str(), "tmpfs", 0, "size=64k"), 0);
  struct Unmount {
    std::filesystem::path path;
    ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
  } unmount{disk};
  for (const char* name : {"x.pcap", "x.pcapng"}) {
    SCOPED_TRACE(name);
    const std::filesystem::path path = disk / name;
    Capture ringtap(hosts_->right, {"-v", "-U", "-i", "right", "-w", path});
    const BpfObjects objects = objects_of(ringtap);
    send(200);
    const Finished finished = ringtap.finish();
    EXPECT_EQ(finished.status, (ExitStatus{4, 0})) << finished.err;
    expect_identity(finished.err);
    EXPECT_TRUE(all_gone(objects));
    const CaptureFile file = read_capture(path);
    EXPECT_EQ(file.error, "");
    EXPECT_GT(file.frames.size(), 30u);
    EXPECT_LT(file.frames.size(), 200u);
    EXPECT_NE(finished.err.find("No space left on device"), std::string::npos) << finished.err;
    EXPECT_NE(finished.err.find(std::to_string(file.frames.size()) + " "), std::string::npos)
        << file.frames.size() << " records are in the file\n"
        << finished.err;
    std::filesystem::remove(path);
  }
}

TEST_F(Ending, WithTextThatCannotBeWrittenIsAnErrorToo) {
  const std::string ready = folder_ / "ready";
  Process ringtap({"sh", "-c",
                   "exec " + hosts_->right.prefix() + ringtap_binary() + " --ready-file " + ready +
                       " -v -i right -n -l >/dev/full"});
  ASSERT_TRUE(ringtap.wait_ready(ready)) << ringtap.err();
  send(3);
  EXPECT_EQ(ringtap.wait(), (ExitStatus{4, 0})) << ringtap.err();
  EXPECT_NE(ringtap.err().find("No space left on device"), std::string::npos) << ringtap.err();
  expect_identity(ringtap.err());
}

TEST_F(Ending, BeforeItBeginsBySignalWhileALargeFilterIsLoaded) {
  // A list that is not looked up in tables, since the length is one of its fields: seconds in the verifier.
  std::string filter;
  for (unsigned i = 0; i < 400; ++i) {
    filter += (i == 0 ? "" : " or ") + std::string("(src host 10.") + std::to_string(i * 7 % 256) + "." +
              std::to_string(i * 31 % 256) + ".1 and udp port " + std::to_string(1000 + i * 13) + " and len > " +
              std::to_string(60 + i % 17) + ")";
  }
  Process ringtap(hosts_->right.command({ringtap_binary(), "-i", "right", "-n", filter}));
  // All that takes time in the kernel is the verifier: stime, proc_pid_stat(5), the 15th field.
  const auto kernel_ticks = [&] {
    const std::string stat = read_file("/proc/" + std::to_string(ringtap.pid()) + "/stat");
    std::istringstream fields(stat.substr(std::min(stat.rfind(')') + 1, stat.size())));
    std::string field;
    for (int number = 3; number <= 15; ++number) fields >> field;
    return std::strtol(field.c_str(), nullptr, 10);
  };
  EXPECT_TRUE(wait_until([&] { return kernel_ticks() > ::sysconf(_SC_CLK_TCK) / 2 || !ringtap.running(); }));
  ASSERT_TRUE(ringtap.running()) << ringtap.err();
  EXPECT_EQ(ringtap.err().find("listening"), std::string::npos) << "it was faster than this test";
  ringtap.signal(SIGINT);
  EXPECT_EQ(ringtap.wait(), (ExitStatus{-1, SIGINT}));
}

TEST_F(Ending, BeforeItBeginsForAnUnknownInterfaceListsThoseThereAre) {
  expect_refusal({"-i", "rihgt", "-n"}, 1, {"rihgt", "right", "lo"});
}

TEST_F(Ending, BeforeItBeginsForALinkTypeThatTheInterfaceDoesNotHave) {
  expect_refusal({"-i", "right", "-y", "RAW"}, 2, {"RAW is not one of the DLTs supported by this device", "EN10MB"});
  expect_refusal({"-i", "any", "-y", "EN10MB"}, 2, {"EN10MB is not one of the DLTs", "LINUX_SLL2"});
}

TEST_F(Ending, BeforeItBeginsForAFileThatCannotBeWritten) {
  expect_refusal({"-i", "right", "-w", folder_ / "no/such/folder/x.pcap"}, 4, {"x.pcap", "No such file or directory"});
  expect_refusal({"-i", "right", "-w", folder_.path().string()}, 4, {"directory"});
}

TEST_F(Ending, BeforeItBeginsForAFileThatCannotBeRead) {
  expect_refusal({"-r", folder_ / "none.pcap"}, 1, {"none.pcap", "No such file or directory"});
}

TEST_F(Ending, BeforeItBeginsForWrongOptionValues) {
  const std::vector<std::vector<std::string>> wrong = {
      {"-c", "0"},
      {"-c", "x"},
      {"-c", "-3"},
      {"-s", "-1"},
      {"-s", "x"},
      {"-s", "300000"},
      {"-B", "0"},
      {"-B", "x"},
      {"--tap", "nonsense"},
      {"--tap", ""},
      {"--xdp-mode", "fast"},
      {"-Q", "sideways"},
      {"--duration", "5parsecs"},
      {"--duration", "-1s"},
      {"--format", "text"},
      {"--no-such-option"},
      {"-i"},
  };
  for (const std::vector<std::string>& options : wrong) {
    std::vector<std::string> arguments = {"-n", "-w", folder_ / "x.pcap"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    expect_refusal(arguments, 2, {options.front()});
    EXPECT_FALSE(std::filesystem::exists(folder_ / "x.pcap"));
  }
}

TEST_F(Ending, BeforeItBeginsWithoutPrivilegesNamesTheCapabilityAndTheRemedy) {
  REQUIRE_TOOL("setpriv");
  // The build folder need not be open to others.
  const std::filesystem::path binary = folder_ / "ringtap";
  std::filesystem::copy_file(ringtap_binary(), binary);
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(binary, std::filesystem::perms(0755));
  for (const std::string& less :
       {std::string("--reuid nobody --regid nogroup --clear-groups"),
        std::string("--bounding-set -bpf,-sys_admin --inh-caps -bpf,-sys_admin"),
        std::string("--bounding-set -net_admin,-sys_admin --inh-caps -net_admin,-sys_admin")}) {
    SCOPED_TRACE(less);
    const Finished result =
        run_shell(hosts_->right.prefix() + "setpriv " + less + " " + binary.string() + " -i right -n -c 1");
    EXPECT_EQ(result.status, (ExitStatus{1, 0})) << result;
    const bool names_it =
        result.err.find("CAP_BPF") != std::string::npos || result.err.find("CAP_NET_ADMIN") != std::string::npos;
    EXPECT_TRUE(names_it) << result.err;
    EXPECT_NE(result.err.find("setcap"), std::string::npos) << result.err;
  }
}

TEST_F(Ending, BeforeItBeginsForAnXdpProgramThatIsThereNamesItAndLeavesIt) {
  const auto foreign = ForeignProgram::pass_xdp(hosts_->right, "right", "firewall_xdp");
  expect_refusal({"-i", "right", "--tap", "xdp", "-n"}, 1, {"right", "firewall_xdp", "--tap tc"});
  expect_refusal({"-i", "right", "--tap", "xdp", "--xdp-mode", "generic", "-n"}, 1, {"firewall_xdp"});
  const Finished shown = run(hosts_->right.command({"ip", "link", "show", "right"}));
  EXPECT_NE(shown.out.find("firewall_xdp"), std::string::npos) << shown;
  // The tc tap works beside it.
  Capture ringtap(hosts_->right, {"-v", "-i", "right", "-c", "3", "-w", folder_ / "x.pcap"});
  send(3);
  const Finished finished = ringtap.finish();
  EXPECT_EQ(finished.status, (ExitStatus{0, 0})) << finished.err;
  expect_identity(finished.err);
}

}  // namespace
}  // namespace ringtap::testing
