// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The Community ID of a flow, version 1 with seed 0, which Zeek, Suricata, Arkime and Wireshark compute alike:
// https://github.com/corelight/community-id-spec. And a number that identifies a flow within ringtap's output. Both are
// the same for the two directions. Pure functions, any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "record/packet_key.hpp"

namespace ringtap {

// "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
class CommunityId {
 public:
  // Of an IP packet with its ports, or with ICMP's type and code.
  explicit CommunityId(const Endpoints& endpoints);
  [[nodiscard]] std::string_view text() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 30> text_;
};

// Below 2^53, so that every reader of JSON keeps it.
std::uint64_t flow_id(const Endpoints& endpoints);

}  // namespace ringtap
