// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A ringtap that a test runs in a namespace, and a tcpdump beside it: started, known to be attached, stopped, accounted
// for. Owns the process and its ready file; the namespace is borrowed. One thread.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/capture_file.hpp"
#include "support/namespace.hpp"
#include "support/process.hpp"
#include "support/reports.hpp"

namespace ringtap::testing {

class Capture {
 public:
  // Returns once every tap is attached; where that does not happen the test fails with what ringtap said.
  Capture(const Namespace& where, std::vector<std::string> arguments, const std::function<void()>& in_child = {},
          const char* subcommand = nullptr);

  [[nodiscard]] Process& process() { return process_; }
  // Asks it to end and waits; the test fails when it does not.
  Finished stop(int signal = SIGINT);
  // Waits for an end of its own.
  Finished finish();

 private:
  TempDir folder_;
  Process process_;
};

// The same for tcpdump, which says "listening on" when it is. Its slots are of fixed size, so it gets room for a few
// hundred superframes; one that lost packets all the same is no oracle and fails the test.
class Tcpdump {
 public:
  Tcpdump(const Namespace& where, std::vector<std::string> arguments);
  [[nodiscard]] Process& process() { return process_; }
  // Once it has written what was sent.
  Finished stop();

 private:
  void catch_up();

  Process process_;
};

// Datagrams from left to right that mark where the compared part begins and ends, see kBeginMarker. In text they are
// known by their ports.
inline constexpr std::uint16_t kBeginPort = 9998;
inline constexpr std::uint16_t kEndPort = 9999;
void send_begin(const TwoHosts& hosts);
void send_end(const TwoHosts& hosts);

// Resolves the neighbours, so that no ARP stands between the first packets.
void warm_up(const TwoHosts& hosts);

// ping inside `from`, `count` requests without waiting between them.
void ping(const Namespace& from, const std::string& address, unsigned count, std::size_t size = 56);

// Numbers of the BPF links that a process holds, and of the programs on them, from its fdinfo.
struct BpfObjects {
  std::set<unsigned> links;
  std::set<unsigned> programs;
};
BpfObjects bpf_objects_of(const Process& process);
// Whether the kernel still has any of them, asked of bpftool; waits a moment, because the kernel frees them late.
::testing::AssertionResult all_gone(const BpfObjects& objects);

// The lines strictly between the last one that has `begin` and the first after it that has `end`.
std::vector<std::string> lines_between(const std::string& text, std::string_view begin, std::string_view end);

}  // namespace ringtap::testing
