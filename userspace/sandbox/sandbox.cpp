// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "sandbox/sandbox.hpp"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "sandbox/user.hpp"

#ifndef PR_SET_MDWE  // Linux 6.3
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

namespace ringtap {
namespace {

// For files, rings, sockets and memory that this process has.
constexpr std::array kAllowed = {SCMP_SYS(read),
                                 SCMP_SYS(readv),
                                 SCMP_SYS(pread64),
                                 SCMP_SYS(write),
                                 SCMP_SYS(writev),
                                 SCMP_SYS(pwrite64),
                                 SCMP_SYS(pwritev2),
                                 SCMP_SYS(close),
                                 SCMP_SYS(fstat),
                                 SCMP_SYS(fstatfs),
                                 SCMP_SYS(lseek),
                                 SCMP_SYS(ftruncate),
                                 SCMP_SYS(fallocate),
                                 SCMP_SYS(fsync),
                                 SCMP_SYS(fdatasync),
                                 SCMP_SYS(sync_file_range),
                                 SCMP_SYS(dup),
                                 SCMP_SYS(dup2),
                                 SCMP_SYS(dup3),
                                 SCMP_SYS(fcntl),
                                 SCMP_SYS(poll),
                                 SCMP_SYS(ppoll),
                                 SCMP_SYS(select),
                                 SCMP_SYS(pselect6),
                                 SCMP_SYS(epoll_create1),
                                 SCMP_SYS(epoll_ctl),
                                 SCMP_SYS(epoll_wait),
                                 SCMP_SYS(epoll_pwait),
                                 SCMP_SYS(eventfd2),
                                 SCMP_SYS(timerfd_create),
                                 SCMP_SYS(timerfd_settime),
                                 SCMP_SYS(timerfd_gettime),
                                 SCMP_SYS(recvmsg),
                                 SCMP_SYS(recvfrom),
                                 SCMP_SYS(sendmsg),
                                 SCMP_SYS(sendto),
                                 SCMP_SYS(getsockopt),
                                 SCMP_SYS(setsockopt),
                                 SCMP_SYS(getsockname),
                                 SCMP_SYS(getpeername),
                                 SCMP_SYS(accept4),
                                 SCMP_SYS(shutdown),
                                 SCMP_SYS(munmap),
                                 SCMP_SYS(mremap),
                                 SCMP_SYS(madvise),
                                 SCMP_SYS(brk),
                                 SCMP_SYS(futex),
                                 SCMP_SYS(sched_yield),
                                 SCMP_SYS(nanosleep),
                                 SCMP_SYS(clock_nanosleep),
                                 SCMP_SYS(clock_gettime),
                                 SCMP_SYS(clock_getres),
                                 SCMP_SYS(gettimeofday),
                                 SCMP_SYS(time),
                                 SCMP_SYS(getrandom),
                                 SCMP_SYS(membarrier),
                                 SCMP_SYS(rseq),
                                 SCMP_SYS(getcpu),
                                 SCMP_SYS(sched_getaffinity),
                                 SCMP_SYS(set_robust_list),
                                 SCMP_SYS(uname),
                                 SCMP_SYS(sysinfo),
                                 SCMP_SYS(getpid),
                                 SCMP_SYS(gettid),
                                 SCMP_SYS(getppid),
                                 SCMP_SYS(getuid),
                                 SCMP_SYS(geteuid),
                                 SCMP_SYS(getgid),
                                 SCMP_SYS(getegid),
                                 SCMP_SYS(rt_sigaction),
                                 SCMP_SYS(rt_sigprocmask),
                                 SCMP_SYS(rt_sigreturn),
                                 SCMP_SYS(sigaltstack),
                                 SCMP_SYS(rt_sigtimedwait),
                                 SCMP_SYS(setitimer),
                                 SCMP_SYS(restart_syscall),
                                 SCMP_SYS(wait4),
                                 SCMP_SYS(exit),
                                 SCMP_SYS(exit_group)};

// For files by name, sockets and threads.
constexpr std::array kAllowedToOpen = {
    SCMP_SYS(open),       SCMP_SYS(openat),    SCMP_SYS(stat),       SCMP_SYS(lstat),    SCMP_SYS(newfstatat),
    SCMP_SYS(access),     SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64), SCMP_SYS(socket),    SCMP_SYS(bind),       SCMP_SYS(connect),  SCMP_SYS(setsockopt),
    SCMP_SYS(ioctl),      SCMP_SYS(mmap),      SCMP_SYS(mprotect),   SCMP_SYS(bpf),      SCMP_SYS(prctl),
    SCMP_SYS(prlimit64)};

// For the runtime library of a sanitizer, which at the end or for a report stops all threads from a child process that
// shares their memory (LeakSanitizer), reads /proc/self and debug information, and asks by a pipe whether memory can be
// read (UndefinedBehaviorSanitizer).
constexpr std::array kAllowedToSanitizer = {SCMP_SYS(ptrace),   SCMP_SYS(prctl),      SCMP_SYS(open),
                                            SCMP_SYS(openat),   SCMP_SYS(stat),       SCMP_SYS(newfstatat),
                                            SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64),
                                            SCMP_SYS(getdents), SCMP_SYS(pipe),       SCMP_SYS(pipe2)};

// What an attacker would try first, and this program never calls: an attempt ends it.
constexpr std::array kKilled = {SCMP_SYS(execve),
                                SCMP_SYS(execveat),
                                SCMP_SYS(process_vm_readv),
                                SCMP_SYS(process_vm_writev),
                                SCMP_SYS(vfork),
                                SCMP_SYS(kexec_load),
                                SCMP_SYS(kexec_file_load),
                                SCMP_SYS(init_module),
                                SCMP_SYS(finit_module),
                                SCMP_SYS(delete_module),
                                SCMP_SYS(mount),
                                SCMP_SYS(umount2),
                                SCMP_SYS(pivot_root),
                                SCMP_SYS(chroot),
                                SCMP_SYS(setns),
                                SCMP_SYS(unshare),
                                SCMP_SYS(keyctl),
                                SCMP_SYS(add_key),
                                SCMP_SYS(request_key),
                                SCMP_SYS(userfaultfd),
                                SCMP_SYS(perf_event_open),
                                SCMP_SYS(io_uring_setup),
                                SCMP_SYS(reboot),
                                SCMP_SYS(setuid),
                                SCMP_SYS(setgid),
                                SCMP_SYS(setresuid),
                                SCMP_SYS(setresgid),
                                SCMP_SYS(capset)};

// Of bpf(2): reading counters, flushing stages, detaching, giving a new device its slot, and running an iterator that
// is attached already.
constexpr std::array kBpfCommands = {BPF_MAP_LOOKUP_ELEM,    BPF_MAP_UPDATE_ELEM, BPF_PROG_TEST_RUN,
                                     BPF_OBJ_GET_INFO_BY_FD, BPF_LINK_DETACH,     BPF_ITER_CREATE};
// About a terminal, and what a network device of this number is called.
constexpr std::array kQuestions = {TCGETS, TIOCGWINSZ, FIONREAD, SIOCGIFNAME};

// Gathers the first error, so that rules read as a list.
class CallFilter {
 public:
  CallFilter() : filter_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {
    if (filter_ == nullptr) error_ = -ENOMEM;
  }
  CallFilter(const CallFilter&) = delete;
  CallFilter& operator=(const CallFilter&) = delete;
  ~CallFilter() {
    if (filter_ != nullptr) seccomp_release(filter_);
  }

  template <class... Conditions>
  void add(std::uint32_t action, int call, Conditions... conditions) {
    if (call < 0 || error_ != 0) return;  // below 0: this architecture has no such call
    const std::array<scmp_arg_cmp, sizeof...(conditions)> all = {conditions...};
    error_ = seccomp_rule_add_array(filter_, action, call, static_cast<unsigned>(all.size()), all.data());
  }
  void allow(int call) { add(SCMP_ACT_ALLOW, call); }

  // In every thread. 0, or an errno.
  int load() {
    if (error_ == 0) error_ = seccomp_attr_set(filter_, SCMP_FLTATR_CTL_TSYNC, 1);
    if (error_ == 0) seccomp_attr_set(filter_, SCMP_FLTATR_CTL_OPTIMIZE, 2);  // a tree; libseccomp 2.5
    if (error_ == 0) error_ = seccomp_load(filter_);
    return -error_;
  }

 private:
  scmp_filter_ctx filter_;
  int error_ = 0;
};

scmp_arg_cmp is(unsigned argument, std::uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}

scmp_arg_cmp lacks(unsigned argument, std::uint64_t bits) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = bits, .datum_b = 0};
}

scmp_arg_cmp has(unsigned argument, std::uint64_t bits) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = bits, .datum_b = bits};
}

int filter_calls(const SandboxNeeds& needs) {
  CallFilter filter;
  for (const int call : kAllowed) filter.allow(call);
  for (const int call : kKilled) filter.add(SCMP_ACT_KILL_PROCESS, call);
  if (is_sanitized()) {
    for (const int call : kAllowedToSanitizer) filter.allow(call);
    filter.add(SCMP_ACT_ALLOW, SCMP_SYS(clone), has(0, CLONE_VM | CLONE_UNTRACED));
  } else {
    // clang's runtime library tries to start a symbolizer by fork(2), and prints its report without, if that fails.
    for (const int call : {SCMP_SYS(ptrace), SCMP_SYS(fork)}) filter.add(SCMP_ACT_KILL_PROCESS, call);
  }
  // Of this process only: abort(3).
  const auto self = static_cast<std::uint64_t>(::getpid());
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(tgkill), is(0, self));
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(sched_setaffinity), is(0, 0));  // where this very thread runs
  // Threads, but no process: clone3(2), whose flags are in memory, is said not to exist, and pthread_create(3) uses
  // clone.
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(clone), has(0, CLONE_THREAD));
  filter.add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
  if (needs.opens) {
    for (const int call : kAllowedToOpen) filter.allow(call);
    return filter.load();
  }
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), is(3, 0x1000));  // AT_EMPTY_PATH: fstat(3)
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(mmap), lacks(2, PROT_EXEC));
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(mprotect), lacks(2, PROT_EXEC));
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), is(2, 0));  // reads only
  for (const unsigned command : kBpfCommands) filter.add(SCMP_ACT_ALLOW, SCMP_SYS(bpf), is(0, command));
  for (const unsigned long question : kQuestions) filter.add(SCMP_ACT_ALLOW, SCMP_SYS(ioctl), is(1, question));
  return filter.load();
}

constexpr std::uint64_t kEveryAccess = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // of landlock's first version
constexpr std::uint64_t kReading =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE;

// What is in `kinds` of access to files by name is denied, except below `folders`. 0, or an errno.
int deny_files(std::uint64_t kinds, const std::vector<std::string>& folders = {}) {
  const landlock_ruleset_attr attributes{.handled_access_fs = kinds};
  const auto ruleset = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0U));
  if (ruleset < 0) return errno;
  int err = 0;
  for (const std::string& folder : folders) {
    landlock_path_beneath_attr below{};
    below.allowed_access = kinds;
    below.parent_fd = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below, 0U) != 0) err = errno;
    ::close(below.parent_fd);
  }
  if (err == 0 && ::syscall(SYS_landlock_restrict_self, ruleset, 0U) != 0) err = errno;
  ::close(ruleset);
  return err;
}

Result<> leave_root(const SandboxNeeds& needs, const std::string& asked) {
  if (::geteuid() != 0) return ok();
  if (!asked.empty()) {
    auto user = find_user(asked);
    if (!user) return user.take_error();
    return user->uid == 0 ? ok() : become(*user, needs.capabilities);
  }
  return become_unprivileged(needs.capabilities);
}

void note(std::string& missing, const std::string& what, int err) {
  missing += (missing.empty() ? "no " : ", no ") + what + " (" + std::strerror(err) + ")";
}

}  // namespace

void write_only_below(const std::vector<std::string>& folders) {
  deny_files(kEveryAccess & ~kReading, folders);
}

bool is_sanitized() {
#ifdef RINGTAP_SANITIZED
  return true;
#else
  return false;
#endif
}

Result<> give_up_privileges(const SandboxNeeds& needs, const std::string& user) {
  drop_bounding_set();
  if (auto left = leave_root(needs, user); !left) return left;
  if (auto kept = keep_capabilities(needs.capabilities); !kept) return kept;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Error::from_errno(errno, "set no_new_privs");
  return ok();
}

std::string confine(const SandboxNeeds& needs) {
  std::string missing;
  if (!needs.opens) {
    if (const int err = deny_files(is_sanitized() ? kEveryAccess & ~kReading : kEveryAccess); err != 0)
      note(missing, "landlock", err);
  }
  if (::prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) != 0) note(missing, "MDWE", errno);
  if (const int err = filter_calls(needs); err != 0) note(missing, "seccomp filter", err);
  return missing;
}

}  // namespace ringtap
