// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What Wireshark asks of a program in its folder extcap, beside captures: interfaces, their arguments and link types,
// and whether a filter is good. Answers go to standard output.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/plain_text.hpp"
#include "command/commands.hpp"
#include "command/filter_input.hpp"
#include "command/live_input.hpp"
#include "command/messages.hpp"
#include "filter/expression_filter.hpp"
#include "filter/link_type_name.hpp"
#include "live/device_plan.hpp"
#include "live/live_filter.hpp"
#include "net/device_list.hpp"
#include "ringtap/version.hpp"

namespace ringtap {
namespace {

// A sentence: its values have no braces, which end them.
class Sentence {
 public:
  explicit Sentence(std::string word) : text_(std::move(word)) { text_ += ' '; }
  Sentence& put(std::string_view key, std::string_view value) {
    text_.append("{").append(key).append("=");
    for (const char c : plain_line(value)) text_ += c == '{' || c == '}' ? '_' : c;
    text_ += '}';
    return *this;
  }
  [[nodiscard]] std::string line() const { return text_ + "\n"; }

 private:
  std::string text_;
};

// "1.eth0 [Up, Running]" is eth0.
std::string device_of_line(const std::string& line) {
  const std::size_t dot = line.find('.');
  return line.substr(dot + 1, line.find(' ') - dot - 1);
}

std::string interface_line(const std::string& value, const std::string& display) {
  return Sentence("interface").put("value", "ringtap:" + value).put("display", display).line();
}

int list_interfaces() {
  auto devices = present_devices({});
  if (!devices) return fail(devices.error());
  std::string text =
      Sentence("extcap")
          .put("version", std::string_view(version_text()).substr(std::string_view("ringtap version ").size()))
          .put("display", "ringtap, eBPF taps")
          .line();
  for (const std::string& line : device_list(*devices)) {
    const std::string device = device_of_line(line);
    if (device == "any") continue;
    text += interface_line(device, device + " by eBPF at tc");
    text += interface_line(device + ":xdp", device + " by eBPF at XDP");
  }
  text += interface_line("any", "all devices by eBPF");
  text += interface_line("drops", "packets that the kernel drops, with the reason");
  text += Sentence("control")
              .put("number", "0")
              .put("type", "string")
              .put("display", "Lost")
              .put("tooltip", "Packets that matched the filter and were lost")
              .line();
  return print(text);
}

struct Choice {
  std::string_view value;
  std::string_view display;
};

// The arguments of an interface, numbered.
class Arguments {
 public:
  void selector(std::string_view call, std::string_view display, std::string_view tooltip,
                const std::vector<Choice>& choices) {
    text_ += begin(call, display, tooltip, "selector").line();
    for (const Choice& choice : choices) {
      Sentence value("value");
      value.put("arg", std::to_string(number_)).put("value", choice.value).put("display", choice.display);
      if (&choice == &choices.front()) value.put("default", "true");
      text_ += value.line();
    }
    ++number_;
  }
  void number(std::string_view call, std::string_view display, std::string_view tooltip, std::string_view range,
              std::uint64_t usual) {
    text_ += begin(call, display, tooltip, "unsigned").put("range", range).put("default", std::to_string(usual)).line();
    ++number_;
  }
  void flag(std::string_view call, std::string_view display, std::string_view tooltip) {
    text_ += begin(call, display, tooltip, "boolflag").put("default", "false").line();
    ++number_;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  [[nodiscard]] Sentence begin(std::string_view call, std::string_view display, std::string_view tooltip,
                               std::string_view type) const {
    Sentence sentence("arg");
    sentence.put("number", std::to_string(number_)).put("call", call).put("display", display);
    return sentence.put("tooltip", tooltip).put("type", type);
  }

  std::string text_;
  int number_ = 0;
};

int list_arguments(const Options& options) {
  const TapSet taps = options.capture.taps;
  Arguments arguments;
  if (options.capture.may_choose_taps) {
    arguments.selector("--tap", "Tap", "Where in the kernel packets are captured",
                       {{"auto", "tc, or AF_PACKET where tc does not see them"},
                        {"tc", "tc ingress and egress"},
                        {"tc-in", "tc ingress"},
                        {"tc-out", "tc egress"},
                        {"packet", "AF_PACKET, as tcpdump"},
                        {"netfilter", "before and after the rules of each hook"},
                        {"socket", "delivered to a socket"},
                        {"tc,drop", "tc, and drops with their reason"}});
  }
  arguments.number("--snaplen", "Snapshot length", "Bytes to keep of each packet; 0 is the maximum", "0,262144",
                   options.capture.snaplen);
  arguments.number("--buffer", "Buffer", "Total size of all ring buffers, in KiB", "1,4194304",
                   CaptureSettings::kDefaultBufferBytes / 1024);
  if (!taps.contains_any(kHostTaps)) {
    arguments.selector(
        "--slice", "Keep", "How much of each packet is kept",
        {{"all", "all"}, {"l2", "link-layer header"}, {"l3", "headers up to IP"}, {"l4", "headers up to TCP and UDP"}});
  }
  arguments.flag("--any-vlan", "Match inside VLAN tags", "The filter also matches frames with one to four VLAN tags");
  return print(arguments.text());
}

int list_dlts(const Options& options) {
  auto interfaces = interface_names(options.capture);
  if (!interfaces) return fail(interfaces.error());
  CaptureSettings settings = options.capture;
  settings.interfaces = interfaces.take();
  auto type = link_type_of(settings);
  if (!type) return fail(type.error());
  const std::string text = link_type_text(*type);  // "EN10MB (Ethernet)"
  const std::size_t space = std::min(text.find(" ("), text.size());
  const std::string name = text.substr(0, space);
  const std::string display = space == text.size() ? name : text.substr(space + 2, text.size() - space - 3);
  return print(
      Sentence("dlt").put("number", std::to_string(to_dlt(*type))).put("name", name).put("display", display).line());
}

// Wireshark takes a program that fails for one without an answer, so that what is wrong is printed like one.
int check_filter(const Options& options) {
  auto frames = frames_of_interfaces(options);
  if (!frames) return print(error_text(frames.error()) + "\n");
  auto filter = ExpressionFilter::create(options.filter, met_link_types(frames->link_type, options.capture.taps),
                                         {.netmask = frames->netmask, .live = true});
  return filter ? 0 : print(error_text(filter.error()) + "\n");
}

}  // namespace

int extcap(const Options& options) {
  using Question = ExtcapOptions::Question;
  switch (options.extcap.question) {
    case Question::kInterfaces:
      return list_interfaces();
    case Question::kArguments:
      return list_arguments(options);
    case Question::kLinkTypes:
      return list_dlts(options);
    case Question::kFilterCheck:
    case Question::kNone:
      break;
  }
  return check_filter(options);
}

}  // namespace ringtap
