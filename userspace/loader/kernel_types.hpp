// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The names in the running kernel's BTF, as far as ringtap has to know them: numbers of functions, how many arguments
// a tracepoint has, and the values of an enumeration. libbpf reads the same file when it loads programs, and would take
// four times as long as this: it copies all of it and checks each type. Owns the bytes, which the kernel lends where it
// can (Linux 6.16). Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ringtap/result.hpp"

namespace ringtap {

class KernelTypes {
 public:
  // An Error if the file cannot be read or is not BTF.
  static Result<KernelTypes> read(const std::string& path = "/sys/kernel/btf/vmlinux");
  // In words of four bytes, of which BTF is made, but for its strings at the end.
  static Result<KernelTypes> of(std::vector<std::uint32_t> words);

  // The number of the function or struct; 0 if there is none.
  [[nodiscard]] std::uint32_t function(std::string_view name) const;
  [[nodiscard]] std::uint32_t structure(std::string_view name) const;
  // Not counting the context that every handler gets first; 0 if there is no such tracepoint.
  [[nodiscard]] unsigned tracepoint_arguments(std::string_view name) const;
  // The values of an enumeration of 32 bits and their names, which live as long as this; none if there is none.
  [[nodiscard]] std::vector<std::pair<std::uint32_t, std::string_view>> enumeration(std::string_view name) const;

  // Types have numbers from 1 to count() - 1. Borrowed: their words, three and what their kind adds to them, and the
  // text at an offset, which is empty where there is none.
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(starts_.size()); }
  [[nodiscard]] std::span<const std::uint32_t> words(std::uint32_t number) const;
  [[nodiscard]] std::string_view text(std::uint32_t offset) const;

 private:
  // Frees what the kernel lent.
  struct Unmap {
    std::size_t size;
    void operator()(const std::uint32_t* words) const;
  };

  // Of a type, which is three words and more that its kind says.
  struct Type {
    std::uint32_t name;
    std::uint32_t info;
    std::uint32_t type;
  };

  Result<> index(std::span<const std::uint32_t> words, std::size_t bytes);
  [[nodiscard]] std::uint32_t find(std::string_view name, unsigned kind) const;
  [[nodiscard]] Type type(std::uint32_t number) const;

  std::unique_ptr<const std::uint32_t, Unmap> lent_;
  std::vector<std::uint32_t> owned_;
  std::string_view strings_;
  const std::uint32_t* types_ = nullptr;
  std::vector<std::uint32_t> starts_;  // of each type, in words from types_; type 0 is void, which has none
};

}  // namespace ringtap
