// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// One RAII idiom for libbpf's objects: the holder owns, the type's own release function frees. File descriptors of
// links and maps are UniqueFd.
#pragma once

#include <bpf/libbpf.h>

#include <memory>

#include "ringtap/unique_fd.hpp"

namespace ringtap {

template <auto Release>
struct Releaser {
  template <class T>
  void operator()(T* object) const noexcept {
    Release(object);
  }
};

template <class S>
using Skeleton = std::unique_ptr<S, Releaser<S::destroy>>;

}  // namespace ringtap
