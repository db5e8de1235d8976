// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A shared library that is loaded when it is first needed, with the functions of it that are used: a run that does not
// need it starts without it, and works where it is not installed. It stays for as long as the program runs. Loading is
// for one thread; the functions afterwards for whichever the library allows.
#pragma once

#include <dlfcn.h>

#include <string>

namespace ringtap {

template <class Functions>
class SharedLibrary {
 public:
  SharedLibrary(const char* file, void (*find_all)(SharedLibrary&)) : handle_(::dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) missing = ::dlerror();
    find_all(*this);
  }
  template <class Function>
  void find(Function*& function, const char* name) {
    if (handle_ != nullptr) function = reinterpret_cast<Function*>(::dlsym(handle_, name));
    if (function == nullptr && missing.empty()) missing = std::string("no function ") + name;
  }

  Functions functions;
  std::string missing;  // why it cannot be used; empty: it can be

 private:
  void* handle_;
};

}  // namespace ringtap
