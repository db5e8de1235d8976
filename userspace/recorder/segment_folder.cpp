// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "recorder/segment_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "base/now.hpp"

namespace ringtap {
namespace {

// A killed recorder's helper process may hold the lock a moment longer than the recorder lived.
bool lock(int folder) {
  constexpr int kTries = 20;
  for (int i = 0; i < kTries; ++i) {
    if (::flock(folder, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK) return true;  // a file system without locks: nothing can be said
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

}  // namespace

std::uint64_t end_ns(const struct stat& file) {
  return static_cast<std::uint64_t>(file.st_mtim.tv_sec) * kNsPerSecond +
         static_cast<std::uint64_t>(file.st_mtim.tv_nsec);
}

Result<LocalFolder> LocalFolder::open(const std::string& path) {
  const bool made = ::mkdir(path.c_str(), 0750) == 0;
  if (!made && errno != EEXIST) {
    return Error::from_errno(errno, "make the folder " + path, ErrorKind::kOutput)
        .hint("the folder that it is to be in must exist");
  }
  UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return Error::from_errno(errno, "open the folder " + path, ErrorKind::kOutput);
  if (::faccessat(folder.get(), ".", R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
    return Error::from_errno(errno, "write into the folder " + path, ErrorKind::kOutput)
        .hint("who records needs the rights to list, create and remove files in it");
  }
  if (!lock(folder.get())) {
    return Error("record into " + path + ": another recorder is writing into this folder", ErrorKind::kUsage)
        .hint("give each recorder a folder of its own");
  }
  struct stat status {};
  if (::fstat(folder.get(), &status) != 0) return Error::from_errno(errno, "examine the folder " + path);
  return LocalFolder(std::move(folder), path, status.st_dev);
}

std::string parent_of(const std::string& folder) {
  const std::string parent = (std::filesystem::path(folder) / "").parent_path().parent_path();
  return parent.empty() ? "." : parent;
}

bool is_removed(int folder) {
  struct stat status {};
  return ::fstat(folder, &status) != 0 || status.st_nlink == 0;
}

bool LocalFolder::is_gone() const {
  return is_removed(folder_.get());
}

Result<std::vector<KeptSegment>> LocalFolder::restore() {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) {
    if (errno != ENOENT || ::stat(parent_of(path_).c_str(), &status) != 0 || status.st_dev != device_) {
      return Error::from_errno(ENOENT, "open the folder " + path_, ErrorKind::kOutput);
    }
  }
  auto again = open(path_);
  if (!again) return again.take_error();
  auto contents = again->list();
  if (!contents) return contents.take_error();
  *this = again.take();
  return std::move(contents->whole);
}

Result<FolderContents> LocalFolder::list() const {
  UniqueFd again(::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(again ? ::fdopendir(again.get()) : nullptr, ::closedir);
  if (listing == nullptr) return Error::from_errno(errno, "list the folder " + path_, ErrorKind::kOutput);
  again.release();
  FolderContents contents;
  std::map<SegmentName, KeptSegment> whole;
  std::map<SegmentName, std::uint64_t> indexes;
  std::map<SegmentName, KeptSegment> parts;
  while (const dirent* entry = ::readdir(listing.get())) {
    const auto parsed = parse_segment_name(entry->d_name);
    struct stat status {};
    if (!parsed || ::fstatat(folder_.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(status.st_mode)) continue;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    switch (parsed->file) {
      case SegmentFile::kWhole:
        whole[parsed->name] = {.name = parsed->name, .bytes = size, .end_ns = end_ns(status)};
        break;
      case SegmentFile::kPart:
        parts[parsed->name] = {.name = parsed->name, .bytes = size, .end_ns = end_ns(status), .is_part = true};
        break;
      case SegmentFile::kIndex:
        indexes[parsed->name] = size;
        break;
    }
  }
  for (const auto& [name, size] : indexes) {
    if (const auto found = whole.find(name); found != whole.end()) {
      found->second.bytes += size;
    } else if (const auto part = parts.find(name); part != parts.end()) {
      part->second.bytes += size;
    } else {
      contents.lone_indexes.push_back(name);
    }
  }
  for (const auto& [name, segment] : whole) contents.whole.push_back(segment);
  for (const auto& [name, part] : parts) contents.parts.push_back(part);
  return contents;
}

Result<UniqueFd> LocalFolder::create(const SegmentName& segment, SegmentFile file) {
  const std::string name = segment.text(file);
  UniqueFd fd(::openat(folder_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!fd) return Error::from_errno(errno, "create " + path_ + "/" + name, ErrorKind::kOutput);
  return fd;
}

Result<UniqueFd> LocalFolder::open(const SegmentName& segment, SegmentFile file) {
  const std::string name = segment.text(file);
  UniqueFd fd(::openat(folder_.get(), name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return Error::from_errno(errno, "open " + path_ + "/" + name, ErrorKind::kOutput);
  return fd;
}

Result<> LocalFolder::publish(const SegmentName& segment) {
  const std::string part = segment.text(SegmentFile::kPart);
  const std::string whole = segment.text();
  if (::renameat(folder_.get(), part.c_str(), folder_.get(), whole.c_str()) != 0) {
    return Error::from_errno(errno, "rename " + path_ + "/" + part, ErrorKind::kOutput);
  }
  if (::fsync(folder_.get()) != 0) return Error::from_errno(errno, "sync the folder " + path_, ErrorKind::kOutput);
  return ok();
}

Result<> LocalFolder::remove(const SegmentName& segment, SegmentFile file) {
  const std::string name = segment.text(file);
  if (::unlinkat(folder_.get(), name.c_str(), 0) == 0 || errno == ENOENT) return ok();
  return Error::from_errno(errno, "remove " + path_ + "/" + name, ErrorKind::kOutput);
}

namespace {

// The process that holds a flock(2) on a file of this inode number, as the kernel lists it, proc_locks(5); 0: none that
// is visible here. The device is not compared, since btrfs has one of its own for each subvolume.
pid_t lock_holder(ino_t file) {
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    unsigned long long inode = 0;
    int pid = 0;
    const int found = std::sscanf(line.c_str(), "%*[^:]: FLOCK %*s %*s %d %*x:%*x:%llu", &pid, &inode);
    if (found != 2 || inode != file || pid <= 0) continue;
    std::string name;
    std::ifstream("/proc/" + std::to_string(pid) + "/comm") >> name;
    if (name.starts_with("ringtap")) return pid;
  }
  return 0;
}

}  // namespace

Result<UniqueFd> recorder_of(const std::string& path) {
  UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat status {};
  if (!folder || ::fstat(folder.get(), &status) != 0) return Error::from_errno(errno, "open the folder " + path);
  if (::flock(folder.get(), LOCK_EX | LOCK_NB) == 0) return Error("no recorder is writing into " + path);
  const pid_t pid = lock_holder(status.st_ino);
  if (pid <= 0) {
    return Error("which process records into " + path + " cannot be told from here")
        .hint("send SIGUSR2 to it, in its own PID namespace");
  }
  UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process) return Error::from_errno(errno, "find the recorder of " + path + ", process " + std::to_string(pid));
  return process;
}

Result<DiskSpace> disk_space(int fd, const std::string& name) {
  struct statvfs status {};
  if (::fstatvfs(fd, &status) != 0) return Error::from_errno(errno, "space of " + name, ErrorKind::kOutput);
  return DiskSpace{.size = std::uint64_t{status.f_blocks} * status.f_frsize,
                   .free = std::uint64_t{status.f_bavail} * status.f_frsize};
}

Result<DiskSpace> LocalFolder::space() {
  return disk_space(folder_.get(), path_);
}

}  // namespace ringtap
