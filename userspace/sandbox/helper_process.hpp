// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A process of its own that keeps rights which this process gives up, and that does one kind of thing for it: it is
// asked over a socket pair, one request at a time, and never sees a packet. It has none of this process's files but
// those that its role names, a session of its own, no signal reaches it, and it ends with this process. Start it before
// threads are started and before rights are given up. Owns the connection. Any thread, one at a time.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

class HelperProcess {
 public:
  static constexpr std::size_t kMaxMessage = 8192;  // bytes of a request and of an answer

  struct Answer {
    std::string text;
    UniqueFd fd;  // none if there is nothing to hand over
    // Of an answer whose text is an errno; EPROTO if it is none.
    [[nodiscard]] int errno_value() const;
    // Hands over what was made; without it errno, which says why.
    static Answer of(UniqueFd made);
  };
  struct Role {
    std::string name;           // as ps(1) shows it, at most 15 bytes
    std::string without;        // what follows if it is killed: "host names are printed as numbers"
    std::vector<int> files;     // that it keeps
    bool keeps_output = false;  // standard output and error; else they are /dev/null, as standard input always is
    std::function<Result<>()> prepare;                      // in the process, first; may be null
    std::function<Answer(std::string_view request)> serve;  // in the process, for each request
    std::function<void()> end = {};  // in the process, when the connection has ended; perhaps twice, by two threads
  };

  // Who hears of a process that ended before it was to, with how it ended and what follows; once for each, by the
  // thread that asked it. Set it before the first process is started.
  static void on_loss(std::function<void(const std::string& text)> tell);
  // How many ended so.
  static unsigned lost();

  // When this returns, `prepare` has run; its Error is the result.
  static Result<HelperProcess> start(const Role& role);
  // Does not wait for that: all_prepared() or the first ask() does. The latter's Error may be that of `prepare`.
  static Result<HelperProcess> begin(const Role& role);
  // Waits for all processes that began, and has the first Error. To be called before packets are looked at.
  static Result<> all_prepared();
  HelperProcess(HelperProcess&& other) noexcept = default;
  HelperProcess& operator=(HelperProcess&& other) noexcept = default;
  ~HelperProcess() = default;  // the process ends when the connection does

  // An Error if the process is gone, if the request is too long, or if there is no answer and the run is to end: then
  // it gets as long as who reads the output (EndRequest).
  Result<Answer> ask(std::string_view request) const;
  // For a process whose answers are Answer::of(): what was made, or none with errno.
  UniqueFd ask_for_file(std::string_view request) const;

 private:
  // The socket, which all_prepared() reads from, too.
  struct Connection {
    UniqueFd socket;
    std::string name;  // of the process
    bool is_prepared = false;
    Result<> await();
  };
  static std::vector<std::weak_ptr<Connection>>& begun();

  HelperProcess(const Role& role, pid_t process, std::shared_ptr<Connection> connection)
      : without_(role.without), process_(process), connection_(std::move(connection)) {}
  Error loss() const;

  std::string without_;
  mutable pid_t process_;  // 0: it has ended, and was waited for
  std::shared_ptr<Connection> connection_;
};

}  // namespace ringtap
