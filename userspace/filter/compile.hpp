// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The only access to libpcap's filter language: expression → ClassicProgram, its printed forms, and libpcap's
// interpreter for files and rechecks. compile() may resolve names and block for seconds. print_program() uses a static
// buffer of libpcap: one thread at a time; a FilterMatcher belongs to one thread, different ones to any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "filter/classic_program.hpp"
#include "ringtap/record.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

struct FilterRequest {
  std::string expression;  // pcap-filter(7); empty: everything matches
  LinkType link_type = LinkType::kEthernet;
  std::uint32_t snaplen = 262144;        // what an accepting program returns
  bool optimise = true;                  // not for very large programs: libpcap's optimiser takes cubic time
  bool any_vlan = false;                 // Ethernet: the expression may also match after 1 to kAnyVlanTags tags
  std::optional<std::uint32_t> netmask;  // network byte order; `ip broadcast` needs it
  bool live = true;  // false: from a file; then inbound, outbound, ifindex and ifname depend on the link type …
  bool has_directions = false;  // … and inbound and outbound work if records have a direction (pcapng)
};

constexpr int kAnyVlanTags = 4;

// Errors are of kind kUsage, with libpcap's text.
Result<ClassicProgram> compile(const FilterRequest& request);

// "libpcap version 1.10.3 (with TPACKET_V3)"
std::string libpcap_version();

// The texts of tcpdump's -d, -dd and -ddd.
enum class ProgramFormat { kAssembly, kCArray, kDecimal };
std::string print_program(const ClassicProgram& program, ProgramFormat format);

// What the kernel knew about a frame in addition to its bytes, for the ancillary loads of `inbound`, `outbound` and
// `ifindex`.
struct FrameMetadata {
  PacketType packet_type = PacketType::kUnknown;
  std::uint32_t ifindex = 0;
};

// A program that is ready to run in user space.
class FilterMatcher {
 public:
  static Result<FilterMatcher> create(const ClassicProgram& program);
  FilterMatcher(FilterMatcher&&) noexcept;
  FilterMatcher& operator=(FilterMatcher&&) noexcept;
  ~FilterMatcher();

  // Whether it reads FrameMetadata::packet_type.
  [[nodiscard]] bool asks_direction() const;

  // The program's return value, 0 for "no match". `bytes` is what was captured of `wire_len`.
  std::uint32_t verdict(std::span<const std::byte> bytes, std::uint32_t wire_len, const FrameMetadata& metadata = {});

 private:
  struct State;
  explicit FilterMatcher(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ringtap
