// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The numbers and fixed layouts of pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng) files, shared by
// the writers and the readers. A file has the byte order of the machine that wrote it: structures have the layout of
// the file, and readers swap fields if the magic number is reversed.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "ringtap/record.hpp"

namespace ringtap {

template <class T>
std::array<std::byte, sizeof(T)> file_bytes(const T& value) {
  return std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
}

namespace pcap {

inline constexpr std::uint32_t kMagicMicroseconds = 0xa1b2c3d4;
inline constexpr std::uint32_t kMagicNanoseconds = 0xa1b23c4d;
// Alexey Kuznetzov's patch of the 1990s; wireshark.org's LibpcapFileFormat page: packet headers carry eight bytes more.
inline constexpr std::uint32_t kMagicModified = 0xa1b2cd34;
// Ixia's lcap, by the clock of the hardware or of software: the file header has four bytes more.
inline constexpr std::uint32_t kMagicIxiaHardware = 0x1c0001ac;
inline constexpr std::uint32_t kMagicIxiaSoftware = 0x1c0001ab;
// Above the 16 bits of the link type: whether the length of the frame check sequence is there, and that length in units
// of 16 bits.
inline constexpr std::uint32_t kFcsPresent = 1u << 26;
inline constexpr unsigned kFcsShift = 28;
inline constexpr std::uint8_t kFcsUnitBits = 16;

struct FileHeader {
  std::uint32_t magic;
  std::uint16_t version_major = 2;
  std::uint16_t version_minor = 4;
  std::uint32_t reserved1 = 0;
  std::uint32_t reserved2 = 0;
  std::uint32_t snaplen;
  std::uint32_t link_type;  // low 16 bits; above them the FCS length and reserved bits
};
static_assert(sizeof(FileHeader) == 24);

struct PacketHeader {
  std::uint32_t seconds;
  std::uint32_t fraction;
  std::uint32_t cap_len;
  std::uint32_t wire_len;
};
static_assert(sizeof(PacketHeader) == 16);

struct ModifiedPacketTail {
  std::uint32_t ifindex;
  std::uint16_t protocol;
  std::uint8_t packet_type;
  std::uint8_t padding;
};
static_assert(sizeof(ModifiedPacketTail) == 8);

}  // namespace pcap

namespace pcapng {

enum class BlockType : std::uint32_t {
  kInterfaceDescription = 1,
  kPacket = 2,  // obsolete
  kSimplePacket = 3,
  kNameResolution = 4,
  kInterfaceStatistics = 5,
  kEnhancedPacket = 6,
  kSystemdJournal = 9,
  kDecryptionSecrets = 10,
  kCustom = 0x0bad,
  kUncopiedCustom = 0x40000bad,  // must not be copied into another file
  kSectionHeader = 0x0a0d0d0a,   // reads the same in both byte orders
};

inline constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
inline constexpr std::size_t kBlockAlign = 4;
inline constexpr std::size_t kMinBlockLength = 12;  // type, length, and the length again at the end

constexpr std::size_t padded(std::size_t size) {
  return (size + kBlockAlign - 1) / kBlockAlign * kBlockAlign;
}

struct BlockHeader {
  BlockType type;
  std::uint32_t length;  // of the whole block, a multiple of four
};
static_assert(sizeof(BlockHeader) == 8);

// The bodies: what is between BlockHeader and the options.
struct SectionHeader {
  std::uint32_t byte_order_magic = kByteOrderMagic;
  std::uint16_t version_major = 1;
  std::uint16_t version_minor = 0;
  std::array<std::uint32_t, 2> section_length = {0xffffffff, 0xffffffff};  // not specified
};
static_assert(sizeof(SectionHeader) == 16);

struct InterfaceDescription {
  std::uint16_t link_type;
  std::uint16_t reserved = 0;
  std::uint32_t snaplen;
};
static_assert(sizeof(InterfaceDescription) == 8);

// 64-bit times are two words, the upper one first, in either byte order.
struct Timestamp {
  std::uint32_t upper;
  std::uint32_t lower;
};

struct EnhancedPacket {
  std::uint32_t interface_id;
  Timestamp time;
  std::uint32_t cap_len;
  std::uint32_t wire_len;
};
static_assert(sizeof(EnhancedPacket) == 20);

struct ObsoletePacket {
  std::uint16_t interface_id;
  std::uint16_t drop_count;  // kDropCountUnknown
  Timestamp time;
  std::uint32_t cap_len;
  std::uint32_t wire_len;
};
static_assert(sizeof(ObsoletePacket) == 20);
inline constexpr std::uint16_t kDropCountUnknown = 0xffff;

struct SimplePacket {
  std::uint32_t wire_len;
};

struct InterfaceStatisticsHead {
  std::uint32_t interface_id;
  Timestamp time;
};
static_assert(sizeof(InterfaceStatisticsHead) == 12);

struct OptionHeader {
  std::uint16_t code;
  std::uint16_t length;  // of the value without its padding
};
static_assert(sizeof(OptionHeader) == 4);

// Option codes mean different things in different blocks, hence plain numbers under the names of the draft.
inline constexpr std::uint16_t kOptEnd = 0, kOptComment = 1;
// A private enterprise number, then text or bytes; the last two must not be copied into another file.
inline constexpr std::uint16_t kOptCustomText = 2988, kOptCustomBytes = 2989, kOptUncopiedText = 19372,
                               kOptUncopiedBytes = 19373;
inline constexpr std::uint16_t kShbHardware = 2, kShbOs = 3, kShbUserAppl = 4;
inline constexpr std::uint16_t kIfName = 2, kIfDescription = 3, kIfIpv4Addr = 4, kIfIpv6Addr = 5, kIfMacAddr = 6,
                               kIfEuiAddr = 7, kIfSpeed = 8, kIfTsResol = 9, kIfTzone = 10, kIfFilter = 11, kIfOs = 12,
                               kIfFcsLen = 13, kIfTsOffset = 14, kIfHardware = 15, kIfTxSpeed = 16, kIfRxSpeed = 17,
                               kIfIanaTzName = 18, kIfTsOffsetNs = 19;
inline constexpr std::uint16_t kEpbFlags = 2, kEpbHash = 3, kEpbDropCount = 4, kEpbPacketId = 5, kEpbQueue = 6,
                               kEpbVerdict = 7, kEpbProcessThread = 8;
// Our own, a number that the draft leaves for local use (section "Options"): the tap, and what record/trace_text.hpp
// stores about the sk_buff.
inline constexpr std::uint16_t kEpbTrace = 0x8052;
// Likewise: the packet's owners, and a process in full on the first record that names it (record/owner_text.hpp).
inline constexpr std::uint16_t kEpbOwners = 0x8053, kEpbProcess = 0x8054;
inline constexpr std::uint16_t kIsbStartTime = 2, kIsbEndTime = 3, kIsbIfRecv = 4, kIsbIfDrop = 5, kIsbFilterAccept = 6,
                               kIsbOsDrop = 7, kIsbUsrDeliv = 8;

inline constexpr std::byte kFilterIsText{0};  // first octet of if_filter

// First octet of epb_hash, section "Enhanced Packet Block": skb->hash is the network card's Toeplitz hash or, if
// the card gives none, the kernel's own hash of the same fields, for which the draft has no number.
inline constexpr std::byte kHashToeplitz{5};

// Section "Enhanced Packet Block Flags Word".
inline constexpr std::uint32_t kFlagsDirectionMask = 0x3;
inline constexpr unsigned kFlagsReceptionShift = 2;
inline constexpr std::uint32_t kFlagsReceptionMask = 0x7;
// The reception types. The draft has none for sent packets, which are recognised by their direction.
inline constexpr std::array kReceptionTypes = {PacketType::kUnknown, PacketType::kHost, PacketType::kMulticast,
                                               PacketType::kBroadcast, PacketType::kOtherHost};
// Kept as they are: FCS length, segmentation, errors of the link layer.
inline constexpr std::uint32_t kFlagsKept = 0xffff09e0;
inline constexpr std::uint32_t kFlagsChecksumNotReady = 1u << 9;
inline constexpr std::uint32_t kFlagsChecksumValid = 1u << 10;
inline constexpr std::uint32_t kFlagsSegmentationOffload = 1u << 11;

}  // namespace pcapng

}  // namespace ringtap
