// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Parse, build, run, say how it ended. Exit codes: 0 good, 1 failure, 2 wrong usage, 3 loss with --strict-loss, 4
// output that could not be written.
#include <fcntl.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "app/report.hpp"
#include "app/session.hpp"
#include "app/signals.hpp"
#include "cli/options.hpp"
#include "cli/version.hpp"
#include "io/capture_reader.hpp"
#include "io/file_writer.hpp"
#include "kernel/device_list.hpp"
#include "kernel/live_source.hpp"
#include "sink/counter.hpp"
#include "sink/pcap_writer.hpp"
#include "sink/pcapng_writer.hpp"
#include "sink/tee.hpp"
#include "sink/text_printer.hpp"

namespace ringtap {
namespace {

constexpr int kExitLoss = 3;

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

const char* link_type_text(LinkType type) {
  switch (type) {
    case LinkType::kEthernet:
      return "EN10MB (Ethernet)";
    case LinkType::kRaw:
      return "RAW (Raw IP)";
    case LinkType::kLinuxSll2:
      return "LINUX_SLL2 (Linux cooked v2)";
    default:
      return "other";
  }
}

Result<LiveOptions> live_options(const Options& options, int interrupt_fd) {
  LiveOptions live;
  live.interfaces = options.interfaces.empty() ? std::vector<std::string>{"1"} : options.interfaces;
  for (std::string& interface : live.interfaces) {
    auto name = resolve_device(interface);
    if (!name) return name.take_error();
    interface = name.take();
  }
  live.tc_ingress = options.tap_tc_ingress;
  live.tc_egress = options.tap_tc_egress;
  live.xdp = options.tap_xdp;
  live.xdp_mode = static_cast<XdpMode>(options.xdp_attach);
  live.snaplen = options.snaplen;
  if (options.buffer_bytes) live.buffer_bytes = *options.buffer_bytes;
  live.promiscuous = options.promiscuous;
  live.interrupt_fd = interrupt_fd;
  return live;
}

TextOptions text_options(const Options& options, bool show_interface) {
  TextOptions text;
  text.dissect.no_names = options.no_names;
  text.dissect.no_domain = options.no_domain;
  text.dissect.verbosity = options.verbosity;
  text.dissect.quiet = options.quiet;
  text.dissect.link_header = options.link_header;
  text.dissect.absolute_seq = options.absolute_seq;
  text.dissect.no_checksums = options.no_checksums;
  text.dissect.suppress_dump = options.dump != DumpText::kNone;
  text.time = static_cast<TimeStyle>(options.time);
  text.nanoseconds = options.nanoseconds;
  text.dump = static_cast<DumpStyle>(options.dump);
  text.dump_link_header = options.dump_link_header;
  text.number = options.numbered;
  text.show_interface = show_interface;
  text.line_buffered = options.line_buffered;
  return text;
}

// `show_interface`: several interfaces in one text, and no cooked header that names them.
Result<std::unique_ptr<Sink>> make_sink(const Options& options, bool show_interface) {
  auto tee = std::make_unique<Tee>();
  if (!options.write_path.empty()) {
    auto file = open_output(options.write_path);
    if (!file) return file.take_error();
    if (options.format == FileFormat::kPcap) {
      const auto precision = options.nanoseconds ? TimePrecision::kNanoseconds : TimePrecision::kMicroseconds;
      tee->add(
          std::make_unique<PcapWriter>(file.take(), PcapOptions{.precision = precision, .snaplen = options.snaplen}));
    } else {
      auto about = PcapngOptions::of_this_host(version_text());
      about.snaplen = options.snaplen;
      tee->add(std::make_unique<PcapngWriter>(file.take(), about));
    }
  }
  if (options.print) tee->add(std::make_unique<TextPrinter>(STDOUT_FILENO, text_options(options, show_interface)));
  if (options.count_only) tee->add(std::make_unique<Counter>());
  return std::unique_ptr<Sink>(std::move(tee));
}

Result<> touch(const std::string& path) {
  if (path.empty()) return ok();
  const UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) return Error::from_errno(errno, "--ready-file " + path);
  return ok();
}

void announce(const Options& options, const LiveSource& source) {
  if (options.print && options.verbosity == 0 && !options.quiet) {
    say("verbose output suppressed, use -v[v]... for full protocol decode");
  }
  std::string taps;
  for (const Interface& interface : source.interfaces()) {
    taps += (taps.empty() ? "" : ", ") + interface.name + " (" + interface.description + ")";
  }
  const LinkType type = source.interfaces().empty() ? LinkType::kEthernet : source.interfaces().front().link_type;
  say("listening on " + taps + ", link-type " + link_type_text(type) + ", snapshot length " +
      std::to_string(options.snaplen) + " bytes");
}

int capture(const Options& options) {
  auto signals = Signals::install();
  if (!signals) return fail(signals.error());
  auto live = live_options(options, signals->wake_fd());
  if (!live) return fail(live.error());
  auto source = LiveSource::create(*live, say);
  if (!source) return fail(source.error());
  const auto& interfaces = (*source)->interfaces();
  auto sink = make_sink(options, interfaces.size() > 1 && interfaces.front().link_type != LinkType::kLinuxSll2);
  if (!sink) return fail(sink.error());
  announce(options, **source);
  if (auto ready = touch(options.ready_file); !ready) return fail(ready.error());

  const auto print_books = [&](const SessionTotals& totals) {
    auto account = (*source)->account();
    if (!account) return say(account.error().text());
    std::fputs(summary_text(*account, totals).c_str(), stderr);
    if (options.verbosity > 0) std::fputs(accounting_text(*account, totals).c_str(), stderr);
  };
  Session session(**source, **sink, *signals,
                  {.count = options.count, .duration = options.duration, .flush_each_record = options.packet_buffered},
                  print_books);
  const Result<> result = session.run();
  print_books(session.totals());
  if (!result) return fail(result.error());
  const auto account = (*source)->account();
  return options.strict_loss && account && account->total().dropped() > 0 ? kExitLoss : 0;
}

int read_file(const Options& options) {
  auto signals = Signals::install();
  if (!signals) return fail(signals.error());
  auto source = open_capture(options.read_path);
  if (!source) return fail(source.error());
  auto sink = make_sink(options, false);
  if (!sink) return fail(sink.error());
  Session session(**source, **sink, *signals,
                  {.count = options.count, .duration = options.duration, .flush_each_record = options.packet_buffered},
                  [](const SessionTotals& totals) { say(std::to_string(totals.written) + " packets so far"); });
  const Result<> result = session.run();
  if (options.count_only) {
    const std::uint64_t count = session.totals().written;
    std::printf("%llu packet%s\n", static_cast<unsigned long long>(count), count == 1 ? "" : "s");
  }
  return result ? 0 : fail(result.error());
}

int list_link_types(const Options& options) {
  auto live = live_options(options, -1);
  if (!live) return fail(live.error());
  auto type = link_type_of(live->interfaces);
  if (!type) return fail(type.error());
  std::string names;
  for (const std::string& name : live->interfaces) names += (names.empty() ? "" : ", ") + name;
  std::printf("Data link types for %s:\n  %s\n", names.c_str(), link_type_text(*type));
  return 0;
}

int list_devices() {
  auto lines = device_list();
  if (!lines) return fail(lines.error());
  for (const std::string& line : *lines) std::printf("%s\n", line.c_str());
  return 0;
}

int run(const Options& options) {
  switch (options.action) {
    case Action::kShowText:
      std::fputs(options.text.c_str(), stdout);
      return 0;
    case Action::kListDevices:
      return list_devices();
    case Action::kListLinkTypes:
      return list_link_types(options);
    case Action::kReadFile:
      return read_file(options);
    default:
      return capture(options);
  }
}

}  // namespace
}  // namespace ringtap

int main(int argc, char** argv) {
  auto options = ringtap::parse_options(argc, argv);
  return options ? ringtap::run(*options) : ringtap::fail(options.error());
}
