// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A ByteWriter over a file descriptor, with a large buffer. If a block does not completely fit into a regular file
// (ENOSPC, EFBIG, EIO …), the file is truncated after the last complete block; what was written to a pipe cannot be
// taken back, and the Error says so. Owns the descriptor. One thread; the caller ignores SIGPIPE and SIGXFSZ, so that
// write(2) returns EPIPE, EFBIG. Without `Durability::kOnDisk` there is no fsync(2): if the kernel cannot store data
// that it has accepted, this is noticed only when close(2) reports it (NFS). With it close() waits for the disk, and
// after an Error of that no block counts as stored. With a DiskThread a file on a disk is written by that thread, past
// the page cache: what write() and flush() take is then in the file a moment later, unless it is so little that flush()
// writes it itself, and an Error comes with a later call.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "file/chunk.hpp"
#include "file/direct_file.hpp"
#include "file/disk_thread.hpp"
#include "ringtap/byte_writer.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

// What a file that is closed has survived: the end of this process, or a power cut.
enum class Durability { kInKernel, kOnDisk };

class FileWriter final : public ByteWriter {
 public:
  // Creates the file, or truncates an existing one, as tcpdump does.
  static Result<std::unique_ptr<FileWriter>> create(const std::string& path,
                                                    Durability durability = Durability::kInKernel);
  ~FileWriter() override;
  // Writes from the descriptor's current position on; `name` is for messages. An Error of kind kUsage if what is not a
  // file shall be on the disk.
  static Result<std::unique_ptr<FileWriter>> adopt(UniqueFd fd, std::string name,
                                                   Durability durability = Durability::kInKernel);
  // Its name shall be on the disk, too; it is in this folder, or there is none.
  void keep_name_in(UniqueFd folder) { folder_ = std::move(folder); }
  // Before the first write(); does nothing for what is not an empty file on a disk.
  void write_by(std::shared_ptr<DiskThread> disk);

  // After an Error both discard their data and return the same Error again.
  using ByteWriter::write;
  Result<> write(Parts parts) override;
  Result<> flush() override;
  // An Error that write() or flush() has returned is not repeated.
  Result<> close() override;
  [[nodiscard]] std::uint64_t bytes_taken() const override { return bytes_taken_; }
  [[nodiscard]] std::uint64_t blocks_stored() const override { return blocks_stored_; }
  // Whether this descriptor is of the same file.
  [[nodiscard]] bool is_file_of(int fd) const;
  [[nodiscard]] Durability durability() const { return durability_; }

 private:
  FileWriter(UniqueFd fd, std::string name, bool is_regular, Durability durability);

  Result<> store();
  void append(Chunk& chunk, bool past_cache);
  Result<> hand_over();
  bool make_chunk(std::size_t room);
  bool cut_back(std::size_t excess);
  Result<> reach_disk();
  [[nodiscard]] Error failure();

  UniqueFd fd_;  // none with direct_
  UniqueFd folder_;
  std::string name_;
  bool is_regular_;
  Durability durability_;
  std::unique_ptr<Chunk> chunk_;  // what is not written yet
  std::uint64_t bytes_taken_ = 0;
  std::atomic<std::uint64_t> blocks_stored_ = 0;
  std::atomic<int> failed_errno_ = 0;
  bool failure_told_ = false;  // by write() or flush()
  bool torn_ = false;          // part of a block could not be removed again
  std::shared_ptr<DiskThread> disk_;
  std::unique_ptr<DirectFile> direct_;        // with disk_
  std::atomic<std::size_t> handed_over_ = 0;  // chunks that the thread has not written yet
};

Result<UniqueFd> duplicate_of_standard_output();
// "-" is standard output, through a duplicated descriptor.
Result<std::unique_ptr<FileWriter>> open_output(const std::string& path, Durability durability = Durability::kInKernel);
// A new and empty file of this name; none if the name is that of `present`.
Result<std::unique_ptr<FileWriter>> open_output_anew(const std::string& path, const FileWriter& present);

}  // namespace ringtap
