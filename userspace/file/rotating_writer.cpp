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
  auto closer = FileCloser::create(writer->hooks_.closed, writer->hooks_.closes_by_thread);
  if (!closer) return closer.take_error();
  writer->closer_ = closer.take();
  writer->begun_ = writer->hooks_.now();
  if (auto opened = writer->open(); !opened) return opened.take_error();
  return writer;
}

Result<> RotatingWriter::open() {
  auto name = rotated_name(path_, rotation_, begun_, number_);
  if (!name) return name.take_error();
  name_ = name.take();
  auto file = hooks_.open(name_);
  if (!file) return file.take_error();
  file_ = file.take();
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

Result<> RotatingWriter::close(bool tells) {
  return closer_->close(std::exchange(file_, {}).sink, name_, tells);
}

Result<> RotatingWriter::move_on() {
  auto statistics = hooks_.statistics();
  if (!statistics) return statistics.take_error();
  for (const InterfaceStatistics& interface : *statistics) {
    if (auto written = file_.sink->on_statistics(interface); !written) return written;
  }
  if (auto closed = close(true); !closed) return closed;
  return open();
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

Result<> RotatingWriter::on_record(const RecordView& record) {
  if (is_old() && !(ends_ && files_by_time_ >= rotation_.files)) {
    begun_ = hooks_.now();
    ++files_by_time_;
    number_ = 0;
    if (auto moved = move_on(); !moved) return moved;
  } else if (rotation_.bytes > 0 && file_.out->bytes_taken() > rotation_.bytes) {
    if (auto moved = next_number(); !moved) return moved;
  }
  return file_.sink->on_record(record);
}

Result<> RotatingWriter::next_number() {
  ++number_;
  if (number_ == rotation_.files) number_ = 0;
  return move_on();
}

Result<bool> RotatingWriter::start_next() {
  Result<> moved;
  if (rotation_.bytes > 0) {
    moved = next_number();
  } else {
    const std::time_t now = hooks_.now();
    const auto name = rotated_name(path_, rotation_, now, 0);
    if (name && *name == name_) return false;
    begun_ = now;
    ++files_by_time_;
    moved = move_on();
  }
  return moved ? Result<bool>(true) : moved.take_error();
}

Result<> RotatingWriter::flush() {
  Result<> flushed = file_.sink->flush();
  return flushed ? closer_->failure() : std::move(flushed);
}

Result<> RotatingWriter::finish() {
  Result<> closed = file_.sink == nullptr ? ok() : close(is_over());
  Result<> complete = closer_->wait();
  return closed ? std::move(complete) : std::move(closed);
}

std::uint64_t RotatingWriter::records_stored() const {
  return closer_->records_stored() + (file_.sink == nullptr ? 0 : file_.sink->records_stored());
}

}  // namespace ringtap
