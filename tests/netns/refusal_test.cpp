// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What keeps a process from capturing is called by its name, before anything is attached: never "an old kernel" where
// the kernel is not the reason.
#include <elf.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

#include "capture.hpp"
#include "sandbox/sandbox.hpp"
#include "support/capture_file.hpp"
#include "support/failing_call.hpp"
#include "support/namespace.hpp"
#include "support/process.hpp"
#include "support/reports.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"

namespace ringtap::testing {
namespace {

class Refusal : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("unshare");
  }

  // `confined`: a shell command line that ends where ringtap's own begins.
  static void expect(const std::string& confined, const std::vector<std::string>& words) {
    SCOPED_TRACE(confined);
    const Finished result = run_shell(confined + " " + ringtap_binary() + " -i lo -c 1 --duration 2s", 10s);
    EXPECT_EQ(result.status, (ExitStatus{1, 0})) << result;
    EXPECT_TRUE(result.err.starts_with("ringtap: ")) << result;
    for (const std::string& word : words) EXPECT_NE(result.err.find(word), std::string::npos) << result;
    for (const char* wrong : {"Linux 5.8", "CONFIG_DEBUG_INFO_BTF", "security module"}) {
      EXPECT_EQ(result.err.find(wrong), std::string::npos) << result;
    }
  }
};

TEST_F(Refusal, NamesAUserNamespace) {
  expect("unshare -Urn", {"not permitted", "user namespace"});
}

TEST_F(Refusal, NamesTheMissingCapabilities) {
  REQUIRE_TOOL("setpriv");
  expect("setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all --reuid=65534 --clear-groups",
         {"not permitted", "CAP_BPF", "CAP_NET_ADMIN", "CAP_PERFMON", "setcap"});
}

// How the next capture fails while others are on its hook.
void expect_full(const Namespace& host, const std::string& tap, const std::string& limit) {
  const Finished result = run(host.command({ringtap_binary(), "-i", "lo", "--tap", tap, "-c", "1"}));
  EXPECT_EQ(result.status, (ExitStatus{1, 0})) << result;
  EXPECT_NE(result.err.find(limit + " programs are attached there, and the kernel takes no more"), std::string::npos)
      << result;
}

TEST_F(Refusal, NamesTheLimitOfProgramsAtTc) {
  const Namespace host;
  std::vector<ForeignProgram> others;
  try {
    others.push_back(ForeignProgram::pass_tc(host, "lo"));
  } catch (const std::exception& error) {
    GTEST_SKIP() << "needs tcx (Linux 6.6): " << error.what();
  }
  while (others.size() < 62) others.push_back(ForeignProgram::pass_tc(host, "lo"));
  const Finished last = run(host.command({ringtap_binary(), "-i", "lo", "--duration", "100ms"}));
  EXPECT_EQ(last.status, (ExitStatus{0, 0})) << last;
  others.push_back(ForeignProgram::pass_tc(host, "lo"));
  expect_full(host, "tc", "63");
}

TEST_F(Refusal, NamesTheLimitOfProgramsAtACgroup) {
  const Finished mounted = run({"findmnt", "-n", "-t", "cgroup2", "-o", "TARGET"});
  RINGTAP_REQUIRE(mounted.status == (ExitStatus{0, 0}), "a mounted cgroup2");
  const std::string root = lines_of(mounted.out).front();
  const Namespace host;
  std::vector<ForeignProgram> others;
  // Some may be there already.
  try {
    while (others.size() < 64) others.push_back(ForeignProgram::pass_cgroup(root));
  } catch (const std::exception&) {
    ASSERT_FALSE(others.empty());
  }
  expect_full(host, "socket", "64");
}

// As in a container: docker leaves CAP_NET_RAW, and its seccomp filter forbids bpf(2).
const std::string kNetRawAlone =
    "--bounding-set=-all,+net_raw --inh-caps=-all,+net_raw --ambient-caps=-all,+net_raw --reuid=65534 --clear-groups";

TEST_F(Refusal, SparesACaptureByAfPacketThatHasCapNetRawAlone) {
  for (const char* tool : {"setpriv", "ping"}) REQUIRE_TOOL(tool);
  const TwoHosts hosts;
  warm_up(hosts);
  const TempDir folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  const std::string ready = folder / "ready";
  const auto capture = [&](const std::string& tap) {
    return hosts.right.command({"sh", "-c",
                                "exec setpriv " + kNetRawAlone + " " + ringtap_binary() + " -v -i right --tap " + tap +
                                    " -n -t -q --ready-file " + ready + " icmp"});
  };
  Process refused(capture("tc"));
  EXPECT_TRUE(refused.wait_for_err("CAP_BPF")) << refused.err();
  EXPECT_TRUE(refused.wait());
  // Without the right to bpf(2), and without a call of it that somebody else would have to forbid.
  Process ringtap(capture("packet"), [] { make_call_fail(SYS_bpf, 0); });
  ASSERT_TRUE(ringtap.wait_ready(ready)) << ringtap.err();
  ping(hosts.left, TwoHosts::kRightIpv4, 5);
  EXPECT_TRUE(wait_until([&] { return lines_of(ringtap.out()).size() >= 20; })) << ringtap.out() << ringtap.err();
  ringtap.signal(SIGINT);
  EXPECT_EQ(ringtap.wait(), (ExitStatus{0, 0})) << ringtap.err();
  EXPECT_EQ((*expect_identity(ringtap.err()).total)["written"], 10u) << ringtap.err();
}

TEST_F(Refusal, NamesCapNetRawToAnAfPacketSocket) {
  REQUIRE_TOOL("setpriv");
  const Finished result = run_shell(
      "exec setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all --reuid=65534 "
      "--clear-groups " +
      ringtap_binary() + " -i lo --tap packet -c 1");
  EXPECT_EQ(result.status, (ExitStatus{1, 0})) << result;
  EXPECT_NE(result.err.find("needs CAP_NET_RAW"), std::string::npos) << result;
}

// Without a right for programs either, -i any opens a socket at each interface: what all of them lack is said once.
TEST_F(Refusal, IsSaidOnceOfAllInterfaces) {
  REQUIRE_TOOL("setpriv");
  const TwoHosts hosts;
  const Finished result =
      run(hosts.right.command({"setpriv", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all",
                               "--reuid=65534", "--clear-groups", ringtap_binary(), "-i", "any", "-c", "1"}));
  EXPECT_EQ(result.status, (ExitStatus{1, 0})) << result;
  const std::string what = "open an AF_PACKET socket";
  const std::size_t first = result.err.find(what);
  EXPECT_NE(first, std::string::npos) << result;
  EXPECT_EQ(result.err.find(what, first + 1), std::string::npos) << result;
  EXPECT_NE(result.err.find("no program can be loaded"), std::string::npos) << result;
}

TEST_F(Refusal, NamesTheLimitOfOpenFiles) {
  // Enough for the program itself to start.
  for (const std::string limit : {"10", "12", "16", "24", "32"}) {
    expect("ulimit -n " + limit + "; exec", {"this process may open only " + limit, "ulimit -n"});
  }
}

TEST_F(Refusal, NamesTheLimitOfMemory) {
  if (is_sanitized()) GTEST_SKIP() << "a sanitizer's runtime library reserves terabytes of addresses";
  expect("ulimit -v 60000; exec", {"60000 KiB", "ulimit -v"});
}

// A pcap file of so many records of 100 bytes.
void write_pcap(const std::filesystem::path& path, unsigned records) {
  std::ofstream file(path, std::ios::binary);
  const auto put = [&](std::initializer_list<std::uint32_t> words) {
    for (const std::uint32_t word : words) file.write(reinterpret_cast<const char*>(&word), sizeof word);
  };
  put({0xa1b2c3d4, 4U << 16 | 2U, 0, 0, 262144, 1});
  for (unsigned i = 0; i < records; ++i) {
    put({1'700'000'000 + i, 0, 100, 100});
    file << std::string(100, 'x');
  }
}

// Ends by itself, with a message that has `word` if it cannot do its work. What ld.so(8) says of itself counts as one.
void expect_named(const std::string& limit, const std::string& command, const std::string& word, unsigned& worked,
                  const std::string& where = "") {
  SCOPED_TRACE("ulimit " + limit);
  const Finished result = run_shell(where + "sh -c 'ulimit " + limit + " && exec " + command + "'", 20s);
  EXPECT_EQ(result.status.signal, 0) << result;
  worked += result.status.code == 0;
  if (result.status.code == 0 || result.err.find("error while loading shared libraries") != std::string::npos) return;
  EXPECT_TRUE(result.status.code == 1 || result.status.code == 4) << result;
  EXPECT_NE(result.err.find(word), std::string::npos) << result;
}

// KiB of addresses that a program's file is given. With fewer, the kernel ends it before it runs.
unsigned mapped_kib(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Elf64_Ehdr header{};
  file.read(reinterpret_cast<char*>(&header), sizeof header);
  file.seekg(static_cast<std::streamoff>(header.e_phoff));
  std::uint64_t end = 0;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr part{};
    file.read(reinterpret_cast<char*>(&part), sizeof part);
    if (part.p_type == PT_LOAD) end = std::max<std::uint64_t>(end, part.p_vaddr + part.p_memsz);
  }
  EXPECT_TRUE(file) << path;
  return static_cast<unsigned>(end / 1024);
}

TEST_F(Refusal, NamesTheLimitThatReadingAFileMeets) {
  if (is_sanitized()) GTEST_SKIP() << "a sanitizer's runtime library reserves terabytes of addresses";
  REQUIRE_TOOL("setpriv");
  const TempDir folder;
  write_pcap(folder / "in.pcap", 1000);
  const std::string read = ringtap_binary() + " -r " + (folder / "in.pcap").string();
  const std::string copy = read + " -w " + (folder / "out.pcap").string();
  unsigned worked = 0;
  for (unsigned files = 4; files <= 20; ++files)
    expect_named("-n " + std::to_string(files), copy, "RLIMIT_NOFILE", worked);
  EXPECT_GT(worked, 0u);
  worked = 0;
  for (unsigned kib = mapped_kib(ringtap_binary()) + 2000; kib <= 80'000; kib += 2000) {
    expect_named("-v " + std::to_string(kib), copy, "RLIMIT_AS", worked);
  }
  EXPECT_GT(worked, 0u);
  worked = 0;
  for (unsigned kib = 1000; kib <= 33'000; kib += 4000) {
    expect_named("-d " + std::to_string(kib), copy, "RLIMIT_DATA", worked);
  }
  EXPECT_GT(worked, 0u);
  worked = 0;
  expect_named("-n 64", "setpriv --reuid=65534 --clear-groups prlimit --nproc=1 " + read + " -n", "RLIMIT_NPROC",
               worked);
  EXPECT_EQ(worked, 0u);
}

TEST_F(Refusal, NamesTheLimitOfAFileAndKeepsWhatIsInIt) {
  const TempDir folder;
  write_pcap(folder / "in.pcap", 10'000);
  const std::filesystem::path out = folder / "out.pcap";
  for (const unsigned kib : {1, 7, 100, 1000}) {
    unsigned worked = 0;
    const std::string command = ringtap_binary() + " -r " + (folder / "in.pcap").string() + " -w " + out.string();
    expect_named("-f " + std::to_string(kib * 2), command, "RLIMIT_FSIZE", worked);  // blocks of 512 bytes, sh(1)
    EXPECT_EQ(worked, 0u);
    const CaptureFile file = read_capture(out);
    EXPECT_EQ(file.error, "");
    EXPECT_EQ(file.frames.size(), (kib * 1024 - 24) / 116);
  }
  unsigned worked = 0;
  const std::string text = ringtap_binary() + " -n -r " + (folder / "in.pcap").string() + " >" + out.string();
  expect_named("-f 2", text, "RLIMIT_FSIZE", worked);
  EXPECT_EQ(worked, 0u);
}

TEST_F(Refusal, NamesTheLimitThatACaptureMeetsAndLeavesNothingAttached) {
  if (is_sanitized()) GTEST_SKIP() << "a sanitizer's runtime library reserves terabytes of addresses";
  const Namespace host;
  ASSERT_EQ(run(host.command({"ip", "link", "set", "lo", "up"})).status, (ExitStatus{0, 0}));
  const std::string capture = ringtap_binary() + " -i lo --duration 10ms";
  unsigned worked = 0;
  for (const unsigned files : {5, 10, 20, 30, 40, 200}) {
    expect_named("-n " + std::to_string(files), capture, "ulimit -n", worked, host.prefix());
  }
  EXPECT_GT(worked, 0u);
  worked = 0;
  for (const unsigned kib : {20'000, 40'000, 60'000, 80'000, 100'000, 130'000, 170'000, 1'000'000}) {
    expect_named("-v " + std::to_string(kib), capture, "ulimit -v", worked, host.prefix());
  }
  EXPECT_GT(worked, 0u);
  for (const unsigned kib : {64, 256}) expect_named("-s " + std::to_string(kib), capture, "", worked, host.prefix());
  EXPECT_EQ(run(host.command({"bpftool", "net", "show"})).out.find("tap"), std::string::npos);
}

TEST_F(Refusal, SaysThatSysIsHidden) {
  expect("unshare -m sh -c 'umount -l /sys && exec \"$0\" \"$@\"'", {"/sys is not mounted"});
}

}  // namespace
}  // namespace ringtap::testing
