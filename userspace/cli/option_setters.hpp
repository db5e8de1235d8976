// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How the value of an option is parsed and where it is stored: the functions that rows of the option table point to.
// Used only by option_table.cpp. Pure functions, any thread; an Error is of kind kUsage.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "cli/option_table.hpp"
#include "cli/words.hpp"

namespace ringtap::setters {

inline auto& capture(Draft& draft) {
  return draft.options.capture;
}
inline auto& style(Draft& draft) {
  return draft.options.text_style;
}
inline auto& dissect(Draft& draft) {
  return draft.options.text_style.dissect;
}
inline auto& output(Draft& draft) {
  return draft.options.output;
}

inline auto& record(Draft& draft) {
  return draft.options.output.record;
}

inline Error too_often(const Given& given) {
  return usage(std::string(given.name) + ": given more than " + std::to_string(OwnerSelection::kMost) + " times");
}

// Setters for the simple cases; Field returns a pointer to the variable to set.
template <auto Field>
Result<> set_flag(Draft& draft, const Given&) {
  *Field(draft) = true;
  return ok();
}
template <auto Field>
Result<> set_times(Draft& draft, const Given& given) {
  *Field(draft) = given.times;
  return ok();
}
template <auto Field>
Result<> set_text(Draft& draft, const Given& given) {
  *Field(draft) = given.value();
  return ok();
}
template <auto Field, std::uint64_t kLeast, std::uint64_t kMost>
Result<> set_number(Draft& draft, const Given& given) {
  auto number = parse_number(given.name, given.value(), kLeast, kMost);
  if (!number) return number.take_error();
  using Number = std::remove_reference_t<decltype(*Field(draft))>;
  *Field(draft) = static_cast<std::conditional_t<std::is_integral_v<Number>, Number, std::uint64_t>>(*number);
  return ok();
}
// One element for each time that the option is given.
template <auto Field, std::uint64_t kMost>
Result<> add_chosen_number(Draft& draft, const Given& given) {
  if (given.values.size() > OwnerSelection::kMost) return too_often(given);
  for (const std::string& value : given.values) {
    auto number = parse_number(given.name, value, 0, kMost);
    if (!number) return number.take_error();
    Field(draft)->push_back(static_cast<std::uint32_t>(*number));
  }
  capture(draft).who = true;
  return ok();
}
template <auto Field, std::size_t kMostBytes>
Result<> add_chosen_text(Draft& draft, const Given& given) {
  if (given.values.size() > OwnerSelection::kMost) return too_often(given);
  for (const std::string& value : given.values) {
    if (value.size() > kMostBytes) {
      return usage(std::string(given.name) + " " + value + ": longer than " + std::to_string(kMostBytes) + " bytes");
    }
    Field(draft)->push_back(value);
  }
  capture(draft).who = true;
  return ok();
}
template <class T, class Target>
Result<> store(Result<T> value, Target& target) {
  if (!value) return value.take_error();
  target = value.take();
  return ok();
}
// Accepted for compatibility with tcpdump; has no effect.
Result<> accept(Draft& draft, const Given& given);

inline constexpr std::uint64_t kKib = 1024;

Result<> set_interfaces(Draft& draft, const Given& given);
Result<> set_namespaces(Draft& draft, const Given& given);
// `kind`: "container:", "pod:".
Result<> add_namespaces_of(Draft& draft, const Given& given, const std::string& kind);
Result<> set_read_paths(Draft& draft, const Given& given);
Result<> set_time_batch(Draft& draft, const Given& given);
Result<> set_snaplen(Draft& draft, const Given& given);
Result<> set_buffer(Draft& draft, const Given& given);
Result<> set_rotation_size(Draft& draft, const Given& given);
Result<> set_time_source(Draft& draft, const Given& given);
Result<> ignore_module(Draft& draft, const Given& given);
Result<> set_print_sampling(Draft& draft, const Given& given);
Result<> set_time_style(Draft& draft, const Given& given);
Result<> hide_compare_time(Draft& draft, const Given& given);
Result<> set_forced_type(Draft& draft, const Given& given);
Result<> set_xdp_mode(Draft& draft, const Given& given);
Result<> set_sandbox(Draft& draft, const Given& given);
Result<> set_color(Draft& draft, const Given& given);
Result<> set_format(Draft& draft, const Given& given);
template <auto Field>
Result<> set_event_time(Draft& draft, const Given& given) {
  auto time = parse_duration(given.name, given.value());
  if (!time) return time.take_error();
  *Field(draft) = static_cast<std::uint64_t>(time->count());
  return ok();
}
template <auto Question>
Result<> set_question(Draft& draft, const Given&) {
  draft.options.extcap.question = Question;
  return ok();
}
Result<> set_extcap_tap(Draft& draft, const Given& given);
Result<> set_extcap_slice(Draft& draft, const Given& given);
Result<> set_memory(Draft& draft, const Given& given);
Result<> set_drop_trigger(Draft& draft, const Given& given);
Result<> set_rate_trigger(Draft& draft, const Given& given);
Result<> set_queue(Draft& draft, const Given& given);
Result<> set_spill_size(Draft& draft, const Given& given);
Result<> set_require(Draft& draft, const Given& given);
Result<> set_segment(Draft& draft, const Given& given);
Result<> set_compression(Draft& draft, const Given& given);
Result<> set_stats(Draft& draft, const Given& given);
Result<> set_json(Draft& draft, const Given& given);
Result<> set_precision(Draft& draft, const Given& given);

}  // namespace ringtap::setters
