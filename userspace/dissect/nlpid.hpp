// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Identifiers of network layer protocols (ISO/IEC TR 9577), as OSI's packets begin with and frame relay has before its
// payload.
#pragma once

#include <cstdint>

#include "dissect/names.hpp"

namespace ringtap {

struct Nlpid {
  enum : std::uint8_t {
    kNull = 0,
    kQ933 = 0x08,
    kSnap = 0x80,
    kClnp = 0x81,
    kEsIs = 0x82,
    kIsIs = 0x83,
    kIpv6 = 0x8e,
    kFrf15 = 0xb1,
    kIpv4 = 0xcc,
    kPpp = 0xcf
  };
};

inline constexpr Token kNlpids[] = {
    {Nlpid::kNull, "NULL"}, {Nlpid::kQ933, "Q.933"}, {0x09, "LMI"},           {Nlpid::kSnap, "SNAP"},
    {Nlpid::kClnp, "CLNP"}, {Nlpid::kEsIs, "ES-IS"}, {Nlpid::kIsIs, "IS-IS"}, {0x84, "CONS"},
    {0x85, "IDRP"},         {0x8a, "X25 ES-IS"},     {Nlpid::kIpv6, "IPv6"},  {Nlpid::kFrf15, "FRF.15"},
    {0xc1, "ISIS_SPB"},     {Nlpid::kIpv4, "IPv4"},  {Nlpid::kPpp, "PPP"},
};

}  // namespace ringtap
