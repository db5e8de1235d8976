// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "command/live_input.hpp"

#include <linux/capability.h>
#include <malloc.h>

#include <utility>

#include "command/filter_input.hpp"
#include "command/inputs.hpp"
#include "command/libraries.hpp"
#include "command/messages.hpp"
#include "filter/link_type_name.hpp"
#include "live/device_plan.hpp"
#include "live/live_filter.hpp"
#include "loader/libbpf_log.hpp"
#include "net/device_list.hpp"
#include "sandbox/helper_process.hpp"
#include "sandbox/user.hpp"

namespace ringtap {
namespace {

// -y: an interface has only one link type. The messages are tcpdump's.
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
      .hint("its link type is " + link_type_text(framed));
}

// For `ip broadcast`: of the address that the first interface is named after, else of its first one.
std::optional<std::uint32_t> netmask_of(const CaptureSettings& options, const std::vector<std::string>& names) {
  const auto of_label = options.interfaces.empty() ? std::nullopt : ipv4_netmask(options.interfaces.front());
  return of_label ? of_label : ipv4_netmask(names.front());
}

// Whether each packet's owners are said, and with them how many processes have a socket. Tables name processes only.
bool says_owners(const Options& options) {
  const OutputOptions& output = options.output;
  return options.action == Action::kCapture && (output.print || !output.path.empty() || !output.record.folder.empty());
}

}  // namespace

std::string kernel_library_version() {
  return libbpf_version();
}

Result<std::vector<std::string>> interface_names(const CaptureSettings& options) {
  std::vector<std::string> names = options.interfaces;
  if (names.empty()) names = {options.looks_into_namespaces() ? "any" : "1"};
  auto devices = present_devices(options);
  if (!devices) return devices.take_error();
  for (std::string& interface : names) {
    auto name = resolve_device(interface, *devices);
    if (!name) return name.take_error();
    interface = name.take();
  }
  return names;
}

Result<FilteredFrames> frames_of_interfaces(const Options& options) {
  auto interfaces = interface_names(options.capture);
  if (!interfaces) return interfaces.take_error();
  CaptureSettings settings = options.capture;
  settings.interfaces = *interfaces;
  auto framed = link_type_of(settings);
  if (!framed) return framed.take_error();
  if (auto has = require_link_type(options, *framed); !has) return has.take_error();
  return FilteredFrames{.link_type = met_link_types(*framed, options.capture.taps).front(),
                        .netmask = netmask_of(options.capture, *interfaces)};
}

Result<LiveInput> open_live(const Options& options, bool follow, int interrupt_fd, int command_fd) {
  auto interfaces = interface_names(options.capture);
  if (!interfaces) return interfaces.take_error();
  LiveOptions how{options.capture};
  how.interfaces = *interfaces;
  how.follow = follow;
  how.counts_holders = says_owners(options);
  how.interrupt_fd = interrupt_fd;
  how.command_fd = command_fd;
  LiveInput live;
  live.interfaces = interfaces.take();
  const std::string& trigger = options.output.record.event.expression;
  if (!options.filter.expression.empty() || !trigger.empty()) {
    auto framed = link_type_of(how);
    if (!framed) return framed.take_error();
    live.link_types = met_link_types(*framed, options.capture.taps);
    const ExpressionContext context{.netmask = netmask_of(options.capture, live.interfaces), .live = true};
    auto made = ExpressionFilter::create(options.filter, live.link_types, context);
    if (!made) return made.take_error();
    live.filter = std::make_unique<ExpressionFilter>(made.take());
    if (!trigger.empty()) {
      FilterOptions second = options.filter;
      second.expression = trigger;
      auto made_second = ExpressionFilter::create(second, live.link_types, context);
      if (!made_second) return std::move(made_second.take_error()).context("--trigger");
      live.trigger = std::make_unique<ExpressionFilter>(made_second.take());
    }
    how.filter = live_filter(options.filter, *live.filter, live.trigger.get());
  }
  auto source = LiveSource::create(how, say);
  if (!source) return source.take_error();
  live.source = source.take();
  if (auto has = require_link_type(options, live.source->link_type()); !has) return has.take_error();
  return live;
}

Result<> start_helpers(const Options& options, LiveSource& source) {
  return options.sandbox ? source.start_helpers() : ok();
}

Result<SandboxNeeds> attach(const Options& options, LiveSource& source) {
  if (auto attached = source.attach(); !attached) return attached.take_error();
  if (auto prepared = HelperProcess::all_prepared(); !prepared) return prepared.take_error();
  // The kernel's types took megabytes, which are free now but were not given back.
  ::malloc_trim(0);
  if (options.sandbox) return source.later_needs();
  return SandboxNeeds{.capabilities = capability_set({CAP_BPF, CAP_NET_ADMIN, CAP_NET_RAW, CAP_PERFMON})};
}

}  // namespace ringtap
