// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// -d and --dump-ebpf: for the given interfaces or file, otherwise for the link type of -y, or Ethernet.
#include <net/if_arp.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "command/commands.hpp"
#include "command/filter_input.hpp"
#include "command/inputs.hpp"
#include "command/messages.hpp"
#include "file/capture_files.hpp"
#include "filter/ebpf_text.hpp"
#include "filter/translate.hpp"

namespace ringtap {
namespace {

Result<FilteredFrames> frames_of_file(const std::string& file) {
  FilteredFrames frames{.netmask = 0};  // as tcpdump has it where there is no interface
  auto source = CaptureFiles::open({file}, [&](const CaptureFiles::File& opened) {
    announce_file(opened.path, opened.first);
    frames.link_type = opened.first.link_type;
    frames.has_directions = opened.has_directions;
    return ok();
  });
  if (!source) return source.take_error();
  return frames;
}

Result<FilteredFrames> frames_of(const Options& options) {
  if (!options.read_paths.empty()) return frames_of_file(options.read_paths.front());
  if (!options.capture.interfaces.empty()) return frames_of_interfaces(options);
  auto asked = asked_link_type(options);
  if (!asked) return asked.take_error();
  return FilteredFrames{.link_type = asked->value_or(LinkType::kEthernet)};
}

}  // namespace

int show_filter(const Options& options) {
  auto frames = frames_of(options);
  if (!frames) return fail(frames.error());
  auto filter =
      ExpressionFilter::create(options.filter, {}, {.netmask = frames->netmask, .live = options.read_paths.empty()});
  if (!filter) return fail(filter.error());
  if (auto meant = filter->require(frames->link_type, frames->has_directions); !meant) return fail(meant.error());
  const ClassicProgram& program = filter->program(frames->link_type);
  std::string text;
  if (options.show_classic > 0) {
    // By how often -d is given; more than three times is the same as three.
    constexpr std::array kForms = {ProgramFormat::kAssembly, ProgramFormat::kCArray, ProgramFormat::kDecimal};
    const auto times = std::min(static_cast<std::size_t>(options.show_classic), kForms.size());
    text += print_program(program, kForms[times - 1]);
  }
  if (options.show_ebpf) {
    const bool l3 = frames->link_type == LinkType::kRaw;
    TranslateOptions how;
    how.hook = options.capture.taps.contains(Tap::kXdp) ? FilterHook::kXdp : FilterHook::kTcIngress;
    how.vlan_view = !l3;
    how.hardware_type = l3 ? ARPHRD_NONE : ARPHRD_ETHER;
    how.long_jumps = true;
    auto body = translate(program, how);
    if (!body) return fail(body.error());
    text += print_ebpf(body->insns);
  }
  return print(text);
}

}  // namespace ringtap
