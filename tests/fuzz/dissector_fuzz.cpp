// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// libFuzzer target: every printer over arbitrary bytes. The first four bytes choose the link type, the options and how
// much of the packet was captured; records of two packets follow each other, so that state between packets is met too.
// Beyond memory safety it holds that a text has no byte that a terminal could obey, ends in one newline, is in
// proportion to the packet, and that the printer says the same again.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "dissect/options.hpp"
#include "sink/text_printer.hpp"
#include "support/fuzz_input.hpp"

namespace {

using namespace ringtap;
using testing::require;

constexpr std::array kLinkTypes = {
    LinkType::kEthernet, LinkType::kEthernet, LinkType::kNull,      LinkType::kRaw,       LinkType::kLoop,
    LinkType::kLinuxSll, LinkType::kIpv4,     LinkType::kLinuxSll2, LinkType::kIpv6,      LinkType{12},
    LinkType{14},        LinkType::kPpp,      LinkType::kPppHdlc,   LinkType::kCiscoHdlc, LinkType::kFrameRelay,
    LinkType{6},         LinkType{7},         LinkType{8},          LinkType{10},         LinkType{15},
    LinkType{105},       LinkType{109},       LinkType{117},        LinkType{119},        LinkType{127},
    LinkType{129},       LinkType{138},       LinkType{163},        LinkType{182},        LinkType{189},
    LinkType{192},       LinkType{201},       LinkType{220},        LinkType{226},        LinkType{227},
    LinkType{239},       LinkType{240},       LinkType{241},        LinkType{242},        LinkType{253},
    LinkType{258},       LinkType{271},       LinkType{281},        LinkType{282},        LinkType{284},
    LinkType{285},       LinkType{178},       LinkType{179},        LinkType{180},        LinkType{181},
    LinkType{51},        LinkType{99},        LinkType{122},        LinkType{166},        LinkType{195},
    LinkType{283},       LinkType{100},       LinkType{106},        LinkType{123},        LinkType{130},
    LinkType{131},       LinkType{132},       LinkType{133},        LinkType{134},        LinkType{135},
    LinkType{136},       LinkType{137},       LinkType{164},        LinkType{167},        LinkType{168},
    LinkType{230},       LinkType{102},       LinkType{112},        LinkType{11},         LinkType{19},
};

// Names as a hostile name server or services file could not make them: the resolver's contract is text without control
// bytes.
class Names final : public NameResolver {
 public:
  std::string_view host(std::span<const std::uint8_t> address) override {
    return (address.back() & 1) != 0 ? "host.example.org" : std::string_view();
  }
  std::string_view station(std::span<const std::uint8_t> address) override {
    return (address.back() & 1) != 0 ? "station" : std::string_view();
  }
};

// A file in memory that the printer writes to.
class Output {
 public:
  Output() : fd_(memfd_create("text", 0)) { require(fd_ >= 0); }
  [[nodiscard]] int fd() const { return fd_; }
  std::string take() {
    const off_t size = ::lseek(fd_, 0, SEEK_CUR);
    std::string text(static_cast<std::size_t>(size), '\0');
    require(::pread(fd_, text.data(), text.size(), 0) == size);
    require(::ftruncate(fd_, 0) == 0 && ::lseek(fd_, 0, SEEK_SET) == 0);
    return text;
  }

 private:
  int fd_;
};

TextOptions options_of(std::uint8_t first, std::uint8_t second) {
  TextOptions options;
  // The host's services fill megabytes for each printer, so names are tried with one input in a few hundred.
  options.dissect.no_names = second == 0xff ? 0 : 1;
  options.dissect.suppress_dump = (first & 1) != 0;
  options.dissect.verbosity = first >> 1 & 3;
  options.dissect.quiet = (first >> 3 & 1) != 0;
  options.dissect.link_header = (first >> 4 & 1) != 0;
  options.dissect.absolute_seq = (first >> 5 & 1) != 0;
  options.dissect.no_checksums = (first >> 6 & 1) != 0;
  options.dissect.compat = (first >> 7 & 1) != 0;
  options.dump = static_cast<DumpStyle>(second & 3);
  options.dump_link_header = (second >> 2 & 1) != 0;
  options.dissect.no_domain = (second >> 3 & 1) != 0;
  options.number = (second >> 4 & 1) != 0;
  options.time = static_cast<TimeStyle>((second >> 5) % 6);
  // What only -T or a fourth -v reaches.
  if (second >> 5 >= 6) options.dissect.forced = find_forced_type(second >> 5 == 6 ? "pgm_zmtp1" : "zmtp1");
  if (options.dissect.quiet && options.dissect.verbosity == 3) ++options.dissect.verbosity;
  return options;
}

std::string print(const TextOptions& options, const RecordView& first, const RecordView& second) {
  static Output output;
  static Names names;
  TextPrinter printer(output.fd(), options, &names);
  require(static_cast<bool>(printer.on_record(first)) && static_cast<bool>(printer.on_record(second)));
  require(static_cast<bool>(printer.finish()) && printer.records_stored() == 2);
  return output.take();
}

// -A shows line ends of the packet as they are, and a carriage return before one.
bool is_shown(char c) {
  return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t' || c == '\r';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kChoices = 4;
  if (size <= kChoices) return 0;
  const auto bytes = std::as_bytes(std::span(data + kChoices, size - kChoices));
  TextOptions options = options_of(data[1], data[2]);
  RecordView whole{.time_ns = 1'700'000'000'000'000'000,
                   .data = bytes,
                   .wire_len = static_cast<std::uint32_t>(bytes.size()),
                   .link_type = kLinkTypes[data[0] % kLinkTypes.size()]};
  // Cut as a snapshot length does it: up to 255 bytes are missing at the end.
  RecordView cut = whole;
  cut.data = bytes.first(bytes.size() - std::min<std::size_t>(data[3], bytes.size() - 1));

  const std::string text = print(options, cut, whole);
  require(std::all_of(text.begin(), text.end(), is_shown));
  require(text.ends_with('\n'));
  require(text.size() < 4096 + 2048 * size);
  require(text == print(options, cut, whole));
  return 0;
}
