// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "sink/text_printer.hpp"

#include <algorithm>
#include <ctime>
#include <string>
#include <utility>

#include "base/now.hpp"
#include "base/plain_text.hpp"
#include "base/vlan.hpp"
#include "dissect/hexdump.hpp"
#include "dissect/text.hpp"
#include "record/owner_text.hpp"
#include "ringtap/bytes.hpp"

namespace ringtap {
namespace {

// tcpdump numbers the packets' times in the precision it prints, also when it subtracts them.
std::uint64_t rounded(std::uint64_t time_ns, bool nanoseconds) {
  return nanoseconds ? time_ns : time_ns / 1000 * 1000;
}

std::string_view direction_name(const RecordView& record) {
  switch (record.packet_type) {
    case PacketType::kHost:
      return "In";
    case PacketType::kBroadcast:
      return "B";
    case PacketType::kMulticast:
      return "M";
    case PacketType::kOtherHost:
      return "P";
    case PacketType::kOutgoing:
      return "Out";
    case PacketType::kUnknown:
      break;
  }
  switch (record.direction) {
    case Direction::kIn:
      return "In";
    case Direction::kOut:
      return "Out";
    case Direction::kUnknown:
      break;
  }
  return "?";
}

DissectOptions with_dump_known(DissectOptions options, DumpStyle dump) {
  options.suppress_dump = options.suppress_dump || dump == DumpStyle::kHex || dump == DumpStyle::kHexAndAscii;
  return options;
}

}  // namespace

TextPrinter::TextPrinter(int fd, const TextOptions& options, NameResolver* resolver)
    : options_(options),
      has_color_(!options.dissect.compat && wants_color(options.color, fd)),
      device_names_(std::make_unique<NumberedDevices>(interfaces_)),
      dissector_(with_dump_known(options.dissect, options.dump), resolver, device_names_.get()),
      lines_(fd, options.line_buffered),
      out_(lines_.text()) {
  tzset();
}

TextPrinter::~TextPrinter() = default;

Result<> TextPrinter::on_interface(const Interface& interface) {
  // A name from a file may hold any byte, and none at all.
  std::string shown = interface.name.empty() ? "if" + std::to_string(interfaces_.size()) : plain_line(interface.name);
  several_names_ |= !interface.name.empty() &&
                    std::any_of(interfaces_.begin(), interfaces_.end(),
                                [&](const auto& other) { return !other.name.empty() && other.name != interface.name; });
  interfaces_.push_back({interface.name, std::move(shown), interface.ifindex});
  return ok();
}

Result<> TextPrinter::on_record(const RecordView& given) {
  ++count_;
  if (options_.print_every > 1 && count_ % options_.print_every != 0) {
    ++unprinted_;
    return ok();
  }
  const RecordView& record = without_cooked_tag(given);
  return has_color_ ? print<true>(record) : print<false>(record);
}

template <bool kColored>
Result<> TextPrinter::print(const RecordView& record) {
  const auto end = [this] {
    if constexpr (kColored) return end_colored_line();
    return end_line();
  };
  mark<kColored>(Color::kFaint);
  if (options_.number) out_.put(Padded{count_, 5, ' '}, "  ");
  if (options_.lengths) out_.put("caplen ", record.data.size(), " len ", record.wire_len, ' ');
  if (Dissector::print_if_invalid(record, out_)) return end();
  put_time(record.time_ns);
  mark<kColored>(Color::kPlain);
  if (shows_interface(record)) {
    mark<kColored>(Color::kCyan);
    const std::string_view name =
        record.interface_id < interfaces_.size() ? std::string_view(interfaces_[record.interface_id].shown) : "?";
    put_interface(out_, name, direction_name(record));
    mark<kColored>(Color::kPlain);
  }
  device_names_->set_interface(record.interface_id);
  const std::size_t header_size = dissector_.print(record, out_);
  if (record.owners != nullptr) {
    mark<kColored>(Color::kMagenta);
    put_owners(*record.owners);
  }
  if (!options_.dissect.compat) {
    mark<kColored>(record.tap == Tap::kDrop ? Color::kRed : Color::kBlue);
    put_trace(record);
  }
  mark<kColored>(Color::kFaint);
  put_dump(record, header_size);
  return end();
}

// With -e the tag is shown all the same.
const RecordView& TextPrinter::without_cooked_tag(const RecordView& record) {
  constexpr std::size_t kHeader = 20;  // LINUX_SLL2, which begins with the protocol
  const auto& data = record.data;
  const bool may_have_tag = hides_cooked_tags_ && !options_.dissect.link_header &&
                            record.link_type == LinkType::kLinuxSll2 && data.size() >= kHeader + kVlanTagSize;
  if (!may_have_tag || !is_vlan_ethertype(load_be16(data.data()))) return record;
  untagged_bytes_.assign(data.begin(), data.end());
  // The protocol behind the tag takes the tag's place.
  std::copy_n(data.begin() + kHeader + 2, 2, untagged_bytes_.begin());
  untagged_bytes_.erase(untagged_bytes_.begin() + kHeader, untagged_bytes_.begin() + kHeader + kVlanTagSize);
  untagged_ = record;
  untagged_.data = untagged_bytes_;
  untagged_.wire_len -= static_cast<std::uint32_t>(kVlanTagSize);
  return untagged_;
}

bool TextPrinter::shows_interface(const RecordView& record) const {
  if (record.link_type == LinkType::kLinuxSll2 || options_.dissect.compat) return false;
  return options_.show_interface || several_names_ || tap_traits(record.tap).needs_pcapng;
}

// What the tap knows beyond the bytes, and with -v what a file says of the packet.
void TextPrinter::put_trace(const RecordView& record) {
  if (record.trace && record.tap == Tap::kNetfilter) {
    const auto hook = static_cast<std::size_t>(record.trace->hook);
    out_.put(" [", kNetfilterHookNames[hook], record.trace->last ? " post]" : " pre]");
  } else if (record.trace && (!record.trace->reason.empty() || !record.trace->function.empty())) {
    out_.put(" [");
    out_.put(record.trace->reason.empty() ? "dropped" : plain_line(record.trace->reason));
    if (!record.trace->function.empty()) out_.put(" in ", plain_line(record.trace->function));
    out_.put(']');
  }
  // ringtap's own comment says what has just been printed.
  if (options_.dissect.verbosity == 0 || record.comment.empty() || record.trace) return;
  for (std::string_view rest = record.comment; !rest.empty();) {
    const std::string_view comment = rest.substr(0, rest.find('\0'));
    out_.put("\n    comment: ", plain_line(comment));
    rest.remove_prefix(std::min(comment.size() + 1, rest.size()));
  }
}

// "[from curl 4711 uid 1000 to nginx 812 uid 33]"; an end that is not on this host is left out.
void TextPrinter::put_owners(const Owners& owners) {
  const bool from = owners.sender.kind != OwnerKind::kNotAsked;
  const bool to = owners.receiver.kind != OwnerKind::kNotAsked;
  if (!from && !to) return;
  out_.put(" [");
  if (from) {
    out_.put("from ");
    put_owner(owners.sender);
  }
  if (to) {
    out_.put(from ? std::string_view("; to ") : std::string_view("to "));
    put_owner(owners.receiver);
  }
  out_.put(']');
}

void TextPrinter::put_owner(const Owner& owner) {
  if (owner.kind == OwnerKind::kKernel) return out_.put("kernel");
  if (!names_process(owner.kind)) return out_.put('?');
  out_.put(words_before_process(owner.kind));
  if (owner.process == nullptr) {
    out_.put("process ", pid_of(owner.key));
  } else {
    out_.put(std::string_view(owner.process->name_text));
  }
  out_.put(" uid ", owner.uid);
  if (owner.shared != 0) out_.put(" shared=", owner.shared);
  if (owner.process != nullptr) out_.put(std::string_view(owner.process->place_text));
}

Result<> TextPrinter::end_line() {
  out_.put('\n');
  // What a printer let through all the same, such as bytes of a name.
  const std::size_t begin = lines_.begin_of_record();
  if (const std::string_view line = out_.text().substr(begin); !is_plain_ascii(line)) {
    const std::string plain = plain_text(line);
    out_.cut(begin);
    out_.put(plain);
  }
  return lines_.end_record();
}

// Each part between two colours is made plain by itself, since a colour is an escape.
Result<> TextPrinter::end_colored_line() {
  const std::size_t begin = lines_.begin_of_record();
  const std::string line(out_.text().substr(begin));
  out_.cut(begin);
  marks_.push_back({begin + line.size(), Color::kPlain});
  std::size_t at = begin;
  Color color = Color::kPlain;
  for (const Mark& next : std::exchange(marks_, {})) {
    const std::string part = plain_text(std::string_view(line).substr(at - begin, next.at - at));
    out_.put(std::string_view(colored(part, color, true)));
    at = next.at;
    color = next.color;
  }
  out_.put('\n');
  return lines_.end_record();
}

Result<> TextPrinter::on_statistics(const InterfaceStatistics&) {
  return ok();
}

Result<> TextPrinter::flush() {
  return lines_.flush();
}

Result<> TextPrinter::finish() {
  return flush();
}

void TextPrinter::put_fraction(std::uint64_t nanoseconds) {
  if (options_.nanoseconds) {
    out_.put('.', Padded{nanoseconds, 9});
  } else {
    out_.put('.', Padded{nanoseconds / 1000, 6});
  }
}

void TextPrinter::put_difference(std::uint64_t time_ns, std::uint64_t since_ns) {
  const std::uint64_t time = rounded(time_ns, options_.nanoseconds);
  const std::uint64_t since = rounded(since_ns, options_.nanoseconds);
  const std::uint64_t difference = time < since ? since - time : time - since;
  const std::uint64_t seconds = difference / kNsPerSecond;
  out_.put(time < since ? '-' : ' ', Padded{seconds / 3600 % 24, 2}, ':', Padded{seconds / 60 % 60, 2}, ':',
           Padded{seconds % 60, 2});
  put_fraction(difference % kNsPerSecond);
  out_.put(' ');
}

void TextPrinter::put_time(std::uint64_t time_ns) {
  switch (options_.time) {
    case TimeStyle::kNone:
      return;
    case TimeStyle::kEpoch:
      out_.put(time_ns / kNsPerSecond);
      break;
    case TimeStyle::kSincePrevious:
      put_difference(time_ns, reference_ns_.value_or(time_ns));
      reference_ns_ = time_ns;
      return;
    case TimeStyle::kSinceFirst:
      if (!reference_ns_) reference_ns_ = time_ns;
      put_difference(time_ns, *reference_ns_);
      return;
    case TimeStyle::kClock:
    case TimeStyle::kDate: {
      // Zones change on whole minutes at the earliest, so the broken-down time of a minute is worked out once.
      const auto minute = static_cast<std::int64_t>(time_ns / kNsPerSecond / 60);
      if (minute != minute_) {
        const auto when = static_cast<std::time_t>(minute * 60);
        std::tm local{};
        localtime_r(&when, &local);
        char text[32];
        const std::size_t size =
            std::strftime(text, sizeof text, options_.time == TimeStyle::kDate ? "%Y-%m-%d %H:%M:" : "%H:%M:", &local);
        minute_text_.assign(text, size);
        minute_ = minute;
      }
      out_.put(std::string_view(minute_text_), Padded{time_ns / kNsPerSecond % 60, 2});
      break;
    }
  }
  put_fraction(time_ns % kNsPerSecond);
  out_.put(' ');
}

void TextPrinter::put_dump(const RecordView& record, std::size_t header_size) {
  if (options_.dump == DumpStyle::kNone) return;
  std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(record.data.data()), record.data.size());
  if (!options_.dump_link_header) bytes = bytes.subspan(header_size);
  if (bytes.empty()) return;
  switch (options_.dump) {
    case DumpStyle::kNone:
      break;
    case DumpStyle::kHex:
      dump_hex(out_, bytes);
      break;
    case DumpStyle::kHexAndAscii:
      dump_hex_and_ascii(out_, bytes);
      break;
    case DumpStyle::kAscii:
      dump_ascii(out_, bytes);
      break;
  }
}

}  // namespace ringtap
