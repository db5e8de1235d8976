// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// `ringtap compare --json` as a test reads it: run in a namespace, its lines parsed, counts by place and by outcome.
// Owns the process; the namespace is borrowed. One thread. The JSON is the flat kind that compare writes: arrays stay
// text.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture.hpp"

namespace ringtap::testing {

// One object; numbers, true and arrays as they are written.
using JsonObject = std::map<std::string, std::string>;
// Nothing where it is no object.
std::optional<JsonObject> parse_json(std::string_view line);
// The objects in an array.
std::vector<JsonObject> parse_json_array(std::string_view text);

// Packets by what they are counted under.
using Counts = std::map<std::string, std::uint64_t>;

struct Comparison {
  // "xdp right", "netfilter right INPUT pre"; records where they differ from packets are under records().
  [[nodiscard]] Counts packets() const;
  [[nodiscard]] Counts records() const;
  [[nodiscard]] Counts last_seen() const;
  // "delivered", "dropped INPUT NETFILTER_DROP", "dropped NOT_SPECIFIED", "consumed", "sent right"; with " other_netns"
  // when it happened in another namespace. A drop whose function is not named fails the test.
  [[nodiscard]] Counts outcomes() const;
  // The function of the outcome that begins so.
  [[nodiscard]] std::string function_of(std::string_view outcome) const;
  [[nodiscard]] std::string answer() const;
  [[nodiscard]] std::uint64_t number(const std::string& key) const;  // of the summary

  std::vector<JsonObject> places;
  std::vector<JsonObject> outcome_lines;
  std::vector<JsonObject> each;
  JsonObject summary;
  std::string err;
};
// Fails the test on a line that is none of compare's.
Comparison parse_comparison(std::string_view out);

class Compare {
 public:
  // Returns once every tap is attached; `--json -v` is added.
  Compare(const Namespace& where, std::vector<std::string> arguments);
  // SIGINT; the accounting has to add up and nothing may have been lost, else the test fails.
  Comparison stop();

 private:
  Capture capture_;
};

}  // namespace ringtap::testing
