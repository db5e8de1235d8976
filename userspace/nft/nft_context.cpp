// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "nft/nft_context.hpp"

#include <dlfcn.h>
#include <nftables/libnftables.h>

namespace ringtap {
namespace {

constexpr const char* kWhat = "trace nftables' rules: ";

}  // namespace

struct NftLibrary {
  decltype(&nft_ctx_new) make = nullptr;
  decltype(&nft_ctx_free) free = nullptr;
  decltype(&nft_ctx_buffer_output) buffer_output = nullptr;
  decltype(&nft_ctx_buffer_error) buffer_error = nullptr;
  decltype(&nft_ctx_output_set_flags) set_flags = nullptr;
  decltype(&nft_run_cmd_from_buffer) run = nullptr;
  decltype(&nft_ctx_get_output_buffer) output = nullptr;
  decltype(&nft_ctx_get_error_buffer) error = nullptr;
};

Result<std::shared_ptr<const NftLibrary>> load_nft_library(const char* file) {
  void* const handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return Error(kWhat + std::string(dlerror())).hint("install libnftables (Debian: the package libnftables1)");
  }
  auto library = std::make_shared<NftLibrary>();
  std::string missing;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
    if (function == nullptr) missing = name;
  };
  find(library->make, "nft_ctx_new");
  find(library->free, "nft_ctx_free");
  find(library->buffer_output, "nft_ctx_buffer_output");
  find(library->buffer_error, "nft_ctx_buffer_error");
  find(library->set_flags, "nft_ctx_output_set_flags");
  find(library->run, "nft_run_cmd_from_buffer");
  find(library->output, "nft_ctx_get_output_buffer");
  find(library->error, "nft_ctx_get_error_buffer");
  if (missing.empty()) return std::shared_ptr<const NftLibrary>(std::move(library));
  dlclose(handle);
  return Error(kWhat + std::string(file) + " has no " + missing);
}

void NftContext::Free::operator()(nft_ctx* context) const noexcept {
  library->free(context);
}

Result<NftContext> NftContext::make() {
  auto library = load_nft_library();
  if (!library) return library.take_error();
  std::unique_ptr<nft_ctx, Free> context((*library)->make(NFT_CTX_DEFAULT), Free{*library});
  if (!context || (*library)->buffer_output(context.get()) != 0 || (*library)->buffer_error(context.get()) != 0) {
    return Error(kWhat + std::string("libnftables is out of memory"));
  }
  return NftContext(std::move(context));
}

void NftContext::list_handles() {
  library().set_flags(context_.get(), NFT_CTX_OUTPUT_HANDLE | NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_TERSE);
}

bool NftContext::run(const std::string& commands) {
  return library().run(context_.get(), commands.c_str()) == 0;
}

std::string_view NftContext::output() const {
  return library().output(context_.get());
}

std::string_view NftContext::complaints() const {
  return library().error(context_.get());
}

}  // namespace ringtap
