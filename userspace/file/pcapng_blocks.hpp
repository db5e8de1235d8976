// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Options and blocks of pcapng files that ringtap does not use itself, in the byte order of this machine, so that they
// can be written again. What cannot be put into that order, because its fields are unknown, is none. Pure functions;
// any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "file/format_parser.hpp"
#include "record/capture_format.hpp"

namespace ringtap {

// Calls handle(code, value) for each option up to the end mark or the end of the block.
template <class Handle>
Result<> each_option(std::span<const std::byte> options, FieldOrder order, Handle handle) {
  while (options.size() >= sizeof(pcapng::OptionHeader)) {
    const auto header = load<pcapng::OptionHeader>(options);
    const std::uint16_t code = order(header.code);
    const std::uint16_t length = order(header.length);
    if (code == pcapng::kOptEnd) return ok();
    options = options.subspan(sizeof(header));
    if (pcapng::padded(length) > options.size()) {
      return Error("option " + std::to_string(code) + " with a length of " + std::to_string(length) +
                   " extends beyond its block");
    }
    handle(code, options.first(length));
    options = options.subspan(pcapng::padded(length));
  }
  return ok();
}

// What the value of an option consists of.
enum class OptionForm : std::uint8_t { kBytes, kNumber, kUnknown };

// The value of any option but those that must not be copied. `form` is that of options which are not common to all
// blocks.
std::optional<std::vector<std::byte>> kept_value(std::uint16_t code, std::span<const std::byte> value, OptionForm form,
                                                 FieldOrder order);

// Appends an option as it is in a file of this machine.
void append_option(std::vector<std::byte>& options, std::uint16_t code, std::span<const std::byte> value);

// The body of a block for name resolution, of one with decryption secrets, or of a custom one.
std::optional<std::vector<std::byte>> kept_body(pcapng::BlockType type, std::span<const std::byte> body,
                                                FieldOrder order);

}  // namespace ringtap
