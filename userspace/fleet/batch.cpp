// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/batch.hpp"

#include <sys/random.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "base/now.hpp"

namespace ringtap {
namespace {

constexpr std::string_view kMagic = "RTB1";
constexpr std::size_t kHead = 8;
constexpr std::string_view kEndPrefix = "end.";
// Of one length, since the header's size has to be known before the section is compressed.
constexpr const char* kPacked = "zstd";
constexpr const char* kUnpacked = "none";
// Of ZSTD_compressCCtx(): some 500 MB/s a core, and half the size with usual packets.
constexpr int kLevel = -7;
// After a large section that lost less than an eighth, so many are not compressed: what is encrypted stays so.
constexpr unsigned kTryAgain = 15;
constexpr std::size_t kTellingSize = 64 * 1024;

constexpr std::array<std::pair<const char*, std::uint64_t HostCounters::*>, 4> kCounters = {
    {{"seen", &HostCounters::seen},
     {"matched", &HostCounters::matched},
     {"ring", &HostCounters::ring},
     {"counted", &HostCounters::at_ns}}};

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string encode_header(const BatchHeader& header, bool is_packed, std::size_t size) {
  Fields fields;
  fields.add("session", header.session)
      .add("host", header.host)
      .add("boot", header.boot)
      .add("opened", header.opened_ns)
      .add("batch", header.number)
      .add("first", header.first_ns)
      .add("last", header.last_ns)
      .add("until", header.until_ns)
      .add("packets", header.packets)
      .add("sent_before", header.sent_before)
      .add("lost_before", header.lost_before)
      .add("lost_after", header.lost_after)
      .add("queue_packets", header.queue_packets)
      .add("queue_batches", header.queue_batches)
      .add("clock", header.clock)
      .add("clock_error", header.clock_error_ns)
      .add("codec", is_packed ? kPacked : kUnpacked)
      .add("size", size);
  for (const auto& [key, value] : kCounters) {
    fields.add(std::string(key) + "_before", header.before.*value)
        .add(std::string(key) + "_after", header.after.*value);
  }
  if (header.is_end) fields.add("end", 1);
  for (const auto& [key, value] : header.more.all()) fields.add(key, value);
  return fields.encode();
}

Error refused(const std::string& why) {
  return Error("not a batch of packets: " + why);
}

bool is_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace

Result<BatchEncoder> BatchEncoder::create() {
  ZSTD_CCtx* const context = ::ZSTD_createCCtx();
  if (context == nullptr) return Error("zstd: out of memory");
  return BatchEncoder(context);
}

BatchEncoder::~BatchEncoder() {
  ::ZSTD_freeCCtx(static_cast<ZSTD_CCtx*>(context_));
}

// Into the message, where there is room; 0: it is not worth the time.
std::size_t BatchEncoder::pack(std::span<const std::byte> section, std::size_t at) {
  if (left_as_they_are_ > 0) {
    --left_as_they_are_;
    return 0;
  }
  const std::size_t size = ::ZSTD_compressCCtx(static_cast<ZSTD_CCtx*>(context_), message_.data() + at,
                                               message_.size() - at, section.data(), section.size(), kLevel);
  const bool is_smaller = ::ZSTD_isError(size) == 0 && size < section.size();
  if (section.size() >= kTellingSize && (!is_smaller || size > section.size() / 8 * 7)) left_as_they_are_ = kTryAgain;
  return is_smaller ? size : 0;
}

std::span<const std::byte> BatchEncoder::encode(const BatchHeader& header, std::span<const std::byte> section) {
  std::string text = encode_header(header, true, section.size());
  const std::size_t section_at = kHead + text.size();
  message_.resize(std::max(message_.size(), section_at + ::ZSTD_compressBound(section.size())));
  std::size_t size = section.empty() ? 0 : pack(section, section_at);
  if (size == 0) {
    static_assert(std::string_view(kPacked).size() == std::string_view(kUnpacked).size());
    text = encode_header(header, false, section.size());
    size = section.size();
    std::copy(section.begin(), section.end(), message_.begin() + static_cast<std::ptrdiff_t>(section_at));
  }
  std::copy(kMagic.begin(), kMagic.end(), reinterpret_cast<char*>(message_.data()));
  for (std::size_t i = 0; i < 4; ++i) message_[kMagic.size() + i] = static_cast<std::byte>(text.size() >> (8 * i));
  std::copy(text.begin(), text.end(), reinterpret_cast<char*>(message_.data()) + kHead);
  return std::span<const std::byte>(message_).first(section_at + size);
}

Result<PackedBatch> parse_batch_header(std::span<const std::byte> message) {
  if (message.size() < kHead || as_text(message.first(kMagic.size())) != kMagic) return refused("it begins otherwise");
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) size |= std::to_integer<std::size_t>(message[4 + i]) << (8 * i);
  if (size > kMostBatchHeader || size > message.size() - kHead) return refused("its header is too long");
  const auto fields = Fields::parse(as_text(message.subspan(kHead, size)));
  if (!fields) return refused("its header is damaged");
  PackedBatch batch;
  BatchHeader& header = batch.header;
  header.session = fields->text("session");
  header.host = fields->text("host");
  header.boot = fields->text("boot");
  header.clock = fields->text("clock");
  if (!is_session_name(header.session) || !is_host_name(header.host) || header.boot.size() > kLongestHost) {
    return refused("it has no proper name");
  }
  const std::array<std::pair<const char*, std::uint64_t*>, 10> numbers = {{{"batch", &header.number},
                                                                           {"first", &header.first_ns},
                                                                           {"last", &header.last_ns},
                                                                           {"until", &header.until_ns},
                                                                           {"packets", &header.packets},
                                                                           {"sent_before", &header.sent_before},
                                                                           {"lost_before", &header.lost_before},
                                                                           {"lost_after", &header.lost_after},
                                                                           {"queue_packets", &header.queue_packets},
                                                                           {"queue_batches", &header.queue_batches}}};
  for (const auto& [key, value] : numbers) {
    const auto number = fields->number(key);
    if (!number) return refused(std::string("it has no ") + key);
    *value = *number;
  }
  header.clock_error_ns = fields->number_or("clock_error", 0);
  header.opened_ns = fields->number_or("opened", 0);
  for (const auto& [key, value] : kCounters) {
    header.before.*value = fields->number_or(std::string(key) + "_before", 0);
    header.after.*value = fields->number_or(std::string(key) + "_after", 0);
  }
  header.is_end = fields->number_or("end", 0) == 1;
  for (const auto& [key, value] : fields->all()) {
    if (key.starts_with(kEndPrefix)) header.more.add(key, value);
  }
  // No section has more packets than it has bytes for.
  if (header.packets > kMostBatchBytes / 32) return refused("it claims too many packets");
  batch.section_at = kHead + size;
  batch.is_packed = fields->text("codec") == kPacked;
  return batch;
}

Result<std::vector<std::byte>> unpack_section(const PackedBatch& batch, std::span<const std::byte> message) {
  const std::span<const std::byte> body = message.subspan(batch.section_at);
  if (!batch.is_packed) {
    if (body.size() > kMostBatchBytes) return refused("it is too large");
    return std::vector<std::byte>(body.begin(), body.end());
  }
  const unsigned long long size = ::ZSTD_getFrameContentSize(body.data(), body.size());
  if (size > kMostBatchBytes) return refused("it would be too large, or it is no zstd frame");
  std::vector<std::byte> section(static_cast<std::size_t>(size));
  const std::size_t got = ::ZSTD_decompress(section.data(), section.size(), body.data(), body.size());
  if (::ZSTD_isError(got) != 0 || got != section.size()) return refused("its zstd frame is damaged");
  return section;
}

std::string subject_token(std::string_view name) {
  std::string token;
  for (const char c : name) {
    if (is_word({&c, 1})) {
      token += c;
      continue;
    }
    std::array<char, 4> escaped{};
    std::snprintf(escaped.data(), escaped.size(), "=%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    token += escaped.data();
  }
  return token;
}

bool is_session_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestSession && is_word(name);
}

bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestHost && std::all_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f && c != '/' && c != '*' && c != '?';
  });
}

std::string new_session_name() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof(number), 0) != sizeof(number)) number = monotonic_now_ns();
  const auto seconds = static_cast<std::time_t>(epoch_now_ns() / kNsPerSecond);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%S-", &parts);
  std::snprintf(text.data() + size, text.size() - size, "%08llx", static_cast<unsigned long long>(number & 0xffffffff));
  return text.data();
}

std::string message_id(const BatchHeader& header) {
  return subject_token(header.host) + ":" + header.boot + ":" + header.session + ":" + std::to_string(header.number);
}

}  // namespace ringtap
