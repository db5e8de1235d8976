// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Threads that receive no signals: these are for the thread that runs the session. Whoever starts a thread joins or
// detaches it.
#pragma once

#include <pthread.h>

#include <csignal>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "ringtap/result.hpp"

namespace ringtap {

// `purpose`: "looks up names", for the Error if no thread can be created.
template <class Body>
Result<std::thread> start_thread(const std::string& purpose, Body body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::optional<Error> error;
  std::thread thread;
  try {
    thread = std::thread(std::move(body));
  } catch (const std::system_error& refused) {
    error = Error::from_errno(refused.code().value(), "start the thread that " + purpose);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error) return std::move(*error);
  return thread;
}

}  // namespace ringtap
