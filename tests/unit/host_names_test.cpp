// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The resolver with look-ups that the test holds back, counts or makes up.
#include "names/host_names.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "ringtap/unique_fd.hpp"
#include "support/wait.hpp"

namespace ringtap {
namespace {

using namespace std::chrono_literals;
using Ipv4Bytes = std::array<std::uint8_t, 4>;

Ipv4Bytes ipv4(std::uint32_t number) {
  return {static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
          static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
}

std::string text(std::span<const std::uint8_t> address) {
  std::string all = "n";
  for (const std::uint8_t byte : address) all.append("-").append(std::to_string(byte));
  return all;
}

// A server that answers when it is let; outlives the HostNames, whose thread may sit in it until the end.
class Server {
 public:
  HostNames::LookUp look_up() {
    return [state = state_](std::span<const std::uint8_t> address) {
      std::unique_lock lock(state->mutex);
      ++state->asked[text(address)];
      ++state->questions;
      state->changed.wait(lock, [&] { return state->open; });
      return address.back() == 0 ? std::string() : text(address);
    };
  }
  void open() {
    const std::lock_guard lock(state_->mutex);
    state_->open = true;
    state_->changed.notify_all();
  }
  [[nodiscard]] std::size_t questions() const {
    const std::lock_guard lock(state_->mutex);
    return state_->questions;
  }
  [[nodiscard]] std::size_t asked(std::span<const std::uint8_t> address) const {
    const std::lock_guard lock(state_->mutex);
    return state_->asked[text(address)];
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool open = false;
    std::size_t questions = 0;
    std::map<std::string, std::size_t> asked;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

std::unique_ptr<HostNames> start(const Server& server, const HostNames::Options& options) {
  auto names = HostNames::start(options, Server(server).look_up());
  EXPECT_TRUE(names);
  return names ? names.take() : nullptr;
}

bool becomes(HostNames& names, std::span<const std::uint8_t> address, std::string_view name) {
  return testing::wait_until([&] { return names.host(address) == name; });
}

TEST(HostNames, WaitsForEveryAnswerWhenPatienceHasNoEnd) {
  Server server;
  server.open();
  const auto names = start(server, {});
  for (std::uint32_t number = 1; number < 2000; ++number) {
    const auto address = ipv4(number);
    EXPECT_EQ(names->host(address), address.back() == 0 ? "" : text(address));
  }
  const std::array<std::uint8_t, 16> ipv6 = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ(names->host(ipv6), text(ipv6));
  const std::array<std::uint8_t, 6> station = {2, 0, 0, 0, 0, 1};
  EXPECT_EQ(names->station(station), text(station));
}

TEST(HostNames, AsksOnceForWhatHasNoNameToo) {
  Server server;
  server.open();
  const auto names = start(server, {});
  const auto named = ipv4(0x0a000001);
  const auto nameless = ipv4(0x0a000100);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(names->host(named), "n-10-0-0-1");
    EXPECT_EQ(names->host(nameless), "");
  }
  EXPECT_EQ(server.asked(named), 1u);
  EXPECT_EQ(server.asked(nameless), 1u);
}

TEST(HostNames, TellsAddressesApartThatDifferInSizeOnly) {
  Server server;
  server.open();
  const auto names = start(server, {});
  std::array<std::uint8_t, 16> bytes{};
  bytes[3] = 7;
  bytes[5] = 7;
  bytes[15] = 7;
  const std::span<const std::uint8_t> all(bytes);
  EXPECT_EQ(names->host(all.first(4)), "n-0-0-0-7");
  EXPECT_EQ(names->station(all.first(6)), "n-0-0-0-7-0-7");
  EXPECT_EQ(names->host(all), text(all));
}

TEST(HostNames, NeverBlocksOnceItsPatienceIsOver) {
  Server server;
  const auto names = start(server, {.patience = 20ms});
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint32_t number = 1; number <= 100'000; ++number) EXPECT_EQ(names->host(ipv4(number)), "");
  const auto spent = std::chrono::steady_clock::now() - begin;
  // 100,000 answers of a server that is silent; each wait would be for ever.
  EXPECT_GE(spent, 20ms);
  EXPECT_LT(spent, 5s);
  EXPECT_EQ(server.questions(), 1u);
  EXPECT_LE(names->names_kept(), HostNames::kMaxQuestions);
  server.open();
  EXPECT_TRUE(becomes(*names, ipv4(1), "n-0-0-0-1"));
  EXPECT_TRUE(becomes(*names, ipv4(100'001), "n-0-1-134-161"));
}

TEST(HostNames, PrintsANumberFirstAndTheNameLater) {
  Server server;
  const auto names = start(server, {.patience = 0ms});
  const auto address = ipv4(0x0a000001);
  EXPECT_EQ(names->host(address), "");
  EXPECT_EQ(names->host(address), "");
  server.open();
  EXPECT_TRUE(becomes(*names, address, "n-10-0-0-1"));
  EXPECT_EQ(server.asked(address), 1u);
}

TEST(HostNames, GivesUpWaitingWhenASignalAsksForIt) {
  Server server;
  const UniqueFd wake(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  const auto names = start(server, {.interrupt_fd = wake.get()});
  EXPECT_EQ(names->host(ipv4(1)), "");
  EXPECT_EQ(names->host(ipv4(2)), "");
  eventfd_t count = 0;
  ASSERT_EQ(eventfd_read(wake.get(), &count), 0);
  server.open();
  EXPECT_EQ(names->host(ipv4(3)), "n-0-0-0-3");
  EXPECT_EQ(names->host(ipv4(1)), "n-0-0-0-1");
}

TEST(HostNames, KeepsABoundedNumberAndWhatIsInUse) {
  constexpr std::size_t kMax = 2000;
  Server server;
  server.open();
  const auto names = start(server, {.max_names = kMax});
  const auto in_use = ipv4(0x0a000001);
  for (std::uint32_t number = 0; number < 3 * kMax; ++number) {
    names->host(ipv4(0x0b000000 + number));
    if (number % 1000 == 0) {
      EXPECT_EQ(names->host(in_use), "n-10-0-0-1");
    }
    EXPECT_LE(names->names_kept(), 2 * kMax);
  }
  EXPECT_GT(names->names_kept(), kMax);
  EXPECT_EQ(server.asked(in_use), 1u);
  EXPECT_EQ(server.asked(ipv4(0x0b000000)), 1u);
  EXPECT_EQ(names->host(ipv4(0x0b000001)), "n-11-0-0-1");
  EXPECT_EQ(server.asked(ipv4(0x0b000001)), 2u);
}

TEST(HostNames, EndsWhileALookUpHangs) {
  const Server server;
  const auto begin = std::chrono::steady_clock::now();
  {
    const auto names = start(server, {.patience = 1ms});
    names->host(ipv4(1));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  Server(server).open();
}

TEST(HostNames, TakeNoNameThatATerminalWouldObey) {
  auto names = HostNames::start({}, [](std::span<const std::uint8_t>) { return std::string("a\x1b[31mb"); });
  ASSERT_TRUE(names);
  EXPECT_EQ((*names)->host(ipv4(1)), "");
}

}  // namespace
}  // namespace ringtap
