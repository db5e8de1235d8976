// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A Sink that sums up: flows, hosts and processes by packets and bytes, and drops by reason, place, flow and process.
// Keeps at most 65,536 of each; what comes after that is counted together, and the text says so. Allocates only for
// what it has not seen before. One thread.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "record/packet_key.hpp"
#include "ringtap/output.hpp"
#include "ringtap/owner.hpp"
#include "ringtap/sink.hpp"

namespace ringtap {

struct Traffic {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t packets_before = 0;  // when rates were last asked for
  std::uint64_t bytes_before = 0;

  void add(std::uint64_t more_bytes) {
    ++packets;
    bytes += more_bytes;
  }
};

class TrafficSummary final : public Sink {
 public:
  explicit TrafficSummary(SummaryStyle style) : style_(style) {}

  Result<> on_interface(const Interface& interface) override;
  Result<> on_record(const RecordView& record) override;
  Result<> on_statistics(const InterfaceStatistics&) override { return ok(); }
  Result<> flush() override { return ok(); }
  Result<> finish() override { return ok(); }
  [[nodiscard]] std::uint64_t records_stored() const override { return all_.packets; }

  // All of it, as text, with at most `rows` of each kind, or as objects.
  [[nodiscard]] std::string text(std::size_t rows) const;
  [[nodiscard]] std::string json() const;
  // The same with rates since the last call, for a screen of this many lines; they may be longer than it is wide.
  std::string screen(std::size_t lines, double seconds);

 private:
  struct Flow {  // in the direction of the first packet
    Endpoints ends;
    Traffic traffic;
  };
  struct Host {
    std::array<std::byte, 16> address;
    std::uint8_t version;
    Traffic traffic;
  };
  struct Drop {
    std::string reason;
    std::string function;
    std::string rule;
    std::string place;  // the device, or another namespace
    Endpoints ends;
    bool has_flow;
    std::string owner;  // "to nginx 812 uid 101"; empty: not known
    Traffic traffic;
  };
  struct Talker {
    std::string text;
    std::uint32_t pid;
    Traffic traffic;
  };
  template <class T>
  struct Table {
    std::unordered_map<std::uint64_t, T> rows;  // by a hash of what identifies them
    Traffic others;                             // beyond kMost
  };

  void add_flow(const RecordView& record, const PacketKey& key);
  void add_host(const std::array<std::byte, 16>& address, std::uint8_t version, std::uint32_t bytes);
  void add_talker(const Owner& owner, std::uint32_t bytes);
  void add_drop(const RecordView& record, const PacketKey& key);
  template <class T>
  Traffic* row_of(Table<T>& table, std::uint64_t hash, bool& is_new, T** row);
  template <class T>
  static std::vector<const T*> largest(const Table<T>& table, std::size_t rows, bool by_rate);
  [[nodiscard]] std::string flow_lines(std::size_t rows, double seconds) const;
  [[nodiscard]] std::string host_lines(std::size_t rows, double seconds) const;
  [[nodiscard]] std::string talker_lines(std::size_t rows, double seconds) const;
  [[nodiscard]] std::string drop_lines(std::size_t rows, double seconds) const;
  [[nodiscard]] std::string head_line(double seconds) const;
  void remember();

  SummaryStyle style_;
  std::vector<std::string> interfaces_;
  Traffic all_;
  std::uint64_t dropped_ = 0;
  Table<Flow> flows_;
  Table<Host> hosts_;
  Table<Talker> talkers_;  // processes
  Table<Drop> drops_;
};

}  // namespace ringtap
