// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/fleet_report.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/columns.hpp"
#include "base/now.hpp"
#include "base/plain_text.hpp"
#include "base/seconds_text.hpp"

namespace ringtap {
namespace {

std::string pair_text(const char* key, std::uint64_t value) {
  return std::string(" ") + key + "=" + std::to_string(value);
}

std::string counters_text(const HostCounters& counters) {
  return pair_text("seen", counters.seen) + pair_text("matched", counters.matched) + pair_text("ring", counters.ring);
}

// Sums of a session, over its hosts.
struct Sum {
  std::uint64_t seen = 0, filtered = 0, left_out = 0, ring = 0, delivered = 0, discarded = 0, queue = 0, missing = 0,
                late = 0, handed = 0;

  void operator+=(const Sum& other) {
    seen += other.seen;
    filtered += other.filtered;
    left_out += other.left_out;
    ring += other.ring;
    delivered += other.delivered;
    discarded += other.discarded;
    queue += other.queue;
    missing += other.missing;
    late += other.late;
    handed += other.handed;
  }
  [[nodiscard]] std::string text() const {
    return pair_text("seen", seen) + pair_text("filtered", filtered) + pair_text("left_out", left_out) +
           pair_text("ring", ring) + pair_text("delivered", delivered) + pair_text("discarded", discarded) +
           pair_text("queue", queue) + pair_text("missing", missing) + pair_text("late", late) +
           pair_text("handed", handed);
  }
};

Sum sum_of(const FleetHostAccount& host) {
  Sum sum{.queue = host.queue, .missing = host.missing, .late = host.late, .handed = host.handed};
  sum.seen = host.value("seen");
  sum.filtered = host.value("filtered");
  for (const char* const name : kLeftOutNames) sum.left_out += host.value(name);
  for (const char* const name : kDropNames) sum.ring += host.value(name);
  for (const char* const name : kDiscardNames) {
    sum.discarded += host.value(("discarded_" + std::string(name)).c_str());
  }
  sum.delivered = host.value("delivered");
  return sum;
}

std::string milliseconds(std::uint64_t ns) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g ms", static_cast<double>(ns) / 1e6);
  return text.data();
}

}  // namespace

std::string status_text(const std::vector<Fields>& hosts) {
  std::vector<std::array<std::string, 5>> rows = {{"HOST", "KERNEL", "INTERFACES", "CLOCK", "TAPS"}};
  for (const Fields& host : hosts) {
    std::string interfaces;
    for (const std::string& name : host.texts("interface")) {
      if (interfaces.size() + name.size() > 40) {
        interfaces += ",…";
        break;
      }
      interfaces.append(interfaces.empty() ? "" : ",").append(name);
    }
    const std::string clock(host.text("clock"));
    rows.push_back({std::string(host.text("host")),
                    std::string(host.text("kernel")) + " " + std::string(host.text("machine")), interfaces,
                    clock == "synchronised" ? "within " + milliseconds(host.number_or("clock_error", 0)) : clock,
                    std::string(host.text("features"))});
  }
  std::array<std::size_t, 5> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (std::size_t at = 0; at < rows.size(); ++at) {
    for (std::size_t i = 0; i + 1 < rows[at].size(); ++i) text += left_aligned(rows[at][i], widths[i] + 2);
    text += rows[at].back() + "\n";
    if (at == 0) continue;
    for (const std::string& session : hosts[at - 1].texts("session")) text += "  session " + session + "\n";
  }
  return text;
}

Result<OpeningText> opening_text(const std::string& session, const std::vector<Fields>& answers, bool verbose) {
  OpeningText opening;
  std::size_t hosts = 0;
  std::uint64_t first = ~std::uint64_t{0};
  std::uint64_t last = 0;
  std::string by_message;
  for (const Fields& answer : answers) {
    const std::uint64_t opened = answer.number_or("opened", 0);
    if (opened == 0) continue;
    ++hosts;
    const bool is_common = answer.number_or("common", 0) != 0;
    if (is_common) first = std::min(first, opened);
    if (is_common) last = std::max(last, opened);
    const std::string host(answer.text("host"));
    if (!is_common) by_message += (by_message.empty() ? "" : ", ") + host;
    if (const std::uint64_t late = answer.number_or("late", 0); late > 0) {
      opening.warnings.push_back(host + " began " + milliseconds(late) +
                                 " late: the request came after its moment, or its clock is ahead");
    }
  }
  if (hosts == 0) return Error("no host has begun");
  opening.text =
      "session " + session + ": " + std::to_string(hosts) + (hosts == 1 ? " host captures" : " hosts capture");
  if (verbose && last != 0) {
    std::array<char, 64> spread{};
    std::snprintf(spread.data(), spread.size(), ", opened within %.3f ms", static_cast<double>(last - first) / 1e6);
    opening.text += std::string(spread.data()) + " by their clocks, from " + seconds_text(first) + " on";
  }
  opening.is_common = by_message.empty();
  if (!opening.is_common) {
    opening.warnings.push_back(
        "began some time after the request came, since their clock, or that of this machine, is not synchronised: " +
        by_message);
  }
  return opening;
}

std::uint64_t lost_of(const FleetHostAccount& host) {
  return std::max({sum_of(host).ring, host.lost, host.counted.ring}) + host.queue + host.missing + host.late;
}

std::uint64_t left_out_of(const FleetHostAccount& host) {
  return sum_of(host).left_out;
}

std::uint64_t total_lost(const std::vector<FleetHostAccount>& hosts) {
  std::uint64_t lost = 0;
  for (const FleetHostAccount& host : hosts) lost += lost_of(host);
  return lost;
}

std::string fleet_report(const std::vector<FleetHostAccount>& hosts, const SessionTotals& totals) {
  std::string text;
  Sum all;
  bool balances = true;
  for (const FleetHostAccount& host : hosts) {
    const Sum sum = sum_of(host);
    all += sum;
    balances = balances && host.balances();
    text += "ringtap: fleet: host=" + host.host + sum.text() + pair_text("batches", host.batches) +
            pair_text("repeats", host.repeats) +
            (host.balances()  ? " balanced"
             : host.has_ended ? " NOT-BALANCED"
                              : " unfinished") +
            "\n";
    if (!host.trouble.empty()) text += "ringtap: fleet: " + host.host + ": " + plain_line(host.trouble) + "\n";
    if (const std::string_view why = host.ending.text("end.drop_reason"); !why.empty()) {
      text += "ringtap: fleet: " + host.host + ": " + plain_line(why) + "\n";
    }
    for (const FleetGap& gap : host.gaps) {
      text += "ringtap: fleet: " + host.host + ": batches " + std::to_string(gap.batches.first) + " to " +
              std::to_string(gap.batches.last) + " are missing, with " + std::to_string(gap.batches.packets) +
              " packets" +
              (gap.counted.at_ns != 0
                   ? "; between its readings around that time the host counted" + counters_text(gap.counted)
                   : "") +
              "\n";
    }
    if (!host.has_ended && host.counted.at_ns != 0) {
      text += "ringtap: fleet: " + host.host + ": up to " + utc_text(host.counted.at_ns) + " it had counted" +
              counters_text(host.counted) + "\n";
    }
  }
  text += "ringtap: fleet: sum hosts=" + std::to_string(hosts.size()) + all.text() +
          pair_text("written", totals.written) + pair_text("discarded_here", totals.discarded());
  const bool here = all.handed == totals.written + totals.discarded();
  return text + (balances && here ? " balanced\n" : here ? " unfinished\n" : " NOT-BALANCED\n");
}

}  // namespace ringtap
