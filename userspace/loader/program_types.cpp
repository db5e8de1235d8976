// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// BTF: Documentation/bpf/btf.rst, include/uapi/linux/btf.h.
#include "loader/program_types.hpp"

#include <bpf/btf.h>

#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace ringtap {
namespace {

bool has_members(unsigned kind) {
  return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

// Without the flavour that tells two definitions of a struct apart (libbpf's CO-RE convention).
std::string_view essential(std::string_view name) {
  return name.substr(0, name.find("___"));
}

std::unordered_set<std::string_view> names_of_structs(const btf* programs) {
  std::unordered_set<std::string_view> names;
  const auto count = btf__type_cnt(programs);
  for (std::uint32_t number = 1; number < count; ++number) {
    const btf_type* const type = btf__type_by_id(programs, number);
    if (!has_members(btf_kind(type)) || type->name_off == 0) continue;
    names.insert(essential(btf__name_by_offset(programs, type->name_off)));
  }
  return names;
}

class Subset {
 public:
  Subset(const KernelTypes& kernel, std::unordered_set<std::string_view> names)
      : kernel_(kernel), names_(std::move(names)) {}

  void add_structs() {
    for (std::uint32_t number = 1; number < kernel_.count(); ++number) {
      const auto words = kernel_.words(number);
      if (has_members(BTF_INFO_KIND(words[1])) && names_.contains(kernel_.text(words[0]))) copy(number);
    }
  }

  // A header, the types, the strings.
  [[nodiscard]] std::vector<std::uint32_t> words() const {
    const auto bytes_of_types = static_cast<std::uint32_t>(types_.size() * sizeof(std::uint32_t));
    btf_header header{};
    header.magic = BTF_MAGIC;
    header.version = BTF_VERSION;
    header.hdr_len = sizeof(header);
    header.type_len = bytes_of_types;
    header.str_off = bytes_of_types;
    header.str_len = static_cast<std::uint32_t>(strings_.size());
    std::vector<std::uint32_t> all((sizeof(header) + bytes_of_types + strings_.size() + 3) / sizeof(std::uint32_t));
    auto* const to = reinterpret_cast<char*>(all.data());
    std::memcpy(to, &header, sizeof(header));
    std::memcpy(to + sizeof(header), types_.data(), bytes_of_types);
    std::memcpy(to + sizeof(header) + bytes_of_types, strings_.data(), strings_.size());
    return all;
  }

 private:
  // The number of the copy; 0 for what is left out. A struct holds only structs that are complete before it, so that
  // this ends.
  std::uint32_t copy(std::uint32_t number) {
    if (number == 0) return 0;
    if (const auto known = copies_.find(number); known != copies_.end()) return known->second;
    const auto words = kernel_.words(number);
    const unsigned kind = BTF_INFO_KIND(words[1]);
    std::uint32_t made = 0;
    switch (kind) {
      case BTF_KIND_CONST:
      case BTF_KIND_VOLATILE:
      case BTF_KIND_RESTRICT:
      case BTF_KIND_TYPEDEF:
      case BTF_KIND_TYPE_TAG:
        made = copy(words[2]);
        break;
      case BTF_KIND_PTR:
        if (pointer_ == 0) pointer_ = emit({0, info(BTF_KIND_PTR, 0), 0});
        made = pointer_;
        break;
      case BTF_KIND_INT:
        made = emit({string(words[0]), words[1], words[2], words[3]});
        break;
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
        made = emit({string(words[0]), info(kind, 0), words[2]});
        break;
      case BTF_KIND_ARRAY: {
        const std::uint32_t element = copy(words[3]);
        const std::uint32_t index = element == 0 ? 0 : copy(words[4]);
        if (index != 0) made = emit({0, words[1], 0, element, index, words[5]});
        break;
      }
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
        if (words[0] == 0 || names_.contains(kernel_.text(words[0]))) made = copy_struct(words);
        break;
      default:
        break;
    }
    copies_[number] = made;
    return made;
  }

  std::uint32_t copy_struct(std::span<const std::uint32_t> words) {
    constexpr std::size_t kHead = 3;
    constexpr std::size_t kEach = 3;
    std::vector<std::uint32_t> made = {string(words[0]), 0, words[2]};
    for (std::size_t at = kHead; at < words.size(); at += kEach) {
      const std::uint32_t type = copy(words[at + 1]);
      if (type != 0) made.insert(made.end(), {string(words[at]), type, words[at + 2]});
    }
    const auto members = static_cast<std::uint32_t>((made.size() - kHead) / kEach);
    constexpr std::uint32_t kMembers = 0xffff;  // of the second word
    made[1] = (words[1] & ~kMembers) | members;
    return emit(made);
  }

  static constexpr std::uint32_t info(unsigned kind, std::uint32_t members) { return kind << 24 | members; }

  std::uint32_t emit(const std::vector<std::uint32_t>& words) {
    types_.insert(types_.end(), words.begin(), words.end());
    return ++count_;
  }

  std::uint32_t string(std::uint32_t offset) {
    if (offset == 0) return 0;
    const auto [place, is_new] = places_.try_emplace(offset, static_cast<std::uint32_t>(strings_.size()));
    if (is_new) strings_.append(kernel_.text(offset)).push_back('\0');
    return place->second;
  }

  const KernelTypes& kernel_;
  std::unordered_set<std::string_view> names_;
  std::unordered_map<std::uint32_t, std::uint32_t> copies_;
  std::unordered_map<std::uint32_t, std::uint32_t> places_;  // of strings, by the place in the kernel's
  std::vector<std::uint32_t> types_;
  std::string strings_ = std::string(1, '\0');
  std::uint32_t count_ = 0;
  std::uint32_t pointer_ = 0;
};

}  // namespace

std::vector<std::uint32_t> types_for(const btf* programs, const KernelTypes& kernel) {
  Subset subset(kernel, names_of_structs(programs));
  subset.add_structs();
  return subset.words();
}

}  // namespace ringtap
