// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Parse, build, run, say how it ended. Exit codes: 0 good, 1 failure, 2 wrong usage, 3 loss with --strict-loss, 4
// output that could not be written.
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/beside.hpp"
#include "app/file_command.hpp"
#include "app/report.hpp"
#include "app/session.hpp"
#include "app/signals.hpp"
#include "app/user.hpp"
#include "cli/options.hpp"
#include "compare/comparer.hpp"
#include "dissect/options.hpp"
#include "file/capture_files.hpp"
#include "file/file_writer.hpp"
#include "file/pcap_writer.hpp"
#include "file/pcapng_writer.hpp"
#include "file/rotating_writer.hpp"
#include "filter/ebpf_text.hpp"
#include "filter/expression_filter.hpp"
#include "filter/link_type_name.hpp"
#include "live/live_source.hpp"
#include "names/host_names.hpp"
#include "net/device_list.hpp"
#include "nft/nft_trace.hpp"
#include "ringtap/version.hpp"
#include "sink/counter.hpp"
#include "sink/tee.hpp"
#include "sink/text_printer.hpp"

namespace ringtap {
namespace {

constexpr int kExitLoss = 3;
constexpr std::uint32_t kFileSnaplen = 262144;

void say(const std::string& text) {
  std::fprintf(stderr, "ringtap: %s\n", text.c_str());
}

int exit_code(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kUsage:
      return 2;
    case ErrorKind::kOutput:
      return 4;
    default:
      return 1;
  }
}

int fail(const Error& error) {
  say(error.text() + (error.hint().empty() ? "" : " (hint: " + error.hint() + ")"));
  return exit_code(error);
}

int fail_run(const Result<>& result, const SessionTotals& totals) {
  const bool output = result.error().kind() == ErrorKind::kOutput;
  if (output) say(std::to_string(totals.written) + " packets were written before the error");
  return fail(result.error());
}

static_assert(sizeof(MemoryFrame) == sizeof(ringtap_memory_frame) &&
              offsetof(MemoryFrame, address) == offsetof(ringtap_memory_frame, address) &&
              offsetof(MemoryFrame, length) == offsetof(ringtap_memory_frame, length) &&
              offsetof(MemoryFrame, wire_length) == offsetof(ringtap_memory_frame, wire_length) &&
              offsetof(MemoryFrame, ifindex) == offsetof(ringtap_memory_frame, ifindex) &&
              offsetof(MemoryFrame, outgoing) == offsetof(ringtap_memory_frame, outgoing));
static_assert(kRecheckVerdict == RINGTAP_VERDICT_RECHECK, "the taps act on what the translator returns");

Result<LiveOptions> live_options(const Options& options, int interrupt_fd) {
  LiveOptions live{options.capture};
  if (live.interfaces.empty()) live.interfaces = {"1"};
  for (std::string& interface : live.interfaces) {
    auto name = resolve_device(interface);
    if (!name) return name.take_error();
    interface = name.take();
  }
  live.interrupt_fd = interrupt_fd;
  live.follow = options.action == Action::kCompare;
  return live;
}

Result<ExpressionFilter> make_filter(const Options& options, const std::vector<LinkType>& link_types,
                                     const std::vector<std::string>& interfaces) {
  ExpressionContext context{.netmask = {}, .live = options.read_paths.empty()};
  if (!interfaces.empty()) context.netmask = ipv4_netmask(interfaces.front());
  return ExpressionFilter::create(options.filter, link_types, context);
}

// tcpdump's words, since scripts look for them. libpcap takes a snaplen that is no limit for the most it believes.
void announce_file(const std::string& path, const Interface& first) {
  constexpr std::uint32_t kMostSigned = std::numeric_limits<std::int32_t>::max();
  const bool unlimited = first.snaplen == 0 || first.snaplen > kMostSigned;
  const std::uint32_t snaplen = unlimited ? max_captured_length(first.link_type) : first.snaplen;
  std::fprintf(stderr, "reading from file %s, link-type %s, snapshot length %u\n", path.c_str(),
               link_type_text(first.link_type).c_str(), snaplen);
  // The numbers in the file are those of the host it was made on, the names those of this one.
  if (first.link_type == LinkType::kLinuxSll2) std::fputs("Warning: interface names might be incorrect\n", stderr);
}

// -y, in tcpdump's words; none: nothing was asked for.
Result<std::optional<LinkType>> asked_link_type(const Options& options) {
  if (options.link_type.empty()) return std::optional<LinkType>();
  const auto type = link_type_named(options.link_type);
  if (!type) return Error("invalid data link type " + options.link_type, ErrorKind::kUsage);
  return type;
}

// Frames come as the interfaces have them, and as no other type.
Result<> require_link_type(const Options& options, LinkType framed) {
  auto asked = asked_link_type(options);
  if (!asked) return asked.take_error();
  if (!*asked) return ok();
  if (**asked == framed) {
    const std::string text = link_type_text(framed);
    say("data link type " + text.substr(0, text.find(' ')));
    return ok();
  }
  return std::move(Error(options.link_type + " is not one of the DLTs supported by this device", ErrorKind::kUsage))
      .hint("it has " + link_type_text(framed));
}

FilterHook hook_of(ringtap_tap tap) {
  switch (tap) {
    case RINGTAP_TAP_XDP:
      return FilterHook::kXdp;
    case RINGTAP_TAP_TC_INGRESS:
      return FilterHook::kTcIngress;
    case RINGTAP_TAP_TC_EGRESS:
      return FilterHook::kTcEgress;
    case RINGTAP_TAP_STACK_IN:
    case RINGTAP_TAP_STACK_OUT:
    case RINGTAP_TAP_NETFILTER:
    case RINGTAP_TAP_SOCKET:
    case RINGTAP_TAP_DROP:
    case RINGTAP_TAP_END:
    case RINGTAP_TAP_COUNT:
      return FilterHook::kMemory;
  }
  return FilterHook::kMemory;
}

TranslateOptions translate_options(const FilterPlace& place, const KernelFeatures& features) {
  TranslateOptions options;
  options.hook = hook_of(place.tap);
  options.xdp_load_bytes = features.xdp_load_bytes;
  options.vlan_view = !place.l3;
  options.long_jumps = features.long_jumps;
  options.inlined = place.inlined;
  if (place.inlined) options.stack_base = kFilterStackBase;
  options.hardware_type = place.l3 ? ARPHRD_NONE : ARPHRD_ETHER;
  return options;
}

// The frames a run meets: of one link type, or of both where they are framed as LINUX_SLL2 only after the filter.
// Taps of the whole host put an Ethernet header in front of every packet.
std::vector<LinkType> native_link_types(LinkType framed, TapSet taps) {
  if (framed == LinkType::kLinuxSll2 || (framed == LinkType::kRaw && taps.contains_any(kHostTaps))) {
    return {LinkType::kEthernet, LinkType::kRaw};
  }
  return {framed};
}

// `filter` must outlive the capture.
LiveFilter live_filter(const Options& options, ExpressionFilter& filter) {
  LiveFilter live;
  live.expression = options.filter.expression;
  live.any_vlan = options.filter.any_vlan;
  live.may_recheck = filter.may_recheck();
  live.matches = [&filter](const RecordView& record) { return filter.matches(record); };
  live.bodies = [&filter](FilterPlace place, const KernelFeatures& features) {
    return translate(filter.program(place.l3 ? LinkType::kRaw : LinkType::kEthernet),
                     translate_options(place, features));
  };
  return live;
}

// What a live capture waits for names, in all: enough for some hundred that files of this host know, while the rings
// hold much more.
constexpr auto kLivePatience = std::chrono::milliseconds(20);

// None where numbers are printed.
Result<std::unique_ptr<HostNames>> host_names(const Options& options, const HostNames::Options& how) {
  if (!options.output.print || options.text_style.dissect.no_names > 0) return std::unique_ptr<HostNames>();
  return HostNames::start(how);
}

bool is_same_file(const std::string& one, const std::string& other) {
  struct stat a {};
  struct stat b {};
  return stat(one.c_str(), &a) == 0 && stat(other.c_str(), &b) == 0 && S_ISREG(a.st_mode) && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

Result<RotatingWriter::File> open_file(const Options& options, std::uint32_t snaplen, const std::string& path) {
  auto out = open_output(path);
  if (!out) return out.take_error();
  RotatingWriter::File file{.sink = nullptr, .out = out->get()};
  if (options.output.format == FileFormat::kPcap) {
    file.sink = std::make_unique<PcapWriter>(out.take(),
                                             PcapOptions{.precision = options.output.precision, .snaplen = snaplen});
  } else {
    auto about = PcapngOptions::of_this_host(version_text());
    about.snaplen = snaplen;
    file.sink = std::make_unique<PcapngWriter>(out.take(), about);
  }
  return file;
}

// The name of one of `paths` that is the same file as `path`.
const std::string* find_same_file(const std::vector<std::string>& paths, const std::string& path) {
  const auto found =
      std::find_if(paths.begin(), paths.end(), [&](const auto& other) { return is_same_file(other, path); });
  return found == paths.end() ? nullptr : &*found;
}

Result<std::unique_ptr<RotatingWriter>> open_row(const Options& options, std::uint32_t snaplen, RecordSource& source) {
  RotatingWriter::Hooks hooks;
  hooks.open = [&options, snaplen](const std::string& path) -> Result<RotatingWriter::File> {
    if (const auto* read = find_same_file(options.read_paths, path)) {
      return Error("-w " + path + " is " + *read + ", which is read", ErrorKind::kOutput);
    }
    return open_file(options, snaplen, path);
  };
  hooks.closed = [](const std::string&) {};
  if (!options.output.rotate_command.empty()) {
    hooks.closed = [command = FileCommand(options.output.rotate_command)](const std::string& path) mutable {
      if (auto started = command.run(path); !started) say(started.error().text());
    };
  }
  hooks.statistics = [&source] { return source.statistics(); };
  return RotatingWriter::create(options.output.path, options.output.rotation, std::move(hooks));
}

// -Z, where there is something to give up.
Result<std::optional<User>> other_user(const Options& options) {
  if (options.user.empty()) return std::optional<User>();
  auto user = find_user(options.user);
  if (!user) return user.take_error();
  if (::geteuid() != 0) {
    say("-Z " + options.user + ": not run by root, so there is nothing to give up");
    return std::optional<User>();
  }
  return std::optional(user.take());
}

struct Output {
  std::unique_ptr<Sink> sink;
  RotatingWriter* row = nullptr;  // within the sink, with -C or -G

  // For Session: the last file of a row that ends is over.
  [[nodiscard]] std::function<bool()> enough() const {
    if (row == nullptr) return {};
    return [this] { return row->is_over(); };
  }
};

// `show_interface`: several interfaces in one text, and no cooked header that names them. Borrows all but `options`'
// text.
Result<Output> make_output(const Options& options, std::uint32_t snaplen, bool show_interface, NameResolver* names,
                           RecordSource& source, const std::optional<User>& user) {
  auto tee = std::make_unique<Tee>();
  Output output;
  if (options.output.rotation.rotates()) {
    // Made by the user who has to make the others, so that what is forbidden is found now.
    const auto open = [&]() -> Result<> {
      auto row = open_row(options, snaplen, source);
      if (!row) return row.take_error();
      output.row = row->get();
      tee->add(row.take());
      return ok();
    };
    if (auto opened = user ? as_user(*user, open) : open(); !opened) return opened.take_error();
  } else if (!options.output.path.empty()) {
    auto file = open_file(options, snaplen, options.output.path);
    if (!file) return file.take_error();
    tee->add(std::move(file->sink));
  }
  if (options.output.print) {
    TextOptions text = options.text_style;
    text.dissect.forced = options.forced_type.empty() ? nullptr : find_forced_type(options.forced_type);
    text.dissect.suppress_dump = text.dump != DumpStyle::kNone;
    text.show_interface = show_interface;
    tee->add(std::make_unique<TextPrinter>(STDOUT_FILENO, text, names));
  }
  if (options.output.count_only) tee->add(std::make_unique<Counter>());
  output.sink = Tee::unwrap(std::move(tee));
  return output;
}

// tcpdump's words for the end of a row of -G and -W.
void announce_end(const Options& options) {
  std::fprintf(stderr, "Maximum file limit reached: %llu\n",
               static_cast<unsigned long long>(options.output.rotation.files));
}

Result<> touch(const std::string& path) {
  if (path.empty()) return ok();
  const UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) return Error::from_errno(errno, "--ready-file " + path);
  return ok();
}

// "eth0:xdp, eth0:tc"; a name where one tap alone runs.
std::string interface_names(const LiveSource& source) {
  std::string names;
  for (const Interface& interface : source.interfaces()) names += (names.empty() ? "" : ", ") + interface.name;
  return names;
}

void announce(const Options& options, const LiveSource& source) {
  if (options.output.print && options.text_style.dissect.verbosity == 0 && !options.text_style.dissect.quiet) {
    say("verbose output suppressed, use -v[v]... for full protocol decode");
  }
  std::string taps;
  for (const Interface& interface : source.interfaces()) {
    taps += (taps.empty() ? "" : ", ") + interface.name + " (" + interface.description + ")";
  }
  const LinkType type = source.interfaces().empty() ? LinkType::kEthernet : source.interfaces().front().link_type;
  say("listening on " + taps + ", link-type " + link_type_text(type) + ", snapshot length " +
      std::to_string(options.capture.snaplen) + " bytes" +
      (options.text_style.dissect.verbosity > 0 ? ", " + source.buffer_text() : ""));
}

struct Live {
  std::vector<std::string> interfaces;
  std::vector<LinkType> link_types;          // what the filter is compiled for
  std::unique_ptr<ExpressionFilter> filter;  // borrowed by the source; none: everything is wanted
  std::unique_ptr<LiveSource> source;
};

// Loaded, nothing attached.
Result<Live> open_live(const Options& options, int interrupt_fd) {
  Live live;
  auto how = live_options(options, interrupt_fd);
  if (!how) return how.take_error();
  live.interfaces = how->interfaces;
  if (!options.filter.expression.empty()) {
    auto framed = link_type_of(how->interfaces);
    if (!framed) return framed.take_error();
    live.link_types = native_link_types(*framed, options.capture.taps);
    auto made = make_filter(options, live.link_types, how->interfaces);
    if (!made) return made.take_error();
    live.filter = std::make_unique<ExpressionFilter>(made.take());
    how->filter = live_filter(options, *live.filter);
  }
  auto source = LiveSource::create(*how, say);
  if (!source) return source.take_error();
  live.source = source.take();
  if (auto has = require_link_type(options, live.source->link_type()); !has) return has.take_error();
  return live;
}

int capture(const Options& options) {
  auto signals = Signals::create();
  if (!signals) return fail(signals.error());
  auto user = other_user(options);
  if (!user) return fail(user.error());
  auto live = open_live(options, signals->wake_fd());
  if (!live) return fail(live.error());
  if (options.capture.reduction.leaves_out() && !options.output.path.empty() &&
      options.output.format == FileFormat::kPcap) {
    say("a pcap file cannot say that packets are cut or left out on purpose; --format pcapng can");
  }
  const auto& source = live->source;
  auto names = host_names(options, {.patience = kLivePatience, .interrupt_fd = signals->wake_fd()});
  if (!names) return fail(names.error());
  auto output = make_output(options, options.capture.snaplen,
                            source->has_several_interfaces() && source->link_type() != LinkType::kLinuxSll2,
                            names->get(), *source, *user);
  if (!output) return fail(output.error());
  signals->install();
  if (auto attached = source->attach(); !attached) return fail(attached.error());
  announce(options, *source);
  if (auto ready = touch(options.ready_file); !ready) return fail(ready.error());
  if (*user) {
    if (auto changed = become(**user, Keep::kCapture); !changed) return fail(changed.error());
  }

  const auto print_books = [&](const SessionTotals& totals, bool running) {
    auto account = source->account();
    if (!account) return say(account.error().text());
    std::fputs(summary_text(*account, totals).c_str(), stderr);
    if (options.text_style.dissect.verbosity > 0)
      std::fputs(accounting_text(*account, totals, running).c_str(), stderr);
  };
  Session session(*source, *output->sink, *signals,
                  {.limits = options.limits,
                   .flush_each_record = options.output.flush_each_record,
                   .wanted = {},
                   .enough = output->enough()},
                  [&](const SessionTotals& totals) { print_books(totals, true); });
  const Result<> result = session.run();
  if (session.had_enough()) announce_end(options);
  print_books(session.totals(), false);
  if (!result) return fail_run(result, session.totals());
  const auto account = source->account();
  if (!options.strict_loss || !account || account->total().dropped() == 0) return 0;
  say(std::to_string(account->total().dropped()) +
      " packets were lost (--strict-loss); a larger -B, a smaller -s or a " + "filter helps");
  return kExitLoss;
}

// What -r or -V reads, and the expression as a filter on its records.
struct OpenFiles {
  std::unique_ptr<ExpressionFilter> filter;        // borrowed by `matches` and `source`
  std::function<bool(const RecordView&)> matches;  // none: everything is wanted
  std::unique_ptr<CaptureFiles> source;
};

Result<OpenFiles> open_files(const Options& options) {
  if (const auto* read = find_same_file(options.read_paths, options.output.path)) {
    return Error("-w " + options.output.path + " is " + *read + ", which is read", ErrorKind::kUsage);
  }
  OpenFiles files;
  if (!options.filter.expression.empty()) {
    auto filter = make_filter(options, {}, {});
    if (!filter) return filter.take_error();
    files.filter = std::make_unique<ExpressionFilter>(filter.take());
  }
  auto source = CaptureFiles::open(
      options.read_paths,
      [filter = files.filter.get()](const CaptureFiles& all, const std::string& path, const Interface& first) {
        announce_file(path, first);
        return filter == nullptr ? ok() : filter->require(first.link_type, all.has_directions());
      });
  if (!source) return source.take_error();
  files.source = source.take();
  if (files.filter == nullptr) return files;
  // A wrong expression is found before any output is made.
  auto first = files.source->first_interface();
  if (!first) return first.take_error();
  if (*first == nullptr) {
    if (auto meant = files.filter->require(LinkType::kEthernet, false); !meant) return meant.take_error();
  }
  files.matches = [&filter = *files.filter](const RecordView& record) { return filter.matches(record); };
  return files;
}

void report_without_direction(const OpenFiles& files) {
  const std::uint64_t count = files.filter == nullptr ? 0 : files.filter->without_direction();
  if (count == 0) return;
  say(std::to_string(count) + (count == 1 ? " packet was" : " packets were") +
      " left out by inbound or outbound: the file does not say the direction");
}

int read_file(const Options& options) {
  auto signals = Signals::create();
  if (!signals) return fail(signals.error());
  auto user = other_user(options);
  if (!user) return fail(user.error());
  auto files = open_files(options);
  if (!files) return fail(files.error());
  // -s is for captures: a record of a file is kept as long as it is there.
  auto names = host_names(options, {.interrupt_fd = signals->wake_fd()});
  if (!names) return fail(names.error());
  auto output = make_output(options, kFileSnaplen, false, names->get(), *files->source, *user);
  if (!output) return fail(output.error());
  if (*user) {
    if (auto changed = become(**user, Keep::kNothing); !changed) return fail(changed.error());
  }
  signals->install();
  Session session(*files->source, *output->sink, *signals,
                  {.limits = options.limits,
                   .flush_each_record = options.output.flush_each_record,
                   .wanted = files->matches,
                   .enough = output->enough()},
                  [](const SessionTotals& totals) { say(std::to_string(totals.written) + " packets so far"); });
  const Result<> result = session.run();
  if (session.had_enough()) announce_end(options);
  report_without_direction(*files);
  if (options.output.count_only) {
    const std::uint64_t count = session.totals().written;
    std::printf("%llu packet%s\n", static_cast<unsigned long long>(count), count == 1 ? "" : "s");
  }
  return result ? 0 : fail_run(result, session.totals());
}

// `matches`: a filter that the source did not apply; may be empty.
Result<std::unique_ptr<Comparer>> make_comparer(const Options& options, std::uint32_t snaplen,
                                                std::function<bool(const RecordView&)> matches) {
  CompareOptions compare{options.compare};
  compare.taps = options.capture.taps;
  compare.live = options.read_paths.empty();
  if (compare.live) {
    compare.device_name = [](std::uint32_t ifindex) -> std::string {
      std::array<char, IF_NAMESIZE> name{};
      return ::if_indextoname(ifindex, name.data()) == nullptr ? "" : name.data();
    };
  }
  compare.matches = std::move(matches);
  if (options.limits.count) compare.correlator.follow = *options.limits.count;
  for (const std::string& path : options.read_paths)
    compare.listened_at += (compare.listened_at.empty() ? "" : ", ") + path;
  for (const std::string& name : options.capture.interfaces)
    compare.listened_at += (compare.listened_at.empty() ? "" : ", ") + name;
  if (!options.filter.expression.empty()) compare.listened_at += " for '" + options.filter.expression + "'";
  std::unique_ptr<Sink> file;
  if (!options.output.path.empty()) {
    auto out = open_output(options.output.path);
    if (!out) return out.take_error();
    auto about = PcapngOptions::of_this_host(version_text());
    about.snaplen = snaplen;
    file = std::make_unique<PcapngWriter>(out.take(), about);
  }
  auto out = open_output("-");
  if (!out) return out.take_error();
  return std::make_unique<Comparer>(std::move(compare), out.take(), std::move(file));
}

// Where a source of records and a comparison meet: until a signal, the end of the source, the duration, or until as
// many packets as -c says were followed to their end.
int compare_records(RecordSource& source, Comparer& comparer, Signals& signals, const Options& options) {
  Session session(source, comparer, signals,
                  {.limits = {.count = {}, .duration = options.limits.duration},
                   .wanted = {},
                   .enough = [&comparer] { return comparer.is_done(); }},
                  [&comparer](const SessionTotals&) { std::fputs(comparer.report().c_str(), stderr); });
  const Result<> result = session.run();
  if (const auto account = source.account(); account && options.compare.verbosity > 0 && options.read_paths.empty()) {
    std::fputs(accounting_text(*account, session.totals(), false).c_str(), stderr);
  }
  return result ? 0 : fail(result.error());
}

int compare_file(const Options& options) {
  auto signals = Signals::create();
  if (!signals) return fail(signals.error());
  auto files = open_files(options);
  if (!files) return fail(files.error());
  auto comparer = make_comparer(options, kFileSnaplen, files->matches);
  if (!comparer) return fail(comparer.error());
  signals->install();
  const int code = compare_records(*files->source, **comparer, *signals, options);
  report_without_direction(*files);
  return code;
}

// --nft-rule. A comparison without it is worth having, so what is missing is said and no more.
std::optional<NftTrace> trace_rules(const Options& options, Live& live) {
  if (!options.nft_rule) return std::nullopt;
  NftTraceOptions how;
  const bool any = std::find(live.interfaces.begin(), live.interfaces.end(), "any") != live.interfaces.end();
  if (!any) how.interfaces = live.interfaces;
  for (const LinkType link_type : live.link_types) how.programs.push_back(live.filter->program(link_type));
  auto trace = NftTrace::start(how);
  if (!trace) {
    fail(std::move(trace.take_error()).context("--nft-rule"));
    return std::nullopt;
  }
  if (options.compare.verbosity > 0) say("--nft-rule: " + trace->description());
  return trace.take();
}

// What the kernel told of a packet waits in the socket when the taps are off; a listing of a long chain may hold it up.
constexpr auto kRulePatience = std::chrono::seconds(5);

int compare_live(const Options& options) {
  auto signals = Signals::create();
  if (!signals) return fail(signals.error());
  auto live = open_live(options, signals->wake_fd());
  if (!live) return fail(live.error());
  auto comparer = make_comparer(options, options.capture.snaplen, {});
  if (!comparer) return fail(comparer.error());
  signals->install();
  auto rules = trace_rules(options, *live);  // first: a packet that a tap has met is traced
  if (auto attached = live->source->attach(); !attached) return fail(attached.error());
  say("following packets at " + interface_names(*live->source) + "; Ctrl-C shows where they went");
  if (auto ready = touch(options.ready_file); !ready) return fail(ready.error());

  Beside source(*live->source, [&](bool last) -> Result<> {
    if (!rules) return ok();
    if (last) rules->settle(kRulePatience);
    return rules->drain([&](const RuleVerdict& verdict) { (*comparer)->on_rule(verdict); });
  });
  const int code = compare_records(source, **comparer, *signals, options);
  if (rules && rules->statistics().lost > 0) {
    say("--nft-rule: " + std::to_string(rules->statistics().lost) +
        " messages of nftables were lost; some rules are not named");
  }
  return code;
}

int compare(const Options& options) {
  return options.read_paths.empty() ? compare_live(options) : compare_file(options);
}

// -d, --dump-ebpf: for the interfaces or the file that are named, else for Ethernet.
int show_filter(const Options& options) {
  LinkType link_type = LinkType::kEthernet;
  bool has_directions = false;
  std::vector<std::string> interfaces;
  if (!options.read_paths.empty()) {
    auto source = CaptureFiles::open({options.read_paths.front()},
                                     [&](const CaptureFiles& all, const std::string& path, const Interface& first) {
                                       announce_file(path, first);
                                       link_type = first.link_type;
                                       has_directions = all.has_directions();
                                       return ok();
                                     });
    if (!source) return fail(source.error());
    if (auto first = (*source)->first_interface(); !first) return fail(first.error());
  } else if (!options.capture.interfaces.empty()) {
    auto live = live_options(options, -1);
    if (!live) return fail(live.error());
    auto framed = link_type_of(live->interfaces);
    if (!framed) return fail(framed.error());
    if (auto has = require_link_type(options, *framed); !has) return fail(has.error());
    link_type = native_link_types(*framed, options.capture.taps).front();
    interfaces = live->interfaces;
  } else {
    auto asked = asked_link_type(options);
    if (!asked) return fail(asked.error());
    link_type = asked->value_or(link_type);
  }
  auto filter = make_filter(options, {}, interfaces);
  if (!filter) return fail(filter.error());
  if (auto meant = filter->require(link_type, has_directions); !meant) return fail(meant.error());
  const ClassicProgram& program = filter->program(link_type);
  if (options.show_classic > 0) {
    const auto format = static_cast<ProgramFormat>(std::min(options.show_classic, 3) - 1);
    std::fputs(print_program(program, format).c_str(), stdout);
  }
  if (options.show_ebpf) {
    const FilterPlace place{.tap = options.capture.taps.contains(Tap::kXdp) ? RINGTAP_TAP_XDP : RINGTAP_TAP_TC_INGRESS,
                            .l3 = link_type == LinkType::kRaw,
                            .inlined = false};
    auto body = translate(
        program,
        translate_options(place, KernelFeatures{.xdp_load_bytes = true, .kernel_casts = true, .long_jumps = true}));
    if (!body) return fail(body.error());
    std::fputs(print_ebpf(*body).c_str(), stdout);
  }
  return 0;
}

int list_link_types(const Options& options) {
  auto live = live_options(options, -1);
  if (!live) return fail(live.error());
  auto type = link_type_of(live->interfaces);
  if (!type) return fail(type.error());
  std::string names;
  for (const std::string& name : live->interfaces) names += (names.empty() ? "" : ", ") + name;
  std::printf("Data link types for %s:\n  %s\n", names.c_str(), link_type_text(*type).c_str());
  return 0;
}

int list_devices() {
  auto lines = device_list();
  if (!lines) return fail(lines.error());
  for (const std::string& line : *lines) std::printf("%s\n", line.c_str());
  return 0;
}

// -T: an unknown name in tcpdump's words and with its exit code, a printer that is missing as what it is.
Result<> check_forced_type(const Options& options) {
  if (options.forced_type.empty()) return ok();
  const ForcedType* type = find_forced_type(options.forced_type);
  if (type == nullptr) return Error("unknown packet type `" + options.forced_type + "'");
  if (has_printer(*type)) return ok();
  return Error("-T " + options.forced_type + ": ringtap has no printer for it yet", ErrorKind::kUsage);
}

int run(const Options& options) {
  if (auto known = check_forced_type(options); !known) return fail(known.error());
  switch (options.action) {
    case Action::kShowText:
      std::fputs(options.text.c_str(), stdout);
      return 0;
    case Action::kListDevices:
      return list_devices();
    case Action::kListLinkTypes:
      return list_link_types(options);
    case Action::kShowFilter:
      return show_filter(options);
    case Action::kReadFile:
      return read_file(options);
    case Action::kCompare:
      return compare(options);
    default:
      return capture(options);
  }
}

// A descriptor that we open must not become standard output because the caller had closed that.
void occupy_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0) std::_Exit(1);
  }
}

}  // namespace
}  // namespace ringtap

int main(int argc, char** argv) {
  ringtap::occupy_standard_descriptors();
  auto options = ringtap::parse_options(argc, argv);
  const int code = options ? ringtap::run(*options) : ringtap::fail(options.error());
  if (std::fflush(stdout) != 0 && code == 0) {
    return ringtap::fail(ringtap::Error::from_errno(errno, "write to standard output", ringtap::ErrorKind::kOutput));
  }
  return code;
}
