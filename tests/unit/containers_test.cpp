// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Containers and pods: by the paths of their cgroups, and their names in the files that runtimes leave.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "container/cgroup_path.hpp"
#include "container/container_lookup.hpp"
#include "container/container_names.hpp"
#include "support/wait.hpp"

namespace ringtap {
namespace {

const std::string kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string kUid = "11111111-2222-3333-4444-555555555555";
const std::string kSliceUid = "11111111_2222_3333_4444_555555555555";

struct PathCase {
  std::string path;
  std::string runtime;
  std::string container;
  std::string pod_uid;
  std::string unit;
};

TEST(CgroupPaths, SayWhichContainerAndPodIsInThem) {
  const std::string pods = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + kSliceUid + ".slice/";
  for (const PathCase& given : {
           PathCase{"/system.slice/docker-" + kId + ".scope", "docker", kId, "", ""},
           PathCase{"/docker/" + kId, "docker", kId, "", ""},
           PathCase{"/docker/" + kId + "/init.scope", "docker", kId, "", ""},
           PathCase{pods + "cri-containerd-" + kId + ".scope", "containerd", kId, kUid, ""},
           PathCase{"/kubepods.slice/kubepods-pod" + kSliceUid + ".slice/crio-" + kId + ".scope", "crio", kId, kUid,
                    ""},
           PathCase{"/kubepods/besteffort/pod" + kUid + "/" + kId, "cri", kId, kUid, ""},
           PathCase{
               "/kubepods.slice/kubepods-pod0123456789abcdef0123456789abcdef.slice/cri-containerd-" + kId + ".scope",
               "containerd", kId, "0123456789abcdef0123456789abcdef", ""},
           PathCase{
               "/system.slice/containerd.service/kubepods-burstable-pod" + kSliceUid + ".slice:cri-containerd:" + kId,
               "containerd", kId, kUid, ""},
           PathCase{"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" + kSliceUid +
                        ".slice/cri-containerd-" + kId + ".scope",
                    "containerd", kId, kUid, ""},
           PathCase{"/system.slice/nerdctl-" + kId + ".scope", "containerd", kId, "", ""},
           PathCase{"/machine.slice/libpod-" + kId + ".scope/container", "podman", kId, "", ""},
           PathCase{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + kId + ".scope", "podman", kId,
                    "", ""},
           PathCase{"/machine.slice/libpod-conmon-" + kId + ".scope", "", "", "", "libpod-conmon-" + kId + ".scope"},
           PathCase{"/system.slice/nginx.service", "", "", "", "nginx.service"},
           PathCase{"/user.slice/user-1000.slice/session-3.scope", "", "", "", "session-3.scope"},
           PathCase{"/lxc.payload.web1/init.scope", "lxc", "web1", "", ""},
           PathCase{"/lxc/web1", "lxc", "web1", "", ""},
           PathCase{"/machine.slice/machine-deb.scope/payload", "nspawn", "deb", "", ""},
           PathCase{"/docker/" + kId + "/docker/" + std::string(64, 'f'), "docker", std::string(64, 'f'), "", ""},
           PathCase{"/pod", "", "", "", ""},
           PathCase{"/docker-0123.scope", "", "", "", "docker-0123.scope"},
           PathCase{"/", "", "", "", ""},
           PathCase{"", "", "", "", ""},
       }) {
    const CgroupPlace place = place_of_cgroup(given.path);
    EXPECT_EQ(place.runtime, given.runtime) << given.path;
    EXPECT_EQ(place.container, given.container) << given.path;
    EXPECT_EQ(place.pod_uid, given.pod_uid) << given.path;
    EXPECT_EQ(place.unit, given.unit) << given.path;
  }
}

class ContainerNamesOf : public ::testing::Test {
 protected:
  void put(const std::string& path, std::string_view text) const {
    const std::filesystem::path whole = folder_.path().string() + path;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole) << text;
  }
  [[nodiscard]] ContainerNames names(const std::string& path) const {
    return names_of(place_of_cgroup(path), folder_.path().string());
  }

  const testing::TempDir folder_;
};

TEST_F(ContainerNamesOf, DockerAreInItsConfiguration) {
  put("/var/lib/docker/containers/" + kId + "/config.v2.json",
      R"({"State":{},"HostConfig":{"Name":"json-file"},"Name":"/web-1","Image":"x"})");
  EXPECT_EQ(names("/docker/" + kId).container, "web-1");
}

TEST_F(ContainerNamesOf, PodmanAreInItsStorage) {
  const std::string other(64, 'e');
  const std::string third(64, 'f');
  put("/var/lib/containers/storage/overlay-containers/containers.json",
      R"([{"id":")" + other + R"(","names":["other"]},{"id":")" + kId + R"(","names":["web-2"],"layer":"x"}])");
  put("/var/lib/containers/storage/vfs-containers/volatile-containers.json",
      R"([{"id":")" + third + R"(","names":["web-3"]}])");
  EXPECT_EQ(names("/machine.slice/libpod-" + kId + ".scope").container, "web-2");
  EXPECT_EQ(names("/libpod_parent/libpod-" + third).container, "web-3");
  EXPECT_EQ(names("/machine.slice/libpod-" + std::string(64, 'd') + ".scope").container, "");
}

TEST_F(ContainerNamesOf, KubernetesAreAnnotations) {
  put("/run/containerd/io.containerd.runtime.v2.task/k8s.io/" + kId + "/config.json",
      R"({"annotations": {"io.kubernetes.cri.container-name": "app", "io.kubernetes.cri.sandbox-name": "web-6f",
          "io.kubernetes.cri.sandbox-namespace": "shop"}})");
  const ContainerNames found =
      names("/kubepods.slice/kubepods-pod" + kSliceUid + ".slice/cri-containerd-" + kId + ".scope");
  EXPECT_EQ(found.container, "app");
  EXPECT_EQ(found.pod, "shop/web-6f");
}

TEST_F(ContainerNamesOf, KubernetesAreInKubeletsLogsElse) {
  put("/var/log/pods/shop_web-6f_" + kUid + "/app/0.log", "");
  put("/var/log/containers/web-6f_shop_app-" + kId + ".log", "");
  const ContainerNames found = names("/kubepods/besteffort/pod" + kUid + "/" + kId);
  EXPECT_EQ(found.container, "app");
  EXPECT_EQ(found.pod, "shop/web-6f");
}

TEST_F(ContainerNamesOf, AreNoneWhereFilesAreMissingOrDamaged) {
  EXPECT_EQ(names("/docker/" + kId).container, "");
  put("/var/lib/docker/containers/" + kId + "/config.v2.json", R"({"Name":"/cut off)");
  EXPECT_EQ(names("/docker/" + kId).container, "");
}

TEST(JsonText, IsFoundAtItsKey) {
  EXPECT_EQ(json_text_of(R"({"a":1,"name" : "x\"y"})", "name"), "x\"y");
  EXPECT_EQ(json_text_of(R"({"name":1,"b":{"name":"z"}})", "name"), "z");
  EXPECT_FALSE(json_text_of(R"({"name":)", "name"));
  EXPECT_FALSE(json_text_of("", "name"));
}

TEST(ContainerAnswers, GiveBackWhatTheyWereMadeOf) {
  const ContainerFound made{"/a b", "docker", kId, "web-1", ""};
  const auto read = parse_container_answer(container_answer(made));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->cgroup_path, made.cgroup_path);
  EXPECT_EQ(read->container_name, made.container_name);
  EXPECT_EQ(read->pod, "");
  EXPECT_FALSE(parse_container_answer("too short"));
  EXPECT_FALSE(parse_container_answer(container_answer(made) + "x"));
  EXPECT_FALSE(parse_cgroup_question("short"));
}

}  // namespace
}  // namespace ringtap
