// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "record/trace_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/number_text.hpp"

namespace ringtap {
namespace {

// A name with a blank would be two words.
void append_word(std::string& text, std::string_view key, std::string_view value) {
  if (value.find(' ') == std::string_view::npos) text.append(key).append(value);
}

template <class Number>
void read_number(std::string_view text, int base, Number& value) {
  std::from_chars(text.data(), text.data() + text.size(), value, base);
}

template <class Names>
std::optional<std::size_t> index_of(const Names& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

// False for a word that is not known.
bool read_word(std::string_view name, std::string_view value, Trace& trace) {
  if (name == "skb") {
    read_number(value, 16, trace.skb);
  } else if (name == "hook") {
    if (const auto hook = index_of(kNetfilterHookNames, value)) trace.hook = static_cast<NetfilterHook>(*hook);
  } else if (name == "stage") {
    trace.last = value == "post";
  } else if (name == "in") {
    read_number(value, 10, trace.in_ifindex);
  } else if (name == "out") {
    read_number(value, 10, trace.out_ifindex);
  } else if (name == "followed") {
    trace.followed = value == "1";
  } else if (name == "device") {
    trace.device = value;
  } else if (name == "other_netns") {
    trace.other_netns = value == "1";
  } else if (name == "bridge_port") {
    trace.bridge_port = value == "1";
  } else if (name == "netns") {
    read_number(value, 10, trace.netns);
  } else if (name == "netns_name") {
    trace.netns_name = value;
  } else if (name == "reason") {
    trace.reason = value;
  } else if (name == "function") {
    trace.function = value;
  } else {
    return false;
  }
  return true;
}

}  // namespace

void append_trace_comment(std::string& text, const RecordView& record) {
  if (!record.trace) return;
  const Trace& trace = *record.trace;
  switch (record.tap) {
    case Tap::kDrop:
      text.append("dropped: ").append(trace.reason);
      if (!trace.function.empty()) text.append(" in ").append(trace.function);
      if (!trace.rule.empty()) text.append(" by rule ").append(trace.rule);
      return;
    case Tap::kEnd:
      text.append("freed after use");
      if (!trace.function.empty()) text.append(" by ").append(trace.function);
      return;
    case Tap::kNetfilter:
      text.append(kNetfilterHookNames[static_cast<std::size_t>(trace.hook)]);
      text.append(trace.last ? ", after the rules" : ", before the rules");
      return;
    case Tap::kUnknown:
    case Tap::kXdp:
    case Tap::kTcIngress:
    case Tap::kTcEgress:
    case Tap::kStackIn:
    case Tap::kStackOut:
    case Tap::kSocket:
    case Tap::kPacketIn:
    case Tap::kPacketOut:
      return;
  }
}

std::string_view trace_words_of(Tap tap) {
  static const auto all = [] {
    std::array<std::string, kTapTraits.size()> words;
    for (const TapTraits& traits : kTapTraits) {
      words[static_cast<std::size_t>(traits.tap)] = "tap=" + std::string(traits.name);
    }
    return words;
  }();
  return all[static_cast<std::size_t>(tap)];
}

void append_trace_words(std::string& text, const RecordView& record) {
  text.append(trace_words_of(record.tap));
  if (!record.trace) return;
  const Trace& trace = *record.trace;
  if (trace.skb != 0) append_number(text.append(" skb="), trace.skb, 16);
  if (record.tap == Tap::kNetfilter) {
    text.append(" hook=").append(kNetfilterHookNames[static_cast<std::size_t>(trace.hook)]);
    text.append(trace.last ? " stage=post" : " stage=pre");
    if (trace.in_ifindex != 0) append_number(text.append(" in="), trace.in_ifindex);
    if (trace.out_ifindex != 0) append_number(text.append(" out="), trace.out_ifindex);
  }
  if (record.ifindex != 0) append_number(text.append(" ifindex="), record.ifindex);
  if (trace.followed) text.append(" followed=1");
  if (!trace.device.empty()) append_word(text, " device=", trace.device);
  if (trace.other_netns) text.append(" other_netns=1");
  if (trace.netns != 0) append_number(text.append(" netns="), trace.netns);
  if (!trace.netns_name.empty()) append_word(text, " netns_name=", trace.netns_name);
  if (trace.bridge_port) text.append(" bridge_port=1");
  if (!trace.reason.empty()) text.append(" reason=").append(trace.reason);
  if (!trace.function.empty()) text.append(" function=").append(trace.function);
  if (!trace.rule.empty()) text.append(" rule=").append(trace.rule);  // has blanks, so it is the last
}

void read_trace_words(std::string_view words, RecordView& record) {
  const std::string_view all = words;
  Trace trace;
  bool traced = false;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(word.size() + 1, words.size()));
    if (constexpr std::string_view kRule = "rule="; word.starts_with(kRule)) {
      trace.rule = all.substr(static_cast<std::size_t>(word.data() - all.data()) + kRule.size());
      traced = true;
      break;
    }
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = word.substr(0, equals);
    const std::string_view value = word.substr(equals + 1);
    if (name == "tap") {
      const auto* const named =
          std::find_if(kTapTraits.begin(), kTapTraits.end(), [&](const TapTraits& tap) { return tap.name == value; });
      if (named != kTapTraits.end()) record.tap = named->tap;
      continue;
    }
    if (name == "ifindex") {  // written of host taps alone
      read_number(value, 10, record.ifindex);
      traced = true;
      continue;
    }
    traced = read_word(name, value, trace) || traced;
  }
  if (traced) record.trace = trace;
}

}  // namespace ringtap
