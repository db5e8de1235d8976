// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// --who: no packet is ever said to be somebody else's. The traffic is logged by the processes that make it
// (owners/traffic.py), between a client and a server behind a router that masquerades, redirects, and listens on the
// same ports; four devices are captured, and every owner that ringtap prints is compared (owners/check.py).
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "capture.hpp"
#include "support/namespace.hpp"
#include "support/process.hpp"
#include "support/requirements.hpp"
#include "support/traffic.hpp"
#include "support/wait.hpp"

namespace ringtap::testing {
namespace {

using namespace std::chrono_literals;

std::string script(const char* name) {
  return std::string(std::getenv("RINGTAP_SOURCE_DIR")) + "/tests/netns/owners/" + name;
}

// As many connections as RINGTAP_OWNERS says of each of the ten clients: 500 by hand, few in every run.
std::string connections() {
  const char* const asked = std::getenv("RINGTAP_OWNERS");
  return asked != nullptr ? asked : "20";
}

// client - router - server, with the addresses that traffic.py knows.
struct Routed {
  Routed() {
    client.ip("link add c0 type veth peer name r0 netns " + router.name());
    server.ip("link add s0 type veth peer name r1 netns " + router.name());
    client.ip("addr add 10.71.1.2/24 dev c0");
    router.ip("addr add 10.71.1.1/24 dev r0");
    router.ip("addr add 10.71.2.1/24 dev r1");
    server.ip("addr add 10.71.2.2/24 dev s0");
    for (const auto& [where, device] : {std::pair{&client, "c0"}, {&router, "r0"}, {&router, "r1"}, {&server, "s0"}}) {
      where->ip(std::string("link set ") + device + " up");
    }
    client.ip("route add default via 10.71.1.1");
    server.ip("route add default via 10.71.2.1");
    router.write_sysctl("ipv4/ip_forward", "1");
    const Finished rules =
        run_shell(router.prefix() +
                  "nft -f - <<'RULES'\n"
                  "table ip nat {\n"
                  "  chain pre { type nat hook prerouting priority -100; tcp dport 8080 dnat to 10.71.2.2:7001; }\n"
                  "  chain post { type nat hook postrouting priority 100; oifname \"r1\" masquerade; }\n"
                  "}\n"
                  "RULES");
    EXPECT_EQ(rules.status, (ExitStatus{0, 0})) << rules;
  }

  Namespace client;
  Namespace router;
  Namespace server;
};

class Owners : public ::testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_ROOT();
    REQUIRE_TOOL("nft");
    REQUIRE_TOOL("python3");
  }

  [[nodiscard]] std::unique_ptr<Process> start(const Namespace& where, const std::string& role) const {
    auto process = std::make_unique<Process>(
        where.command({"setsid", "python3", script("traffic.py"), role, folder_.path().string(), connections()}));
    EXPECT_TRUE(process->wait_ready(folder_ / (role + ".ready"))) << process->err();
    return process;
  }
  // And what it started: it leads a session of its own.
  static void end(const Process& process) { ::kill(-process.pid(), SIGKILL); }

  const TempDir folder_;
};

TEST_F(Owners, AreNeverSaidToBeSomebodyElse) {
  const Routed network;
  const auto server = start(network.server, "server");
  const auto bait = start(network.router, "bait");
  const auto early = start(network.client, "early");
  struct Point {
    const Namespace& where;
    const char* device;
  };
  const std::vector<Point> points = {
      {network.client, "c0"}, {network.router, "r0"}, {network.router, "r1"}, {network.server, "s0"}};
  std::vector<std::unique_ptr<Capture>> captures;
  captures.reserve(points.size());
  for (const Point& point : points) {
    captures.push_back(std::make_unique<Capture>(
        point.where, std::vector<std::string>{"--who", "-v", "-i", point.device, "-w", folder_ / point.device, "ip"}));
  }
  std::ofstream(folder_ / "go").close();
  const Finished client =
      run(network.client.command({"python3", script("traffic.py"), "client", folder_.path().string(), connections()}),
          300s);
  EXPECT_EQ(client.status, (ExitStatus{0, 0})) << client;
  EXPECT_TRUE(early->wait()) << early->err();

  std::vector<std::string> check = {"python3", script("check.py"), folder_.path().string()};
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Finished captured = captures[i]->stop();
    EXPECT_EQ(captured.status, (ExitStatus{0, 0})) << captured.err;
    expect_identity(captured.err);
    EXPECT_NE(captured.err.find(" unattributed="), std::string::npos) << captured.err;
    const Finished printed = run({ringtap_binary(), "-n", "-tt", "--nano", "-r", folder_ / points[i].device}, 60s);
    EXPECT_EQ(printed.status, (ExitStatus{0, 0})) << printed.err;
    const auto path = folder_ / (std::string(points[i].device) + ".txt");
    std::ofstream(path) << printed.out;
    check.push_back(std::string(points[i].device) + "=" + path.string());
  }
  end(*server);
  end(*bait);
  const Finished checked = run(check, 60s);
  EXPECT_EQ(checked.status, (ExitStatus{0, 0})) << checked;
  std::cout << checked.out;
}

// What python does, told by whom it is for.
std::string talker(const char* name, const std::string& more) {
  return "import os,socket,time\nopen('/proc/self/comm','w').write('" + std::string(name) +
         "')\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\n" + more + "s.sendto(b'x'*10,('10.71.2.2',7301))\n";
}

struct Choice {
  std::vector<std::string> options;
  unsigned captured;  // of the datagrams below
};

// Datagrams of three processes, of which one belongs to another user; none is answered.
TEST_F(Owners, AreChosenInTheKernel) {
  const Routed network;
  for (const Choice& choice : {Choice{{"--comm", "wanted", "--comm", "other"}, 2},
                               Choice{{"--comm", "wanted", "--uid", "65534"}, 0}, Choice{{"--cgroup", "/"}, 3}}) {
    std::vector<std::string> arguments = {"-v", "-n", "-i", "c0", "udp port 7301"};
    arguments.insert(arguments.begin(), choice.options.begin(), choice.options.end());
    Capture ringtap(network.client, arguments);
    for (const auto& [name, more] : {std::pair{"wanted", ""}, {"other", ""}, {"stranger", "os.setuid(65534)\n"}}) {
      const Finished sent = run(network.client.command({"python3", "-c", talker(name, more)}));
      ASSERT_EQ(sent.status, (ExitStatus{0, 0})) << sent;
    }
    const Finished captured = ringtap.stop();
    const Accounting account = expect_identity(captured.err);
    EXPECT_EQ((*account.total)["delivered"], choice.captured) << choice.options[1] << '\n' << captured;
    EXPECT_EQ((*account.total)["other_owner"], 3 - choice.captured) << choice.options[1] << '\n' << captured.err;
  }
}

TEST_F(Owners, AreTheCommandThatIsStartedAndItsChildren) {
  const Routed network;
  std::string other = talker("other", "");
  const std::string script = talker("parent", "") + "if os.fork()==0:\n open('/proc/self/comm','w').write('child')\n" +
                             " s.sendto(b'y'*20,('10.71.2.2',7301))\n os._exit(0)\nos.wait()\n";
  const Finished captured = run(network.client.command(
      {ringtap_binary(), "--who", "-v", "-n", "-i", "c0", "udp port 7301", "--", "python3", "-c", script}));
  EXPECT_EQ(captured.status, (ExitStatus{0, 0})) << captured;
  EXPECT_NE(captured.out.find("from parent "), std::string::npos) << captured;
  EXPECT_NE(captured.out.find("from child "), std::string::npos) << captured;
  EXPECT_EQ((*expect_identity(captured.err).total)["delivered"], 2U) << captured.err;
}

// A cgroup of version 2 that looks like that of an LXC container, or of Docker's.
class Container {
 public:
  Container() : Container("/lxc.payload.", "ringtap-test-" + std::to_string(::getpid()), "") {}
  static Container of_docker() {
    std::string id = std::to_string(::getpid());
    id.insert(0, 64 - id.size(), 'c');
    return {"/docker-", id, ".scope"};
  }
  Container(const std::string& before, const std::string& name, const std::string& after) : name_(name) {
    std::ifstream mounts("/proc/self/mounts");
    std::string device, folder, type, rest;
    while (mounts >> device >> folder >> type && std::getline(mounts, rest)) {
      if (type == "cgroup2") path_ = folder + before + name_ + after;
    }
    is_made_ = !path_.empty() && ::mkdir(path_.c_str(), 0755) == 0;
  }
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;
  ~Container() {
    if (is_made_) ::rmdir(path_.c_str());
  }
  [[nodiscard]] bool is_made() const { return is_made_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  // What runs a script of python's in it, and in the namespace.
  [[nodiscard]] std::vector<std::string> command(const Namespace& where, const std::string& python) const {
    const std::string enter = "echo $$ > '" + path_ + "/cgroup.procs' && exec \"$@\"";
    std::vector<std::string> command = {"sh", "-c", enter, "sh"};
    for (const std::string& word : where.command({"python3", "-c", python})) command.push_back(word);
    return command;
  }
  [[nodiscard]] Finished run_inside(const Namespace& where, const std::string& python) const {
    return run(command(where, python));
  }

 private:
  std::string name_;
  std::string path_;
  bool is_made_ = false;
};

TEST_F(Owners, AreShownAndChosenByTheirContainer) {
  const Routed network;
  const Container container;
  RINGTAP_REQUIRE(container.is_made(), "cgroup v2");
  Capture ringtap(network.client, {"--container", container.name(), "-v", "-n", "-i", "c0", "udp port 7301"});
  EXPECT_EQ(container.run_inside(network.client, talker("inside", "")).status, (ExitStatus{0, 0}));
  EXPECT_EQ(run(network.client.command({"python3", "-c", talker("outside", "")})).status, (ExitStatus{0, 0}));
  const Finished captured = ringtap.stop();
  EXPECT_NE(captured.out.find(" uid 0, container " + container.name() + "]"), std::string::npos) << captured;
  EXPECT_NE(captured.out.find("from inside "), std::string::npos) << captured;
  const Accounting account = expect_identity(captured.err);
  EXPECT_EQ((*account.total)["delivered"], 1U) << captured.err;
  EXPECT_EQ((*account.total)["other_owner"], 1U) << captured.err;
}

TEST_F(Owners, AreCapturedInTheNamespaceOfTheirContainer) {
  const Routed network;
  const Namespace node;
  const Container container;
  RINGTAP_REQUIRE(container.is_made(), "cgroup v2");
  const auto ready = folder_ / "inside";
  Process inside(
      container.command(network.client, "import time\nopen('" + ready.string() + "','w').close()\ntime.sleep(60)\n"));
  ASSERT_TRUE(inside.wait_ready(ready)) << inside.err();
  Capture ringtap(node, {"--container", container.name(), "-v", "-n", "-i", "any", "udp port 7301"});
  EXPECT_EQ(container.run_inside(network.client, talker("inside", "")).status, (ExitStatus{0, 0}));
  const Finished captured = ringtap.stop();
  EXPECT_NE(captured.out.find(container.name() + "/c0 Out IP "), std::string::npos) << captured;
  EXPECT_NE(captured.out.find("[from inside "), std::string::npos) << captured;
  EXPECT_EQ((*expect_identity(captured.err).total)["delivered"], 1U) << captured.err;
  ::kill(inside.pid(), SIGKILL);
  (void)inside.wait();
}

TEST_F(Owners, AreComparedInTheNamespaceOfTheirContainer) {
  const Routed network;
  const Namespace node;
  const Container container = Container::of_docker();
  RINGTAP_REQUIRE(container.is_made(), "cgroup v2");
  const auto ready = folder_ / "inside";
  Process inside(container.command(network.client,
                                   "import socket\nopen('/proc/self/comm','w').write('inside')\n"
                                   "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\ns.bind(('10.71.1.2',7301))\n"
                                   "open('" +
                                       ready.string() + "','w').close()\nwhile True: s.recv(99)\n"));
  ASSERT_TRUE(inside.wait_ready(ready)) << inside.err();
  const std::string shown = container.name().substr(0, 12);
  Capture ringtap(node, {"--container", shown, "--who", "--each", "-i", "c0", "udp port 7301"}, {}, "compare");
  send_udp(network.router, "10.71.1.2", 7301, Payload{"x"}.bytes);
  const Finished compared = ringtap.stop();
  EXPECT_EQ(compared.status, (ExitStatus{0, 0})) << compared.err;
  EXPECT_NE(compared.out.find(": delivered in " + shown + " ["), std::string::npos) << compared;
  EXPECT_NE(compared.out.find("to inside " + std::to_string(inside.pid()) + " uid 0, container " + shown),
            std::string::npos)
      << compared;
  ::kill(inside.pid(), SIGKILL);
  (void)inside.wait();
}

// What a process that is called so does in a namespace, until the object goes.
class Actor {
 public:
  Actor(const Namespace& where, const std::string& name, const std::string& python, const std::filesystem::path& ready)
      : process_(where.command({"python3", "-c",
                                "import os,socket,sys,time\nopen('/proc/self/comm','w').write('" + name + "')\n" +
                                    python + "\nopen('" + ready.string() + "','w').close()\ntime.sleep(60)\n"})) {
    EXPECT_TRUE(process_.wait_ready(ready)) << process_.err();
  }
  ~Actor() { ::kill(process_.pid(), SIGKILL); }
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;
  [[nodiscard]] std::string text() const { return std::to_string(process_.pid()) + " uid 0"; }

 private:
  Process process_;
};

const char* const kReader =
    "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\ns.bind(('127.0.0.1',7301))\n"
    "import threading\ndef read():\n while True: s.recv(99)\nthreading.Thread(target=read,daemon=True).start()";

TEST_F(Owners, AreNamedForPacketsThatTheirSocketsDidNotTake) {
  const Namespace host;
  const Actor victim(host, "victim",
                     "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\n"
                     "s.setsockopt(socket.SOL_SOCKET,socket.SO_RCVBUF,2048)\ns.bind(('127.0.0.1',7301))",
                     folder_ / "victim");
  Capture ringtap(host, {"--who", "--json", "udp port 7301"}, {}, "drops");
  send_udp(host, "127.0.0.1", 7301, Payload{std::size_t{500}}.bytes, 50);
  const Finished captured = ringtap.stop();
  EXPECT_EQ(captured.status, (ExitStatus{0, 0})) << captured.err;
  RINGTAP_REQUIRE(captured.out.find("SOCKET_RCVBUFF") != std::string::npos, "drop reasons of sockets");
  EXPECT_NE(captured.out.find("\"owner\":\"to victim " + victim.text()), std::string::npos) << captured;
}

TEST_F(Owners, AreNamedByAComparisonAtBothEnds) {
  const Namespace host;
  const Actor reader(host, "reader", kReader, folder_ / "reader");
  Capture ringtap(host, {"--who", "--each", "-i", "lo", "udp port 7301"}, {}, "compare");
  std::string talk = talker("writer", "");
  talk.replace(talk.find("10.71.2.2"), 9, "127.0.0.1");
  EXPECT_EQ(run(host.command({"python3", "-c", talk})).status, (ExitStatus{0, 0}));
  const Finished compared = ringtap.stop();
  EXPECT_EQ(compared.status, (ExitStatus{0, 0})) << compared.err;
  EXPECT_NE(compared.out.find("delivered [from writer "), std::string::npos) << compared;
  EXPECT_NE(compared.out.find(", to reader " + reader.text() + "]"), std::string::npos) << compared;
}

// The same addresses and ports at the same time in two namespaces, of which neither may lend its owner to the other.
TEST_F(Owners, OfEqualConnectionsInTwoNamespacesAreToldApart) {
  const Namespace node;
  struct Place {
    Namespace client;
    Namespace server;
  };
  const Place places[2];
  std::vector<std::string> arguments = {"--who", "-v", "-n", "-i", "any", "udp port 7301 or tcp port 7302"};
  std::vector<std::unique_ptr<Actor>> actors;
  for (const Place& place : places) {
    place.client.ip("link add c0 type veth peer name s0 netns " + place.server.name());
    place.client.ip("addr add 10.71.1.2/24 dev c0");
    place.server.ip("addr add 10.71.1.1/24 dev s0");
    place.client.ip("link set c0 up");
    place.server.ip("link set s0 up");
    arguments.insert(arguments.begin(), {"--netns", place.client.name(), "--netns", place.server.name()});
    const std::string number = std::to_string(&place - places);
    actors.push_back(std::make_unique<Actor>(place.server, "server" + number,
                                             "import threading\n"
                                             "u=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\n"
                                             "u.bind(('10.71.1.1',7301))\nl=socket.socket()\nl.bind(('',7302))\n"
                                             "l.listen()\ndef echo():\n while True:\n  d,a=u.recvfrom(99)\n"
                                             "  u.sendto(d,a)\ndef serve():\n while True:\n  c,a=l.accept()\n"
                                             "  c.sendall(c.recv(99))\n"
                                             "for f in (echo,serve): threading.Thread(target=f,daemon=True).start()",
                                             folder_ / ("server" + number)));
  }
  Capture ringtap(node, arguments);
  for (const Place& place : places) {
    const std::string number = std::to_string(&place - places);
    actors.push_back(std::make_unique<Actor>(
        place.client, "client" + number,
        "for i in range(5):\n u=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\n u.bind(('',7401))\n"
        " u.sendto(b'x',('10.71.1.1',7301))\n u.recv(9)\n u.close()\nc=socket.socket()\nc.bind(('',7402))\n"
        "c.connect(('10.71.1.1',7302))\nc.sendall(b'x')\nc.recv(9)",
        folder_ / ("client" + number)));
  }
  const Finished captured = ringtap.stop();
  expect_identity(captured.err);
  unsigned named = 0;
  std::istringstream lines(captured.out);
  std::string interface;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(" ")) interface = line.substr(0, line.find(" ", line.find(' ') + 1));
    for (const Place& place : places) {
      const std::string other = std::to_string(1 - (&place - places));
      const bool is_here = interface.find(place.client.name() + "/") != std::string::npos ||
                           interface.find(place.server.name() + "/") != std::string::npos;
      if (!is_here) continue;
      EXPECT_EQ(line.find("client" + other + " "), std::string::npos) << interface << '\n' << line;
      EXPECT_EQ(line.find("server" + other + " "), std::string::npos) << interface << '\n' << line;
      const std::string own = std::to_string(&place - places);
      named +=
          line.find("client" + own + " ") != std::string::npos || line.find("server" + own + " ") != std::string::npos
              ? 1
              : 0;
    }
  }
  // Two places, two ends, five datagrams and their answers, and the segments with data.
  EXPECT_GE(named, 2U * 2U * (5U * 2U + 2U)) << captured.out;
}

// Of what other taps than tc see, nobody is named but by the socket that got or lost the packet.
TEST_F(Owners, AtOtherTapsAreUnknownOrThatOfTheSocket) {
  const Namespace host;
  const Actor reader(host, "reader", kReader, folder_ / "reader");
  Capture ringtap(host, {"--who", "-n", "-i", "lo", "--tap", "xdp,packet,stack,tc,socket", "udp port 7301"});
  send_udp(host, "127.0.0.1", 7301, Payload{"x"}.bytes);
  const Finished captured = ringtap.stop();
  EXPECT_EQ(captured.status, (ExitStatus{0, 0})) << captured.err;
  bool has_socket = false;
  std::istringstream lines(captured.out);
  for (std::string line; std::getline(lines, line);) {
    const bool is_of_socket = line.find(" lo:socket ") != std::string::npos;
    if (is_of_socket) {
      EXPECT_NE(line.find("[to reader " + reader.text() + "]"), std::string::npos) << line;
    }
    has_socket = has_socket || is_of_socket;
    const bool knows_nobody = line.find(" lo:xdp ") != std::string::npos ||
                              line.find(" lo:packet ") != std::string::npos ||
                              line.find(" lo:stack ") != std::string::npos;
    if (knows_nobody) {
      EXPECT_EQ(line.find(" uid "), std::string::npos) << line;
    }
  }
  EXPECT_TRUE(has_socket) << captured;
}

TEST_F(Owners, AreSelectedInRecordingsByTheirIndex) {
  const Routed network;
  const std::string folder = folder_ / "recording";
  Capture ringtap(network.client, {"--who", "-i", "c0", "-d", folder, "udp port 7301"}, {}, "record");
  for (const char* name : {"wanted", "other"}) {
    EXPECT_EQ(run(network.client.command({"python3", "-c", talker(name, "")})).status, (ExitStatus{0, 0}));
  }
  const Finished recorded = ringtap.stop();
  EXPECT_EQ(recorded.status, (ExitStatus{0, 0})) << recorded.err;
  const auto found = [&](const std::vector<std::string>& options) {
    std::vector<std::string> command = {ringtap_binary(), "query", folder, "-n"};
    command.insert(command.end(), options.begin(), options.end());
    const Finished queried = run(command, 60s);
    EXPECT_EQ(queried.status, (ExitStatus{0, 0})) << queried;
    return queried.out;
  };
  EXPECT_NE(found({"--comm", "wanted"}).find("from wanted "), std::string::npos);
  EXPECT_EQ(found({"--comm", "wanted"}).find("from other "), std::string::npos);
  EXPECT_NE(found({"--comm", "wanted", "--comm", "other", "--uid", "0"}).find("from other "), std::string::npos);
  EXPECT_EQ(found({"--comm", "wanted", "--uid", "1"}), "");
  EXPECT_EQ(found({"--pid", "1"}), "");
}

TEST_F(Owners, RefuseACommandThatIsNotThere) {
  const Routed network;
  const Finished refused =
      run(network.client.command({ringtap_binary(), "--who", "-i", "c0", "--", "/no/such/command"}));
  EXPECT_EQ(refused.status.code, 2) << refused;
  EXPECT_NE(refused.err.find("run /no/such/command: No such file or directory"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace ringtap::testing
