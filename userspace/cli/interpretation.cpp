// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "cli/interpretation.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "cli/words.hpp"

namespace ringtap {
namespace {

std::string files_option(const Draft& draft) {
  return draft.list_path.empty() ? "-r" : "-V";
}

bool reads_files(const Draft& draft) {
  return !draft.options.read_paths.empty() || !draft.list_path.empty() || !draft.options.folder.empty();
}

Result<> interpret_files(Draft& draft) {
  Options& options = draft.options;
  if (!options.read_paths.empty() && !draft.list_path.empty()) return usage("-V and -r are mutually exclusive.");
  if (reads_files(draft) && !draft.for_captures.empty()) {
    Error error = usage(files_option(draft) + " cannot be used together with " + std::string(draft.for_captures));
    if (draft.for_captures != "--duration") return error;
    return std::move(error).hint("--from and --to select packets by their time");
  }
  if (!reads_files(draft) && !draft.for_files.empty()) {
    return usage(std::string(draft.for_files) + " selects packets of files: it needs -r or -V");
  }
  if (!options.capture.interfaces.empty() && reads_files(draft) && !draft.list_devices) {
    options.notes.push_back("-i is not used: the packets come from " + files_option(draft));
  }
  if (draft.list_path.empty()) return ok();
  auto names = read_names("-V", draft.list_path);
  if (!names) return names.take_error();
  options.read_paths = names.take();
  return ok();
}

Result<> interpret_expression(Draft& draft, const std::string& expression) {
  draft.options.filter.expression = expression;
  if (draft.expression_file.empty()) return ok();
  auto text = read_expression("-F", draft.expression_file);
  if (!text) return text.take_error();
  draft.options.filter.expression = text.take();
  return ok();
}

// Of a capture the taps of that direction, of files the packets that went that way.
Result<> interpret_direction(Draft& draft) {
  const std::string& direction = draft.direction;
  TapSet& taps = draft.options.capture.taps;
  if (direction.empty() || direction == "inout") return ok();
  if (direction != "in" && direction != "out") {
    return usage("-Q " + direction + ": not a direction").hint("in, out or inout");
  }
  if (reads_files(draft)) {
    draft.options.selection.direction = direction == "in" ? Direction::kIn : Direction::kOut;
    return ok();
  }
  taps.erase(direction == "in" ? kOutTaps : kInTaps);
  if (taps.empty()) {
    return usage("-Q " + direction + ": none of the chosen taps sees that direction").hint("--tap tc sees both");
  }
  return ok();
}

Result<> interpret_xdp(Draft& draft) {
  CaptureSettings& capture = draft.options.capture;
  const bool has_xdp = capture.taps.contains(Tap::kXdp);
  if (draft.xdp_mode && !has_xdp) return usage("--xdp-mode needs --tap xdp");
  if (capture.consume && !has_xdp) return usage("--consume needs --tap xdp: frames can be dropped only there");
  if (capture.consume_despite_address && !capture.consume) return usage("--force works only with --consume");
  capture.xdp_mode = draft.xdp_mode.value_or(capture.xdp_mode);
  return ok();
}

Result<> check_owners(const Options& options) {
  const CaptureSettings& capture = options.capture;
  TapSet knowing = kTcTaps;
  knowing.insert({Tap::kSocket, Tap::kDrop});
  if (capture.who && !capture.taps.contains_any(knowing)) {
    return usage("--who needs the tap tc, socket or drop: only there the socket of a packet is known");
  }
  TapSet others = capture.taps;
  others.erase(kTcTaps);
  if ((capture.of.selects() || !options.command.empty()) && !others.empty()) {
    return usage("packets of some processes can be chosen only at the tap tc");
  }
  return ok();
}

// A socket of ours in another namespace, and a program at its netfilter hooks, would keep it from ending.
Result<> check_namespaces(const CaptureSettings& capture) {
  if (!capture.looks_into_namespaces()) return ok();
  TapSet missing = kPacketTaps;
  missing.insert(Tap::kNetfilter);
  if (capture.taps.contains_any(missing)) {
    return usage("in other network namespaces there are the taps tc, xdp, stack, socket and drop")
        .hint("ip netns exec NAME ringtap captures inside one at every tap");
  }
  if (capture.consume) return usage("--consume works only in the network namespace that ringtap runs in");
  return ok();
}

// A program at the hooks of a namespace that was named keeps it until the comparison ends; a socket has no use there.
Result<> interpret_namespaces_of_comparison(const Draft& draft, Options& options) {
  CaptureSettings& capture = options.capture;
  if (!capture.looks_into_namespaces()) return ok();
  if (draft.taps && capture.taps.contains_any(kPacketTaps)) {
    return usage("in other network namespaces there are the taps xdp, stack, tc, netfilter, socket, drop and end")
        .hint("ip netns exec NAME ringtap compare is inside one, at every tap");
  }
  capture.taps.erase(kPacketTaps);
  if (!options.nft_rule) return ok();
  return usage("--nft-rule works only in the network namespace that ringtap runs in")
      .hint("ip netns exec NAME ringtap compare is inside one");
}

Result<> check_reduction(const Options& options) {
  const Reduction& reduction = options.capture.reduction;
  const bool leaves_out = reduction.slice_layer != 0 || reduction.sample != 0 || reduction.max_pps != 0;
  const TapSet taps = options.capture.taps;
  if (leaves_out && taps.contains_any(kHostTaps)) {
    return usage("--slice, --sample and --max-pps work only at the taps xdp, tc and packet");
  }
  if (reduction.max_pps != 0 && taps.contains_any(kPacketTaps)) {
    return usage("--max-pps works only at the taps xdp and tc");
  }
  return ok();
}

// A moment that depends on the first packet can only be compared with another of its kind.
Result<> check_selection(const FileSelection& selection) {
  if (!selection.from || !selection.to || selection.from->base != selection.to->base) return ok();
  const bool goes_back = selection.from->base == FileTime::Base::kBeforeNow;
  const auto [earlier, later] =
      goes_back ? std::pair(selection.to->ns, selection.from->ns) : std::pair(selection.from->ns, selection.to->ns);
  if (selection.from->base == FileTime::Base::kDay || earlier <= later) return ok();
  return usage("--to is earlier than --from: no packet is in between");
}

Result<> interpret_output(Draft& draft) {
  const CaptureSettings& capture = draft.options.capture;
  OutputOptions& output = draft.options.output;
  const Rotation& rotation = output.rotation;
  if (!rotation.rotates() && rotation.files > 0) return usage("-W needs -C or -G");
  if (output.sync && output.path.empty()) return usage("--sync needs -w");
  if (output.memory_fd >= 0 && (output.path != "-" || output.sync)) {
    return usage("--output-memory needs -w -, and works without --sync");
  }
  if (!rotation.rotates() && !output.rotate_command.empty()) return usage("-z needs -C or -G");
  if (rotation.rotates() && (output.path.empty() || output.path == "-")) {
    return usage("-C and -G need -w with the name of a file");
  }
  const bool json = !draft.options.text_style.json.fields.empty();
  if (output.path == "-" && (draft.print || json)) {
    return usage(std::string("-w - and ") + (json ? "--json" : "--print") + " cannot both use standard output");
  }
  output.print = (output.path.empty() || draft.print || json) && !output.count_only;

  const bool several =
      capture.interfaces.size() > 1 || family_count(capture.taps) > 1 || capture.looks_into_namespaces();
  const bool has_reasons = capture.taps.contains_any(kPcapngTaps) || capture.who;
  const bool needs_pcapng = output.path.ends_with(".pcapng") || several || has_reasons;
  output.format = draft.format.value_or(needs_pcapng ? FileFormat::kPcapng : FileFormat::kPcap);
  output.metrics.counts_drops = output.metrics.has_any() && capture.taps.contains(Tap::kDrop);
  output.format_follows_packets = !draft.format && output.format == FileFormat::kPcap && reads_files(draft);
  output.precision = draft.precision.value_or(draft.nano ? TimePrecision::kNanoseconds : TimePrecision::kMicroseconds);
  draft.options.text_style.nanoseconds = output.precision == TimePrecision::kNanoseconds;
  return ok();
}

// An object has what its fields say and no names of hosts.
Result<> interpret_json(Draft& draft) {
  if (draft.options.text_style.json.fields.empty()) return ok();
  if (draft.options.output.count_only)
    return usage("--count prints no packets: it cannot be used together with --json");
  if (draft.hex + draft.hex_ascii + draft.ascii > 0) {
    return usage("-x, -X and -A are for text: they cannot be used together with --json")
        .hint("--json=ringtap,packet has the bytes");
  }
  draft.options.text_style.dissect.no_names = 1;
  return ok();
}

// Of several dumps, tcpdump takes the first of these.
void interpret_dump(const Draft& draft, TextOptions& style) {
  const std::array<std::pair<int, DumpStyle>, 3> dumps = {
      {{draft.hex_ascii, DumpStyle::kHexAndAscii}, {draft.hex, DumpStyle::kHex}, {draft.ascii, DumpStyle::kAscii}}};
  for (const auto& [times, dump] : dumps) {
    if (times == 0) continue;
    style.dump = dump;
    style.dump_link_header = times > 1;
    style.dissect.suppress_dump = true;
    return;
  }
}

// The first of these that is asked for.
Action capture_action(const Draft& draft) {
  const Options& options = draft.options;
  if (!options.folder.empty()) return Action::kQuery;
  if (draft.list_link_types) return Action::kListLinkTypes;
  if (draft.list_devices) return Action::kListDevices;
  if (draft.list_time_stamp_types) return Action::kListTimeStampTypes;
  if (options.show_classic > 0 || options.show_ebpf) return Action::kShowFilter;
  return reads_files(draft) ? Action::kReadFile : Action::kCapture;
}

Result<Options> interpret_capture(Draft draft, const std::string& expression) {
  if (auto result = interpret_files(draft); !result) return result.take_error();
  Options& options = draft.options;
  options.capture.taps = draft.taps.value_or(options.capture.taps);
  // A filter of a socket may not take the lock that --max-pps needs, and does not know whose packet it is.
  options.capture.may_choose_taps = !draft.taps && options.capture.reduction.max_pps == 0 && !options.capture.who &&
                                    !options.capture.looks_into_namespaces() && options.capture.threads == 1;
  if (auto result = interpret_expression(draft, expression); !result) return result.take_error();
  if (auto result = interpret_direction(draft); !result) return result.take_error();
  if (auto result = check_reduction(options); !result) return result.take_error();
  if (reads_files(draft)) {
    options.selection.of = std::exchange(options.capture.of, {});
  } else {
    if (auto result = check_owners(options); !result) return result.take_error();
    if (auto result = check_namespaces(options.capture); !result) return result.take_error();
  }
  if (auto result = check_selection(options.selection); !result) return result.take_error();
  if (auto result = interpret_xdp(draft); !result) return result.take_error();
  if (auto result = interpret_output(draft); !result) return result.take_error();
  if (auto result = interpret_json(draft); !result) return result.take_error();
  interpret_dump(draft, options.text_style);
  options.action = capture_action(draft);
  if (options.output.file_per_thread && options.capture.threads == 1) return usage("--file-per-thread needs --threads");
  if (options.capture.threads > 1 && options.action == Action::kCapture) {
    if (auto result = check_threads(options); !result) return result.take_error();
  }
  return std::move(options);
}

Result<> check_events(const Draft& draft) {
  const EventSettings& event = draft.options.output.record.event;
  const bool has_trigger = !event.expression.empty() || !event.drop_reason.empty() || event.loss || event.pps;
  if (event.memory_bytes == 0 && (has_trigger || event.every_ns > 0)) {
    return usage("the options of --trigger need --memory, in which packets wait for the event");
  }
  const EventSettings usual;
  if (event.memory_bytes == 0 && (event.before_ns != usual.before_ns || event.after_ns != usual.after_ns)) {
    return usage("--before and --after are about events: they need --memory");
  }
  const TapSet taps = draft.taps.value_or(draft.options.capture.taps);
  if (!event.drop_reason.empty() && !taps.contains(Tap::kDrop) && draft.options.read_paths.empty()) {
    return usage("--trigger-drop needs the tap that sees drops").hint("--tap tc,drop");
  }
  return ok();
}

Result<Options> interpret_summary(Draft draft, Form form, const std::string& expression) {
  if (form == kDropsForm) {
    if (draft.options.capture.interfaces.empty() && !reads_files(draft)) draft.options.capture.interfaces = {"any"};
    draft.taps = TapSet{Tap::kDrop};
  }
  auto options = interpret_capture(std::move(draft), expression);
  if (options) options->output.print = false;
  return options;
}

Result<Options> interpret_doctor(Draft draft, const std::string& expression) {
  if (!expression.empty()) return usage("doctor takes no arguments");
  draft.options.action = Action::kDoctor;
  return std::move(draft.options);
}

Result<> check_servers(const Options& options) {
  const FleetConnection& servers = options.servers;
  if (servers.certificate_file.empty() == servers.key_file.empty()) return ok();
  return usage("--tls-cert and --tls-key go together");
}

Result<Options> interpret_agent(Draft draft, const std::string& expression) {
  if (!expression.empty()) return usage("agent takes no filter: who asks for packets gives it");
  if (auto checked = check_servers(draft.options); !checked) return checked.take_error();
  draft.options.action = Action::kAgent;
  return std::move(draft.options);
}

// A comparison of hosts: every tap, the bytes that tell packets apart, and what becomes of each unless that was chosen.
Result<> interpret_fleet_comparison(Draft& draft) {
  Options& options = draft.options;
  if (draft.options.output.count_only || options.limits.count || options.limits.skip > 0 || draft.print) {
    return usage("fleet compare prints no packets: -c, --skip, --count and --print are not for it");
  }
  if (options.output.path == "-") return usage("-w -: standard output is taken by the report");
  std::vector<std::string>& asked = options.fleet.capture_options;
  const auto has = [&](std::string_view name) {
    return std::any_of(asked.begin(), asked.end(), [&](const std::string& option) { return option.starts_with(name); });
  };
  // Whoever leaves out records cannot say that there was no packet.
  for (const char* const name : {"--slice", "--sample", "--max-pps", "--direction"}) {
    if (has(name)) return usage("fleet compare needs all records of a packet: " + std::string(name) + " is not for it");
  }
  const Options usual = default_options(kCompareForm);
  if (!draft.taps) {
    draft.taps = kCaptureTaps;
    std::string words;
    for (const TapTraits& traits : kTapTraits) {
      if (!kCaptureTaps.contains(traits.tap) || words.ends_with(traits.family)) continue;
      words.append(words.empty() ? "" : ",").append(traits.family);
    }
    asked.push_back("--tap=" + words);
  }
  if (!has("--snapshot-length")) asked.push_back("--snapshot-length=" + std::to_string(usual.capture.snaplen));
  if (!std::exchange(options.follow, true)) asked.push_back("--follow");
  options.compare.json = !options.text_style.json.fields.empty();
  options.compare.show_time = options.text_style.time != TimeStyle::kNone;
  options.compare.verbosity = options.text_style.dissect.verbosity;
  return ok();
}

// "capture EXPR", "stop SESSION": the first word has been taken for the folder.
Result<Options> interpret_fleet(Draft draft, const std::string& words) {
  const std::string verb = std::exchange(draft.options.folder, {});
  auto chosen = choose<FleetVerb>("fleet", verb.empty() ? "(nothing)" : verb,
                                  {{"status", FleetVerb::kStatus},
                                   {"capture", FleetVerb::kCapture},
                                   {"compare", FleetVerb::kCompare},
                                   {"start", FleetVerb::kStart},
                                   {"stop", FleetVerb::kStop},
                                   {"collect", FleetVerb::kCollect},
                                   {"key", FleetVerb::kKey}});
  if (!chosen) return chosen.take_error();
  if (auto checked = check_servers(draft.options); !checked) return checked.take_error();
  const bool of_session = *chosen == FleetVerb::kStop || *chosen == FleetVerb::kCollect;
  if (*chosen == FleetVerb::kStatus && !words.empty()) return usage("fleet status takes no filter");
  if (of_session && (words.empty() || words.find(' ') != std::string::npos)) {
    return usage("fleet " + verb + " needs a session, as fleet start has printed it");
  }
  draft.options.fleet.verb = *chosen;
  if (*chosen == FleetVerb::kKey) {
    if (words.empty()) return usage("fleet key needs the name of the file that is to hold the seed");
    draft.options.fleet.key_file = words;
    draft.options.action = Action::kFleet;
    return std::move(draft.options);
  }
  if (of_session) draft.options.fleet.session = words;
  if (*chosen == FleetVerb::kCompare) {
    if (auto compared = interpret_fleet_comparison(draft); !compared) return compared.take_error();
  } else if (draft.options.compare.each) {
    return usage("--each is for fleet compare");
  }
  if (!draft.format) draft.format = FileFormat::kPcapng;
  auto options = interpret_capture(std::move(draft), of_session ? "" : words);
  if (options) options->action = Action::kFleet;
  return options;
}

Result<Options> interpret_trigger(Draft draft, const std::string& expression) {
  if (draft.options.folder.empty()) return usage("trigger needs the folder of a recorder: ringtap trigger DIR");
  if (!expression.empty()) return usage("trigger takes a folder and nothing else, not '" + expression + "'");
  draft.options.action = Action::kTrigger;
  return std::move(draft.options);
}

Result<Options> interpret_record(Draft draft, const std::string& expression) {
  const RecordSettings& record = draft.options.output.record;
  if (record.folder.empty()) return usage("record needs -d, the folder to record into");
  const KeepLimits& keep = record.keep;
  // One is written while another is complete.
  if (keep.bytes > 0 && keep.bytes / 2 < record.segment_bytes) {
    return usage("--keep: less than two segments of --segment; at least one has to be complete when another is begun")
        .hint("a larger --keep, or a smaller --segment, which is " + std::to_string(record.segment_bytes >> 20) +
              " MiB");
  }
  if (keep.age_ns > 0 && keep.age_ns / 2 < record.segment_ns) {
    return usage("--keep: less than two segments of --segment; at least one has to be complete when another is begun")
        .hint("a larger --keep, or a smaller --segment, which is " + std::to_string(record.segment_ns / 1'000'000'000) +
              " s");
  }
  if (record.compressors > 1 && !record.zstd_level) return usage("--threads compress: they need --compress");
  if (auto checked = check_events(draft); !checked) return checked.take_error();
  auto options = interpret_capture(std::move(draft), expression);
  if (!options) return options;
  options->output.format = FileFormat::kPcapng;
  options->output.format_follows_packets = false;
  options->output.print = false;
  return options;
}

Result<Options> interpret_query(Draft draft, const std::string& expression) {
  if (draft.options.folder.empty()) return usage("query needs the folder to look in");
  return interpret_capture(std::move(draft), expression);
}

// "ringtap:eth0", "ringtap:eth0:xdp", "ringtap:drops", "ringtap:any": no name of a device has a colon.
Result<> interpret_extcap_interface(Draft& draft) {
  const std::string& listed = draft.options.extcap.interface;
  constexpr std::string_view kStart = "ringtap:";
  if (!listed.starts_with(kStart)) return usage("--extcap-interface " + listed + ": not an interface of ringtap");
  const std::string name = listed.substr(kStart.size());
  const std::size_t colon = name.find(':');
  draft.options.capture.interfaces = {name.substr(0, colon)};
  if (name == "drops") {
    draft.options.capture.interfaces = {"any"};
    draft.taps = TapSet{Tap::kDrop};
  } else if (colon != std::string::npos) {
    if (name.substr(colon) != ":xdp") return usage("--extcap-interface " + listed + ": not an interface of ringtap");
    draft.taps = TapSet{Tap::kXdp};
  }
  return ok();
}

Result<Options> interpret_extcap(Draft draft, const std::string& expression) {
  using Question = ExtcapOptions::Question;
  ExtcapOptions& extcap = draft.options.extcap;
  if (!expression.empty()) return usage("a filter for Wireshark is given with --extcap-capture-filter");
  if (extcap.question != Question::kInterfaces) {
    if (auto known = interpret_extcap_interface(draft); !known) return known.take_error();
  }
  const std::string filter = draft.options.filter.expression;
  const bool captures = extcap.captures && extcap.question == Question::kNone;
  if (captures && draft.options.output.path.empty()) return usage("--capture needs --fifo, where the packets go");
  if (!captures && extcap.question == Question::kNone) extcap.question = Question::kFilterCheck;
  if (!captures) draft.options.output.path.clear();
  draft.format = FileFormat::kPcapng;
  auto options = interpret_capture(std::move(draft), filter);
  if (options && !captures) options->action = Action::kExtcap;
  return options;
}

Result<Options> interpret_compare(Draft draft, const std::string& expression) {
  if (auto result = interpret_files(draft); !result) return result.take_error();
  Options& options = draft.options;
  options.action = options.read_paths.empty() ? Action::kCompareLive : Action::kCompareFile;
  options.capture.may_choose_taps = false;
  options.capture.taps = draft.taps.value_or(options.capture.taps);
  for (const auto& [name, path] :
       {std::pair("-w", &options.output.path), std::pair("--html", &options.output.html_path)}) {
    if (*path == "-") return usage(std::string(name) + " -: standard output is taken by the report");
  }
  if (!options.output.path.empty() && options.output.path == options.output.html_path) {
    return usage("-w and --html " + options.output.path + ": one file cannot be both");
  }
  if (auto result = interpret_namespaces_of_comparison(draft, options); !result) return result.take_error();
  if (auto result = interpret_expression(draft, expression); !result) return result.take_error();
  return std::move(options);
}

}  // namespace

Result<> check_threads(const Options& options) {
  const CaptureSettings& capture = options.capture;
  const OutputOptions& output = options.output;
  if (output.path.empty()) return usage("--threads needs -w");
  if (output.file_per_thread && output.path == "-") return usage("--file-per-thread needs -w with the name of a file");
  const std::array<std::pair<bool, const char*>, 7> others = {
      {{output.print, "--print and --json"},
       {output.count_only, "--count"},
       {options.limits.count || options.limits.skip > 0, "-c and --skip"},
       {options.gate, "--gate"},
       {options.follow, "--follow"},
       {output.memory_fd >= 0, "--output-memory"},
       {capture.who, "--who"}}};
  for (const auto& [given, name] : others) {
    if (given) return usage("--threads cannot be used together with " + std::string(name));
  }
  TapSet missing = capture.taps;
  missing.erase(kTcTaps);
  missing.erase({Tap::kXdp});
  return missing.empty() ? ok() : usage("--threads works at the taps tc and xdp");
}

Result<Options> interpret(Draft draft, Form form, const std::string& expression) {
  if (form == kCompareForm) return interpret_compare(std::move(draft), expression);
  if (form == kTriggerForm) return interpret_trigger(std::move(draft), expression);
  if (form == kRecordForm) return interpret_record(std::move(draft), expression);
  if (form == kAgentForm) return interpret_agent(std::move(draft), expression);
  if (form == kFleetForm) return interpret_fleet(std::move(draft), expression);
  if (form == kDoctorForm) return interpret_doctor(std::move(draft), expression);
  if ((form & kSummaryForms) != 0) return interpret_summary(std::move(draft), form, expression);
  if (form == kExtcapForm) return interpret_extcap(std::move(draft), expression);
  if (form == kQueryForm) return interpret_query(std::move(draft), expression);
  return interpret_capture(std::move(draft), expression);
}

}  // namespace ringtap
