// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The two texts of a record in a pcapng file: a comment for people, and words for programs, from which a comparison
// reads back the tap and the trace. docs/file-format.md lists the words. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ringtap/record.hpp"

namespace ringtap {

// "dropped: NETFILTER_DROP in nf_hook_slow", "PREROUTING, before the rules"; empty if the interface says enough.
// Appended to `text`.
void append_trace_comment(std::string& text, const RecordView& record);

// "tap=drop skb=ffff888101234500 reason=NETFILTER_DROP function=nf_hook_slow". Appended to `text`.
void append_trace_words(std::string& text, const RecordView& record);

// Of a record without a trace: "tap=xdp".
std::string_view trace_words_of(Tap tap);

// Sets tap and trace of `record` from such words; skips unknown ones. Borrows `words`.
void read_trace_words(std::string_view words, RecordView& record);

}  // namespace ringtap
