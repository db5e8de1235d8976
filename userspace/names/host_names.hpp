// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Names of hosts and stations as this host knows them: hosts(5), DNS, ethers(5), whatever nsswitch.conf(5) names. A
// thread of its own asks, one address after the other; the printing thread keeps the answers, those without a name too,
// and waits for them no longer in total than `patience`: a server that is slow or silent costs a live capture that
// much, once. What is not known in time is printed as a number and known later. Bounded: max_names twice over,
// kMaxQuestions on their way. The thread is never joined, since a look-up cannot be called off; it owns what it
// touches and ends by itself. Borrows interrupt_fd. Everything but the thread: one thread.
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

// Address → name, empty for "has none". Open addressing; grows, never shrinks.
class NameTable {
 public:
  NameTable();
  // nullptr when not there; until the next put().
  [[nodiscard]] std::string* find(const NumericAddress& address);
  std::string* put(const NumericAddress& address, std::string name);
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  struct Slot {
    NumericAddress address;
    std::uint32_t name = 0;  // index
  };
  [[nodiscard]] std::size_t slot_of(const NumericAddress& address) const;

  std::uint64_t seed_;  // who sends packets must not be able to choose where they are kept
  std::vector<Slot> slots_;
  std::vector<std::string> names_;
};

class HostNames final : public NameResolver {
 public:
  static constexpr std::size_t kMaxQuestions = 1024;
  static constexpr auto kForever = std::chrono::nanoseconds::max();

  // The name of an address, empty when it has none; may take its time, on another thread.
  using LookUp = std::function<std::string(std::span<const std::uint8_t>)>;
  static std::string look_up_on_this_host(std::span<const std::uint8_t> address);

  struct Options {
    std::chrono::nanoseconds patience = kForever;
    int interrupt_fd = -1;  // readable: do not wait
    std::size_t max_names = 131072;
  };
  static Result<std::unique_ptr<HostNames>> start(const Options& options, LookUp look_up = look_up_on_this_host);
  ~HostNames() override;

  std::string_view host(std::span<const std::uint8_t> address) override { return name(NumericAddress(address)); }
  std::string_view station(std::span<const std::uint8_t> address) override { return name(NumericAddress(address)); }
  [[nodiscard]] std::size_t names_kept() const { return young_.size() + old_.size(); }

 private:
  struct Mailbox;
  static void answer_questions(Mailbox& box);

  HostNames(const Options& options, std::shared_ptr<Mailbox> mailbox);
  std::string_view name(const NumericAddress& address);
  std::string* find(const NumericAddress& address);
  void keep(const NumericAddress& address, std::string name);
  bool ask(const NumericAddress& address);
  void take_answers();
  bool wait_for_answer();

  std::shared_ptr<Mailbox> mailbox_;
  std::chrono::nanoseconds patience_;  // what is left of it
  int interrupt_fd_;
  std::size_t max_names_;
  NameTable young_;              // asked for since the last turn of the tables
  NameTable old_;                // asked for before; forgotten at the next turn
  std::size_t outstanding_ = 0;  // questions without an answer
};

}  // namespace ringtap
