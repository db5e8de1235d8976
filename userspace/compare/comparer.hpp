// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A Sink that finds out where each packet went: matches the records of all taps to packets (Correlator), determines
// their outcomes, and writes tables, lines or JSON. A file gets every record with the number of its packet
// (epb_packetid). Owns its outputs. Keeps only open packets, whose number is limited. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_map.hpp"
#include "compare/held_records.hpp"
#include "compare/outcome.hpp"
#include "compare/packet_tracker.hpp"
#include "compare/path_flow.hpp"
#include "compare/places.hpp"
#include "ringtap/byte_writer.hpp"
#include "ringtap/rule_verdict.hpp"
#include "ringtap/sink.hpp"
#include "ringtap/text_style.hpp"

namespace ringtap {

struct CompareOptions : CompareStyle {
  CorrelatorOptions correlator;
  TapSet taps = kAllTaps;  // records of other taps are ignored
  // The taps are attached, so a tap without records saw no packets. A file does not say which taps were attached.
  bool live = false;
  // How much later than its packet a verdict of nftables may come; the file's records wait for it so long. 0: none
  // comes.
  std::uint64_t rule_delay_ns = 0;
  // The name of a device that has no tap: a bridge, or a device known from another hook.
  Places::NameOf device_name;
  std::string program;      // "ringtap version 0.1.0", for the page
  std::string listened_at;  // "eth0 for 'udp port 5000'", for the answer if no packet came
};

// "inet filter input handle 4: udp dport 5000 drop"
std::string rule_text(const RuleVerdict& verdict);

// The totals of a run.
struct CompareTotals {
  using Row = PlaceCount;
  struct OutcomeCount {
    Outcome outcome;
    std::uint64_t packets = 0;
  };
  // The groups that the summary sentence mentions, in the order of a packet's path.
  enum Group { kXdp, kPacketIn, kApplication, kOutput, kPacketOut, kDriver, kGroups };

  std::vector<Row> rows;  // by place number
  std::vector<OutcomeCount> outcomes;
  std::array<std::uint64_t, kGroups> groups{};
  std::uint64_t packets = 0;
  std::uint64_t lost = 0;  // records that the kernel side lost
  std::uint64_t unmatched_rules = 0;
  std::uint64_t before_begin = 0;  // packets that were under way when the taps were attached, in none of the tables
  TapSet taps_seen;
  TapSet taps_attached;  // from the names of the source's interfaces; without taps that the kernel lacks
  CorrelatorCounts counts;
};

class Comparer final : public Sink {
 public:
  // `file` may be null.
  Comparer(CompareOptions options, std::unique_ptr<ByteWriter> out, std::unique_ptr<Sink> file);

  // At the end the report is written here as a page for a browser, too.
  void make_page(std::unique_ptr<ByteWriter> page);
  // From now on the packets that were finished last are known.
  void keep_recent() { recent_ = std::make_unique<Recent>(); }

  Result<> on_interface(const Interface& interface) override;
  // An Error if the record does not have its tap.
  Result<> on_record(const RecordView& record) override;
  // Reports the losses.
  Result<> on_block(const FileBlockView& block) override { return file_ == nullptr ? ok() : file_->on_block(block); }
  Result<> on_statistics(const InterfaceStatistics& statistics) override;
  void on_time(std::uint64_t until_ns) override;
  Result<> flush() override;
  // Finishes every packet and writes tables and answer.
  Result<> finish() override;
  [[nodiscard]] std::uint64_t records_stored() const override;
  // Of packets that are outside, see begin().
  [[nodiscard]] std::uint64_t records_left_out() const override { return left_out_; }

  // All taps of a live comparison are attached, or are about to be detached. What was under way then was not seen by
  // all of them: packets that came before or after are in no table and not in the file, and those that are not finished
  // end as under way. A file gives the end in its statistics.
  void begin(std::uint64_t now_ns);
  void end(std::uint64_t now_ns);
  // A verdict of nftables; only those that end a packet are kept. It may come before the packet's records.
  void on_rule(const RuleVerdict& verdict);
  // Whether the requested number of packets has been followed and finished.
  [[nodiscard]] bool is_done() const;
  // The tables so far; may be called during a run.
  [[nodiscard]] std::string report() const;
  [[nodiscard]] CompareTotals totals() const;
  [[nodiscard]] const Places& places() const { return tracker_.places(); }
  [[nodiscard]] const Texts& texts() const { return texts_; }
  // The packet that was finished last, or the last one that did not arrive, as a block of --each; empty: none yet.
  [[nodiscard]] std::string recent_packet(bool lost) const;

 private:
  struct FinishedPacket {
    PacketHistory history;
    std::vector<Observation> observations;
    Outcome outcome;
  };
  struct Recent {
    FinishedPacket last;
    FinishedPacket last_lost;
  };
  struct PendingRule {
    PacketKey key;
    std::uint32_t rule = kNoText;
    std::uint64_t time_ns = 0;
  };

  void on_finished(const PacketHistory& history, std::span<const Observation> observations, const Outcome& outcome);
  void match_rules(std::uint64_t now_ns);
  bool match_rule(const PendingRule& pending, bool dropped);
  std::uint32_t count(const Outcome& outcome);
  Result<> write_page();

  CompareOptions options_;
  std::unique_ptr<ByteWriter> out_;
  std::unique_ptr<Sink> file_;
  std::unique_ptr<ByteWriter> page_;
  std::unique_ptr<PathFlow> flow_;  // with page_
  std::unique_ptr<Recent> recent_;  // after keep_recent()
  HeldRecords* held_ = nullptr;     // the file, if it waits for rules
  Texts texts_;
  CompareTotals totals_;
  HashMap<std::uint64_t, std::size_t> outcome_rows_;  // by Outcome::key
  std::uint64_t records_ = 0;
  std::uint64_t until_ns_ = 0;  // of on_time() and of records
  std::uint64_t left_out_ = 0;  // of these, outside
  std::uint64_t begin_ns_ = 0;
  std::uint64_t end_ns_ = 0;       // 0: not known
  std::deque<PendingRule> rules_;  // verdicts whose packet has not been seen dropped yet
  bool is_refused_ = false;        // there is nothing to say of such a file
  std::string line_;
  Result<> written_;  // the first error of a line
  PacketTracker tracker_;
};

}  // namespace ringtap
