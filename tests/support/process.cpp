// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "support/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace ringtap::testing {
namespace {

int memory_file(const char* name) {
  const int fd = ::memfd_create(name, MFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
  return fd;
}

std::string contents(int fd) {
  std::string text;
  char buffer[16384];
  for (ssize_t got; (got = ::pread(fd, buffer, sizeof buffer, static_cast<off_t>(text.size()))) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

[[noreturn]] void become(const std::vector<std::string>& argv, const std::function<void()>& in_child, pid_t parent,
                         int out, int err) {
  // The parent may have died before the request was made.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  std::vector<char*> pointers;
  pointers.reserve(argv.size() + 1);
  for (const std::string& word : argv) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  if (in_child) in_child();
  ::execvp(pointers[0], pointers.data());
  ::dprintf(STDERR_FILENO, "exec %s: errno %d\n", pointers[0], errno);
  ::_exit(127);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const ExitStatus& status) {
  if (status.signal != 0) return out << "ended by signal " << status.signal;
  return out << "exit code " << status.code;
}

std::ostream& operator<<(std::ostream& stream, const Finished& finished) {
  return stream << finished.status << "\nstdout:\n" << finished.out << "\nstderr:\n" << finished.err;
}

Process::Process(std::vector<std::string> argv, const std::function<void()>& in_child)
    : out_(memory_file("stdout")), err_(memory_file("stderr")) {
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) become(argv, in_child, parent, out_, err_);
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      out_(std::exchange(other.out_, -1)),
      err_(std::exchange(other.err_, -1)),
      status_(other.status_) {}

Process::~Process() {
  if (pid_ > 0 && running()) {
    signal(SIGKILL);
    wait();
  }
  if (err_ >= 0) expect_no_sanitizer_report();
  if (out_ >= 0) ::close(out_);
  if (err_ >= 0) ::close(err_);
}

bool Process::running() {
  if (status_) return false;
  int status = 0;
  const pid_t got = ::waitpid(pid_, &status, WNOHANG);
  if (got == 0) return true;
  if (got < 0) throw std::system_error(errno, std::generic_category(), "waitpid");
  status_ = WIFEXITED(status) ? ExitStatus{WEXITSTATUS(status), 0} : ExitStatus{-1, WTERMSIG(status)};
  return false;
}

void Process::signal(int number) const {
  // Once reaped, the number may belong to somebody else.
  if (!status_) ::kill(pid_, number);
}

std::optional<ExitStatus> Process::wait(std::chrono::milliseconds patience) {
  if (!wait_until([&] { return !running(); }, patience)) return std::nullopt;
  return status_;
}

std::string Process::out() const {
  return contents(out_);
}
std::string Process::err() const {
  return contents(err_);
}

void Process::expect_no_sanitizer_report() const {
  const std::string text = err();
  for (const char* words : {"Sanitizer: ", "Sanitizer has encountered", ": runtime error: "}) {
    EXPECT_EQ(text.find(words), std::string::npos) << text;
  }
}

bool Process::wait_for_out(std::string_view text, std::chrono::milliseconds patience) {
  return wait_until([&] { return out().find(text) != std::string::npos || !running(); }, patience) &&
         out().find(text) != std::string::npos;
}

bool Process::wait_for_err(std::string_view text, std::chrono::milliseconds patience) {
  return wait_until([&] { return err().find(text) != std::string::npos || !running(); }, patience) &&
         err().find(text) != std::string::npos;
}

bool Process::wait_ready(const std::filesystem::path& file, std::chrono::milliseconds patience) {
  return wait_until([&] { return std::filesystem::exists(file) || !running(); }, patience) &&
         std::filesystem::exists(file);
}

Finished run(std::vector<std::string> argv, std::chrono::milliseconds patience) {
  Process process(std::move(argv));
  std::optional<ExitStatus> status = process.wait(patience);
  if (!status) {
    process.signal(SIGKILL);
    status = process.wait();
  }
  return {status.value_or(ExitStatus{}), process.out(), process.err()};
}

Finished run_shell(const std::string& script, std::chrono::milliseconds patience) {
  return run({"sh", "-c", script}, patience);
}

std::string ringtap_binary() {
  const char* path = std::getenv("RINGTAP_BINARY");
  if (path == nullptr) throw std::runtime_error("RINGTAP_BINARY is not set; run the test by ctest");
  return path;
}

}  // namespace ringtap::testing
