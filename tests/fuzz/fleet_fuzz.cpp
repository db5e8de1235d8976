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

// In pieces of this size. Where a section ends may depend on these, what is in all of them does not.
Cut cut(std::span<const std::byte> bytes, std::size_t piece) {
  constexpr std::size_t kFull = 256;
  // The head of a section is no longer than all that came.
  std::vector<std::byte> memory(kBatchRoom + bytes.size());
  const std::size_t first = memory.size();
  memory.insert(memory.end(), bytes.begin(), bytes.end());
  std::size_t begin = first;
  std::size_t end = first;
  const auto waiting = [&] { return std::span(memory).subspan(begin, end - begin); };
  BatchBuilder builder;
  Cut result;
  const auto take = [&] {
    require(builder.front() <= first);
    const BuiltSection built = builder.take(waiting());
    require(built.used <= end - begin && built.message.empty() == built.bytes().empty());
    result.packets += built.packets;
    result.lost += built.lost;
    read_section({built.bytes().begin(), built.bytes().end()});
    begin += built.used;
  };
  while (end < memory.size() && !result.is_damaged) {
    end += std::min(piece, memory.size() - end);
    do {
      if (builder.is_full()) take();
      result.is_damaged = !builder.look(waiting(), kFull, bytes.size() + 1);
    } while (builder.is_full());
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
