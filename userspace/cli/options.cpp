// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "cli/options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iostream>
#include <limits>
#include <string_view>

#include "dissect/options.hpp"
#include "ringtap/version.hpp"

namespace ringtap {
namespace {

Error usage(std::string text) {
  return Error(std::move(text), ErrorKind::kUsage).hint("ringtap -h shows the options, man ringtap explains them");
}

Result<std::uint64_t> parse_number(std::string_view option, const std::string& text, std::uint64_t least,
                                   std::uint64_t most) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || rest != end || value < least || value > most) {
    return usage(std::string(option) + " " + text + ": not a number from " + std::to_string(least) + " to " +
                 std::to_string(most));
  }
  return value;
}

Result<std::chrono::nanoseconds> parse_duration(const std::string& option, const std::string& text) {
  static constexpr std::array<std::pair<std::string_view, double>, 6> kUnits = {
      {{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"", 1e9}}};
  for (const auto& [unit, nanoseconds] : kUnits) {
    if (!text.ends_with(unit)) continue;
    double value = 0;
    const char* end = text.data() + text.size() - unit.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || rest != end || !(value > 0) || value * nanoseconds > 9e18) break;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(value * nanoseconds));
  }
  return usage(option + " " + text + ": not a time").hint("a number and us, ms, s, m or h: 500ms, 5s, 2m");
}

Result<TapSet> parse_taps(const std::string& list, TapSet known) {
  TapSet taps;
  std::string_view rest = list;
  for (bool more = true; more;) {
    const auto comma = rest.find(',');
    const std::string_view word = rest.substr(0, comma);
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
    const TapSet found = taps_of_word(word, known);
    if (found.empty()) {
      return usage("--tap " + list + ": there is no tap '" + std::string(word) + "'").hint(tap_words(known));
    }
    taps.insert(found);
  }
  return taps;
}

Result<> apply_direction(const std::string& direction, Options& options) {
  if (direction.empty() || direction == "inout") return ok();
  if (direction != "in" && direction != "out")
    return usage("-Q " + direction + ": not a direction").hint("in, out, inout");
  options.capture.taps.erase(direction == "in" ? kOutTaps : kInTaps);
  if (options.capture.taps.empty()) {
    return usage("-Q " + direction + ": none of the chosen taps sees that direction").hint("--tap tc sees both");
  }
  return ok();
}

// -F: as in tcpdump, line ends are blanks and '#' starts a comment.
Result<std::string> read_text(const std::string& path) {
  std::ifstream file(path);
  if (!file) return usage("-F " + path + ": " + std::generic_category().message(errno));
  std::string text;
  for (std::string line; std::getline(file, line);) text += line.substr(0, line.find('#')) + " ";
  return text;
}

// -V: a name a line, of standard input for "-"; empty lines are passed over.
Result<std::vector<std::string>> read_names(const std::string& path) {
  std::ifstream file;
  if (path != "-") file.open(path);
  if (!file) return usage("-V " + path + ": " + std::generic_category().message(errno));
  std::istream& lines = path == "-" ? std::cin : file;
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) names.push_back(std::move(line));
  }
  if (lines.bad()) return usage("-V " + path + ": " + std::generic_category().message(errno));
  if (names.empty()) return usage("-V " + path + ": there is no name in it").hint("names of capture files, one a line");
  return names;
}

template <class T>
Result<T> choose(std::string_view option, const std::string& word,
                 std::initializer_list<std::pair<const char*, T>> choices) {
  std::string names;
  for (const auto& [name, value] : choices) {
    if (word == name) return value;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  return usage(std::string(option) + " " + word + ": unknown").hint(names);
}

// tcpdump has these and they mean nothing here yet; none of the letters is given another meaning.
constexpr std::array<std::pair<const char*, const char*>, 9> kRefused = {{
    {"-E", "decrypting IPsec is not supported"},
    {"-M", "checking TCP-MD5 signatures is not supported"},
    {"-m", "SMI modules are not supported"},
    {"-H", "802.11s mesh headers are not supported"},
    {"-I,--monitor-mode", "monitor mode is not supported"},
    {"-u", "undecoded NFS handles are not supported"},
    {"-f", "foreign addresses: use -n"},
    {"-j,--time-stamp-type", "records are stamped by the kernel's monotonic clock; there is no choice"},
    {"-J,--list-time-stamp-types", "records are stamped by the kernel's monotonic clock; there is no choice"},
}};

struct Raw {
  std::vector<std::string> expression;
  std::string slice, sample, max_pps, time_batch;
  std::string tap, xdp_mode, direction, snaplen, buffer, count, duration, format, precision;
  int no_names = 0, verbosity = 0, time = 0, hex = 0, hex_ascii = 0, ascii = 0;
  bool no_promiscuous = false, print = false, micro = false, nano = false, list_devices = false,
       list_link_types = false;
  bool immediate = false;
  bool no_optimiser = false;
  std::string read_path, list_path;
  std::string rotate_bytes, rotate_seconds, rotate_files;
  std::string expression_file;
  std::string forced_type;
  std::string refused;
};

void declare(CLI::App& app, Options& options, Raw& raw) {
  app.option_defaults()->always_capture_default(false);

  const auto one = [](CLI::Option* option) { return option->allow_extra_args(false); };
  // Given twice, the last one counts, as with getopt(3): aliases depend on it.
  const auto option = [&app](const char* names, std::string& value, const char* help) {
    return app.add_option(names, value, help)->take_last();
  };
  const std::string what = "What to capture";
  one(app.add_option("-i,--interface", options.capture.interfaces,
                     "interface: name, number of -D, or any; may be repeated"))
      ->type_name("IF")
      ->group(what);
  option("--tap", raw.tap,
         "where in the kernel: tc (default), tc-in, tc-out, xdp, packet, stack, netfilter, socket, drop; several with "
         "commas")
      ->type_name("LIST")
      ->group(what);
  option("--xdp-mode", raw.xdp_mode, "how XDP attaches: auto (default), native, generic")
      ->type_name("MODE")
      ->group(what);
  app.add_flag("--consume", options.capture.consume,
               "captured frames end at the XDP tap: for mirror ports, not for an interface with an address")
      ->group(what);
  app.add_flag("--force", options.capture.consume_despite_address, "--consume on an interface with an address, too")
      ->group(what);
  option("-Q,--direction", raw.direction, "in, out or inout (default)")->type_name("DIR")->group(what);
  option("-s,--snapshot-length", raw.snaplen, "bytes kept of a packet; default 256, 0 is 262144")
      ->type_name("BYTES")
      ->group(what);
  option("-B,--buffer-size", raw.buffer, "size of all rings together, in KiB; default 65536")
      ->type_name("KIB")
      ->group(what);
  option("--slice", raw.slice, "keep the headers up to layer l2, l3 or l4 and N bytes behind them: l4+20")
      ->type_name("LAYER[+N]")
      ->group(what);
  option("--sample", raw.sample, "capture one of N flows, both directions of it: 1/N")->type_name("1/N")->group(what);
  option("--max-pps", raw.max_pps, "capture at most so many packets a second")->type_name("N")->group(what);
  option("--time-batch", raw.time_batch, "let received packets share a reading of the clock not older than this: 10us")
      ->type_name("TIME")
      ->group(what);
  app.add_flag("-p,--no-promiscuous-mode", raw.no_promiscuous, "leave the interface's mode as it is")->group(what);
  option("-r", raw.read_path, "read a pcap or pcapng file instead, - is standard input")
      ->type_name("FILE")
      ->group(what);
  option("-V", raw.list_path, "read the files named in a file, one a line, in that order; - is standard input")
      ->type_name("FILE")
      ->group(what);
  app.add_flag("-D,--list-interfaces", raw.list_devices, "list the interfaces and exit")->group(what);
  app.add_flag("-L,--list-data-link-types", raw.list_link_types, "list the link types of the interfaces and exit")
      ->group(what);

  option("-y,--linktype", options.link_type,
         "the link type that the interfaces must have; with -d alone, that to compile for")
      ->type_name("TYPE")
      ->group(what);

  const std::string filter = "Which packets";
  app.add_option("expression", raw.expression, "filter, see pcap-filter(7)")->type_name("");
  option("-F", raw.expression_file, "read the filter from a file; words here are not used then")
      ->type_name("FILE")
      ->group(filter);
  app.add_flag("--any-vlan", options.filter.any_vlan, "match behind one to four VLAN tags, too")->group(filter);
  app.add_flag("-O,--no-optimize", raw.no_optimiser, "without libpcap's optimiser")->group(filter);
  app.add_flag("-d", options.show_classic, "show the filter as classic BPF and exit; -dd as C, -ddd as numbers")
      ->group(filter);
  app.add_flag("--dump-ebpf", options.show_ebpf, "show the filter as the eBPF it becomes and exit")->group(filter);

  const std::string when = "When to end";
  option("-c", raw.count, "after this many packets")->type_name("COUNT")->group(when);
  option("--duration", raw.duration, "after this time: 500ms, 5s, 2m, 1h")->type_name("TIME")->group(when);

  const std::string where = "Where it goes";
  option("-w", options.output.path, "write a file instead of text, - is standard output")
      ->type_name("FILE")
      ->group(where);
  option("-C", raw.rotate_bytes,
         "go on in another file when this one is larger: MB, or a number and k, m, g for KiB, …")
      ->type_name("SIZE")
      ->group(where);
  option("-G", raw.rotate_seconds, "go on in another file after so long; its name is a pattern of strftime(3)")
      ->type_name("SECONDS")
      ->group(where);
  option("-W", raw.rotate_files, "with -C: keep so many files; with -G: end after so many")
      ->type_name("COUNT")
      ->group(where);
  option("-z", options.output.rotate_command, "run this command on each file that another one follows")
      ->type_name("COMMAND")
      ->group(where);
  option("--format", raw.format, "pcap or pcapng; else by the file's name, and pcapng for several interfaces or taps")
      ->type_name("FORMAT")
      ->group(where);
  app.add_flag("--print", raw.print, "text as well as -w")->group(where);
  app.add_flag("--count", options.output.count_only, "only the number of packets")->group(where);
  app.add_flag("-U,--packet-buffered", options.output.flush_each_record, "write each packet to the file at once")
      ->group(where);
  app.add_flag("-l", options.text_style.line_buffered, "write each line at once")->group(where);
  app.add_flag("--immediate-mode", raw.immediate, "accepted; packets are never held back")->group(where);
  option("--time-stamp-precision", raw.precision, "micro (default) or nano, in text and pcap files")
      ->type_name("PREC")
      ->group(where);
  app.add_flag("--micro", raw.micro, "microseconds")->group(where);
  app.add_flag("--nano", raw.nano, "nanoseconds")->group(where);

  const std::string how = "How the text looks";
  app.add_flag("-n", raw.no_names, "numbers instead of names")->group(how);
  app.add_flag("-N", options.text_style.dissect.no_domain, "host names without their domain")->group(how);
  app.add_flag("-t", raw.time, "time: -t none, -tt epoch, -ttt since the last, -tttt date, -ttttt since the first")
      ->group(how);
  app.add_flag("-e", options.text_style.dissect.link_header, "with the link-layer header")->group(how);
  app.add_flag("-v,--verbose", raw.verbosity, "more; up to three times. At the end, the books of every tap")
      ->group(how);
  app.add_flag("-q", options.text_style.dissect.quiet, "less")->group(how);
  app.add_flag("-S,--absolute-tcp-sequence-numbers", options.text_style.dissect.absolute_seq,
               "absolute TCP sequence numbers")
      ->group(how);
  app.add_flag("-K,--dont-verify-checksums", options.text_style.dissect.no_checksums, "do not verify checksums")
      ->group(how);
  app.add_flag("--compat", options.text_style.dissect.compat,
               "tcpdump 4.99.3's lines also where newer networks need others")
      ->group(how);
  app.add_flag("-x", raw.hex, "bytes in hex; -xx with the link header")->group(how);
  app.add_flag("-X", raw.hex_ascii, "bytes in hex and ASCII; -XX with the link header")->group(how);
  app.add_flag("-A", raw.ascii, "bytes in ASCII; -AA with the link header")->group(how);
  app.add_flag("-b", options.text_style.dissect.as_dot, "AS numbers of BGP as 1.2 (asdot)")->group(how);
  option("-T", raw.forced_type, "payloads of UDP and TCP are of this type: domain, radius, snmp, tftp, vxlan, …")
      ->type_name("TYPE")
      ->group(how);
  app.add_flag("-#,--number", options.text_style.number, "number the packets")->group(how);

  const std::string other = "Other";
  app.add_flag("--strict-loss", options.strict_loss, "exit with 3 if anything was lost")->group(other);
  option("-Z,--relinquish-privileges", options.user, "be this user once every tap is attached")
      ->type_name("USER")
      ->group(other);
  option("--ready-file", options.ready_file, "made once every tap is attached")->type_name("FILE")->group(other);

  for (const auto& [name, reason] : kRefused) {
    app.add_flag_callback(name,
                          [&raw, name = name, reason = reason] {
                            if (raw.refused.empty()) raw.refused = std::string(name).substr(0, 2) + ": " + reason;
                          })
        ->group("");
  }
}

// A comparison writes one file, and only beside its answer; it needs what root may do until its end.
constexpr std::array<std::pair<const char*, const char*>, 6> kNotForOneFile = {
    {{"-C", "not for compare, which writes one file"},
     {"-G", "not for compare, which writes one file"},
     {"-W", "not for compare, which writes one file"},
     {"-z", "not for compare, which writes one file"},
     {"-Z", "not for compare, which asks the kernel until its end"},
     {"-y", "not for compare, which takes every interface as it is"}}};

// What has no meaning where packets are not printed: all of tcpdump's other options, refused by name.
constexpr std::array kNotOfCompare = {"-A", "-b", "-T",          "-e",       "-K",        "-l",      "-L",     "-N",
                                      "-q", "-Q", "-S",          "-U",       "-x",        "-X",      "-#",     "-D",
                                      "-d", "-F", "--dump-ebpf", "--format", "--consume", "--count", "--print"};

void declare_compare(CLI::App& app, Options& options, Raw& raw) {
  app.option_defaults()->always_capture_default(false);
  const auto option = [&app](const char* names, std::string& value, const char* help) {
    return app.add_option(names, value, help)->take_last();
  };
  const std::string what = "What to compare";
  app.add_option("-i,--interface", options.capture.interfaces, "interface: name or number of -D; may be repeated")
      ->allow_extra_args(false)
      ->type_name("IF")
      ->group(what);
  option("--tap", raw.tap, "xdp, packet, stack, tc, netfilter, socket, drop, end; several with commas, default all")
      ->type_name("LIST")
      ->group(what);
  option("-s,--snapshot-length", raw.snaplen, "bytes kept of a packet; 0 is the default, 262144")
      ->type_name("BYTES")
      ->group(what);
  option("-B,--buffer-size", raw.buffer, "size of all rings together, in KiB; default 65536")
      ->type_name("KIB")
      ->group(what);
  app.add_flag("-p,--no-promiscuous-mode", raw.no_promiscuous, "leave the interface's mode as it is")->group(what);
  option("-r", raw.read_path, "read a pcapng file of ringtap's instead, - is standard input")
      ->type_name("FILE")
      ->group(what);
  option("-V", raw.list_path, "read the files named in a file, one a line, in that order")
      ->type_name("FILE")
      ->group(what);
  app.add_flag("--nft-rule", options.nft_rule, "name the nftables rule that dropped a packet")->group(what);

  const std::string filter = "Which packets";
  app.add_option("expression", raw.expression, "filter, see pcap-filter(7)")->type_name("");
  app.add_flag("--any-vlan", options.filter.any_vlan, "match behind one to four VLAN tags, too")->group(filter);
  app.add_flag("-O,--no-optimize", raw.no_optimiser, "without libpcap's optimiser")->group(filter);

  const std::string when = "When to end";
  option("-c", raw.count, "after this many packets")->type_name("COUNT")->group(when);
  option("--duration", raw.duration, "after this time: 500ms, 5s, 2m, 1h")->type_name("TIME")->group(when);

  const std::string where = "What comes out";
  app.add_flag("--each", options.compare.each, "a line for each packet, too: when it was at each tap, and its fate")
      ->group(where);
  app.add_flag("--json", options.compare.json, "one JSON object a line instead of tables")->group(where);
  option("-w", options.output.path, "write all records to a pcapng file as well")->type_name("FILE")->group(where);
  app.add_flag("-n", raw.no_names, "accepted; numbers are never replaced by names")->group(where);
  app.add_flag("-t", raw.time, "no time of day with --each")->group(where);
  app.add_flag("-v,--verbose", raw.verbosity, "also what could not be tied, and the books of every tap")->group(where);
  option("--ready-file", options.ready_file, "made once every tap is attached")->type_name("FILE")->group(where);

  const auto refuse = [&app, &raw](const std::string& name, const std::string& reason) {
    app.add_flag_callback(name,
                          [&raw, name, reason] {
                            if (raw.refused.empty()) raw.refused = name.substr(0, name.find(',')) + ": " + reason;
                          })
        ->group("");
  };
  for (const auto& [name, reason] : kRefused) refuse(name, reason);
  for (const auto& [name, reason] : kNotForOneFile) refuse(name, reason);
  for (const char* name : kNotOfCompare) refuse(name, "not for compare, which counts packets and does not print them");
}

Result<> interpret_numbers(Options& options, const Raw& raw) {
  options.capture.snaplen = kMaxSnaplen;
  if (!raw.snaplen.empty()) {
    auto snaplen = parse_number("-s", raw.snaplen, 0, kMaxSnaplen);
    if (!snaplen) return snaplen.take_error();
    if (*snaplen != 0) options.capture.snaplen = static_cast<std::uint32_t>(*snaplen);
  }
  if (!raw.buffer.empty()) {
    auto kib = parse_number("-B", raw.buffer, 1, std::uint64_t{1} << 32);
    if (!kib) return kib.take_error();
    options.capture.buffer_bytes = *kib * 1024;
  }
  if (!raw.count.empty()) {
    auto count = parse_number("-c", raw.count, 1, std::numeric_limits<std::uint64_t>::max());
    if (!count) return count.take_error();
    options.limits.count = *count;
  }
  if (!raw.duration.empty()) {
    auto duration = parse_duration("--duration", raw.duration);
    if (!duration) return duration.take_error();
    options.limits.duration = *duration;
  }
  options.capture.promiscuous = !raw.no_promiscuous;
  return ok();
}

// tcpdump counts in millions of bytes; its units are those of its versions from 5 on.
Result<std::uint64_t> parse_file_size(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> kUnits = {{{"kK", std::uint64_t{1} << 10},
                                                                                 {"mM", std::uint64_t{1} << 20},
                                                                                 {"gG", std::uint64_t{1} << 30},
                                                                                 {"", 1'000'000}}};
  for (const auto& [letters, bytes] : kUnits) {
    const bool named = !letters.empty();
    if (named && letters.find(text.back()) == std::string_view::npos) continue;
    auto number =
        parse_number("-C", text.substr(0, text.size() - (named ? 1 : 0)), 1, (std::uint64_t{1} << 62) / bytes);
    if (!number) break;
    return *number * bytes;
  }
  return usage("-C " + text + ": not a size").hint("millions of bytes, or a number and k, m or g: 100, 64m, 1g");
}

Result<> interpret_rotation(Options& options, const Raw& raw) {
  if (!raw.rotate_bytes.empty()) {
    auto bytes = parse_file_size(raw.rotate_bytes);
    if (!bytes) return bytes.take_error();
    options.output.rotation.bytes = *bytes;
  }
  constexpr std::uint64_t kMost = std::numeric_limits<std::int32_t>::max();
  if (!raw.rotate_seconds.empty()) {
    auto seconds = parse_number("-G", raw.rotate_seconds, 1, kMost);
    if (!seconds) return seconds.take_error();
    options.output.rotation.seconds = *seconds;
  }
  if (!raw.rotate_files.empty()) {
    auto files = parse_number("-W", raw.rotate_files, 1, kMost);
    if (!files) return files.take_error();
    options.output.rotation.files = *files;
  }
  const bool rotates = options.output.rotation.bytes > 0 || options.output.rotation.seconds > 0;
  if (!rotates && (options.output.rotation.files > 0 || !options.output.rotate_command.empty())) {
    return usage(options.output.rotation.files > 0 ? "-W goes with -C or -G" : "-z goes with -C or -G");
  }
  if (rotates && (options.output.path.empty() || options.output.path == "-")) {
    return usage("-C and -G go with -w and the name of a file");
  }
  return ok();
}

const char* files_option(const Raw& raw) {
  return raw.list_path.empty() ? "-r" : "-V";
}

Result<> interpret_files(Options& options, const Raw& raw) {
  if (raw.read_path.empty() && raw.list_path.empty()) return ok();
  if (!raw.read_path.empty() && !raw.list_path.empty()) return usage("-V and -r are mutually exclusive.");
  if (!options.capture.interfaces.empty())
    return usage(std::string(files_option(raw)) + " does not go together with -i");
  if (!raw.read_path.empty()) {
    options.read_paths = {raw.read_path};
    return ok();
  }
  auto names = read_names(raw.list_path);
  if (!names) return names.take_error();
  options.read_paths = names.take();
  return ok();
}

Result<> interpret_expression(Options& options, const Raw& raw) {
  options.filter.optimise = !raw.no_optimiser;
  for (const std::string& word : raw.expression)
    options.filter.expression += (options.filter.expression.empty() ? "" : " ") + word;
  if (raw.expression_file.empty()) return ok();
  auto text = read_text(raw.expression_file);
  if (!text) return text.take_error();
  options.filter.expression = text.take();
  return ok();
}

Result<> parse_slice(const std::string& text, Options& options) {
  constexpr std::array<std::pair<std::string_view, int>, 3> kLayers = {{{"l2", 2}, {"l3", 3}, {"l4", 4}}};
  const auto wrong = [&] {
    return usage("--slice " + text + ": not a layer").hint("l2, l3 or l4, and with +N so many bytes behind it: l4+20");
  };
  const std::size_t plus = text.find('+');
  for (const auto& [name, number] : kLayers) {
    if (text.substr(0, plus) == name) options.capture.reduction.slice_layer = number;
  }
  if (options.capture.reduction.slice_layer == 0) return wrong();
  if (plus == std::string::npos) return ok();
  auto more = parse_number("--slice", text.substr(plus + 1), 0, kMaxSnaplen);
  if (!more) return wrong();
  options.capture.reduction.slice_more = static_cast<std::uint32_t>(*more);
  return ok();
}

Result<> parse_sample(const std::string& text, Options& options) {
  constexpr std::string_view kOneOf = "1/";
  auto flows = parse_number("--sample", text.substr(std::min(text.size(), kOneOf.size())), 1, std::uint64_t{1} << 31);
  if (!text.starts_with(kOneOf) || !flows) {
    return usage("--sample " + text + ": not a share").hint("one of N flows: 1/N, with N from 1 to 2147483648");
  }
  options.capture.reduction.sample = static_cast<std::uint32_t>(*flows);
  return ok();
}

// Below the one nothing would be shared; above the other records of several CPUs could no longer be put in order.
constexpr std::chrono::microseconds kLeastTimeBatch{1};
constexpr std::chrono::microseconds kMostTimeBatch{500};

// What is left out on purpose, and how exact times are.
Result<> apply_reduction(const Raw& raw, Options& options) {
  const bool wanted = !raw.slice.empty() || !raw.sample.empty() || !raw.max_pps.empty() || !raw.time_batch.empty();
  if (wanted && options.action == Action::kReadFile) {
    return usage("--slice, --sample, --max-pps and --time-batch are for captures, not for files");
  }
  const bool leaves_out = !raw.slice.empty() || !raw.sample.empty() || !raw.max_pps.empty();
  if (leaves_out && (options.capture.taps.contains_any(kHostTaps) || options.capture.taps.contains_any(kPacketTaps))) {
    return usage("--slice, --sample and --max-pps work at the taps xdp, tc, tc-in and tc-out alone");
  }
  if (!raw.slice.empty()) {
    if (auto result = parse_slice(raw.slice, options); !result) return result;
  }
  if (!raw.sample.empty()) {
    if (auto result = parse_sample(raw.sample, options); !result) return result;
  }
  if (!raw.max_pps.empty()) {
    auto max_pps = parse_number("--max-pps", raw.max_pps, 1, 1'000'000'000);
    if (!max_pps) return max_pps.take_error();
    options.capture.reduction.max_pps = *max_pps;
  }
  if (!raw.time_batch.empty()) {
    auto time = parse_duration("--time-batch", raw.time_batch);
    if (!time) return time.take_error();
    if (*time < kLeastTimeBatch || *time > kMostTimeBatch) {
      return usage("--time-batch " + raw.time_batch + ": not from 1us to 500us");
    }
    options.capture.reduction.time_batch = *time;
  }
  return ok();
}

// -T: an unknown name in tcpdump's words and with its exit code, a printer that is missing as what it is.
Result<const ForcedType*> forced_type(const std::string& name) {
  const ForcedType* type = find_forced_type(name);
  if (type == nullptr) return Error("unknown packet type `" + name + "'");
  if (!has_printer(*type)) return usage("-T " + name + ": ringtap has no printer for it yet");
  return type;
}

Result<Options> interpret(Options options, const Raw& raw) {
  if (!raw.refused.empty()) return usage(raw.refused);
  if (raw.list_devices) options.action = Action::kListDevices;
  if (raw.list_link_types) options.action = Action::kListLinkTypes;
  if (auto result = interpret_files(options, raw); !result) return result.take_error();
  if (!options.read_paths.empty()) {
    options.action = Action::kReadFile;
    if (!raw.tap.empty()) return usage(std::string(files_option(raw)) + " does not go together with --tap");
  }

  if (!raw.tap.empty()) {
    auto taps = parse_taps(raw.tap, kCaptureTaps);
    if (!taps) return taps.take_error();
    options.capture.taps = *taps;
  }
  if (auto result = apply_direction(raw.direction, options); !result) return result.take_error();
  if (!raw.xdp_mode.empty()) {
    auto mode =
        choose<XdpMode>("--xdp-mode", raw.xdp_mode,
                        {{"auto", XdpMode::kAuto}, {"native", XdpMode::kNative}, {"generic", XdpMode::kGeneric}});
    if (!mode) return mode.take_error();
    if (!options.capture.taps.contains(Tap::kXdp)) return usage("--xdp-mode needs --tap xdp");
    options.capture.xdp_mode = *mode;
  }

  if (auto result = apply_reduction(raw, options); !result) return result.take_error();
  if (options.capture.consume && !options.capture.taps.contains(Tap::kXdp))
    return usage("--consume needs --tap xdp: only there can frames end");
  if (options.capture.consume_despite_address && !options.capture.consume)
    return usage("--force goes with --consume alone");

  if (auto result = interpret_numbers(options, raw); !result) return result.take_error();

  const bool several = options.capture.interfaces.size() > 1 || family_count(options.capture.taps) > 1;
  const bool has_reasons = options.capture.taps.contains_any(kPcapngTaps);
  options.output.format =
      options.output.path.ends_with(".pcapng") || several || has_reasons ? FileFormat::kPcapng : FileFormat::kPcap;
  if (!raw.format.empty()) {
    auto format =
        choose<FileFormat>("--format", raw.format, {{"pcap", FileFormat::kPcap}, {"pcapng", FileFormat::kPcapng}});
    if (!format) return format.take_error();
    options.output.format = *format;
  }
  bool nanoseconds = raw.nano;
  if (!raw.precision.empty()) {
    auto nano = choose<bool>("--time-stamp-precision", raw.precision, {{"micro", false}, {"nano", true}});
    if (!nano) return nano.take_error();
    nanoseconds = *nano;
  }
  options.text_style.nanoseconds = nanoseconds;
  if (nanoseconds) options.output.precision = TimePrecision::kNanoseconds;
  if (auto result = interpret_rotation(options, raw); !result) return result.take_error();
  if (options.output.path == "-" && raw.print) return usage("-w - and --print both want standard output");
  options.output.print = (options.output.path.empty() || raw.print) && !options.output.count_only;

  options.text_style.dissect.no_names = raw.no_names;
  options.text_style.dissect.verbosity = raw.verbosity;
  // By how often -t is given.
  constexpr std::array kTimes = {TimeStyle::kClock,         TimeStyle::kNone, TimeStyle::kEpoch,
                                 TimeStyle::kSincePrevious, TimeStyle::kDate, TimeStyle::kSinceFirst};
  const auto times = static_cast<std::size_t>(raw.time);
  if (times >= kTimes.size()) return usage("-t may be given up to five times");
  options.text_style.time = kTimes[times];
  // Of several, tcpdump takes the first of these.
  const std::array<std::pair<int, DumpStyle>, 3> dumps = {
      {{raw.ascii, DumpStyle::kAscii}, {raw.hex_ascii, DumpStyle::kHexAndAscii}, {raw.hex, DumpStyle::kHex}}};
  for (const auto& [letters, dump] : dumps) {
    if (letters == 0) continue;
    options.text_style.dump = dump;
    options.text_style.dump_link_header = letters > 1;
    options.text_style.dissect.suppress_dump = true;
    break;
  }

  if (!raw.forced_type.empty()) {
    auto type = forced_type(raw.forced_type);
    if (!type) return type.take_error();
    options.text_style.dissect.forced = *type;
  }
  if (auto result = interpret_expression(options, raw); !result) return result.take_error();
  const bool only_listing = options.action == Action::kListDevices || options.action == Action::kListLinkTypes;
  if ((options.show_classic > 0 || options.show_ebpf) && !only_listing) options.action = Action::kShowFilter;
  return options;
}

// Every header that is compared and the first payload, with room for tags, options and extension headers.
constexpr std::uint32_t kCompareSnaplen = 256;

Result<Options> interpret_compare(Options options, const Raw& raw) {
  if (!raw.refused.empty()) return usage(raw.refused);
  if (auto result = interpret_files(options, raw); !result) return result.take_error();
  options.action = options.read_paths.empty() ? Action::kCompareLive : Action::kCompareFile;
  if (!options.read_paths.empty() && options.nft_rule) return usage("--nft-rule asks the running kernel, not files");
  options.capture.taps = kAllTaps;
  if (!raw.tap.empty()) {
    auto taps = parse_taps(raw.tap, kAllTaps);
    if (!taps) return taps.take_error();
    options.capture.taps = *taps;
  }
  if (auto result = interpret_numbers(options, raw); !result) return result.take_error();
  if (raw.snaplen.empty()) options.capture.snaplen = kCompareSnaplen;
  if (auto result = interpret_expression(options, raw); !result) return result.take_error();
  if (options.output.path == "-") return usage("-w - : the answer goes to standard output");
  if (raw.time > 1) return usage("-t may be given once: times of one packet are relative to its first record");
  options.output.format = FileFormat::kPcapng;
  options.compare.verbosity = raw.verbosity;
  options.compare.show_time = raw.time == 0;
  return options;
}

constexpr const char* kAbout =
    "Captures packets with eBPF taps at XDP and tc, and prints or writes them like tcpdump.\n"
    "ringtap compare follows each packet over all taps and says where it went: ringtap compare -h";
constexpr const char* kAboutCompare = "Follows each packet over all taps of the kernel and says where it went.";

}  // namespace

Result<Options> parse_options(int argc, const char* const* argv) {
  Options options;
  Raw raw;
  const bool compares = argc > 1 && std::string_view(argv[1]) == "compare";
  CLI::App app(compares ? kAboutCompare : kAbout, compares ? "ringtap compare" : "ringtap");
  app.set_help_flag("-h,--help", "show this text and exit");
  app.set_version_flag("--version", version_text());
  if (compares) {
    declare_compare(app, options, raw);
    --argc;
    ++argv;
  } else {
    declare(app, options, raw);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    options.action = Action::kShowText;
    options.text = app.help();
    return options;
  } catch (const CLI::CallForVersion& version) {
    options.action = Action::kShowText;
    options.text = std::string(version.what()) + "\n";
    return options;
  } catch (const CLI::ParseError& error) {
    return usage(error.what());
  }
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() > 0 && option->get_items_expected() > 0 && option->results().back().empty()) {
      return usage(option->get_name() + ": the value is empty");
    }
  }
  return compares ? interpret_compare(std::move(options), raw) : interpret(std::move(options), raw);
}

}  // namespace ringtap
