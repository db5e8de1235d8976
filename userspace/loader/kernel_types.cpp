// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/kernel_types.hpp"

#include <fcntl.h>
#include <linux/btf.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "ringtap/unique_fd.hpp"

namespace ringtap {
namespace {

// Words that follow the first three of a type: so many, and so many for each member. By kind, up to BTF_KIND_ENUM64.
struct Rest {
  std::uint8_t words;
  std::uint8_t words_each;
};
constexpr Rest kRest[] = {{0, 0}, {1, 0}, {0, 0}, {3, 0}, {0, 3}, {0, 3}, {0, 2}, {0, 0}, {0, 0}, {0, 0},
                          {0, 0}, {0, 0}, {0, 0}, {0, 2}, {1, 0}, {0, 3}, {0, 0}, {1, 0}, {0, 0}, {0, 3}};
constexpr std::size_t kTypeWords = 3;
constexpr std::uint32_t kVoid[kTypeWords] = {};
static_assert(sizeof(btf_type) == kTypeWords * sizeof(std::uint32_t));
static_assert(BTF_KIND_INT == 1 && BTF_KIND_ARRAY == 3 && BTF_KIND_STRUCT == 4 && BTF_KIND_UNION == 5 &&
              BTF_KIND_ENUM == 6 && BTF_KIND_FUNC_PROTO == 13 && BTF_KIND_VAR == 14 && BTF_KIND_DATASEC == 15);

// sysfs hands out a page with each call.
Result<std::size_t> read_all(int fd, std::span<std::byte> into) {
  std::size_t have = 0;
  while (have < into.size()) {
    const ssize_t got = ::read(fd, into.data() + have, into.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error::from_errno(errno, "read the kernel's types");
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  return have;
}

}  // namespace

void KernelTypes::Unmap::operator()(const std::uint32_t* words) const {
  ::munmap(const_cast<std::uint32_t*>(words), size);
}

Result<KernelTypes> KernelTypes::read(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat about {};
  if (!file || ::fstat(file.get(), &about) != 0) return Error::from_errno(errno, "open the kernel's types");
  const auto size = static_cast<std::size_t>(about.st_size);
  KernelTypes types;
  void* const lent = size == 0 ? MAP_FAILED : ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (lent != MAP_FAILED) {
    types.lent_ = std::unique_ptr<const std::uint32_t, Unmap>(static_cast<const std::uint32_t*>(lent), Unmap{size});
    auto indexed = types.index({types.lent_.get(), size / sizeof(std::uint32_t)}, size);
    return indexed ? Result<KernelTypes>(std::move(types)) : indexed.take_error();
  }
  types.owned_.resize((size + sizeof(std::uint32_t) - 1) / sizeof(std::uint32_t));
  auto got = read_all(file.get(), std::as_writable_bytes(std::span(types.owned_)).first(size));
  if (!got) return got.take_error();
  auto indexed = types.index(types.owned_, *got);
  return indexed ? Result<KernelTypes>(std::move(types)) : indexed.take_error();
}

Result<KernelTypes> KernelTypes::of(std::vector<std::uint32_t> words) {
  KernelTypes types;
  types.owned_ = std::move(words);
  auto indexed = types.index(types.owned_, types.owned_.size() * sizeof(std::uint32_t));
  return indexed ? Result<KernelTypes>(std::move(types)) : indexed.take_error();
}

// A vmlinux has some 150,000 types, so that the loop is kept simple for a build without optimization, too.
Result<> KernelTypes::index(std::span<const std::uint32_t> words, std::size_t bytes) {
  const auto cut = [] { return Error("the kernel's types are cut or are not BTF"); };
  btf_header header{};
  if (bytes < sizeof(header)) return cut();
  std::memcpy(&header, words.data(), sizeof(header));
  const std::uint64_t types_begin = std::uint64_t{header.hdr_len} + header.type_off;
  const std::uint64_t strings_begin = std::uint64_t{header.hdr_len} + header.str_off;
  if (header.magic != BTF_MAGIC || types_begin % sizeof(std::uint32_t) != 0 || types_begin + header.type_len > bytes ||
      strings_begin + header.str_len > bytes) {
    return cut();
  }
  strings_ = {reinterpret_cast<const char*>(words.data()) + strings_begin, header.str_len};
  types_ = words.data() + types_begin / sizeof(std::uint32_t);
  const std::size_t size = header.type_len / sizeof(std::uint32_t);
  starts_.resize(size / kTypeWords + 1);
  std::uint32_t* next = starts_.data() + 1;
  for (std::size_t start = 0; start < size;) {
    if (size - start < kTypeWords) return cut();
    const std::uint32_t info = types_[start + 1];
    const std::uint32_t kind = BTF_INFO_KIND(info);
    if (kind == 0 || kind >= std::size(kRest)) {
      return Error("the kernel's types are of a kind that is not known: " + std::to_string(kind));
    }
    *next++ = static_cast<std::uint32_t>(start);
    start += kTypeWords + kRest[kind].words + std::size_t{kRest[kind].words_each} * BTF_INFO_VLEN(info);
    if (start > size) return cut();
  }
  starts_.resize(static_cast<std::size_t>(next - starts_.data()));
  return ok();
}

// By the place of its name, of which BTF has one copy only.
std::uint32_t KernelTypes::find(std::string_view name, unsigned kind) const {
  const std::string with_end = std::string(name) + '\0';
  const char* const begin = strings_.data();
  const char* const end = begin + strings_.size();
  const char* place = begin;
  do {
    place = static_cast<const char*>(
        ::memmem(place, static_cast<std::size_t>(end - place), with_end.data(), with_end.size()));
    if (place == nullptr) return 0;
  } while (place++ != begin && place[-2] != '\0');
  const auto wanted = static_cast<std::uint32_t>(place - 1 - begin);
  const std::uint32_t* const starts = starts_.data();
  const std::size_t count = starts_.size();
  for (std::size_t number = 1; number < count; ++number) {
    const std::uint32_t* const type = types_ + starts[number];
    if (type[0] == wanted && BTF_INFO_KIND(type[1]) == kind) return static_cast<std::uint32_t>(number);
  }
  return 0;
}

KernelTypes::Type KernelTypes::type(std::uint32_t number) const {
  if (number == 0 || number >= starts_.size()) return {};
  const std::uint32_t* const words = types_ + starts_[number];
  return {words[0], words[1], words[2]};
}

std::uint32_t KernelTypes::function(std::string_view name) const {
  return find(name, BTF_KIND_FUNC);
}

std::uint32_t KernelTypes::structure(std::string_view name) const {
  return find(name, BTF_KIND_STRUCT);
}

std::span<const std::uint32_t> KernelTypes::words(std::uint32_t number) const {
  if (number == 0 || number >= starts_.size()) return kVoid;
  const std::uint32_t* const words = types_ + starts_[number];
  const Rest rest = kRest[BTF_INFO_KIND(words[1])];
  return {words, kTypeWords + rest.words + std::size_t{rest.words_each} * BTF_INFO_VLEN(words[1])};
}

std::string_view KernelTypes::text(std::uint32_t offset) const {
  const std::string_view from = strings_.substr(std::min<std::size_t>(offset, strings_.size()));
  return from.substr(0, from.find('\0'));
}

std::vector<std::pair<std::uint32_t, std::string_view>> KernelTypes::enumeration(std::string_view name) const {
  std::vector<std::pair<std::uint32_t, std::string_view>> values;
  const std::uint32_t number = find(name, BTF_KIND_ENUM);
  if (number == 0) return values;
  const std::uint32_t* const words = types_ + starts_[number];
  for (std::uint32_t i = 0; i < BTF_INFO_VLEN(words[1]); ++i) {
    const std::uint32_t* const value = words + kTypeWords + std::size_t{i} * kRest[BTF_KIND_ENUM].words_each;
    values.emplace_back(value[1], text(value[0]));
  }
  return values;
}

unsigned KernelTypes::tracepoint_arguments(std::string_view name) const {
  const Type handler = type(find("btf_trace_" + std::string(name), BTF_KIND_TYPEDEF));
  const Type pointer = type(handler.type);
  const Type function = type(pointer.type);
  const unsigned arguments = BTF_INFO_VLEN(function.info);
  const bool is_handler = BTF_INFO_KIND(handler.info) == BTF_KIND_TYPEDEF &&
                          BTF_INFO_KIND(pointer.info) == BTF_KIND_PTR &&
                          BTF_INFO_KIND(function.info) == BTF_KIND_FUNC_PROTO;
  return is_handler && arguments > 0 ? arguments - 1 : 0;
}

}  // namespace ringtap
