// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// libFuzzer target: the command line, and the files that -F and -V name. The first byte is the length of the file "f"
// in an empty folder, then come its bytes, then the arguments, each ended by a zero. They give either options or an
// Error with a text, and the same again. Options are written as the plainest command line that means them, which has to
// give the same options.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.hpp"
#include "dissect/options.hpp"
#include "support/fuzz_input.hpp"

namespace {

using namespace ringtap;
using testing::FuzzInput;
using testing::require;

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
constexpr std::uint64_t kExactNs = std::uint64_t{1} << 50;  // a duration is a double while it is parsed

// A folder that is empty but for "f", to be in while a command line is read, with nothing to read from standard input.
class Folder {
 public:
  Folder() {
    require(::mkdtemp(path_.data()) != nullptr);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    require(nothing >= 0 && ::dup2(nothing, STDIN_FILENO) == STDIN_FILENO);
    ::close(nothing);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code error;
    std::filesystem::remove_all(path_.data(), error);
  }
  void enter() const { require(::chdir(path_.data()) == 0); }
  void leave() const { require(::chdir(before_.c_str()) == 0); }
  void write(std::string_view text) const {
    const int file = ::open((path_ + "/f").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    require(file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(file);
  }

 private:
  std::string path_ = "/tmp/options_fuzz_XXXXXX";
  std::string before_ = std::filesystem::current_path();
};

const Folder& folder() {
  static const Folder one;
  return one;
}

Result<Options> parse(const std::vector<std::string>& words) {
  std::vector<const char*> argv = {"ringtap"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  argv.push_back(nullptr);
  folder().enter();
  auto options = parse_options(static_cast<int>(argv.size() - 1), argv.data());
  folder().leave();
  return options;
}

class Words {
 public:
  void flag(const char* name, bool is_set, int times = 1) {
    for (int n = 0; is_set && n < times; ++n) words_.emplace_back(name);
  }
  // In one word, so that the value may begin with a dash.
  void value(const std::string& name, const std::string& text) {
    words_.push_back(name + (name.starts_with("--") ? "=" : "") + text);
  }
  void text(const std::string& name, const std::string& text) {
    if (!text.empty()) value(name, text);
  }
  void number(const std::string& name, std::uint64_t number) {
    if (number != 0) value(name, std::to_string(number));
  }
  void add(std::string word) { words_.push_back(std::move(word)); }
  [[nodiscard]] std::vector<std::string> take() { return std::move(words_); }

 private:
  std::vector<std::string> words_;
};

std::string seconds_text(std::uint64_t ns) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%llu.%09llu", static_cast<unsigned long long>(ns / kNsPerSecond),
                static_cast<unsigned long long>(ns % kNsPerSecond));
  return text.data();
}

std::string clock_text(std::uint64_t ns) {
  const std::uint64_t seconds = ns / kNsPerSecond;
  const bool is_leap = seconds == 86400;  // 23:59:60
  const std::uint64_t minutes = is_leap ? 1439 : seconds / 60;
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%02d:%02d:%02d.%09d", static_cast<int>(minutes / 60),
                static_cast<int>(minutes % 60), is_leap ? 60 : static_cast<int>(seconds % 60),
                static_cast<int>(ns % kNsPerSecond));
  return text.data();
}

std::string time_text(const FileTime& time) {
  switch (time.base) {
    case FileTime::Base::kEpoch:
      return "@" + seconds_text(time.ns);
    case FileTime::Base::kDay:
      return clock_text(time.ns);
    case FileTime::Base::kFirstPacket:
      return "+" + seconds_text(time.ns);
    case FileTime::Base::kBeforeNow:
      return "-" + seconds_text(time.ns);
  }
  return "";
}

std::string tap_list(TapSet taps) {
  std::string list;
  for (const TapTraits& tap : kTapTraits) {
    if (taps.contains(tap.tap)) list.append(list.empty() ? "" : ",").append(tap.word.empty() ? tap.family : tap.word);
  }
  return list;
}

std::string size_text(std::uint64_t bytes, std::uint64_t unit) {
  return bytes % unit == 0 ? std::to_string(bytes / unit) : std::to_string(bytes / 1024) + "k";
}

void add_source(Words& words, const Options& options) {
  const CaptureSettings& capture = options.capture;
  for (const std::string& name : capture.interfaces) words.value("-i", name);
  for (const std::string& path : options.read_paths) words.value("-r", path);
  if (options.read_paths.empty() && options.folder.empty()) {
    const bool one_way = capture.may_choose_taps && capture.taps != kTcTaps;
    if (one_way) words.value("-Q", capture.taps.contains(Tap::kTcIngress) ? "in" : "out");
    if (!capture.may_choose_taps) words.value("--tap", tap_list(capture.taps));
    if (capture.buffer_bytes) words.value("-B", std::to_string(*capture.buffer_bytes / 1024));
    words.flag("-p", !capture.promiscuous);
    words.flag("--who", capture.who);
    for (const std::uint32_t pid : capture.of.pids) words.value("--pid", std::to_string(pid));
    for (const std::uint32_t uid : capture.of.uids) words.value("--uid", std::to_string(uid));
    for (const std::string& name : capture.of.names) words.value("--comm", name);
    for (const std::string& path : capture.of.cgroups) words.value("--cgroup", path);
    for (const std::string& name : capture.of.containers) words.value("--container", name);
    for (const std::string& name : capture.of.pods) words.value("--pod", name);
    if (options.limits.duration) {
      words.value("--duration", seconds_text(static_cast<std::uint64_t>(options.limits.duration->count())));
    }
    words.text("--ready-file", options.ready_file);
  }
  if (options.limits.count) words.value("-c", std::to_string(*options.limits.count));
  words.flag("--any-vlan", options.filter.any_vlan);
  words.flag("-O", !options.filter.optimise);
  words.value("--sandbox", options.sandbox ? "on" : "off");
}

void add_capture(Words& words, const Options& options) {
  const CaptureSettings& capture = options.capture;
  const Reduction& reduction = capture.reduction;
  if (capture.xdp_mode != XdpMode::kAuto) {
    words.value("--xdp-mode", capture.xdp_mode == XdpMode::kNative ? "native" : "generic");
  }
  words.flag("--consume", capture.consume);
  words.flag("--force", capture.consume_despite_address);
  words.value("-s", std::to_string(capture.snaplen));
  if (reduction.slice_layer != 0) {
    words.value("--slice", "l" + std::to_string(reduction.slice_layer) + "+" + std::to_string(reduction.slice_more));
  }
  if (reduction.sample != 0) words.value("--sample", "1/" + std::to_string(reduction.sample));
  words.number("--max-pps", reduction.max_pps);
  if (const auto batch = static_cast<std::uint64_t>(reduction.time_batch.count()); batch != 0) {
    words.value("--time-batch", seconds_text(batch));
  }
  if (options.selection.direction != Direction::kUnknown) {
    words.value("-Q", options.selection.direction == Direction::kIn ? "in" : "out");
  }
  if (options.selection.from) words.value("--from", time_text(*options.selection.from));
  if (options.selection.to) words.value("--to", time_text(*options.selection.to));
  words.text("-y", options.link_type);
  words.flag("-d", true, options.show_classic);
  words.flag("--dump-ebpf", options.show_ebpf);
  words.flag("-L", options.action == Action::kListLinkTypes);
  words.flag("-D", options.action == Action::kListDevices);
  words.flag("-J", options.action == Action::kListTimeStampTypes);
  words.number("--skip", options.limits.skip);
  words.flag("--strict-loss", options.strict_loss);
  words.text("-Z", options.user);
  words.flag("--gate", options.gate);
}

void add_output(Words& words, const Options& options) {
  const OutputOptions& output = options.output;
  words.text("-w", output.path);
  if (output.rotation.bytes != 0) words.value("-C", size_text(output.rotation.bytes, 1'000'000));
  words.number("-G", output.rotation.seconds);
  words.number("-W", output.rotation.files);
  words.text("-z", output.rotate_command);
  if (!output.format_follows_packets) {
    words.value("--format", output.format == FileFormat::kPcap ? "pcap" : "pcapng");
  }
  words.flag("--nano", output.precision == TimePrecision::kNanoseconds);
  words.flag("--print", output.print && !output.path.empty() && options.text_style.json.fields.empty());
  words.flag("--count", output.count_only);
  words.flag("-U", output.flush_each_record);
  words.flag("--sync", output.sync);
  if (output.memory_fd >= 0) words.value("--output-memory", std::to_string(output.memory_fd));
}

// False if the plain form has no word for it.
bool add_text(Words& words, const TextOptions& text) {
  const DissectOptions& dissect = text.dissect;
  words.flag("-n", true, dissect.no_names);
  words.flag("-N", dissect.no_domain);
  words.flag("-v", true, dissect.verbosity);
  words.flag("-q", dissect.quiet);
  words.flag("-e", dissect.link_header);
  words.flag("-S", dissect.absolute_seq);
  words.flag("-K", dissect.no_checksums);
  words.flag("-b", dissect.as_dot);
  words.flag("-g", dissect.ip_one_line);
  words.flag("-u", dissect.raw_nfs_handles);
  words.flag("--compat", dissect.compat);
  words.text("-M", dissect.tcp_secret);
  static constexpr std::array kTimes = {0, 1, 2, 3, 4, 5};
  for (const int times : kTimes) {
    static constexpr std::array kStyles = {TimeStyle::kClock,         TimeStyle::kNone, TimeStyle::kEpoch,
                                           TimeStyle::kSincePrevious, TimeStyle::kDate, TimeStyle::kSinceFirst};
    words.flag("-t", text.time == kStyles[static_cast<std::size_t>(times)], times);
  }
  const int dumps = text.dump_link_header ? 2 : 1;
  words.flag("-x", text.dump == DumpStyle::kHex, dumps);
  words.flag("-X", text.dump == DumpStyle::kHexAndAscii, dumps);
  words.flag("-A", text.dump == DumpStyle::kAscii, dumps);
  words.flag("-#", text.number);
  words.flag("--lengths", text.lengths);
  words.flag("-l", text.line_buffered);
  if (text.print_every != 1) words.value("--print-sampling", std::to_string(text.print_every));
  std::string fields;
  for (const JsonFieldRow& row : kJsonFields) {
    if (text.json.fields.contains(row.field)) fields.append(fields.empty() ? "" : ",").append(row.name);
  }
  words.text("--json", fields);
  if (dissect.forced == nullptr) return true;
  for (const char* type : {"domain", "radius", "snmp", "tftp", "vxlan", "rtp", "aodv", "carp", "cnfp", "vrrp"}) {
    if (find_forced_type(type) != dissect.forced) continue;
    words.value("-T", type);
    return true;
  }
  return false;
}

bool is_exact(std::optional<FileTime> time) {
  return !time || time->base == FileTime::Base::kEpoch || time->base == FileTime::Base::kDay || time->ns < kExactNs;
}

// The plainest command line for these options; none if there is no exact one.
std::optional<std::vector<std::string>> plain(const Options& options) {
  const auto duration = options.limits.duration;
  if (duration && static_cast<std::uint64_t>(duration->count()) >= kExactNs) return std::nullopt;
  if (!is_exact(options.selection.from) || !is_exact(options.selection.to)) return std::nullopt;
  // Their forms are not written here.
  const bool is_other = options.action == Action::kDoctor || options.action == Action::kExtcap ||
                        options.action == Action::kTrigger || options.action == Action::kAgent ||
                        options.action == Action::kFleet;
  if (is_other || options.output.summary) return std::nullopt;
  Words words;
  if (options.action == Action::kCompareLive || options.action == Action::kCompareFile) {
    words.add("compare");
    add_source(words, options);
    if (options.read_paths.empty()) words.value("-s", std::to_string(options.capture.snaplen));
    words.flag("--nft-rule", options.nft_rule);
    words.flag("--each", options.compare.each);
    words.flag("--json", options.compare.json);
    words.flag("-t", !options.compare.show_time);
    words.flag("-v", true, options.compare.verbosity);
    words.text("-w", options.output.path);
    words.flag("--sync", options.output.sync);
  } else {
    if (options.action == Action::kQuery) words.add("query");
    add_source(words, options);
    add_capture(words, options);
    add_output(words, options);
    if (!add_text(words, options.text_style)) return std::nullopt;
  }
  // With --who what comes after "--" is a command.
  if (!options.capture.who) words.add("--");
  if (options.capture.who && options.filter.expression.starts_with('-')) return std::nullopt;
  if (!options.folder.empty()) words.add(options.folder);
  if (!options.filter.expression.empty()) words.add(options.filter.expression);
  if (!options.command.empty()) words.add("--");
  for (const std::string& word : options.command) words.add(word);
  return words.take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input(data, size);
  const std::size_t length = input.take<std::uint8_t>();
  folder().write(input.take_text(length));
  std::vector<std::string> words;
  while (!input.empty()) {
    // Files are those of the folder.
    const std::string_view word = input.take_until('\0');
    if (word.find('/') != std::string_view::npos && !word.starts_with("--sample") && !word.starts_with("1/")) return 0;
    words.emplace_back(word);
  }
  const auto options = parse(words);
  if (!options) {
    require(!options.error().text().empty());
    require(options.error().kind() != ErrorKind::kOutput);
    return 0;
  }
  if (options->action == Action::kShowText || options->action == Action::kShowVersion) return 0;
  const auto form = plain(*options);
  if (!form) return 0;
  const auto second = parse(*form);
  if (!second) std::fprintf(stderr, "%s\n", second.error().text().c_str());
  require(static_cast<bool>(second));
  require(second->action == options->action && plain(*second) == form);
  require(second->read_paths == options->read_paths && second->filter.expression == options->filter.expression);
  return 0;
}
