// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A Sink that follows packets over several hosts: a PacketTracker for each host, whose interfaces are named
// "host/interface", and Journeys, which tie what they saw. Counts packets by the path they took and writes one table of
// all places and one of all paths, or JSON. Owns its outputs. Memory as that of its parts. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash_map.hpp"
#include "compare/journeys.hpp"
#include "compare/outcome.hpp"
#include "compare/packet_tracker.hpp"
#include "ringtap/byte_writer.hpp"
#include "ringtap/result.hpp"
#include "ringtap/sink.hpp"
#include "ringtap/text_style.hpp"

namespace ringtap {

// What is known of a host beside its records.
struct HostFacts {
  std::string host;
  HostClock clock;
  std::uint32_t netns = 0;     // inode number of its network namespace; 0: not known, or it does not take part
  std::uint64_t begin_ns = 0;  // of its capture, 0: not known
  std::uint64_t end_ns = 0;    // 0: it has not ended
  std::uint64_t lost = 0;      // records: in the kernel, and on the way here
  std::uint64_t left_out = 0;  // records that it left out on purpose
  std::string trouble;         // why it did not take part, or not to the end; empty: it did
};

struct HostsCompareOptions : CompareStyle {
  CorrelatorOptions correlator;
  TapSet taps = kAllTaps;
  bool all_devices = false;                       // each host's are captured
  std::function<std::vector<HostFacts>()> facts;  // as they are now; may be null
  std::string filter;                             // for the answer if no packet came
};

// Packets that took the same path, in the order of their hosts.
struct PathCount {
  struct Step {
    std::uint16_t host = 0;
    Outcome outcome;
    bool follows = false;          // as in Journey
    bool translated = false;       // before this host
    bool translated_here = false;  // by it
  };
  std::vector<Step> steps;
  std::size_t end = 0;  // the step that decides what became of the packet
  bool from_outside = false;
  bool may_be_made = false;  // by the first host
  bool goes_on = false;
  Untied untied = Untied::kNo;
  bool at_begin = false;  // what came before, or after, may be from before the beginning or after the end of a host
  bool at_end = false;
  std::uint64_t packets = 0;
};

class HostsComparer final : public Sink {
 public:
  struct LeftOut {
    std::string name;  // of the namespace; empty: not known
    std::uint64_t records = 0;
  };
  struct Host {
    std::string name;
    std::unique_ptr<PacketTracker> tracker;
    std::uint32_t interfaces = 0;
    HostFacts facts;
    std::vector<std::uint64_t> went_on;  // by place: packets last seen there that another host received
    bool shares_kernel = false;          // with another host: what it sees of other namespaces is left out
    bool tells_of_others = false;        // … and it is the first of these hosts
    // Of namespaces that are no host's, by inode: nobody tells of these. 0: others, when there are many.
    std::map<std::uint32_t, LeftOut> left_to_nobody;
    std::uint64_t unreadable = 0;   // records that do not say at which tap they were seen
    std::uint64_t cut_packets = 0;  // too short to tell them from others
    [[nodiscard]] std::uint64_t lost() const {
      return std::max(facts.lost, tracker ? tracker->lost() : 0) + unreadable;
    }
    // Whether some of its records are not here, for whatever reason.
    [[nodiscard]] bool is_partial() const { return lost() > 0 || facts.left_out > 0; }
    [[nodiscard]] std::uint64_t cut_short() const { return cut_packets + (tracker ? tracker->counts().ambiguous : 0); }
    [[nodiscard]] std::vector<PlaceCount> counts_by_place() const;
    // Whether it would have seen any packet.
    [[nodiscard]] bool is_whole() const {
      return tracker != nullptr && !is_partial() && cut_short() == 0 && facts.trouble.empty();
    }
  };

  HostsComparer(HostsCompareOptions options, std::unique_ptr<ByteWriter> out, std::unique_ptr<Sink> file);

  Result<> on_interface(const Interface& interface) override;
  Result<> on_record(const RecordView& record) override;
  Result<> on_block(const FileBlockView& block) override { return file_ == nullptr ? ok() : file_->on_block(block); }
  Result<> on_statistics(const InterfaceStatistics& statistics) override;
  Result<> flush() override;
  // Finishes every packet and writes the tables.
  Result<> finish() override;
  [[nodiscard]] std::uint64_t records_stored() const override;

  // The tables so far.
  [[nodiscard]] std::string report() const;
  [[nodiscard]] const std::vector<Host>& hosts() const { return hosts_; }
  [[nodiscard]] const std::vector<PathCount>& paths() const { return paths_; }
  [[nodiscard]] const Texts& texts() const { return texts_; }
  [[nodiscard]] const HostsCompareOptions& options() const { return options_; }
  [[nodiscard]] std::uint64_t packets() const { return packets_; }
  // Of these, those on paths that have no row, since there are too many.
  [[nodiscard]] std::uint64_t packets_on_other_paths() const { return other_paths_; }
  // All hosts are of one kernel, so that they have one clock.
  [[nodiscard]] bool is_one_kernel() const { return is_one_kernel_; }

 private:
  struct From {
    std::uint16_t host;
    std::uint32_t interface_id;  // of that host
  };
  std::uint16_t host_of(std::string_view name);
  void learn_facts();
  static constexpr std::size_t kMostNamespaces = 64;
  void leave_out(Host& host, const Trace& trace);
  void expire(std::uint64_t now_ns);
  void on_visit(std::uint16_t host, const PacketHistory& history, std::span<const Observation> observations,
                const Outcome& outcome);
  void on_journey(Journey journey);
  void settle(Journey& journey);
  [[nodiscard]] bool may_precede(const Visit& visit) const;
  [[nodiscard]] bool may_outlive(const Visit& visit) const;
  void tell(const Journey& journey);

  HostsCompareOptions options_;
  std::unique_ptr<ByteWriter> out_;
  std::unique_ptr<Sink> file_;
  Texts texts_;
  std::vector<Host> hosts_;
  std::map<std::string, std::uint16_t, std::less<>> numbers_;  // of hosts, by name
  std::vector<From> interfaces_;
  std::vector<PathCount> paths_;
  HashMap<std::uint64_t, std::size_t> path_rows_;
  std::uint64_t packets_ = 0;
  std::uint64_t other_paths_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t now_ns_ = 0;
  std::uint64_t expired_ns_ = 0;
  bool is_one_kernel_ = false;
  std::set<std::pair<std::string, std::uint32_t>> namespaces_;  // of hosts that share a kernel: its boot, the inode
  bool is_over_ = false;
  std::string line_;
  Result<> written_;  // the first error of a line
  Journeys journeys_;
};

}  // namespace ringtap
