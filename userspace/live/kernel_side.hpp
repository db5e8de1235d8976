// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The BPF side of a capture: the rings, the programs, and the CPUs' stages between them. Empty for a capture whose taps
// need no BPF, which then never calls bpf(2). Owns all of it; nothing is attached here. One thread, except where it
// says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/thread.hpp"
#include "live/cpu_watch.hpp"
#include "live/live_owners.hpp"
#include "loader/rings.hpp"
#include "loader/tap_programs.hpp"
#include "net/rtnetlink.hpp"
#include "ringtap/accounting.hpp"
#include "ringtap/record.hpp"
#include "ringtap/result.hpp"
#include "taps/live_options.hpp"

namespace ringtap {

// The rings that one thread reads: their numbers, and the CPUs that fill them.
struct RingShare {
  std::vector<std::size_t> numbers;
  std::vector<unsigned> cpus;  // cpus[i] fills ring numbers[i]

  void add(std::size_t number, unsigned cpu) {
    numbers.push_back(number);
    cpus.push_back(cpu);
  }
};

// Of a CPU that has come online.
struct NewRing {
  std::size_t number;
  unsigned cpu;
  int fd;
};

class KernelSide {
 public:
  KernelSide() = default;
  // What takes long and needs nothing that is known about the capture, so that other threads do it.
  struct Beginning {
    // `ring_bytes`: of all CPUs that are online together.
    Beginning(std::uint64_t ring_bytes, bool who);
    Meanwhile<OpenTapPrograms> programs;
    Result<Rings> rings;
  };
  // `options` must have features. `slots`: for devices, not counting slot 0.
  static Result<KernelSide> load(const LiveOptions& options, LinkType link_type, std::uint32_t slots, Beginning begun,
                                 const Notice& notice);

  // Null if there is none.
  [[nodiscard]] const TapPrograms* programs() const { return programs_ ? &*programs_ : nullptr; }
  // How many CPUs records can come from, at any time.
  [[nodiscard]] std::size_t possible_cpus() const { return possible_cpus_; }
  [[nodiscard]] bool filters_in_user_space() const { return filter_in_user_space_; }
  [[nodiscard]] std::string buffer_text() const;  // "2 rings of 32768 KiB"
  // They become readable when there is something to do; one may be -1.
  [[nodiscard]] std::vector<int> wake_fds() const;

  // Gives CPUs that have come online their rings and stages, and returns the new rings. Where that is not possible a
  // notice says so, and the CPU's packets are counted as lost.
  std::vector<NewRing> look_for_cpus(std::uint64_t now_ns, const Notice& notice);
  // Makes the above possible when rights have been given up.
  Result<> start_helper() const;

  Result<> watch_softirqs();
  // From now on owners are learnt, if they are wanted.
  Result<> start_owners(bool wanted);
  [[nodiscard]] LiveOwners& owners() { return owners_; }
  Result<> assign_slot(const rtnetlink::Device& device, std::uint32_t slot);
  void release_slot(const rtnetlink::Device& device);

  [[nodiscard]] std::size_t ring_count() const { return rings_ ? rings_->cpus().size() : 0; }
  // The memory node of each CPU, by number; empty if there is one thread, which need not know.
  [[nodiscard]] const std::vector<int>& memory_nodes() const { return memory_nodes_; }
  // What each of so many threads gets: CPUs of one memory node go to one thread, as far as that divides them evenly.
  [[nodiscard]] std::vector<RingShare> shares(std::size_t threads) const;
  // This and release() may be called by several threads at a time, each for its own share.
  // Appends the rings that have a record, after moving what is due out of the stages. Returns the time up to which
  // records can be taken. `stopped`: the taps are detached.
  std::uint64_t collect(const RingShare& share, std::uint64_t due_ns, bool stopped, std::vector<EventStream*>& heads);
  // Gives the memory of what was taken back to the rings; true if they have more.
  bool release(const RingShare& share);
  // Whether a record came since the last collect().
  bool has_news(const RingShare& share);
  // The page through which a program wakes the reader.
  [[nodiscard]] ringtap_control& control() { return programs_ ? programs_->control() : nobody_wakes_; }

  // One element per CPU; none without programs.
  [[nodiscard]] Result<std::vector<ringtap_counters>> counters(std::uint32_t slot, ringtap_tap tap) const;
  // Adds what cannot be attributed to a tap.
  void count_rest(SourceAccount& account);

 private:
  // Whether a CPU without a ring may come online.
  [[nodiscard]] bool may_get_cpus() const { return rings_ && rings_->cpus().size() < possible_cpus_; }
  Result<> add_cpu(unsigned cpu);

  // In the order in which they are made, and destroyed in reverse.
  std::optional<Rings> rings_;
  std::optional<TapPrograms> programs_;
  std::string buffer_note_;
  bool has_stages_ = false;
  unsigned possible_cpus_ = 1;
  std::vector<int> memory_nodes_;
  CpuWatch cpu_watch_;
  std::set<unsigned> without_ring_;  // online, and it was not possible to give them one
  bool filter_in_user_space_ = false;
  LiveOwners owners_;
  ringtap_control nobody_wakes_{};
};

}  // namespace ringtap
