// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "file/rotating_writer.hpp"

#include <algorithm>
#include <array>
#include <climits>

namespace ringtap {

Result<std::string> rotated_name(const std::string& path, const Rotation& rotation, std::time_t time,
                                 std::uint64_t number) {
  std::string name = path;
  if (rotation.seconds > 0) {
    std::array<char, PATH_MAX> text{};
    std::tm parts{};
    if (localtime_r(&time, &parts) == nullptr || std::strftime(text.data(), text.size(), path.c_str(), &parts) == 0) {
      return Error("-w " + path + ": strftime(3) makes no file name of it, or one that is too long",
                   ErrorKind::kOutput);
    }
    name = text.data();
  }
  // As many digits as the highest number, so that names sort; no number for the first file of an unlimited set.
  const std::string digits = std::to_string(number);
  const std::size_t width = rotation.files > 1 ? std::to_string(rotation.files - 1).size() : 0;
  if (rotation.bytes == 0 || (number == 0 && width == 0)) return name;
  return name + std::string(width - std::min(width, digits.size()), '0') + digits;
}

Result<std::unique_ptr<RotatingWriter>> RotatingWriter::create(std::string path, const Rotation& rotation,
                                                               Hooks hooks) {
  std::unique_ptr<RotatingWriter> writer(new RotatingWriter(std::move(path), rotation, std::move(hooks)));
  writer->closer_ = std::make_unique<FileCloser>(writer->hooks_.closed, writer->hooks_.closes_by_thread);
  writer->begun_ = writer->hooks_.now();
  auto name = rotated_name(writer->path_, rotation, writer->begun_, 0);
  if (!name) return name.take_error();
  auto file = writer->hooks_.open(*name);
  if (!file) return file.take_error();
  if (auto begun = writer->begin(file.take(), name.take()); !begun) return begun.take_error();
  return writer;
}

Result<> RotatingWriter::begin(File file, std::string name) {
  file_ = std::move(file);
  name_ = std::move(name);
  more_bytes_ = 0;
  const Conversion before = hooks_.conversion == nullptr ? Conversion{} : *hooks_.conversion;
  for (const Block& block : blocks_) {
    const FileBlockView view{block.view.kind, block.view.type, block.body};
    if (auto taken = file_.sink->on_block(view); !taken) return taken;
  }
  for (const Interface& interface : interfaces_) {
    if (auto announced = file_.sink->on_interface(interface); !announced) return announced;
  }
  if (hooks_.conversion != nullptr) *hooks_.conversion = before;
  return ok();
}

std::uint64_t RotatingWriter::bytes_taken() const {
  return closed_bytes_ + (file_.out == nullptr ? 0 : file_.out->bytes_taken());
}

Result<> RotatingWriter::close(bool tells) {
  closed_bytes_ = bytes_taken();
  return closer_->close(std::exchange(file_, {}).sink, name_, tells);
}

Result<> RotatingWriter::move_on(std::uint64_t number) {
  auto name = rotated_name(path_, rotation_, begun_, number);
  if (!name) return name.take_error();
  const bool is_same = *name == name_;  // it is emptied: not before it is complete
  Result<File> next = is_same ? File{} : hooks_.open(*name);
  if (!next) return go_on_in_present(next.take_error());
  auto statistics = hooks_.statistics();
  if (!statistics) return statistics.take_error();
  for (const InterfaceStatistics& interface : *statistics) {
    if (auto written = file_.sink->on_statistics(interface); !written) return written;
  }
  if (auto closed = close(true); !closed) return closed;
  if (is_same) next = hooks_.open(*name);
  if (!next) return next.take_error();
  number_ = number;
  if (rotation_.bytes == 0) ++files_by_time_;
  return begin(next.take(), name.take());
}

Result<> RotatingWriter::go_on_in_present(Error error) {
  if (more_bytes_ == 0 && hooks_.kept) hooks_.kept(error, name_);
  more_bytes_ = file_.out->bytes_taken();
  if (not_opened_) not_opened_ = std::move(error);
  return ok();
}

Result<> RotatingWriter::on_interface(const Interface& interface) {
  interfaces_.push_back(interface);
  return file_.sink->on_interface(interface);
}

Result<> RotatingWriter::on_block(const FileBlockView& block) {
  const bool is_for_all = block.kind == FileBlockKind::kSection || block.kind == FileBlockKind::kNames ||
                          block.kind == FileBlockKind::kSecrets;
  if (is_for_all) blocks_.push_back({block, {block.body.begin(), block.body.end()}});
  return file_.sink->on_block(block);
}

Result<> RotatingWriter::move_on_if_due() {
  if (is_old() && !(ends_ && files_by_time_ >= rotation_.files)) {
    begun_ = hooks_.now();
    return move_on(0);
  }
  const bool is_large = rotation_.bytes > 0 && file_.out->bytes_taken() > rotation_.bytes + more_bytes_;
  return is_large ? move_on(next_number()) : ok();
}

Result<> RotatingWriter::on_record(const RecordView& record) {
  auto moved = move_on_if_due();
  return moved ? file_.sink->on_record(record) : std::move(moved);
}

Result<> RotatingWriter::on_encoded(const EncodedRecord& record) {
  auto moved = move_on_if_due();
  return moved ? file_.sink->on_encoded(record) : std::move(moved);
}

Result<bool> RotatingWriter::start_next() {
  if (rotation_.bytes == 0) {
    const std::time_t now = hooks_.now();
    const auto name = rotated_name(path_, rotation_, now, 0);
    if (name && *name == name_) return false;
    begun_ = now;
  }
  auto moved = move_on(rotation_.bytes > 0 ? next_number() : 0);
  return moved ? Result<bool>(true) : moved.take_error();
}

Result<> RotatingWriter::flush() {
  // There is none once a file could not be completed, or made anew.
  Result<> flushed = file_.sink == nullptr ? ok() : file_.sink->flush();
  return flushed ? closer_->failure() : std::move(flushed);
}

Result<> RotatingWriter::finish() {
  Result<> closed = file_.sink == nullptr ? ok() : close(is_over());
  Result<> complete = closer_->wait();
  if (!closed) return closed;
  return complete ? std::exchange(not_opened_, ok()) : std::move(complete);
}

std::uint64_t RotatingWriter::records_stored() const {
  return closer_->records_stored() + (file_.sink == nullptr ? 0 : file_.sink->records_stored());
}

}  // namespace ringtap
