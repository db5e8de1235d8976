// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// libFuzzer target: what comes from other hosts over NATS. The first byte chooses: control messages, batches, the
// answers of servers, and the stream of a capture process. Beyond memory safety it holds that fields and the headers of
// batches come back as they were written, and that the pieces in which a stream arrives change nothing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/batch.hpp"
#include "fleet/batch_builder.hpp"
#include "fleet/fields.hpp"
#include "fleet/section_reader.hpp"
#include "fleet/stream.hpp"
#include "support/fuzz_input.hpp"
#include "support/recording_sink.hpp"

namespace {

using namespace ringtap;
using testing::FuzzInput;
using testing::require;

void read_fields(std::string_view text) {
  const auto fields = Fields::parse(text);
  if (!fields) return;
  const auto again = Fields::parse(fields->encode());
  // What is written may be longer than what was read, and so beyond the limit.
  if (fields->encode().size() <= Fields::kMostBytes) require(again && again->all() == fields->all());
}

void read_section(std::vector<std::byte> section) {
  auto reader = open_section(std::move(section), "input");
  if (!reader) return;
  testing::RecordingSink sink;
  static_cast<void>(testing::drain(**reader, sink, 1));
}

// The header is text, as a sender writes it, with a length that fits; the rest is as it comes.
void read_batch(FuzzInput input) {
  const std::string_view text = input.take_until('\0');
  std::vector<std::byte> message;
  const auto append = [&](std::string_view bytes) {
    for (const char c : bytes) message.push_back(static_cast<std::byte>(c));
  };
  append("RTB1");
  for (std::size_t i = 0; i < 4; ++i) message.push_back(static_cast<std::byte>(text.size() >> (8 * i)));
  append(text);
  append(input.take_text());
  auto packed = parse_batch_header(message);
  if (!packed) return;
  require(packed->section_at <= message.size());
  require(is_session_name(packed->header.session) && is_host_name(packed->header.host));
  static_cast<void>(message_id(packed->header));
  auto section = unpack_section(*packed, message);
  if (!section) return;
  require(section->size() <= kMostBatchBytes);
  read_section(section.take());
}

void read_answer(std::string_view text) {
  for (const char* const name : {"name", "description", "seq"}) {
    require(text.find(json_member(text, name)) != std::string_view::npos);
  }
  static_cast<void>(place_of(text));
  for (const char c : subject_token(text)) require(c != '.' && c != '*' && c != '>' && c != ' ' && c != '\n');
}

struct Cut {
  std::uint64_t packets = 0;
  std::uint64_t lost = 0;
  bool is_damaged = false;
};

// Where a section ends depends on the pieces, what is in all of them does not.
Cut cut(std::span<const std::byte> bytes, std::size_t piece) {
  constexpr std::size_t kFull = 256;
  BatchBuilder builder;
  Cut result;
  const auto take = [&] {
    BuiltSection built = builder.take();
    require((built.size == 0) == built.bytes().empty());
    result.packets += built.packets;
    result.lost += built.lost;
    read_section({built.bytes().begin(), built.bytes().end()});
    builder.give_back(std::move(built));
  };
  while (!bytes.empty() && !result.is_damaged) {
    const std::span<std::byte> room = builder.room(kFull);
    const std::size_t size = std::min({piece, room.size(), bytes.size()});
    require(size > 0);
    std::copy_n(bytes.begin(), size, room.begin());
    bytes = bytes.subspan(size);
    result.is_damaged = !builder.added(size);
    if (!result.is_damaged && builder.is_full(kFull)) take();
  }
  take();
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input(data, size);
  switch (input.take<std::uint8_t>() % 4) {
    case 0:
      read_fields(input.take_text());
      break;
    case 1:
      read_batch(input);
      break;
    case 2:
      read_answer(input.take_text());
      break;
    case 3: {
      const auto text = input.take_text();
      const auto bytes = std::as_bytes(std::span(text));
      const Cut whole = cut(bytes, bytes.size() + 1);
      const Cut in_pieces = cut(bytes, 3);
      require(whole.is_damaged == in_pieces.is_damaged);
      if (!whole.is_damaged) require(whole.packets == in_pieces.packets && whole.lost == in_pieces.lost);
      break;
    }
    default:
      break;
  }
  return 0;
}
