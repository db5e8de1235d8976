// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/nkey.hpp"

#include <sys/random.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/shared_library.hpp"

namespace ringtap {
namespace {

// Their declarations, without OpenSSL's headers (EVP_PKEY_new(3ssl)).
using Evp = void;
struct CryptoFunctions {
  Evp* (*from_seed)(int type, void* engine, const unsigned char* key, std::size_t size) = nullptr;
  int (*public_key)(const Evp* key, unsigned char* out, std::size_t* size) = nullptr;
  void (*free)(Evp* key) = nullptr;
};
constexpr int kEd25519 = 1087;  // EVP_PKEY_ED25519

const SharedLibrary<CryptoFunctions>& crypto() {
  static const SharedLibrary<CryptoFunctions> library("libcrypto.so.3", [](SharedLibrary<CryptoFunctions>& found) {
    found.find(found.functions.from_seed, "EVP_PKEY_new_raw_private_key");
    found.find(found.functions.public_key, "EVP_PKEY_get_raw_public_key");
    found.find(found.functions.free, "EVP_PKEY_free");
  });
  return library;
}

constexpr std::size_t kKeyBytes = 32;
constexpr std::uint8_t kSeedPrefix = 18 << 3;  // 'S'
constexpr std::uint8_t kUserPrefix = 20 << 3;  // 'U'
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

std::uint16_t crc16(std::span<const std::uint8_t> bytes) {
  std::uint16_t crc = 0;
  for (const std::uint8_t byte : bytes) {
    crc = static_cast<std::uint16_t>(crc ^ byte << 8U);
    for (int i = 0; i < 8; ++i) {
      crc = static_cast<std::uint16_t>((crc & 0x8000) != 0 ? crc << 1U ^ 0x1021 : crc << 1U);
    }
  }
  return crc;
}

// With its checksum.
std::string base32(std::vector<std::uint8_t> bytes) {
  const std::uint16_t crc = crc16(bytes);
  bytes.push_back(static_cast<std::uint8_t>(crc & 0xff));
  bytes.push_back(static_cast<std::uint8_t>(crc >> 8U));
  std::string text;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8U | byte;
    for (count += 8; count >= 5; count -= 5) text += kAlphabet[bits >> (count - 5) & 31U];
  }
  if (count > 0) text += kAlphabet[bits << (5 - count) & 31U];
  return text;
}

// Empty if it is damaged.
std::vector<std::uint8_t> from_base32(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return {};
    bits = bits << 5U | static_cast<std::uint32_t>(digit);
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> count));
  }
  if (bytes.size() < 3) return {};
  const auto crc = static_cast<std::uint16_t>(bytes[bytes.size() - 2] | bytes[bytes.size() - 1] << 8U);
  bytes.resize(bytes.size() - 2);
  return crc16(bytes) == crc ? bytes : std::vector<std::uint8_t>();
}

// Two bytes: five bits of the seed's prefix, eight of the kind of key.
std::vector<std::uint8_t> with_seed_prefix(std::span<const std::uint8_t> key) {
  std::vector<std::uint8_t> bytes = {static_cast<std::uint8_t>(kSeedPrefix | kUserPrefix >> 5U),
                                     static_cast<std::uint8_t>((kUserPrefix & 31U) << 3U)};
  bytes.insert(bytes.end(), key.begin(), key.end());
  return bytes;
}

Result<NkeyPair> pair_of(std::span<const std::uint8_t> key) {
  if (!crypto().missing.empty()) return Error("compute the key: " + crypto().missing);
  const CryptoFunctions& functions = crypto().functions;
  Evp* const pair = functions.from_seed(kEd25519, nullptr, key.data(), key.size());
  std::array<std::uint8_t, kKeyBytes> bytes{};
  std::size_t size = bytes.size();
  const bool made = pair != nullptr && functions.public_key(pair, bytes.data(), &size) == 1 && size == bytes.size();
  functions.free(pair);
  if (!made) return Error("libcrypto does not compute the public key");
  std::vector<std::uint8_t> prefixed = {kUserPrefix};
  prefixed.insert(prefixed.end(), bytes.begin(), bytes.end());
  return NkeyPair{.seed = base32(with_seed_prefix(key)), .public_key = base32(prefixed)};
}

}  // namespace

Result<NkeyPair> parse_nkey(std::string_view text) {
  // A public key, which may be there as well, is a word that begins otherwise but may have the same letters in it.
  for (std::size_t start = 0; start < text.size();) {
    const std::string_view word = text.substr(start, text.find_first_not_of(kAlphabet, start) - start);
    start += word.size() + 1;
    if (!word.starts_with("SU")) continue;
    const std::vector<std::uint8_t> bytes = from_base32(word);
    if (bytes.size() != kKeyBytes + 2) continue;
    auto pair = pair_of(std::span(bytes).subspan(2));
    if (!pair || pair->seed == word) return pair;
  }
  return Error("there is no NKEY of a user in it: a word that begins with SU");
}

Result<NkeyPair> new_nkey() {
  std::array<std::uint8_t, kKeyBytes> key{};
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) {
    return Error::from_errno(errno, "get random numbers");
  }
  return pair_of(key);
}

}  // namespace ringtap
