// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "cli/option_table.hpp"

#include <array>
#include <limits>

#include "cli/option_setters.hpp"
#include "cli/words.hpp"

namespace ringtap {
namespace {

using namespace setters;  // NOLINT(google-build-using-namespace): the rows name little else
using Group = OptionGroup;

constexpr std::uint64_t kAnyCount = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kMostFiles = std::numeric_limits<std::int32_t>::max();

// Every header that is compared and the first payload, with room for tags, options and extension headers.
constexpr std::uint32_t kCompareSnaplen = 256;

std::string snaplen_text(const Options& defaults) {
  return std::to_string(defaults.capture.snaplen);
}
std::string buffer_text(const Options& defaults) {
  return std::to_string(defaults.capture.buffer_bytes / kKib);
}
std::string taps_text(const Options& defaults) {
  if (defaults.capture.taps == kAllTaps) return "all";
  for (const TapTraits& tap : kTapTraits) {
    if (taps_of_word(tap.family, kAllTaps) == defaults.capture.taps) return std::string(tap.family);
  }
  return "";
}

constexpr std::array kOptions = {
    OptionRow{"-i,--interface", "IF", Group::kInput, kCaptureForm,
              "interface: name, number of -D, or any; may be repeated", set_interfaces},
    OptionRow{"-i,--interface", "IF", Group::kInput, kCompareForm, "interface: name or number of -D; may be repeated",
              set_interfaces},
    OptionRow{
        "--tap", "LIST", Group::kInput, kCaptureForm,
        "where in the kernel: tc, tc-in, tc-out, xdp, packet, stack, netfilter, socket, drop; several with commas",
        [](Draft& d, const Given& given) { return store(parse_taps(given.name, given.value(), kCaptureTaps), d.taps); },
        taps_text},
    OptionRow{
        "--tap", "LIST", Group::kInput, kCompareForm,
        "xdp, packet, stack, tc, netfilter, socket, drop, end; several with commas",
        [](Draft& d, const Given& given) { return store(parse_taps(given.name, given.value(), kAllTaps), d.taps); },
        taps_text},
    OptionRow{"--xdp-mode", "MODE", Group::kInput, kCaptureForm, "how XDP attaches: auto, native, generic",
              set_xdp_mode, [](const Options&) { return std::string("auto"); }},
    OptionRow{"--consume", nullptr, Group::kInput, kCaptureForm,
              "captured frames end at the XDP tap: for mirror ports, not for an interface with an address",
              set_flag < [](Draft& d) -> auto& {return capture(d).consume;
}  // namespace
>
}  // namespace ringtap
, OptionRow{"--force", nullptr, Group::kInput, kCaptureForm, "--consume on an interface with an address, too",
            set_flag < [](Draft& d) -> auto& {return capture(d).consume_despite_address;
}
>
}
, OptionRow{"-Q,--direction", "DIR", Group::kInput, kCaptureForm, "in, out or inout",
            set_text < [](Draft& d) -> auto& {return d.direction;
}
>, [](const Options&) { return std::string("inout"); }
}
,
    OptionRow{"-s,--snapshot-length",
              "BYTES",
              Group::kInput,
              kBothForms,
              "bytes kept of a packet; 0 is the maximum, 262144",
              set_snaplen,
              snaplen_text},
    OptionRow{"-B,--buffer-size", "KIB",      Group::kInput, kBothForms, "size of all rings together, in KiB",
              set_buffer,         buffer_text},
    OptionRow{
        "--slice",
        "LAYER[+N]",
        Group::kInput,
        kCaptureForm,
        "keep the headers up to layer l2, l3 or l4 and N bytes after them: l4+20",
        [](Draft& d, const Given& given) { return parse_slice(given.name, given.value(), capture(d).reduction); }},
    OptionRow{"--sample",
              "1/N",
              Group::kInput,
              kCaptureForm,
              "capture one of N flows, both directions of it: 1/N",
              [](Draft& d, const Given& given) {
                return store(parse_sample(given.name, given.value()), capture(d).reduction.sample);
              }},
    OptionRow{"--max-pps", "N", Group::kInput, kCaptureForm, "capture at most this many packets a second",
              set_number < [](Draft& d) -> auto& {return capture(d).reduction.max_pps;
}
, 1, 1'000'000'000 >
}
,
    OptionRow{"--time-batch",
              "TIME",
              Group::kInput,
              kCaptureForm,
              "let received packets share a reading of the clock not older than this: 10us",
              set_time_batch},
    OptionRow{"-p,--no-promiscuous-mode",
              nullptr,
              Group::kInput,
              kBothForms,
              "leave the interface's mode as it is",
              [](Draft& d, const Given&) {
                capture(d).promiscuous = false;
                return ok();
              }},
    OptionRow{"-r", "FILE", Group::kInput, kCaptureForm, "read a pcap or pcapng file instead, - is standard input",
              set_text < [](Draft& d) -> auto& {return d.read_path;
}
>
}
, OptionRow{"-r", "FILE", Group::kInput, kCompareForm, "read a pcapng file of ringtap's instead, - is standard input",
            set_text < [](Draft& d) -> auto& {return d.read_path;
}
>
}
, OptionRow{"-V", "FILE", Group::kInput, kBothForms,
            "read the files named in a file, one a line, in that order; - is standard input",
            set_text < [](Draft& d) -> auto& {return d.list_path;
}
>
}
, OptionRow{"-D,--list-interfaces", nullptr, Group::kInput, kCaptureForm, "list the interfaces and exit",
            set_flag < [](Draft& d) -> auto& {return d.list_devices;
}
>
}
, OptionRow{"-L,--list-data-link-types", nullptr, Group::kInput, kCaptureForm,
            "list the link types of the interfaces and exit",
            set_flag < [](Draft& d) -> auto& {return d.list_link_types;
}
>
}
, OptionRow{"-y,--linktype", "TYPE", Group::kInput, kCaptureForm,
            "the link type that the interfaces must have; with -d alone, the one to compile for",
            set_text < [](Draft& d) -> auto& {return d.options.link_type;
}
>
}
, OptionRow{"--nft-rule", nullptr, Group::kInput, kCompareForm, "name the nftables rule that dropped a packet",
            set_flag < [](Draft& d) -> auto& {return d.options.nft_rule;
}
>
}
,

    OptionRow{"-F", "FILE", Group::kFilter, kCaptureForm, "read the filter from a file; words here are not used then",
              set_text < [](Draft& d) -> auto& {return d.expression_file;
}
>
}
, OptionRow{"--any-vlan", nullptr, Group::kFilter, kBothForms, "match after one to four VLAN tags, too",
            set_flag < [](Draft& d) -> auto& {return d.options.filter.any_vlan;
}
>
}
,
    OptionRow{"-O,--no-optimize",
              nullptr,
              Group::kFilter,
              kBothForms,
              "without libpcap's optimiser",
              [](Draft& d, const Given&) {
                d.options.filter.optimise = false;
                return ok();
              }},
    OptionRow{"-d", nullptr, Group::kFilter, kCaptureForm,
              "show the filter as classic BPF and exit; -dd as C, -ddd as numbers",
              set_times < [](Draft& d) -> auto& {return d.options.show_classic;
}
>
}
, OptionRow{"--dump-ebpf", nullptr, Group::kFilter, kCaptureForm, "show the filter as the eBPF it becomes and exit",
            set_flag < [](Draft& d) -> auto& {return d.options.show_ebpf;
}
>
}
,

    OptionRow{"-c", "COUNT", Group::kEnd, kBothForms, "after this many packets",
              set_number < [](Draft& d) -> auto& {return d.options.limits.count;
}
, 1, kAnyCount >
}
,
    OptionRow{"--duration",
              "TIME",
              Group::kEnd,
              kBothForms,
              "after this time: 500ms, 5s, 2m, 1h",
              [](Draft& d, const Given& given) {
                return store(parse_duration(given.name, given.value()), d.options.limits.duration);
              }},

    OptionRow{"--each", nullptr, Group::kOutput, kCompareForm,
              "a line for each packet, too: when it was at each tap, and its outcome",
              set_flag < [](Draft& d) -> auto& {return d.options.compare.each;
}
>
}
, OptionRow{"--json", nullptr, Group::kOutput, kCompareForm, "one JSON object a line instead of tables",
            set_flag < [](Draft& d) -> auto& {return d.options.compare.json;
}
>
}
, OptionRow{"-w", "FILE", Group::kOutput, kCaptureForm, "write a file instead of text, - is standard output",
            set_text < [](Draft& d) -> auto& {return output(d).path;
}
>
}
, OptionRow{"-w", "FILE", Group::kOutput, kCompareForm, "write all records to a pcapng file as well",
            set_text < [](Draft& d) -> auto& {return output(d).path;
}
>
}
,
    OptionRow{"-C",
              "SIZE",
              Group::kOutput,
              kCaptureForm,
              "start the next file when this one is larger: MB, or a number and k, m, g for KiB, …",
              [](Draft& d, const Given& given) {
                return store(parse_file_size(given.name, given.value()), output(d).rotation.bytes);
              }},
    OptionRow{"-G", "SECONDS", Group::kOutput, kCaptureForm,
              "start the next file after this time; the file's name is a pattern of strftime(3)",
              set_number < [](Draft& d) -> auto& {return output(d).rotation.seconds;
}
, 1, kMostFiles >
}
, OptionRow{"-W", "COUNT", Group::kOutput, kCaptureForm, "with -C: keep this many files; with -G: end after this many",
            set_number < [](Draft& d) -> auto& {return output(d).rotation.files;
}
, 1, kMostFiles >
}
, OptionRow{"-z", "COMMAND", Group::kOutput, kCaptureForm, "run this command on each file that another one follows",
            set_text < [](Draft& d) -> auto& {return output(d).rotate_command;
}
>
}
,
    OptionRow{"--format",
              "FORMAT",
              Group::kOutput,
              kCaptureForm,
              "pcap or pcapng; else by the file's name, and pcapng for several interfaces or taps, netfilter and drop",
              set_format},
    OptionRow{"--print", nullptr, Group::kOutput, kCaptureForm, "text as well as -w",
              set_flag < [](Draft& d) -> auto& {return d.print;
}
>
}
, OptionRow{"--count", nullptr, Group::kOutput, kCaptureForm, "only the number of packets",
            set_flag < [](Draft& d) -> auto& {return output(d).count_only;
}
>
}
, OptionRow{"-U,--packet-buffered", nullptr, Group::kOutput, kCaptureForm, "write each packet to the file at once",
            set_flag < [](Draft& d) -> auto& {return output(d).flush_each_record;
}
>
}
, OptionRow{"-l", nullptr, Group::kOutput, kCaptureForm, "write each line at once",
            set_flag < [](Draft& d) -> auto& {return style(d).line_buffered;
}
>
}
, OptionRow{"--immediate-mode", nullptr, Group::kOutput, kCaptureForm, "accepted; packets are never held back", accept},
    OptionRow{"--time-stamp-precision",
              "PREC",
              Group::kOutput,
              kCaptureForm,
              "micro or nano, in text and pcap files",
              set_precision,
              [](const Options&) { return std::string("micro"); }},
    OptionRow{"--micro", nullptr, Group::kOutput, kCaptureForm, "microseconds", accept},
    OptionRow{"--nano", nullptr, Group::kOutput, kCaptureForm, "nanoseconds",
              set_flag < [](Draft& d) -> auto& {return d.nano;
}
>
}
,

    OptionRow{"-n", nullptr, Group::kText, kCaptureForm, "numbers instead of names",
              set_times < [](Draft& d) -> auto& {return dissect(d).no_names;
}
>
}
, OptionRow{"-n", nullptr, Group::kOutput, kCompareForm, "accepted; numbers are never replaced by names", accept},
    OptionRow{"-N", nullptr, Group::kText, kCaptureForm, "host names without their domain",
              set_flag < [](Draft& d) -> auto& {return dissect(d).no_domain;
}
>
}
,
    OptionRow{"-t",
              nullptr,
              Group::kText,
              kCaptureForm,
              "time: -t none, -tt epoch, -ttt since the last, -tttt date, -ttttt since the first",
              set_time_style},
    OptionRow{"-t", nullptr, Group::kOutput, kCompareForm, "no time of day with --each", hide_compare_time},
    OptionRow{"-e", nullptr, Group::kText, kCaptureForm, "with the link-layer header",
              set_flag < [](Draft& d) -> auto& {return dissect(d).link_header;
}
>
}
, OptionRow{"-v,--verbose", nullptr, Group::kText, kCaptureForm,
            "more; up to three times. At the end, the accounting of every tap",
            set_times < [](Draft& d) -> auto& {return dissect(d).verbosity;
}
>
}
, OptionRow{"-v,--verbose", nullptr, Group::kOutput, kCompareForm,
            "also what could not be matched, and the accounting of every tap",
            set_times < [](Draft& d) -> auto& {return d.options.compare.verbosity;
}
>
}
, OptionRow{"-q", nullptr, Group::kText, kCaptureForm, "less",
            set_flag < [](Draft& d) -> auto& {return dissect(d).quiet;
}
>
}
, OptionRow{"-S,--absolute-tcp-sequence-numbers", nullptr, Group::kText, kCaptureForm, "absolute TCP sequence numbers",
            set_flag < [](Draft& d) -> auto& {return dissect(d).absolute_seq;
}
>
}
, OptionRow{"-K,--dont-verify-checksums", nullptr, Group::kText, kCaptureForm, "do not verify checksums",
            set_flag < [](Draft& d) -> auto& {return dissect(d).no_checksums;
}
>
}
, OptionRow{"--compat", nullptr, Group::kText, kCaptureForm,
            "tcpdump 4.99.3's lines also where newer networks need others",
            set_flag < [](Draft& d) -> auto& {return dissect(d).compat;
}
>
}
, OptionRow{"-x", nullptr, Group::kText, kCaptureForm, "bytes in hex; -xx with the link header",
            set_times < [](Draft& d) -> auto& {return d.hex;
}
>
}
, OptionRow{"-X", nullptr, Group::kText, kCaptureForm, "bytes in hex and ASCII; -XX with the link header",
            set_times < [](Draft& d) -> auto& {return d.hex_ascii;
}
>
}
, OptionRow{"-A", nullptr, Group::kText, kCaptureForm, "bytes in ASCII; -AA with the link header",
            set_times < [](Draft& d) -> auto& {return d.ascii;
}
>
}
, OptionRow{"-b", nullptr, Group::kText, kCaptureForm, "AS numbers of BGP as 1.2 (asdot)",
            set_flag < [](Draft& d) -> auto& {return dissect(d).as_dot;
}
>
}
,
    OptionRow{"-T",
              "TYPE",
              Group::kText,
              kCaptureForm,
              "payloads of UDP and TCP are of this type: domain, radius, snmp, tftp, vxlan, …",
              set_forced_type},
    OptionRow{"-#,--number", nullptr, Group::kText, kCaptureForm, "number the packets",
              set_flag < [](Draft& d) -> auto& {return style(d).number;
}
>
}
,

    OptionRow{"--strict-loss", nullptr, Group::kOther, kCaptureForm, "exit with 3 if anything was lost",
              set_flag < [](Draft& d) -> auto& {return d.options.strict_loss;
}
>
}
, OptionRow{"-Z,--relinquish-privileges", "USER", Group::kOther, kCaptureForm,
            "be this user once every tap is attached", set_text < [](Draft& d) -> auto& {return d.options.user;
}
>
}
, OptionRow{"--ready-file", "FILE", Group::kOther, kBothForms, "made once every tap is attached",
            set_text < [](Draft& d) -> auto& {return d.options.ready_file;
}
>
}
,
}
;

constexpr const char* kOneFile = "not for compare, which writes one file";
constexpr const char* kNotPrinted = "not for compare, which counts packets and does not print them";
constexpr const char* kOneClock = "records are stamped by the kernel's monotonic clock; there is no choice";

constexpr std::array kRefused = {
    RefusedRow{"-E", kBothForms, "decrypting IPsec is not supported"},
    RefusedRow{"-M", kBothForms, "checking TCP-MD5 signatures is not supported"},
    RefusedRow{"-m", kBothForms, "SMI modules are not supported"},
    RefusedRow{"-H", kBothForms, "802.11s mesh headers are not supported"},
    RefusedRow{"-I,--monitor-mode", kBothForms, "monitor mode is not supported"},
    RefusedRow{"-u", kBothForms, "undecoded NFS handles are not supported"},
    RefusedRow{"-f", kBothForms, "foreign addresses: use -n"},
    RefusedRow{"-j,--time-stamp-type", kBothForms, kOneClock},
    RefusedRow{"-J,--list-time-stamp-types", kBothForms, kOneClock},

    // A comparison writes one file, and only beside its report; it needs what root may do until its end.
    RefusedRow{"-C", kCompareForm, kOneFile},
    RefusedRow{"-G", kCompareForm, kOneFile},
    RefusedRow{"-W", kCompareForm, kOneFile},
    RefusedRow{"-z", kCompareForm, kOneFile},
    RefusedRow{"-Z", kCompareForm, "not for compare, which asks the kernel until its end"},
    RefusedRow{"-y", kCompareForm, "not for compare, which takes every interface as it is"},
    RefusedRow{"-A", kCompareForm, kNotPrinted},
    RefusedRow{"-b", kCompareForm, kNotPrinted},
    RefusedRow{"-T", kCompareForm, kNotPrinted},
    RefusedRow{"-e", kCompareForm, kNotPrinted},
    RefusedRow{"-K", kCompareForm, kNotPrinted},
    RefusedRow{"-l", kCompareForm, kNotPrinted},
    RefusedRow{"-L", kCompareForm, kNotPrinted},
    RefusedRow{"-N", kCompareForm, kNotPrinted},
    RefusedRow{"-q", kCompareForm, kNotPrinted},
    RefusedRow{"-Q", kCompareForm, kNotPrinted},
    RefusedRow{"-S", kCompareForm, kNotPrinted},
    RefusedRow{"-U", kCompareForm, kNotPrinted},
    RefusedRow{"-x", kCompareForm, kNotPrinted},
    RefusedRow{"-X", kCompareForm, kNotPrinted},
    RefusedRow{"-#", kCompareForm, kNotPrinted},
    RefusedRow{"-D", kCompareForm, kNotPrinted},
    RefusedRow{"-d", kCompareForm, kNotPrinted},
    RefusedRow{"-F", kCompareForm, kNotPrinted},
    RefusedRow{"--dump-ebpf", kCompareForm, kNotPrinted},
    RefusedRow{"--format", kCompareForm, kNotPrinted},
    RefusedRow{"--consume", kCompareForm, kNotPrinted},
    RefusedRow{"--count", kCompareForm, kNotPrinted},
    RefusedRow{"--print", kCompareForm, kNotPrinted},
};

}  // namespace

std::span<const OptionRow> option_table() {
  return kOptions;
}

std::span<const RefusedRow> refused_options() {
  return kRefused;
}

std::string_view group_title(OptionGroup group, Form form) {
  switch (group) {
    case OptionGroup::kInput:
      return form == kCompareForm ? "What to compare" : "What to capture";
    case OptionGroup::kFilter:
      return "Which packets";
    case OptionGroup::kEnd:
      return "When to end";
    case OptionGroup::kOutput:
      return form == kCompareForm ? "What comes out" : "Where it goes";
    case OptionGroup::kText:
      return "How the text looks";
    case OptionGroup::kOther:
      return "Other";
  }
  return "";
}

Options default_options(Form form) {
  Options options;
  if (form == kCaptureForm) return options;
  options.capture.taps = kAllTaps;
  options.capture.snaplen = kCompareSnaplen;
  options.output.format = FileFormat::kPcapng;
  return options;
}

}  // namespace ringtap
