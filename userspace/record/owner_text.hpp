// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Owners and processes as text: for people, and as words in a pcapng file, from which they are read back.
// docs/file-format.md lists the words. A name is any bytes; in a file those that would not be part of a word are
// escaped, as %20. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "ringtap/owner.hpp"

namespace ringtap {

// Makes Process::name_text and place_text from the rest.
void make_texts(Process& process);

// What says how the process has to do with the packet: "listener: "; empty where it is its own.
[[nodiscard]] std::string_view words_before_process(OwnerKind kind);

// "curl 4711 uid 1000, container web-1"; "listener: …", "kernel"; empty if nothing is known.
[[nodiscard]] std::string owner_text(const Owner& owner);

// "process 4711: curl, container web-1". Appended to `text`.
void append_process_comment(std::string& text, const Process& process);

// "process=5d2a40001267 netns=4026531840 comm=curl". Appended to `text`.
void append_process_words(std::string& text, const Process& process);
// The same back, without texts; unknown words are skipped. A key of 0: the words tell of no process.
[[nodiscard]] Process read_process_words(std::string_view words);

// "from=sender,5d2a40001267,1000,4711,3 to=unknown": kind, process, user, thread, how many have the socket; the last
// one or two are left out if they are 0. Appended to `text`.
void append_owner_words(std::string& text, const Owners& owners);
// The same back, without the processes.
[[nodiscard]] Owners read_owner_words(std::string_view words);

}  // namespace ringtap
