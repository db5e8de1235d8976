// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Names of IP and MAC addresses as this host knows them: hosts(5), DNS, ethers(5), as configured in nsswitch.conf(5). A
// separate thread, started by the first question, looks them up, one address after the other. The printing thread keeps
// the answers, including "has no name", and waits for them no longer than `patience` in total: that is all a slow or
// silent server costs a live capture. Addresses whose name does not arrive in time are printed as numbers until it
// does. Limits: twice max_names, and kMaxQuestions in progress. The look-up thread is never joined, since a look-up
// cannot be cancelled; it owns what it uses and ends by itself. Borrows interrupt_fd. Everything else: one thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_map.hpp"
#include "dissect/names.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// 4, 6 or 16 bytes, zeros after them.
struct NumericAddress {
  std::array<std::uint8_t, 16> bytes{};
  std::uint32_t size = 0;  // 0: none

  explicit NumericAddress(std::span<const std::uint8_t> address = {});
  [[nodiscard]] std::span<const std::uint8_t> span() const { return {bytes.data(), size}; }
  friend bool operator==(const NumericAddress&, const NumericAddress&) = default;
};

class HostNames final : public NameResolver {
 public:
  static constexpr std::size_t kMaxQuestions = 1024;
  static constexpr auto kForever = std::chrono::nanoseconds::max();

  // The name of an address, empty if it has none; may take long, runs on the look-up thread.
  using LookUp = std::function<std::string(std::span<const std::uint8_t>)>;
  static std::string look_up_on_this_host(std::span<const std::uint8_t> address);

  struct Options {
    std::chrono::nanoseconds patience = kForever;
    int interrupt_fd = -1;  // when readable, waits end
    std::size_t max_names = 131072;
  };
  static Result<std::unique_ptr<HostNames>> start(const Options& options, LookUp look_up = look_up_on_this_host);
  ~HostNames() override;

  std::string_view host(std::span<const std::uint8_t> address) override { return name(NumericAddress(address)); }
  std::string_view station(std::span<const std::uint8_t> address) override { return name(NumericAddress(address)); }
  [[nodiscard]] std::size_t names_kept() const { return names_.size(); }

 private:
  struct Mailbox;
  static void answer_questions(Mailbox& box);

  HostNames(const Options& options, std::shared_ptr<Mailbox> mailbox);
  std::string_view name(const NumericAddress& address);
  bool ask(const NumericAddress& address);
  bool start_thread_once();
  void take_answers();
  bool wait_for_answer();

  std::shared_ptr<Mailbox> mailbox_;
  bool has_thread_ = false;
  std::chrono::nanoseconds patience_;  // what remains of it
  int interrupt_fd_;
  RecentMap<NumericAddress, std::string, SeededHash> names_;  // empty for "has none"
  std::size_t outstanding_ = 0;                               // questions without an answer
};

}  // namespace ringtap
