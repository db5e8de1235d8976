// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What the measuring programs share: positional arguments, a core of their own, a way to give up. Each prints one line
// of key=value pairs for tools/bench. Single-threaded; the first failure ends the program with a message.
#pragma once

#include <net/if.h>
#include <sched.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

namespace ringtap::bench {

[[noreturn]] inline void give_up(const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, what.c_str());
  std::exit(1);
}

[[noreturn]] inline void give_up_errno(const std::string& what) {
  give_up(what + ": " + std::strerror(errno));
}

class Arguments {
 public:
  Arguments(int argc, char** argv, int expected, const char* usage) : argv_(argv) {
    if (argc == expected + 1) return;
    std::fprintf(stderr, "usage: %s %s\n", argv[0], usage);
    std::exit(2);
  }

  [[nodiscard]] const char* text(int index) const { return argv_[index]; }

  [[nodiscard]] unsigned long number(int index) const {
    char* end = nullptr;
    const unsigned long value = std::strtoul(argv_[index], &end, 10);
    if (*argv_[index] == '\0' || *end != '\0') give_up(std::string(argv_[index]) + " is not a number");
    return value;
  }

  [[nodiscard]] unsigned device(int index) const {
    const unsigned found = if_nametoindex(argv_[index]);
    if (found == 0) give_up_errno(argv_[index]);
    return found;
  }

 private:
  char** argv_;
};

inline void pin_to_core(unsigned long core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) give_up_errno("core " + std::to_string(core));
}

// Says that everything is prepared and waits for a line, so that several producers begin together.
inline void wait_for_start() {
  std::printf("ready\n");
  std::fflush(stdout);
  if (std::getchar() == EOF) give_up("nobody said when to start");
}

// By the wall clock and by the time that this process had a core, from its making on.
class Stopwatch {
 public:
  [[nodiscard]] double seconds() const { return now(CLOCK_MONOTONIC) - start_; }

  void report(unsigned long sent) const {
    std::printf("sent=%lu seconds=%.6f processor_seconds=%.6f\n", sent, seconds(),
                now(CLOCK_PROCESS_CPUTIME_ID) - processor_start_);
  }

 private:
  static double now(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  }

  double start_ = now(CLOCK_MONOTONIC);
  double processor_start_ = now(CLOCK_PROCESS_CPUTIME_ID);
};

}  // namespace ringtap::bench
