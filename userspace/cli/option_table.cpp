// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "cli/option_table.hpp"

#include <array>
#include <limits>

#include "cli/option_setters.hpp"
#include "cli/times.hpp"
#include "cli/words.hpp"

namespace ringtap {
namespace {

using namespace setters;  // NOLINT(google-build-using-namespace): the rows name little else
using Group = OptionGroup;

constexpr std::uint64_t kAnyCount = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kMostFiles = std::numeric_limits<std::int32_t>::max();

std::string seconds_text(std::uint64_t ns) {
  return std::to_string(ns / 1'000'000'000) + "s";
}

std::string snaplen_text(const Options& defaults) {
  return std::to_string(defaults.capture.snaplen);
}
std::string buffer_text(const Options&) {
  return std::to_string(CaptureSettings::kDefaultBufferBytes / kKib) + ", less where memory is limited";
}
std::string taps_text(const Options& defaults) {
  if (defaults.capture.taps == kAllTaps) return "all";
  for (const TapTraits& tap : kTapTraits) {
    if (taps_of_word(tap.family, kAllTaps) == defaults.capture.taps) return std::string(tap.family);
  }
  return "";
}

constexpr std::array kOptions = {
    OptionRow{"-i,--interface", "IF", Group::kInput, static_cast<Form>(kLiveForms | kFleetForm),
              "interface: its name, its number in the list of -D, or any; may be repeated", set_interfaces},
    OptionRow{
        "--tap", "LIST", Group::kInput, static_cast<Form>(kTapForms | kFleetForm),
        "where in the kernel to capture: tc, tc-in, tc-out, xdp, packet, stack, netfilter, socket, drop; separate "
        "several with commas",
        [](Draft& d, const Given& given) { return store(parse_taps(given.name, given.value(), kCaptureTaps), d.taps); },
        taps_text, ActsOn::kCaptures},
    OptionRow{
        "--tap", "LIST", Group::kInput, kCompareForm,
        "taps to compare: xdp, packet, stack, tc, netfilter, socket, drop, end; separate several with commas",
        [](Draft& d, const Given& given) { return store(parse_taps(given.name, given.value(), kAllTaps), d.taps); },
        taps_text, ActsOn::kCaptures},
    OptionRow{"--follow", nullptr, Group::kInput, static_cast<Form>(kCaptureForm | kFleetForm),
              "also capture packets that matched where they match no more (NAT, tunnels), and where the kernel frees them",
              set_flag<[](Draft& d) { return &d.options.follow; }>, nullptr, ActsOn::kCaptures},
    OptionRow{"--xdp-mode", "MODE", Group::kInput, static_cast<Form>(kTapForms | kFleetForm), "how the XDP tap is attached: auto, native or generic",
              set_xdp_mode, [](const Options&) { return std::string("auto"); }, ActsOn::kCaptures},
    OptionRow{"--consume", nullptr, Group::kInput, kRecordingForms,
              "drop captured frames at the XDP tap; for mirror ports, refused on an interface with an address",
              set_flag<[](Draft& d) { return &capture(d).consume; }>, nullptr, ActsOn::kCaptures},
    OptionRow{"--force", nullptr, Group::kInput, kRecordingForms, "allow --consume on an interface with an address",
              set_flag<[](Draft& d) { return &capture(d).consume_despite_address; }>, nullptr, ActsOn::kCaptures},
    OptionRow{"-Q,--direction", "DIR", Group::kInput, static_cast<Form>(kPacketForms | kFleetForm),
              "direction of the packets to capture: in, out or inout", set_text<[](Draft& d) { return &d.direction; }>,
              [](const Options&) { return std::string("inout"); }},
    OptionRow{"-s,--snapshot-length", "BYTES", Group::kInput, static_cast<Form>(kPacketForms | kFleetForm),
              "bytes to keep of each packet; 0 means the maximum, 262144", set_snaplen, snaplen_text},
    OptionRow{"-s,--snapshot-length", "BYTES", Group::kInput, kCompareForm,
              "bytes to keep of each packet; 0 means the maximum, 262144", set_snaplen, snaplen_text,
              ActsOn::kCaptures},
    OptionRow{"-B,--buffer-size", "KIB", Group::kInput, static_cast<Form>(kLiveForms | kFleetForm), "total size of all ring buffers, in KiB",
              set_buffer, buffer_text, ActsOn::kCaptures},
    OptionRow{"--netns", "NETNS", Group::kInput, static_cast<Form>(kRecordingForms | kSummaryForms),
              "capture in this network namespace: a name of ip netns, a process id, a path, or all; may be repeated",
              set_namespaces, nullptr, ActsOn::kCaptures},
    OptionRow{"--who", nullptr, Group::kInput, static_cast<Form>(kLiveForms),
              "find out which process each packet comes from and goes to, at the taps tc, socket and drop",
              set_flag<[](Draft& d) { return &capture(d).who; }>, nullptr, ActsOn::kCaptures},
    OptionRow{"--pid", "PID", Group::kFilter, kOwnerForms,
              "only packets of this process; this option and the next ones imply --who, and may be repeated",
              add_chosen_number<[](Draft& d) { return &capture(d).of.pids; }, (1U << 22U) - 1>},
    OptionRow{"--comm", "NAME", Group::kFilter, kOwnerForms, "only packets of processes with this name",
              add_chosen_text<[](Draft& d) { return &capture(d).of.names; }, OwnerSelection::kMostName>},
    OptionRow{"--uid", "UID", Group::kFilter, kOwnerForms, "only packets of this user's processes",
              add_chosen_number<[](Draft& d) { return &capture(d).of.uids; }, 0xffffffffU>},
    OptionRow{"--cgroup", "PATH", Group::kFilter, kOwnerForms,
              "only packets of processes in this cgroup or below; cgroup v2",
              add_chosen_text<[](Draft& d) { return &capture(d).of.cgroups; }, 4096>},
    OptionRow{"--container", "NAME|ID", Group::kFilter, kOwnerForms,
              "only packets of processes in this container, which has to run",
              add_chosen_text<[](Draft& d) { return &capture(d).of.containers; }, 4096>},
    OptionRow{"--pod", "NAMESPACE/NAME", Group::kFilter, kOwnerForms,
              "only packets of processes in this pod, which has to run",
              add_chosen_text<[](Draft& d) { return &capture(d).of.pods; }, 4096>},
    OptionRow{
        "--slice", "LAYER[+N]", Group::kInput, static_cast<Form>(kPacketForms | kFleetForm),
        "keep only the headers up to layer l2, l3 or l4, and N bytes after them; for example l4+20",
        [](Draft& d, const Given& given) { return parse_slice(given.name, given.value(), capture(d).reduction); }},
    OptionRow{"--sample", "1/N", Group::kInput, static_cast<Form>(kRecordingForms | kFleetForm),
              "capture one flow in N, in both directions; for example 1/8",
              [](Draft& d, const Given& given) {
                return store(parse_sample(given.name, given.value()), capture(d).reduction.sample);
              },
              nullptr, ActsOn::kCaptures},
    OptionRow{"--max-pps", "N", Group::kInput, static_cast<Form>(kRecordingForms | kFleetForm), "capture at most N packets per second",
              set_number<[](Draft& d) { return &capture(d).reduction.max_pps; }, 1, 1'000'000'000>, nullptr,
              ActsOn::kCaptures},
    OptionRow{"--time-batch", "TIME", Group::kInput, static_cast<Form>(kRecordingForms | kFleetForm),
              "let received packets share clock readings up to this old; for example 10us", set_time_batch, nullptr,
              ActsOn::kCaptures},
    OptionRow{"-p,--no-promiscuous-mode", nullptr, Group::kInput, static_cast<Form>(kLiveForms | kFleetForm),
              "do not put the interface into promiscuous mode",
              [](Draft& d, const Given&) {
                capture(d).promiscuous = false;
                return ok();
              },
              nullptr, ActsOn::kCaptures},
    OptionRow{"-r", "FILE", Group::kInput, static_cast<Form>(kRecordingForms | kSummaryForms),
              "read a pcap or pcapng file instead of capturing; - is standard input; several are merged in time order",
              set_read_paths},
    OptionRow{"-r", "FILE", Group::kInput, kCompareForm,
              "read a pcapng file written by ringtap, instead of capturing; - is standard input; several are merged",
              set_read_paths},
    OptionRow{"-V", "FILE", Group::kInput, kLiveForms,
              "read the capture files listed in FILE, one name per line, merged in time order; - is standard input",
              set_text<[](Draft& d) { return &d.list_path; }>},
    OptionRow{"-D,--list-interfaces", nullptr, Group::kInput, kCaptureForm, "list the interfaces and exit",
              set_flag<[](Draft& d) { return &d.list_devices; }>},
    OptionRow{"-L,--list-data-link-types", nullptr, Group::kInput, kCaptureForm,
              "list the link types of the interfaces and exit", set_flag<[](Draft& d) { return &d.list_link_types; }>,
              nullptr, ActsOn::kCaptures},
    OptionRow{"-J,--list-time-stamp-types", nullptr, Group::kInput, kCaptureForm, "list the time stamp types and exit",
              set_flag<[](Draft& d) { return &d.list_time_stamp_types; }>, nullptr, ActsOn::kCaptures},
    OptionRow{"-j,--time-stamp-type", "TYPE", Group::kInput, kCaptureForm,
              "where time stamps come from; only host, the kernel, is supported", set_time_source},
    OptionRow{"-y,--linktype", "TYPE", Group::kInput, kOneHostForms,
              "refuse interfaces of any other link type; for -d without -i or -r: the link type to compile for",
              set_text<[](Draft& d) { return &d.options.link_type; }>},
    OptionRow{"--nft-rule", nullptr, Group::kInput, kCompareForm, "name the nftables rule that dropped a packet",
              set_flag<[](Draft& d) { return &d.options.nft_rule; }>, nullptr, ActsOn::kCaptures},

    OptionRow{"--from", "TIME", Group::kFilter, kPacketForms,
              "of files: only packets from this moment on; 2026-11-29T07:00:00, 07:00:00, @1700000000, since the "
              "first packet +2m, before now -10m",
              [](Draft& d, const Given& given) {
                return store(parse_file_time(given.name, given.value()), d.options.selection.from);
              },
              nullptr, ActsOn::kFiles},
    OptionRow{"--to", "TIME", Group::kFilter, kPacketForms, "of files: only packets up to this moment",
              [](Draft& d, const Given& given) {
                return store(parse_file_time(given.name, given.value()), d.options.selection.to);
              },
              nullptr, ActsOn::kFiles},
    OptionRow{"-F", "FILE", Group::kFilter, static_cast<Form>(kPacketForms | kFleetForm),
              "read the filter from a file; a filter on the command line is then ignored",
              set_text<[](Draft& d) { return &d.expression_file; }>},
    OptionRow{"--any-vlan", nullptr, Group::kFilter, static_cast<Form>(kAllForms | kExtcapForm | kFleetForm),
              "also match frames with one to four VLAN tags",
              set_flag<[](Draft& d) { return &d.options.filter.any_vlan; }>},
    OptionRow{"-O,--no-optimize", nullptr, Group::kFilter, static_cast<Form>(kAllForms | kFleetForm), "do not run libpcap's optimiser on the filter",
              [](Draft& d, const Given&) {
                d.options.filter.optimise = false;
                return ok();
              }},
    OptionRow{"-d", nullptr, Group::kFilter, kCaptureForm,
              "show the filter as classic BPF and exit; -dd as C, -ddd as numbers",
              set_times<[](Draft& d) { return &d.options.show_classic; }>},
    OptionRow{"--dump-ebpf", nullptr, Group::kFilter, kCaptureForm, "show the filter as eBPF and exit",
              set_flag<[](Draft& d) { return &d.options.show_ebpf; }>},

    OptionRow{"-c", "COUNT", Group::kEnd, static_cast<Form>(kAllForms | kFleetForm), "stop after this many packets",
              set_number<[](Draft& d) { return &d.options.limits.count; }, 1, kAnyCount>},
    OptionRow{"--skip", "COUNT", Group::kEnd, static_cast<Form>(kPacketForms | kFleetForm), "leave out this many packets at the beginning",
              set_number<[](Draft& d) { return &d.options.limits.skip; }, 0, kAnyCount>},
    OptionRow{"--duration", "TIME", Group::kEnd, static_cast<Form>(kLiveForms | kFleetForm), "stop after this time; for example 500ms, 5s, 2m, 1h",
              [](Draft& d, const Given& given) {
                return store(parse_duration(given.name, given.value()), d.options.limits.duration);
              },
              nullptr, ActsOn::kCaptures},

    OptionRow{"--gate", nullptr, Group::kEnd, kCaptureForm,
              "attach, and keep no packet before a line comes on standard input; stop when that is closed",
              set_flag<[](Draft& d) { return &d.options.gate; }>, nullptr, ActsOn::kCaptures},

    OptionRow{"-d,--folder", "DIR", Group::kOutput, kRecordForm, "record into this folder; it is made if there is none",
              set_text<[](Draft& d) { return &record(d).folder; }>},
    OptionRow{"--keep", "LIST", Group::kOutput, kRecordForm,
              "remove the oldest segments so that all together have at most this size or age, or so that this much of "
              "the disk stays free: 200G, 7d, free=10G, free=5%; several with commas",
              [](Draft& d, const Given& given) { return store(parse_keep(given.name, given.value()), record(d).keep); },
              [](const Options& o) { return "free=" + std::to_string(o.output.record.keep.free_percent) + "%"; }},
    OptionRow{"--segment", "SIZE,TIME", Group::kOutput, kRecordForm,
              "begin a new segment when the present one has this size or age", set_segment,
              [](const Options&) { return std::string("256M,60s"); }},
    OptionRow{"--compress", "METHOD", Group::kOutput, kRecordForm,
              "zstd, zstd:LEVEL or none; a frame that there is no time for is stored as it is", set_compression,
              [](const Options&) { return std::string("none"); }},
    OptionRow{"--threads", "N", Group::kOutput, kRecordForm, "compress with this many threads",
              set_number<[](Draft& d) { return &record(d).compressors; }, 1, 256>,
              [](const Options& o) { return std::to_string(o.output.record.compressors); }},
    OptionRow{"--memory", "SIZE", Group::kEvent, kRecordForm,
              "hold the last packets in memory of this size, and write only those around an event", set_memory},
    OptionRow{"--before", "TIME", Group::kEvent, kRecordForm, "how long before the event packets are written",
              set_event_time<[](Draft& d) { return &record(d).event.before_ns; }>,
              [](const Options& o) { return seconds_text(o.output.record.event.before_ns); }},
    OptionRow{"--after", "TIME", Group::kEvent, kRecordForm, "how long after it",
              set_event_time<[](Draft& d) { return &record(d).event.after_ns; }>,
              [](const Options& o) { return seconds_text(o.output.record.event.after_ns); }},
    OptionRow{"--trigger", "EXPR", Group::kEvent, kRecordForm, "an event is a packet that matches this filter",
              set_text<[](Draft& d) { return &record(d).event.expression; }>},
    OptionRow{"--trigger-drop", "REASON[>N/s]", Group::kEvent, kRecordForm,
              "… a packet that the kernel drops for this reason, or for any; or more than N of them in a second; needs "
              "--tap with drop",
              set_drop_trigger},
    OptionRow{"--trigger-loss", nullptr, Group::kEvent, kRecordForm, "… packets that the capture itself loses",
              set_flag<[](Draft& d) { return &record(d).event.loss; }>},
    OptionRow{"--trigger-rate", "N", Group::kEvent, kRecordForm, "… more than N packets in a second", set_rate_trigger},
    OptionRow{"--trigger-every", "TIME", Group::kEvent, kRecordForm,
              "an event begins at the earliest this long after the one before",
              set_event_time<[](Draft& d) { return &record(d).event.every_ns; }>},
    OptionRow{"--stats", "TIME", Group::kOutput, kRecordForm,
              "print a line of counts and rates this often; for example 10s", set_stats},

    OptionRow{"--metrics", "ADDR", Group::kOutput, kMetricsForms,
              "answer Prometheus at this address: 127.0.0.1:9415, or unix:PATH",
              set_text<[](Draft& d) { return &output(d).metrics.address; }>, nullptr, ActsOn::kCaptures},
    OptionRow{"--metrics-file", "FILE", Group::kOutput, kMetricsForms,
              "write the same metrics to a file every 5 s, for node_exporter's textfile collector",
              set_text<[](Draft& d) { return &output(d).metrics.path; }>, nullptr, ActsOn::kCaptures},

    OptionRow{"--each", nullptr, Group::kOutput, static_cast<Form>(kCompareForm | kFleetForm),
              "also print a block for each packet: its outcome, and the time between the taps it passed",
              set_flag<[](Draft& d) { return &d.options.compare.each; }>},
    OptionRow{"--json", nullptr, Group::kOutput, kCompareForm, "print one JSON object per line instead of tables",
              set_flag<[](Draft& d) { return &d.options.compare.json; }>},
    OptionRow{"--json", nullptr, Group::kOutput, kSummaryForms, "print one JSON object per line instead of tables",
              set_flag<[](Draft& d) { return &d.options.output.summary->json; }>},
    OptionRow{"--rows", "N", Group::kOutput, kSummaryForms, "the most rows of each table at the end",
              set_number<[](Draft& d) { return &d.options.output.summary->rows; }, 1, kMostFiles>,
              [](const Options& o) { return std::to_string(o.output.summary->rows); }},
    OptionRow{"-n", nullptr, Group::kOutput, kSummaryForms,
              "accepted, but has no effect: numbers are never replaced by names", accept},
    OptionRow{"-w", "FILE", Group::kOutput, kReadingForms,
              "write the packets to a file instead of printing them; - is standard output",
              set_text<[](Draft& d) { return &output(d).path; }>},
    OptionRow{"-w", "FILE", Group::kOutput, kCompareForm, "also write all records to a pcapng file",
              set_text<[](Draft& d) { return &output(d).path; }>},
    OptionRow{"--html", "FILE", Group::kOutput, kCompareForm,
              "also write the report as a page for a browser, with the path as a picture",
              set_text<[](Draft& d) { return &output(d).html_path; }>},
    OptionRow{"-C", "SIZE", Group::kOutput, kReadingForms,
              "start a new file when the current one exceeds this size: in millions of bytes, or with k, m or g in "
              "KiB, MiB or GiB",
              set_rotation_size},
    OptionRow{"-G", "SECONDS", Group::kOutput, kReadingForms,
              "start a new file after this time; the name given with -w is a strftime(3) pattern",
              set_number<[](Draft& d) { return &output(d).rotation.seconds; }, 1, kMostFiles>},
    OptionRow{"-W", "COUNT", Group::kOutput, kReadingForms,
              "with -C: keep this many files, overwriting the oldest; with -G alone: stop after this many",
              set_number<[](Draft& d) { return &output(d).rotation.files; }, 1, kMostFiles>},
    OptionRow{"-z", "COMMAND", Group::kOutput, kReadingForms,
              "run this command on each file when the next one is started",
              set_text<[](Draft& d) { return &output(d).rotate_command; }>},
    OptionRow{"--format", "FORMAT", Group::kOutput, kReadingForms,
              "pcap or pcapng; default pcapng if the name ends in .pcapng, for several interfaces or taps, and for "
              "netfilter and drop",
              set_format},
    OptionRow{"--print", nullptr, Group::kOutput, kReadingForms, "with -w: print the packets as well",
              set_flag<[](Draft& d) { return &d.print; }>},
    OptionRow{"--json", nullptr, Group::kOutput, kReadingForms,
              "print one JSON object a packet, as Suricata's EVE names its fields; --json=LIST chooses them: "
              "timestamp,src_ip,ringtap.reason, or ringtap for all of its own",
              set_json, nullptr, ActsOn::kAny, true},
    OptionRow{"--print-sampling", "N", Group::kOutput, kReadingForms,
              "print only every Nth packet; implies --print and -S", set_print_sampling},
    OptionRow{"--count", nullptr, Group::kOutput, kReadingForms, "print only the number of packets",
              set_flag<[](Draft& d) { return &output(d).count_only; }>},
    OptionRow{"-U,--packet-buffered", nullptr, Group::kOutput, kReadingForms,
              "write each packet to the file immediately",
              set_flag<[](Draft& d) { return &output(d).flush_each_record; }>},
    OptionRow{"--sync", nullptr, Group::kOutput, static_cast<Form>(kReadingForms | kCompareForm),
              "with -w: a file that is complete is on the disk before it counts as written, fsync(2)",
              set_flag<[](Draft& d) { return &output(d).sync; }>},
    OptionRow{"-l", nullptr, Group::kOutput, kReadingForms, "write each line of text immediately",
              set_flag<[](Draft& d) { return &style(d).line_buffered; }>},
    OptionRow{"--immediate-mode", nullptr, Group::kOutput, kReadingForms,
              "accepted, but has no effect: packets are never held back", accept},
    OptionRow{"--time-stamp-precision", "PREC", Group::kOutput, kReadingForms,
              "precision of time stamps in text and pcap files: micro or nano", set_precision,
              [](const Options&) { return std::string("micro"); }},
    OptionRow{"--micro", nullptr, Group::kOutput, kReadingForms, "microseconds, the default", accept},
    OptionRow{"--nano", nullptr, Group::kOutput, kReadingForms, "the same as --time-stamp-precision nano",
              set_flag<[](Draft& d) { return &d.nano; }>},

    OptionRow{"-n", nullptr, Group::kText, kReadingForms, "print numbers instead of names",
              set_times<[](Draft& d) { return &dissect(d).no_names; }>},
    OptionRow{"-n", nullptr, Group::kOutput, kCompareForm,
              "accepted, but has no effect: numbers are never replaced by names", accept},
    OptionRow{"-N", nullptr, Group::kText, kReadingForms, "print host names without their domain",
              set_flag<[](Draft& d) { return &dissect(d).no_domain; }>},
    OptionRow{"-t", nullptr, Group::kText, kReadingForms,
              "time stamps: -t none, -tt seconds since 1970, -ttt since the previous line, -tttt date and time, -ttttt "
              "since the first line",
              set_time_style},
    OptionRow{"-t", nullptr, Group::kOutput, kCompareForm, "with --each: print no time of day", hide_compare_time},
    OptionRow{"-e", nullptr, Group::kText, kReadingForms, "print the link-layer header",
              set_flag<[](Draft& d) { return &dissect(d).link_header; }>},
    OptionRow{"-v,--verbose", nullptr, Group::kText, static_cast<Form>(kPacketForms | kFleetForm),
              "print more detail, up to -vvv; at the end of a capture also its accounting, with -vv that of every tap",
              set_times<[](Draft& d) { return &dissect(d).verbosity; }>},
    OptionRow{"-v,--verbose", nullptr, Group::kOutput, kCompareForm,
              "also print what could not be matched, and the accounting; -vv: that of every tap",
              set_times<[](Draft& d) { return &d.options.compare.verbosity; }>},
    OptionRow{"-q", nullptr, Group::kText, kReadingForms, "print less detail",
              set_flag<[](Draft& d) { return &dissect(d).quiet; }>},
    OptionRow{"-S,--absolute-tcp-sequence-numbers", nullptr, Group::kText, kReadingForms,
              "print absolute TCP sequence numbers", set_flag<[](Draft& d) { return &dissect(d).absolute_seq; }>},
    OptionRow{"-K,--dont-verify-checksums", nullptr, Group::kText, kReadingForms, "do not verify checksums",
              set_flag<[](Draft& d) { return &dissect(d).no_checksums; }>},
    OptionRow{"--color", "auto|always|never", Group::kText, kReadingForms,
              "colours in lines of text: auto, on a terminal unless NO_COLOR is set; always; never. None with --compat",
              set_color, [](const Options&) { return std::string("auto"); }},
    OptionRow{"--color", "auto|always|never", Group::kOutput, kCompareForm,
              "colours in the table on a terminal: auto, unless NO_COLOR is set; always; never", set_color,
              [](const Options&) { return std::string("auto"); }},
    OptionRow{"--compat", nullptr, Group::kText, kReadingForms,
              "print what tcpdump 4.99.3 prints, even where it is wrong for today's networks",
              set_flag<[](Draft& d) { return &dissect(d).compat; }>},
    OptionRow{"-x", nullptr, Group::kText, kReadingForms, "print the bytes in hex; -xx with the link-layer header",
              set_times<[](Draft& d) { return &d.hex; }>},
    OptionRow{"-X", nullptr, Group::kText, kReadingForms,
              "print the bytes in hex and ASCII; -XX with the link-layer header",
              set_times<[](Draft& d) { return &d.hex_ascii; }>},
    OptionRow{"-A", nullptr, Group::kText, kReadingForms, "print the bytes in ASCII; -AA with the link-layer header",
              set_times<[](Draft& d) { return &d.ascii; }>},
    OptionRow{"-b", nullptr, Group::kText, kReadingForms, "print BGP AS numbers in asdot notation; for example 1.4464",
              set_flag<[](Draft& d) { return &dissect(d).as_dot; }>},
    OptionRow{"-g,--ip-oneline", nullptr, Group::kText, kReadingForms,
              "with -v: print no line break after the IPv4 header",
              set_flag<[](Draft& d) { return &dissect(d).ip_one_line; }>},
    OptionRow{"-u", nullptr, Group::kText, kReadingForms, "print NFS file handles in hex",
              set_flag<[](Draft& d) { return &dissect(d).raw_nfs_handles; }>},
    OptionRow{"-H", nullptr, Group::kText, kReadingForms, "look for the mesh headers of 802.11s in wireless frames",
              set_flag<[](Draft& d) { return &dissect(d).mesh_headers; }>},
    OptionRow{"-M", "SECRET", Group::kText, kReadingForms, "check the MD5 signatures of TCP segments with this secret",
              set_text<[](Draft& d) { return &dissect(d).tcp_secret; }>},
    OptionRow{"-m", "MODULE", Group::kText, kReadingForms, "accepted, but has no effect: SMI modules are not read",
              ignore_module},
    OptionRow{"-T", "TYPE", Group::kText, kReadingForms,
              "read UDP and TCP payloads as this protocol: domain, radius, snmp, tftp, vxlan, …", set_forced_type},
    OptionRow{"--lengths", nullptr, Group::kText, kReadingForms,
              "begin each line with the captured and the original length",
              set_flag<[](Draft& d) { return &style(d).lengths; }>},
    OptionRow{"-#,--number", nullptr, Group::kText, kReadingForms, "number the packets",
              set_flag<[](Draft& d) { return &style(d).number; }>},

    OptionRow{"--extcap-interfaces", nullptr, Group::kInput, kExtcapForm, "list the interfaces",
              set_question<ExtcapOptions::Question::kInterfaces>},
    OptionRow{"--extcap-version", "VERSION", Group::kInput, kExtcapForm, "of Wireshark; has no effect", accept},
    OptionRow{"--extcap-config", nullptr, Group::kInput, kExtcapForm, "list the arguments of an interface",
              set_question<ExtcapOptions::Question::kArguments>},
    OptionRow{"--extcap-dlts", nullptr, Group::kInput, kExtcapForm, "list the link types of an interface",
              set_question<ExtcapOptions::Question::kLinkTypes>},
    OptionRow{"--extcap-interface", "IF", Group::kInput, kExtcapForm, "the interface, as it was listed",
              set_text<[](Draft& d) { return &d.options.extcap.interface; }>},
    OptionRow{"--extcap-capture-filter", "EXPR", Group::kFilter, kExtcapForm, "the filter; without --capture: check it",
              set_text<[](Draft& d) { return &d.options.filter.expression; }>},
    OptionRow{"--capture", nullptr, Group::kInput, kExtcapForm, "capture",
              set_flag<[](Draft& d) { return &d.options.extcap.captures; }>},
    OptionRow{"--fifo", "PATH", Group::kOutput, kExtcapForm, "write a pcapng file here",
              set_text<[](Draft& d) { return &output(d).path; }>},
    OptionRow{"--extcap-control-in", "PATH", Group::kInput, kExtcapForm, "what Wireshark's toolbar sends",
              set_text<[](Draft& d) { return &d.options.extcap.control_in; }>},
    OptionRow{"--extcap-control-out", "PATH", Group::kOutput, kExtcapForm, "what Wireshark's toolbar shows",
              set_text<[](Draft& d) { return &d.options.extcap.control_out; }>},
    OptionRow{"--tap", "TAP", Group::kInput, kExtcapForm, "where to capture; auto: by the kind of device",
              set_extcap_tap},
    OptionRow{"--snaplen", "BYTES", Group::kInput, kExtcapForm, "bytes to keep of each packet", set_snaplen},
    OptionRow{"--buffer", "KIB", Group::kInput, kExtcapForm, "total size of all ring buffers", set_buffer},
    OptionRow{"--slice", "LAYER", Group::kInput, kExtcapForm, "keep only headers: all, l2, l3 or l4", set_extcap_slice},

    OptionRow{"--nats", "URL", Group::kHosts, kServerForms,
              "the NATS servers, several with commas; tls:// for TLS",
              set_text<[](Draft& d) { return &d.options.servers.url; }>,
              [](const Options& o) { return o.servers.url; }},
    OptionRow{"--tls-ca", "FILE", Group::kHosts, kServerForms, "TLS, with servers that this authority vouches for (PEM)",
              set_text<[](Draft& d) { return &d.options.servers.authorities_file; }>},
    OptionRow{"--tls-cert", "FILE", Group::kHosts, kServerForms, "the certificate to show the servers (PEM)",
              set_text<[](Draft& d) { return &d.options.servers.certificate_file; }>},
    OptionRow{"--tls-key", "FILE", Group::kHosts, kServerForms, "the key of that certificate (PEM)",
              set_text<[](Draft& d) { return &d.options.servers.key_file; }>},
    OptionRow{"--nkey", "FILE", Group::kHosts, kServerForms, "the seed of the NKEY to log in with",
              set_text<[](Draft& d) { return &d.options.servers.seed_file; }>},
    OptionRow{"--host-id", "NAME", Group::kHosts, kAgentForm,
              "what this host is called; default its own name", set_text<[](Draft& d) { return &d.options.agent.host_id; }>},
    OptionRow{"--allow", "LIST", Group::kHosts, kAgentForm,
              "what may be asked for at most: taps=tc:xdp, pps=10000, snaplen=256, sessions=2, duration=10m; several "
              "with commas",
              [](Draft& d, const Given& given) {
                return store(parse_allow(given.name, given.value()), d.options.agent.limits);
              },
              [](const Options&) { return std::string("sessions=4,duration=1h"); }},
    OptionRow{"--queue", "SIZE", Group::kHosts, kAgentForm,
              "memory for packets that wait for the servers; when it is full, the newest are dropped and counted",
              set_queue, [](const Options&) { return std::string("64M"); }},
    OptionRow{"--spill", "DIR", Group::kHosts, kAgentForm,
              "a folder on whose disk packets wait that find no room in the queue",
              set_text<[](Draft& d) { return &d.options.agent.spill_folder; }>},
    OptionRow{"--spill-size", "SIZE", Group::kHosts, kAgentForm, "of that disk at most so much for each session",
              set_spill_size, [](const Options&) { return std::string("1G"); }},
    OptionRow{"--hosts", "PATTERN", Group::kHosts, kFleetForm, "the hosts to capture at, a pattern like that of a shell",
              set_text<[](Draft& d) { return &d.options.fleet.hosts; }>,
              [](const Options& o) { return o.fleet.hosts; }},
    OptionRow{"--require", "all|N", Group::kHosts, kFleetForm,
              "capture only if all of these hosts take part, or this many; default 1", set_require},
    OptionRow{"--window", "TIME", Group::kHosts, kFleetForm,
              "wait at most so long for a host that is behind; its packets are then left out as late; default as long "
              "as it takes",
              [](Draft& d, const Given& given) {
                return store(parse_duration(given.name, given.value()), d.options.fleet.window);
              }},

    OptionRow{"--strict-loss", nullptr, Group::kOther, static_cast<Form>(kRecordingForms | kFleetForm), "exit with code 3 if packets were lost",
              set_flag<[](Draft& d) { return &d.options.strict_loss; }>, nullptr, ActsOn::kCaptures},
    OptionRow{"-Z,--relinquish-privileges", "USER", Group::kOther, static_cast<Form>(kPacketForms | kFleetForm),
              "switch to this user once every tap is attached", set_text<[](Draft& d) { return &d.options.user; }>},
    OptionRow{"--sandbox", "on|off", Group::kOther, kAllForms,
              "off: keep the rights that reading, printing and writing packets does not need", set_sandbox,
              [](const Options& o) { return std::string(o.sandbox ? "on" : "off"); }},
    OptionRow{"--ready-file", "FILE", Group::kOther, kLiveForms, "create this file once every tap is attached",
              set_text<[](Draft& d) { return &d.options.ready_file; }>, nullptr, ActsOn::kCaptures},
};

}  // namespace

std::span<const OptionRow> option_table() {
  return kOptions;
}

}  // namespace ringtap
