// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Opens the first packets of QUIC's clients, whose keys follow from what is in the packet (RFC 9001 5.2, RFC 9369 3.3):
// they hide nothing from who sees the packet. Its own SHA-256 and AES-128, because no library can be loaded once the
// process has given up files, and because these run once per connection. The authentication tag is not verified. Pure
// functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ringtap {

inline constexpr std::uint32_t kQuicVersion1 = 0x00000001;
inline constexpr std::uint32_t kQuicVersion2 = 0x6b3343cf;

// `first` is the packet's first byte, and `sealed` what follows its length, captured completely. Decrypts as much of
// the payload as `opened` has room for, into it; the number of bytes, 0 where it cannot be an Initial's.
std::size_t open_quic_initial(std::uint8_t first, std::span<const std::uint8_t> sealed,
                              std::span<const std::uint8_t> destination_id, std::uint32_t version,
                              std::span<std::uint8_t> opened);

}  // namespace ringtap
