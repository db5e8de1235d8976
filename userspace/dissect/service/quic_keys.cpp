// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// SHA-256 (FIPS 180-4), HMAC (RFC 2104), HKDF (RFC 5869) with TLS 1.3's labels (RFC 8446 7.1), AES-128 (FIPS 197) in
// counter mode as GCM has it (SP 800-38D), for RFC 9001 5.
#include "dissect/service/quic_keys.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "ringtap/bytes.hpp"

namespace ringtap {
namespace {

using Digest = std::array<std::uint8_t, 32>;
using Block = std::array<std::uint8_t, 16>;
using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kBlockSize = 64;  // of SHA-256
constexpr std::array<std::uint32_t, 64> kRoundConstants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// Of messages that are given in pieces.
class Sha256 {
 public:
  void update(Bytes bytes) {
    for (const std::uint8_t byte : bytes) {
      block_[used_++] = byte;
      if (used_ == kBlockSize) compress();
    }
    size_ += bytes.size();
  }
  Digest finish() {
    const std::uint64_t bits = size_ * 8;
    block_[used_++] = 0x80;
    if (used_ > kBlockSize - 8) pad_to(kBlockSize);
    pad_to(kBlockSize - 8);
    for (std::size_t i = 0; i < 8; ++i) block_[used_++] = static_cast<std::uint8_t>(bits >> (56 - 8 * i));
    compress();
    Digest digest;
    for (std::size_t i = 0; i < digest.size(); ++i) {
      digest[i] = static_cast<std::uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
    }
    return digest;
  }

 private:
  void pad_to(std::size_t size) {
    std::fill(block_.begin() + static_cast<std::ptrdiff_t>(used_), block_.begin() + static_cast<std::ptrdiff_t>(size),
              std::uint8_t{0});
    used_ = size;
    if (used_ == kBlockSize) compress();
  }
  void compress() {
    used_ = 0;
    std::array<std::uint32_t, 64> words{};
    for (std::size_t i = 0; i < 16; ++i) words[i] = load_be32(block_.data() + 4 * i);
    for (std::size_t i = 16; i < words.size(); ++i) {
      const std::uint32_t a = words[i - 15];
      const std::uint32_t b = words[i - 2];
      words[i] = words[i - 16] + words[i - 7] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ a >> 3) +
                 (std::rotr(b, 17) ^ std::rotr(b, 19) ^ b >> 10);
    }
    std::array<std::uint32_t, 8> s = state_;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::uint32_t one = s[7] + (std::rotr(s[4], 6) ^ std::rotr(s[4], 11) ^ std::rotr(s[4], 25)) +
                                ((s[4] & s[5]) ^ (~s[4] & s[6])) + kRoundConstants[i] + words[i];
      const std::uint32_t two = (std::rotr(s[0], 2) ^ std::rotr(s[0], 13) ^ std::rotr(s[0], 22)) +
                                ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
      s = {one + two, s[0], s[1], s[2], s[3] + one, s[4], s[5], s[6]};
    }
    for (std::size_t i = 0; i < s.size(); ++i) state_[i] += s[i];
  }

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, kBlockSize> block_{};
  std::size_t used_ = 0;
  std::uint64_t size_ = 0;
};

// The key has at most 64 bytes.
Digest hmac(Bytes key, Bytes message) {
  std::array<std::uint8_t, kBlockSize> pad{};
  std::copy(key.begin(), key.end(), pad.begin());
  for (std::uint8_t& byte : pad) byte ^= 0x36;
  Sha256 inner;
  inner.update(pad);
  inner.update(message);
  const Digest digest = inner.finish();
  for (std::uint8_t& byte : pad) byte ^= 0x36 ^ 0x5c;
  Sha256 outer;
  outer.update(pad);
  outer.update(digest);
  return outer.finish();
}

// HKDF-Expand-Label with an empty context and at most 32 bytes, which is one step.
Digest expand(const Digest& secret, std::string_view label, std::uint8_t size) {
  std::array<std::uint8_t, 40> info{};
  std::size_t used = 1;
  constexpr std::string_view kPrefix = "tls13 ";
  info[used++] = size;
  info[used++] = static_cast<std::uint8_t>(kPrefix.size() + label.size());
  for (const std::string_view part : {kPrefix, label}) {
    std::copy(part.begin(), part.end(), info.begin() + static_cast<std::ptrdiff_t>(used));
    used += part.size();
  }
  info[used++] = 0;  // of the context
  info[used++] = 1;  // the first step
  return hmac(secret, std::span(info).first(used));
}

constexpr std::uint8_t twice(std::uint8_t value) {
  return static_cast<std::uint8_t>(value << 1 ^ ((value & 0x80) != 0 ? 0x1b : 0));
}

// FIPS 197 5.1.1: the inverse in GF(2^8), then the affine transformation. Powers of 3 reach every number but 0.
constexpr std::array<std::uint8_t, 256> kSubstitutes = [] {
  std::array<std::uint8_t, 256> table{};
  std::uint8_t power = 1;
  std::uint8_t inverse = 1;
  do {
    power = static_cast<std::uint8_t>(power ^ twice(power));
    // Division by 3.
    inverse = static_cast<std::uint8_t>(inverse ^ inverse << 1);
    inverse = static_cast<std::uint8_t>(inverse ^ inverse << 2);
    inverse = static_cast<std::uint8_t>(inverse ^ inverse << 4);
    if ((inverse & 0x80) != 0) inverse ^= 0x09;
    table[power] = static_cast<std::uint8_t>(inverse ^ std::rotl(inverse, 1) ^ std::rotl(inverse, 2) ^
                                             std::rotl(inverse, 3) ^ std::rotl(inverse, 4) ^ 0x63);
  } while (power != 1);
  table[0] = 0x63;
  return table;
}();
static_assert(kSubstitutes[1] == 0x7c && kSubstitutes[0x53] == 0xed && kSubstitutes[0xff] == 0x16);

class Aes128 {
 public:
  explicit Aes128(const Digest& key) {
    std::copy_n(key.begin(), 16, keys_.begin());
    std::uint8_t constant = 1;
    for (std::size_t i = 16; i < keys_.size(); i += 4) {
      std::array<std::uint8_t, 4> word;
      std::copy_n(keys_.begin() + static_cast<std::ptrdiff_t>(i - 4), 4, word.begin());
      if (i % 16 == 0) {
        std::rotate(word.begin(), word.begin() + 1, word.end());
        for (std::uint8_t& byte : word) byte = kSubstitutes[byte];
        word[0] ^= constant;
        constant = twice(constant);
      }
      for (std::size_t j = 0; j < word.size(); ++j) {
        keys_[i + j] = static_cast<std::uint8_t>(keys_[i + j - 16] ^ word[j]);
      }
    }
  }
  [[nodiscard]] Block encrypt(Block state) const {
    add_key(state, 0);
    for (std::size_t round = 1; round <= kRounds; ++round) {
      Block next;
      for (std::size_t i = 0; i < next.size(); ++i) next[i] = kSubstitutes[state[i * 5 % 16]];  // and the rows shifted
      if (round < kRounds) mix_columns(next);
      add_key(next, round);
      state = next;
    }
    return state;
  }

 private:
  static constexpr std::size_t kRounds = 10;

  static void mix_columns(Block& state) {
    for (std::size_t i = 0; i < state.size(); i += 4) {
      const std::uint8_t all = static_cast<std::uint8_t>(state[i] ^ state[i + 1] ^ state[i + 2] ^ state[i + 3]);
      const std::uint8_t first = state[i];
      for (std::size_t j = 0; j < 4; ++j) {
        const std::uint8_t next = j == 3 ? first : state[i + j + 1];
        state[i + j] =
            static_cast<std::uint8_t>(state[i + j] ^ all ^ twice(static_cast<std::uint8_t>(state[i + j] ^ next)));
      }
    }
  }
  void add_key(Block& state, std::size_t round) const {
    for (std::size_t i = 0; i < state.size(); ++i) state[i] ^= keys_[16 * round + i];
  }

  std::array<std::uint8_t, 16 * (kRounds + 1)> keys_{};
};

struct Version {
  std::uint32_t number;
  std::array<std::uint8_t, 20> salt;
  std::string_view key;
  std::string_view iv;
  std::string_view header;
};
constexpr Version kVersions[] = {
    {kQuicVersion1,
     {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
      0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a},
     "quic key",
     "quic iv",
     "quic hp"},
    {kQuicVersion2,
     {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
      0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9},
     "quicv2 key",
     "quicv2 iv",
     "quicv2 hp"},
};

constexpr std::size_t kTag = 16;
constexpr std::size_t kSample = 4;  // where the sample for the header begins
constexpr std::size_t kIv = 12;

// Frames of an Initial, RFC 9000 12.4: padding, a ping, acknowledgments, data of TLS. What was opened with a key that
// is not its own rarely begins with one of them, and costs a block rather than all of its bytes.
constexpr bool may_begin_initial(std::uint8_t frame) {
  constexpr std::uint8_t kLastAck = 3;
  constexpr std::uint8_t kCrypto = 6;
  return frame <= kLastAck || frame == kCrypto;
}

}  // namespace

std::size_t open_quic_initial(std::uint8_t first, Bytes sealed, Bytes destination_id, std::uint32_t version,
                              std::span<std::uint8_t> opened) {
  const auto row = std::find_if(std::begin(kVersions), std::end(kVersions),
                                [version](const Version& known) { return known.number == version; });
  if (row == std::end(kVersions) || sealed.size() < kSample + sizeof(Block) + kTag) return 0;
  const Digest secret = expand(hmac(row->salt, destination_id), "client in", sizeof(Digest));
  const Aes128 header_key(expand(secret, row->header, 16));
  Block sample;
  std::copy_n(sealed.begin() + kSample, sample.size(), sample.begin());
  const Block mask = header_key.encrypt(sample);
  const auto unmasked = static_cast<std::uint8_t>(first ^ (mask[0] & 0x0f));
  constexpr std::uint8_t kReserved = 0x0c;
  if ((unmasked & kReserved) != 0) return 0;
  const std::size_t number_size = (unmasked & 3U) + 1;

  const Digest iv = expand(secret, row->iv, kIv);
  Block counter{};
  std::copy_n(iv.begin(), kIv, counter.begin());
  for (std::size_t i = 0; i < number_size; ++i) {
    counter[kIv - number_size + i] ^= static_cast<std::uint8_t>(sealed[i] ^ mask[1 + i]);
  }
  const Aes128 key(expand(secret, row->key, 16));
  const Bytes text = sealed.subspan(number_size, sealed.size() - number_size - kTag);
  const std::size_t size = std::min(text.size(), opened.size());
  for (std::size_t i = 0; i < size; i += sizeof(Block)) {
    const std::size_t number = i / sizeof(Block) + 2;  // the first one belongs to the tag
    counter[14] = static_cast<std::uint8_t>(number >> 8);
    counter[15] = static_cast<std::uint8_t>(number);
    const Block stream = key.encrypt(counter);
    for (std::size_t j = i; j < std::min(size, i + sizeof(Block)); ++j) {
      opened[j] = static_cast<std::uint8_t>(text[j] ^ stream[j - i]);
    }
    if (i == 0 && !may_begin_initial(opened[0])) return 0;
  }
  return size;
}

}  // namespace ringtap
