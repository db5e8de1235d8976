// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a process in the sandbox can and cannot do, each tried in a child process; and helper processes. Some need root
// to have something to give up; without root the rest still holds.
#include "sandbox/sandbox.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "sandbox/helper_process.hpp"
#include "sandbox/user.hpp"

namespace ringtap {
namespace {

// How the child ended that did this in the sandbox: its exit status, or minus the signal.
int in_sandbox(const std::function<int()>& action, const SandboxNeeds& needs = {}) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!give_up_privileges(needs, "") || !confine(needs).empty()) ::_exit(99);
    ::_exit(action());
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int error_of(long result) {
  return result < 0 ? errno : 0;
}

std::string status_line(const std::string& status, const std::string& name) {
  const std::size_t at = status.find("\n" + name + ":");
  if (at == std::string::npos) return "";
  const std::size_t begin = status.find_first_not_of(" \t", at + name.size() + 2);
  return status.substr(begin, status.find('\n', begin) - begin);
}

TEST(Sandbox, EndsAProcessThatExecutesAProgram) {
  EXPECT_EQ(in_sandbox([] {
              char name[] = "/bin/true";
              char* const arguments[] = {name, nullptr};
              ::execve(name, arguments, nullptr);
              return 0;
            }),
            -SIGSYS);
}

TEST(Sandbox, EndsAProcessThatDoesWhatAnAttackerWould) {
  if (!is_sanitized()) {
    EXPECT_EQ(in_sandbox([] { return error_of(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }), -SIGSYS);
  }
  EXPECT_EQ(in_sandbox([] { return error_of(::syscall(SYS_unshare, CLONE_NEWUSER)); }), -SIGSYS);
  EXPECT_EQ(in_sandbox([] { return error_of(::syscall(SYS_setuid, 0)); }), -SIGSYS);
  EXPECT_EQ(in_sandbox([] { return error_of(::syscall(SYS_io_uring_setup, 1, nullptr)); }), -SIGSYS);
}

TEST(Sandbox, RefusesFilesSocketsProcessesSignalsAndCode) {
  if (is_sanitized()) {
    EXPECT_EQ(in_sandbox([] { return error_of(::open("/dev/null", O_WRONLY)); }), EACCES);
  } else {
    EXPECT_EQ(in_sandbox([] { return error_of(::open("/etc/hostname", O_RDONLY)); }), EPERM);
  }
  EXPECT_EQ(in_sandbox([] { return error_of(::unlink("/tmp/nothing-of-this-name")); }), EPERM);
  EXPECT_EQ(in_sandbox([] { return error_of(::socket(AF_INET, SOCK_STREAM, 0)); }), EPERM);
  EXPECT_EQ(in_sandbox([] { return error_of(::fork()); }), EPERM);
  EXPECT_EQ(in_sandbox([] { return error_of(::kill(::getppid(), 0)); }), EPERM);
  EXPECT_EQ(in_sandbox([] {
              void* const page =
                  ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return page == MAP_FAILED ? errno : 0;
            }),
            EPERM);
}

TEST(Sandbox, LeavesOpenFilesMemoryThreadsAndTheWayOut) {
  const int file = ::open("/etc/passwd", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(in_sandbox([&] {
              char byte = 0;
              if (::read(file, &byte, 1) != 1) return 1;
              const std::vector<char> memory(64 << 20, 1);
              bool ran = false;
              std::thread thread([&] { ran = true; });
              thread.join();
              return ran && memory.back() == 1 ? 0 : 2;
            }),
            0);
  ::close(file);
  EXPECT_EQ(in_sandbox([]() -> int { ::abort(); }), -SIGABRT);
}

TEST(Sandbox, TakesEveryCapabilityTheUserAndTheGroups) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int own = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  const pid_t child = ::fork();
  if (child == 0) {
    const int status = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (!give_up_privileges({}, "") || !confine({}).empty()) ::_exit(99);
    char text[8192];
    const ssize_t size = ::read(status, text, sizeof text);
    ::_exit(::write(ends[1], text, static_cast<std::size_t>(size)) == size ? 0 : 1);
  }
  ::close(ends[1]);
  std::string status(8192, '\0');
  status.resize(static_cast<std::size_t>(::read(ends[0], status.data(), status.size())));
  ::close(ends[0]);
  ::close(own);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
    EXPECT_EQ(status_line(status, set), "0000000000000000") << set;
  }
  EXPECT_EQ(status_line(status, "NoNewPrivs"), "1");
  EXPECT_EQ(status_line(status, "Seccomp"), "2");
  if (::geteuid() != 0) return;
  EXPECT_EQ(status_line(status, "CapBnd"), "0000000000000000");
  EXPECT_EQ(status_line(status, "Uid").find("0\t"), std::string::npos);
  const auto user = unprivileged_user();
  ASSERT_TRUE(user);
  EXPECT_EQ(status_line(status, "Groups"), std::to_string(user->gid) + " ");
}

TEST(HelperProcess, AnswersWithTextAndADescriptor) {
  auto helper = HelperProcess::start({.name = "test-helper",
                                      .files = {},
                                      .prepare = {},
                                      .serve = [](std::string_view request) -> HelperProcess::Answer {
                                        if (request == "open") return {"", UniqueFd(::open("/etc/passwd", O_RDONLY))};
                                        if (request == "empty") return {"", {}};
                                        return {"you said " + std::string(request), {}};
                                      }});
  ASSERT_TRUE(helper) << helper.error().text();
  auto text = helper->ask("this");
  ASSERT_TRUE(text);
  EXPECT_EQ(text->text, "you said this");
  EXPECT_FALSE(text->fd);
  auto empty = helper->ask("empty");
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->text, "");
  auto file = helper->ask("open");
  ASSERT_TRUE(file);
  char byte = 0;
  EXPECT_EQ(::read(file->fd.get(), &byte, 1), 1);
  EXPECT_FALSE(helper->ask(""));
  EXPECT_FALSE(helper->ask(std::string(HelperProcess::kMaxMessage + 1, 'x')));
}

TEST(HelperProcess, HasOnlyTheFilesOfItsRole) {
  const int other = ::open("/etc/passwd", O_RDONLY | O_CLOEXEC);
  const int kept = ::open("/etc/passwd", O_RDONLY | O_CLOEXEC);
  auto helper = HelperProcess::start({.name = "test-helper",
                                      .files = {kept},
                                      .prepare = {},
                                      .serve = [](std::string_view request) -> HelperProcess::Answer {
                                        const int fd = std::stoi(std::string(request));
                                        return {::fcntl(fd, F_GETFD) < 0 ? "closed" : "open", {}};
                                      }});
  ASSERT_TRUE(helper) << helper.error().text();
  EXPECT_EQ(helper->ask(std::to_string(other))->text, "closed");
  EXPECT_EQ(helper->ask(std::to_string(kept))->text, "open");
  ::close(other);
  ::close(kept);
}

TEST(HelperProcess, MayBePreparedWhileItsStarterGoesOn) {
  const auto echo = [](std::string_view request) -> HelperProcess::Answer { return {std::string(request), {}}; };
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe(ends), 0);
  // Prepared once a byte has come, which is sent after it began.
  auto helper = HelperProcess::begin({.name = "test-helper",
                                      .files = {ends[0]},
                                      .prepare = [&]() -> Result<> {
                                        char byte = 0;
                                        if (::read(ends[0], &byte, 1) != 1) return Error("no byte");
                                        return ok();
                                      },
                                      .serve = echo});
  ASSERT_TRUE(helper) << helper.error().text();
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  const auto prepared = HelperProcess::all_prepared();
  EXPECT_TRUE(prepared) << prepared.error().text();
  EXPECT_EQ(helper->ask("this")->text, "this");
  for (const int end : ends) ::close(end);

  const auto failing = [] { return Result<>(Error("no reason")); };
  const auto first = HelperProcess::begin({.name = "test-first", .files = {}, .prepare = failing, .serve = echo});
  const auto second = HelperProcess::begin({.name = "test-second", .files = {}, .prepare = failing, .serve = echo});
  ASSERT_TRUE(first && second);
  const auto refused = HelperProcess::all_prepared();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text(), "start the process test-first: no reason");
  EXPECT_TRUE(HelperProcess::all_prepared()) << "each is waited for once";
  const auto asked = HelperProcess::begin({.name = "test-helper", .files = {}, .prepare = failing, .serve = echo});
  ASSERT_TRUE(asked);
  const auto unprepared = asked->ask("this");
  ASSERT_FALSE(unprepared);
  EXPECT_EQ(unprepared.error().text(), "start the process test-helper: no reason");
}

TEST(HelperProcess, SaysWhyItCannotStartAndThatItIsGone) {
  const auto failing = HelperProcess::start(
      {.name = "test-helper", .files = {}, .prepare = [] { return Result<>(Error("no reason")); }, .serve = {}});
  ASSERT_FALSE(failing);
  EXPECT_EQ(failing.error().text(), "start the process test-helper: no reason");
  auto dying = HelperProcess::start(
      {.name = "test-helper", .files = {}, .prepare = {}, .serve = [](std::string_view) -> HelperProcess::Answer {
         ::_exit(1);
       }});
  ASSERT_TRUE(dying) << dying.error().text();
  const auto gone = dying->ask("die");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().text(), "the process test-helper is gone");
}

}  // namespace
}  // namespace ringtap
