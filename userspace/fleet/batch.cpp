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
static_assert(kBatchRoom == kHead + kMostBatchHeader);
constexpr std::string_view kEndPrefix = "end.";
constexpr const char* kPacked = "zstd";
constexpr const char* kUnpacked = "none";
// Of ZSTD_compressCCtx(): of what is worth it 2,300 to 3,500 MB/s a core, of prose 400.
constexpr int kLevel = -15;
// A capture of less than 1.3 MB/s makes smaller sections. What they cost is nothing, so they are made smaller still:
// prose 350 MB/s, what repeats 1,500.
constexpr std::size_t kLargeSection = 128 * 1024;
constexpr int kSmallLevel = -7;

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
      .add("netns", header.netns)
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

unsigned sections_to_leave(std::size_t packed, std::size_t size) {
  if (packed < size / 4) return 0;
  return packed < size / 2 ? 1 : 63;  // what is encrypted stays so
}

// Into message_; 0: it is not worth the time.
std::size_t BatchEncoder::pack(std::span<const std::byte> section) {
  const bool is_large = section.size() >= kLargeSection;
  if (section.empty()) return 0;
  if (is_large && left_as_they_are_ > 0) {
    --left_as_they_are_;
    return 0;
  }
  message_.resize(std::max(message_.size(), kBatchRoom + ::ZSTD_compressBound(section.size())));
  const std::size_t size =
      ::ZSTD_compressCCtx(static_cast<ZSTD_CCtx*>(context_), message_.data() + kBatchRoom, message_.size() - kBatchRoom,
                          section.data(), section.size(), is_large ? kLevel : kSmallLevel);
  const std::size_t packed = ::ZSTD_isError(size) != 0 ? section.size() : size;
  if (is_large) left_as_they_are_ = sections_to_leave(packed, section.size());
  return packed < section.size() ? packed : 0;
}

std::span<const std::byte> BatchEncoder::encode(const BatchHeader& header, std::span<std::byte> section) {
  const std::size_t size = section.size() - kBatchRoom;
  const std::size_t packed = pack(section.subspan(kBatchRoom));
  const std::string text = encode_header(header, packed > 0, size);
  const std::span<std::byte> message = packed > 0 ? std::span(message_).first(kBatchRoom + packed) : section;
  const std::span<std::byte> all = message.subspan(kMostBatchHeader - std::min(text.size(), kMostBatchHeader));
  std::copy(kMagic.begin(), kMagic.end(), reinterpret_cast<char*>(all.data()));
  for (std::size_t i = 0; i < 4; ++i) all[kMagic.size() + i] = static_cast<std::byte>(text.size() >> (8 * i));
  std::copy_n(text.begin(), std::min(text.size(), kMostBatchHeader), reinterpret_cast<char*>(all.data()) + kHead);
  return all;
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
  header.netns = static_cast<std::uint32_t>(fields->number_or("netns", 0));
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
