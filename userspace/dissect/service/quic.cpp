// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// QUIC, RFC 9000: packets with a long header, and the hello of TLS in a client's first one. tcpdump does not print it.
#include <array>
#include <cstring>

#include "dissect/service/printers.hpp"
#include "dissect/service/quic_keys.hpp"
#include "dissect/service/tls.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::uint8_t kLongHeader = 0x80;
constexpr std::uint8_t kFixedBit = 0x40;
constexpr std::size_t kMostIdBytes = 20;
constexpr Token kVersionNames[] = {{kQuicVersion1, "v1"}, {kQuicVersion2, "v2"}};
constexpr std::string_view kTypes[] = {"Initial", "0-RTT", "Handshake", "Retry"};
constexpr unsigned kInitial = 0;

// RFC 9000 16: the first two bits say of how many bytes it is. False where they are not there.
bool take_integer(Cursor& cursor, std::uint64_t& value) {
  if (cursor.readable() < 1) return false;
  const std::size_t size = std::size_t{1} << (cursor.u8(0) >> 6);
  if (cursor.readable() < size) return false;
  value = cursor.u8(0) & 0x3fU;
  for (std::size_t i = 1; i < size; ++i) value = value << 8 | cursor.u8(i);
  cursor.skip(size);
  return true;
}

void put_id(Context& context, std::string_view before, std::span<const std::uint8_t> id) {
  if (id.empty()) return;
  context.put(before);
  put_hex(context, id);
}

// What the frames of an Initial carry of TLS, put together. Clients send it in pieces and in any order, so that whoever
// looks for a name does not find it.
class Stream {
 public:
  // False when the frames cannot be those of an Initial.
  bool read(Cursor frames) {
    enum Frame : std::uint64_t { kPadding = 0, kPing = 1, kCrypto = 6 };
    for (std::uint64_t type = 0; take_integer(frames, type);) {
      if (type == kPadding || type == kPing) continue;
      std::uint64_t offset = 0;
      std::uint64_t size = 0;
      if (type != kCrypto || !take_integer(frames, offset) || !take_integer(frames, size)) return false;
      const std::size_t there = std::min<std::size_t>(size, frames.readable());
      if (offset < bytes_.size()) keep(static_cast<std::size_t>(offset), frames.bytes().first(there));
      if (there < size) break;
      frames.skip(there);
    }
    return true;
  }
  // Its beginning, without holes.
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return std::span(bytes_).first(contiguous()); }

 private:
  void keep(std::size_t offset, std::span<const std::uint8_t> piece) {
    const std::size_t size = std::min(piece.size(), bytes_.size() - offset);
    if (size == 0) return;
    std::memcpy(bytes_.data() + offset, piece.data(), size);
    if (pieces_ < ends_.size()) ends_[pieces_++] = {offset, offset + size};
  }
  [[nodiscard]] std::size_t contiguous() const {
    std::size_t end = 0;
    for (bool more = true; more;) {
      more = false;
      for (std::size_t i = 0; i < pieces_; ++i) {
        if (ends_[i].first > end || ends_[i].second <= end) continue;
        end = ends_[i].second;
        more = true;
      }
    }
    return end;
  }

  std::array<std::uint8_t, 2048> bytes_{};
  std::array<std::pair<std::size_t, std::size_t>, 32> ends_{};
  std::size_t pieces_ = 0;
};

void put_hello(Context& context, std::uint8_t first, std::span<const std::uint8_t> sealed,
               std::span<const std::uint8_t> destination_id, std::uint32_t version) {
  std::array<std::uint8_t, 1600> opened;
  const std::size_t size = open_quic_initial(first, sealed, destination_id, version, opened);
  if (size == 0) return;
  Truncation none{context.out};
  Stream stream;
  if (!stream.read(Cursor(std::span(opened).first(size), size, none))) return;
  constexpr std::size_t kHandshakeHeader = 4;
  constexpr std::uint8_t kClientHello = 1;
  const auto hello = stream.bytes();
  if (hello.size() < kHandshakeHeader + kTlsHelloHead || hello[0] != kClientHello || hello[4] != 3) return;
  const Cursor message(hello, hello.size(), none);
  context.put(", TLS ClientHello");
  put_client_hello(context, message.from(kHandshakeHeader).first(message.be24(1)), TlsCarrier::kQuic);
}

}  // namespace

bool print_quic(Context& context, Cursor payload, const Transport& transport) {
  constexpr std::size_t kHead = 6;  // up to the size of the first identifier
  constexpr std::uint16_t kServerPort = 443;
  const std::size_t length = payload.length();
  if (payload.readable() < kHead + 1) return false;
  const std::uint8_t first = payload.u8(0);
  const std::uint32_t version = payload.be32(1);
  if ((first & kLongHeader) == 0) return false;
  const std::string_view name = token(kVersionNames, version);
  if (version != 0 && (name.empty() || (first & kFixedBit) == 0)) return false;
  Cursor cursor = payload.from(kHead - 1);
  const auto take_id = [&cursor]() -> std::span<const std::uint8_t> {
    const std::size_t size = cursor.readable() == 0 ? kMostIdBytes + 1 : cursor.u8(0);
    if (size > kMostIdBytes || cursor.readable() < 1 + size) {
      cursor = cursor.first(0);
      return {};
    }
    const auto id = cursor.bytes().subspan(1, size);
    cursor.skip(1 + size);
    return id;
  };
  const auto destination_id = take_id();
  const auto source_id = take_id();
  if (cursor.captured() == 0) return false;
  // Version 2 has the types one number later.
  const unsigned type = ((first >> 4 & 3U) + (version == kQuicVersion2 ? 3U : 0U)) % 4;
  context.put("QUIC ");
  if (version == 0) {
    context.put("Version Negotiation");
  } else {
    context.put(name, ' ', kTypes[type]);
  }
  put_id(context, ", dcid ", destination_id);
  put_id(context, ", scid ", source_id);
  if (version != 0 && type == kInitial && transport.source_port != kServerPort) {
    std::uint64_t token_size = 0;
    std::uint64_t size = 0;
    if (take_integer(cursor, token_size) && token_size <= cursor.readable()) {
      cursor.skip(static_cast<std::size_t>(token_size));
      if (take_integer(cursor, size) && size <= cursor.readable()) {
        put_hello(context, first, cursor.bytes().first(static_cast<std::size_t>(size)), destination_id, version);
      }
    }
  }
  context.put(", length ", length);
  return true;
}

}  // namespace ringtap
