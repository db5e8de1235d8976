// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/section_reader.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "file/byte_source.hpp"

namespace ringtap {
namespace {

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}

  Result<ReadResult> read(std::span<std::byte> into, Deadline /*deadline*/) override {
    const std::size_t size = std::min(into.size(), bytes_.size() - at_);
    if (size == 0) return ReadResult{.state = ReadState::kEnd};
    std::memcpy(into.data(), bytes_.data() + at_, size);
    at_ += size;
    return ReadResult{.state = ReadState::kData, .size = size};
  }

 private:
  std::vector<std::byte> bytes_;
  std::size_t at_ = 0;
};

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;  // the same in either byte order

}  // namespace

Result<std::unique_ptr<CaptureReader>> open_section(std::vector<std::byte> section, std::string name) {
  std::uint32_t magic = 0;
  if (section.size() >= sizeof(magic)) std::memcpy(&magic, section.data(), sizeof(magic));
  if (magic != kSectionHeader) return Error(name + ": not a section of pcapng");
  const std::size_t buffer = section.size() + 1;  // with room left, so that it never grows
  return std::make_unique<CaptureReader>(std::make_unique<MemorySource>(std::move(section)), std::move(name), buffer);
}

}  // namespace ringtap
