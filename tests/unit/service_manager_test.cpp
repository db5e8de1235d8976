// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What systemd would hear, on a socket of this test.
#include "app/service_manager.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include "ringtap/unique_fd.hpp"

namespace ringtap {
namespace {

class ServiceManagerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    ASSERT_LT(path_.size(), sizeof(name.sun_path));
    path_.copy(name.sun_path, path_.size());
    ASSERT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
    ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  }
  void TearDown() override { ::unlink(path_.c_str()); }

  std::string heard() const {
    std::array<char, 4096> text{};
    const ssize_t size = ::recv(socket_.get(), text.data(), text.size(), MSG_DONTWAIT);
    return size < 0 ? "" : std::string(text.data(), static_cast<std::size_t>(size));
  }

  std::string path_ = ::testing::TempDir() + "notify" + std::to_string(::getpid());
  UniqueFd socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

TEST_F(ServiceManagerTest, HearsWhenTheServiceStartsReloadsAndEnds) {
  ServiceManager manager = ServiceManager::of_environment();
  EXPECT_TRUE(manager.listens());
  EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
  manager.ready("capturing");
  EXPECT_EQ(heard(), "READY=1\nSTATUS=capturing\n");
  manager.reloading();
  EXPECT_TRUE(heard().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  manager.status("1 packet");
  EXPECT_EQ(heard(), "STATUS=1 packet\n");
  manager.status("1 packet");
  EXPECT_EQ(heard(), "");
  manager.stopping();
  EXPECT_EQ(heard(), "STOPPING=1\n");
}

TEST_F(ServiceManagerTest, HearsThatTheServiceIsAliveIfItAsks) {
  ::setenv("WATCHDOG_USEC", "1000", 1);
  ServiceManager manager = ServiceManager::of_environment();
  manager.status("a");
  EXPECT_EQ(heard(), "WATCHDOG=1\nSTATUS=a\n");
  ::usleep(1000);
  manager.status("a");
  EXPECT_EQ(heard(), "WATCHDOG=1\n");

  ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  ::setenv("WATCHDOG_USEC", "1000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);  // of another process
  ServiceManager other = ServiceManager::of_environment();
  other.status("a");
  EXPECT_EQ(heard(), "STATUS=a\n");
}

TEST(ServiceManager, IsNotWaitedForWhereThereIsNone) {
  for (const char* path : {"", "/", "relative", "/nowhere/at/all"}) {
    ::setenv("NOTIFY_SOCKET", path, 1);
    ServiceManager manager = ServiceManager::of_environment();
    EXPECT_FALSE(manager.listens()) << path;
    manager.ready("x");
  }
}

}  // namespace
}  // namespace ringtap
