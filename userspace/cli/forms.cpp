// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <array>

#include "cli/option_table.hpp"

namespace ringtap {
namespace {

// Every header that is looked at and the first payload, with room for tags, options and extension headers.
constexpr std::uint32_t kCompareSnaplen = 256;

// Of the file system, unless --keep says otherwise.
constexpr unsigned kFreePercent = 5;

// Those that exist.
constexpr std::array kForms = {
    FormRow{kCaptureForm, "",
            "Captures packets with eBPF taps in the kernel, and prints or writes them like tcpdump.\n"
            "ringtap compare follows each packet through all taps and reports where it went: see ringtap compare -h\n"
            "ringtap record writes segments into a folder that does not outgrow its limits: see ringtap record -h\n"
            "ringtap query finds packets in such a folder: see ringtap query -h\n"
            "ringtap stats sums packets up, ringtap drops shows what this host drops: see ringtap stats -h\n"
            "ringtap fleet captures at many hosts at once, where ringtap agent runs: see ringtap fleet -h\n"
            "ringtap doctor says what works on this machine"},
    FormRow{kCompareForm, "compare", "Follows each packet through all taps in the kernel and reports where it went."},
    FormRow{
        kDoctorForm, "doctor",
        "Says what this kernel, these rights and this container allow, tap by tap, with the reason and the remedy."},
    FormRow{kTriggerForm, "trigger", "Has a recorder with --memory write what it holds: ringtap trigger DIR.",
            "of that recorder"},
    FormRow{kRecordForm, "record", "Records packets into a folder of segments that does not outgrow its limits."},
    FormRow{kStatsForm, "stats",
            "Sums packets up: flows and hosts by packets and bytes, and drops by reason and place. On a terminal a "
            "table of\n"
            "rates is shown anew each second; the sums come at the end."},
    FormRow{
        kDropsForm, "drops",
        "Shows what this host drops: where, why, and which packets. On a terminal a table of rates is shown anew each\n"
        "second; the sums come at the end. Without -i, of all interfaces."},
    FormRow{kQueryForm, "query",
            "Finds packets in a folder of recordings and prints or writes them like tcpdump -r; reads only the parts\n"
            "that may have some.",
            "of segments that ringtap record wrote, or of any capture files"},
    FormRow{kAgentForm, "agent",
            "Waits for ringtap fleet to ask for captures at this host. Until then it captures nothing."},
    FormRow{
        kFleetForm, "fleet",
        "Captures at many hosts, where ringtap agent runs, into one file in time order.\n"
        "ringtap fleet status lists the hosts; ringtap fleet capture starts a capture at all of them, and ends it;\n"
        "ringtap fleet compare does that and reports where each packet went, from host to host;\n"
        "ringtap fleet start, stop SESSION and collect SESSION do that in parts; key FILE makes a key to log in with.",
        "status, capture, compare, start, stop, collect or key"},
};

}  // namespace

std::span<const FormRow> form_table() {
  return kForms;
}

const FormRow& extcap_form() {
  static constexpr FormRow kRow{kExtcapForm, "", "Answers Wireshark, which calls it through extcap(4)."};
  return kRow;
}

std::string_view group_title(OptionGroup group, Form form) {
  switch (group) {
    case OptionGroup::kInput:
      return form == kCompareForm ? "What to compare" : "What to capture";
    case OptionGroup::kFilter:
      return "Which packets";
    case OptionGroup::kEnd:
      return "When to stop";
    case OptionGroup::kOutput:
      return form == kCompareForm ? "Output" : "Where the output goes";
    case OptionGroup::kEvent:
      return "Only around events";
    case OptionGroup::kText:
      return "How the text looks";
    case OptionGroup::kHosts:
      return "Servers and hosts";
    case OptionGroup::kOther:
      return "Other";
  }
  return "";
}

Options default_options(Form form) {
  Options options;
  if (form == kRecordForm) {
    options.output.format = FileFormat::kPcapng;
    options.output.record.keep.free_percent = kFreePercent;
  }
  if (form == kFleetForm) options.output.format = FileFormat::kPcapng;
  if (form == kStatsForm) options.output.summary = SummaryStyle{};
  if (form == kDropsForm) {
    options.output.summary = SummaryStyle{.drops_only = true};
    options.capture.taps = {Tap::kDrop};
  }
  if ((form & kSummaryForms) != 0) options.capture.snaplen = kCompareSnaplen;
  if (form != kCompareForm) return options;
  options.capture.taps = kAllTaps;
  options.capture.snaplen = kCompareSnaplen;
  options.output.format = FileFormat::kPcapng;
  return options;
}

}  // namespace ringtap
