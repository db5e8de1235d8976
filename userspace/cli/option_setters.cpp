// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "cli/option_setters.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "dissect/options.hpp"

namespace ringtap::setters {

Result<> accept(Draft&, const Given&) {
  return ok();
}

// The two options that may be repeated.
Result<> set_read_paths(Draft& draft, const Given& given) {
  draft.options.read_paths = given.values;
  return ok();
}

Result<> set_interfaces(Draft& draft, const Given& given) {
  capture(draft).interfaces = given.values;
  return ok();
}

Result<> set_namespaces(Draft& draft, const Given& given) {
  for (const std::string& word : given.values) {
    if (word.empty() || word == "." || word == "..") {
      return usage(std::string(given.name) + " '" + word + "': not a network namespace")
          .hint("a name of ip netns list, a process id, a path, or all");
    }
    capture(draft).namespaces.push_back(word);
  }
  return ok();
}

Result<> add_namespaces_of(Draft& draft, const Given& given, const std::string& kind) {
  for (const std::string& name : given.values) capture(draft).namespaces.push_back(kind + name);
  return ok();
}

// Below the one nothing would be shared; above the other records of several CPUs could no longer be put in order.
constexpr std::chrono::microseconds kLeastTimeBatch{1};
constexpr std::chrono::microseconds kMostTimeBatch{500};

Result<> set_time_batch(Draft& draft, const Given& given) {
  auto time = parse_duration(given.name, given.value());
  if (!time) return time.take_error();
  if (*time < kLeastTimeBatch || *time > kMostTimeBatch) {
    return usage(std::string(given.name) + " " + given.value() + ": not a time from 1us to 500us");
  }
  capture(draft).reduction.time_batch = *time;
  return ok();
}

Result<> set_snaplen(Draft& draft, const Given& given) {
  auto bytes = parse_size(given.name, given.value(), {.unit = 1, .least = 0, .most = kMaxSnaplen});
  if (!bytes) return bytes.take_error();
  capture(draft).snaplen = *bytes == 0 ? kMaxSnaplen : static_cast<std::uint32_t>(*bytes);
  return ok();
}

Result<> set_buffer(Draft& draft, const Given& given) {
  return store(parse_size(given.name, given.value(), {.unit = kKib, .least = kKib, .most = kKib << 32}),
               capture(draft).buffer_bytes);
}

Result<> set_rotation_size(Draft& draft, const Given& given) {
  constexpr std::uint64_t kMillion = 1'000'000;
  return store(parse_size(given.name, given.value(), {.unit = kMillion, .least = 1, .most = std::uint64_t{1} << 62}),
               output(draft).rotation.bytes);
}

// The kernel stamps each record; a device cannot.
Result<> set_time_source(Draft&, const Given& given) {
  if (given.value() == "host") return ok();
  return usage(std::string(given.name) + " " + given.value() + ": not a time stamp type of ringtap").hint("host");
}

// tcpdump's words, where it was built without libsmi.
Result<> ignore_module(Draft& draft, const Given& given) {
  draft.options.notes.push_back("ignoring option `" + std::string(given.name) + " " + given.value() +
                                "' (no libsmi support)");
  return ok();
}

// Positions of unprinted packets in their connections are not known.
Result<> set_print_sampling(Draft& draft, const Given& given) {
  auto every = parse_number(given.name, given.value(), 1, std::numeric_limits<std::uint64_t>::max());
  if (!every) return every.take_error();
  style(draft).print_every = *every;
  dissect(draft).absolute_seq = true;
  draft.print = true;
  return ok();
}

// By how often -t is given.
Result<> set_time_style(Draft& draft, const Given& given) {
  constexpr std::array kTimes = {TimeStyle::kClock,         TimeStyle::kNone, TimeStyle::kEpoch,
                                 TimeStyle::kSincePrevious, TimeStyle::kDate, TimeStyle::kSinceFirst};
  const auto times = static_cast<std::size_t>(given.times);
  if (times >= kTimes.size()) return usage("-t may be given up to five times");
  style(draft).time = kTimes[times];
  return ok();
}

Result<> hide_compare_time(Draft& draft, const Given& given) {
  if (given.times > 1)
    return usage("compare takes -t only once: the times of a packet are always relative to its first record");
  draft.options.compare.show_time = false;
  return ok();
}

// An unknown name in tcpdump's words and with its exit code.
Result<> set_forced_type(Draft& draft, const Given& given) {
  const ForcedType* type = find_forced_type(given.value());
  if (type == nullptr) return Error("unknown packet type `" + given.value() + "'");
  dissect(draft).forced = type;
  return ok();
}

Result<> set_xdp_mode(Draft& draft, const Given& given) {
  return store(
      choose<XdpMode>(given.name, given.value(),
                      {{"auto", XdpMode::kAuto}, {"native", XdpMode::kNative}, {"generic", XdpMode::kGeneric}}),
      draft.xdp_mode);
}

Result<> set_sandbox(Draft& draft, const Given& given) {
  const std::string& word = given.value();
  if (word != "on" && word != "off") return usage(std::string(given.name) + " " + word + ": not on or off");
  draft.options.sandbox = word == "on";
  return ok();
}

Result<> set_color(Draft& draft, const Given& given) {
  return store(choose<ColorChoice>(
                   given.name, given.value(),
                   {{"auto", ColorChoice::kAuto}, {"always", ColorChoice::kAlways}, {"never", ColorChoice::kNever}}),
               style(draft).color);
}

Result<> set_format(Draft& draft, const Given& given) {
  return store(
      choose<FileFormat>(given.name, given.value(), {{"pcap", FileFormat::kPcap}, {"pcapng", FileFormat::kPcapng}}),
      draft.format);
}

Result<> set_precision(Draft& draft, const Given& given) {
  return store(choose<TimePrecision>(given.name, given.value(),
                                     {{"micro", TimePrecision::kMicroseconds}, {"nano", TimePrecision::kNanoseconds}}),
               draft.precision);
}

Result<> set_segment(Draft& draft, const Given& given) {
  RecordSettings& settings = record(draft);
  bool has_size = false;
  bool has_time = false;
  for (const std::string& word : words_of(given.value())) {
    // A time ends in s, m or h, and m is also a size: what ends in M, G or k is one.
    const bool is_size = !word.empty() && std::string_view("kKMgGT").find(word.back()) != std::string_view::npos;
    if (std::exchange(is_size ? has_size : has_time, true)) {
      return usage("--segment " + given.value() + ": two of a kind").hint("M is MiB, m is minutes: 256M,5m");
    }
    if (is_size) {
      constexpr SizeRange kRange{.unit = 1, .least = kKib * kKib, .most = std::uint64_t{1} << 44};
      auto size = parse_size(given.name, word, kRange);
      if (!size) return size.take_error();
      settings.segment_bytes = *size;
      continue;
    }
    auto time = parse_duration(given.name, word);
    if (!time) return std::move(time.take_error()).hint("a size such as 256M, a time such as 60s, or both: 256M,60s");
    if (*time < std::chrono::seconds(1)) return usage("--segment " + word + ": a segment has at least a second");
    settings.segment_ns = static_cast<std::uint64_t>(time->count());
  }
  return ok();
}

Result<> set_memory(Draft& draft, const Given& given) {
  constexpr SizeRange kRange{.unit = 1, .least = 4 * kKib * kKib, .most = std::uint64_t{1} << 44};
  return store(parse_size(given.name, given.value(), kRange), record(draft).event.memory_bytes);
}

Result<> set_queue(Draft& draft, const Given& given) {
  constexpr SizeRange kRange{.unit = 1, .least = kKib * kKib, .most = std::uint64_t{1} << 36};
  return store(parse_size(given.name, given.value(), kRange), draft.options.agent.queue_bytes);
}

Result<> set_spill_size(Draft& draft, const Given& given) {
  constexpr SizeRange kRange{.unit = 1, .least = kKib * kKib, .most = std::uint64_t{1} << 50};
  return store(parse_size(given.name, given.value(), kRange), draft.options.agent.spill_bytes);
}

Result<> set_require(Draft& draft, const Given& given) {
  draft.options.fleet.require_all = given.value() == "all";
  if (draft.options.fleet.require_all) return ok();
  return store(parse_number(given.name, given.value(), 1, 1'000'000), draft.options.fleet.required);
}

Result<> set_drop_trigger(Draft& draft, const Given& given) {
  const std::string& text = given.value();
  const std::size_t sign = text.find('>');
  EventSettings& event = record(draft).event;
  event.drop_reason = text.substr(0, sign);
  const bool has_reason =
      !event.drop_reason.empty() &&
      event.drop_reason.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos;
  if (!has_reason && event.drop_reason != "any") {
    return usage("--trigger-drop " + text + ": not a reason")
        .hint("one of the kernel's words, such as NETFILTER_DROP or NO_SOCKET, or any; with a rate: any>100/s");
  }
  if (sign == std::string::npos) return ok();
  std::string rate = text.substr(sign + 1);
  if (rate.ends_with("/s")) rate.resize(rate.size() - 2);
  return store(parse_number(given.name, rate, 1, 1'000'000'000), event.drops_per_second);
}

Result<> set_rate_trigger(Draft& draft, const Given& given) {
  std::string rate = given.value();
  if (rate.starts_with('>')) rate.erase(0, 1);
  for (const std::string_view unit : {" pps", "pps", "/s"}) {
    if (rate.ends_with(unit)) rate.resize(rate.size() - unit.size());
  }
  return store(parse_number(given.name, rate, 1, 1'000'000'000), record(draft).event.pps);
}

Result<> set_compression(Draft& draft, const Given& given) {
  const std::string& text = given.value();
  std::optional<int>& level = record(draft).zstd_level;
  level.reset();
  if (text == "none") return ok();
  constexpr int kDefaultLevel = 1;
  constexpr int kLeastZstdLevel = -50;
  constexpr int kMostZstdLevel = 19;
  const std::string_view method = std::string_view(text).substr(0, text.find(':'));
  int number = kDefaultLevel;
  if (method.size() < text.size()) {
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + method.size() + 1, end, number);
    if (error != std::errc() || rest != end) number = kLeastZstdLevel - 1;
  }
  if (method != "zstd" || number < kLeastZstdLevel || number > kMostZstdLevel) {
    return usage("--compress " + text + ": not a method")
        .hint("none, zstd, or zstd with a level from -50, the fastest, to 19: zstd:3");
  }
  level = number;
  return ok();
}

Result<> set_stats(Draft& draft, const Given& given) {
  auto time = parse_duration(given.name, given.value());
  if (!time) return time.take_error();
  if (*time < std::chrono::seconds(1)) return usage("--stats " + given.value() + ": at least 1s");
  record(draft).stats_ns = static_cast<std::uint64_t>(time->count());
  return ok();
}

Result<> set_extcap_tap(Draft& draft, const Given& given) {
  return given.value() == "auto" ? ok() : store(parse_taps(given.name, given.value(), kCaptureTaps), draft.taps);
}

Result<> set_extcap_slice(Draft& draft, const Given& given) {
  return given.value() == "all" ? ok() : parse_slice(given.name, given.value(), capture(draft).reduction);
}

Result<> set_json(Draft& draft, const Given& given) {
  JsonFields& fields = style(draft).json.fields;
  fields = given.values.empty() ? kUsualJsonFields : JsonFields();
  if (given.values.empty()) return ok();
  for (const std::string& word : words_of(given.value())) {
    const JsonFields meant = json_fields_of_word(word);
    if (meant.empty()) {
      std::string known;
      for (const JsonFieldRow& row : kJsonFields) known += (known.empty() ? "" : ", ") + std::string(row.name);
      return usage("--json=" + word + ": no such field").hint(known);
    }
    fields.insert(meant);
  }
  return ok();
}

}  // namespace ringtap::setters
