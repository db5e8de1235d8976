// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Threads that receive no signals: these are for the thread that runs the session. Whoever starts a thread joins or
// detaches it.
#pragma once

#include <pthread.h>

#include <csignal>
#include <future>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "ringtap/result.hpp"

namespace ringtap {

// While one lives no signal is delivered to this thread, and none ever to the threads and processes that it starts.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

// `purpose`: "looks up names", for the Error if no thread can be created.
template <class Body>
Result<std::thread> start_thread(const std::string& purpose, Body body) {
  const SignalsBlocked blocked;
  try {
    return std::thread(std::move(body));
  } catch (const std::system_error& refused) {
    return Error::from_errno(refused.code().value(), "start the thread that " + purpose);
  }
}

// Work that another thread does meanwhile, which the destructor waits for. If there can be no thread, get() does it.
template <class T = void>
class Meanwhile {
 public:
  template <class Work>
  explicit Meanwhile(Work work) {
    const SignalsBlocked blocked;
    auto shared = std::make_shared<Work>(std::move(work));
    const auto call = [shared] { return (*shared)(); };
    try {
      result_ = std::async(std::launch::async, call);
    } catch (const std::system_error&) {
      result_ = std::async(std::launch::deferred, call);
    }
  }
  // Once.
  Result<T> get() { return result_.get(); }

 private:
  std::future<Result<T>> result_;
};

}  // namespace ringtap
