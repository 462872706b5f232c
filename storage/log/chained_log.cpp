#include "storage/log/chained_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sightingd {
namespace {

namespace fs = std::filesystem;

Error broken(const fs::path& path, const std::string& where) {
  return {ErrorCode::Storage, "the log " + path.filename().string() + " is broken " + where,
          "broken-chain"};
}

Error missing(const fs::path& path) {
  return {ErrorCode::Storage, "the log " + path.filename().string() + " is missing", "missing"};
}

fs::path temporary_name(const fs::path& path) { return path.string() + ".new"; }

Result<void> write_all(const FileDescriptor& file, std::string_view bytes, std::uint64_t place) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(place));
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      return system_error("write a log of the store");
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
    place += static_cast<std::uint64_t>(written);
  }
  return {};
}

Result<void> sync(const FileDescriptor& file) {
  if (::fdatasync(file.get()) != 0) {
    return system_error("sync a log of the store");
  }
  return {};
}

Result<FileDescriptor> open_file(const fs::path& path, int access) {
  FileDescriptor file(::open(path.c_str(), access | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) {
    return errno == ENOENT ? missing(path) : system_error("open a log of the store");
  }
  return file;
}

/// A file that is read once, from its beginning, through a window of what comes next.
class Window {
 public:
  explicit Window(const FileDescriptor& file) : file_(file) {}

  /// Fills the window up to chain::kMostBytesAtOnce bytes, fewer at the end of the file.
  Result<std::string_view> view() {
    if (buffer_.size() - begin_ < chain::kMostBytesAtOnce && !is_at_end_) {
      buffer_.erase(0, begin_);
      begin_ = 0;
      if (auto filled = fill(); !filled) {
        return filled.error();
      }
    }
    return std::string_view(buffer_).substr(begin_, chain::kMostBytesAtOnce);
  }

  void pass(std::size_t size) {
    begin_ += size;
    place_ += size;
  }

  /// How many bytes were passed.
  std::uint64_t place() const { return place_; }

 private:
  static constexpr std::size_t kBuffer = 4 * chain::kMostBytesAtOnce;

  Result<void> fill() {
    std::size_t filled = buffer_.size();
    buffer_.resize(kBuffer);
    while (filled < kBuffer && !is_at_end_) {
      const ssize_t count = ::pread(file_.get(), buffer_.data() + filled, kBuffer - filled,
                                    static_cast<off_t>(place_ + filled));
      if (count < 0 && errno == EINTR) {
        continue;
      }
      if (count < 0) {
        return system_error("read a log of the store");
      }
      is_at_end_ = count == 0;
      filled += static_cast<std::size_t>(count);
    }
    buffer_.resize(filled);
    return {};
  }

  const FileDescriptor& file_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::uint64_t place_ = 0;
  bool is_at_end_ = false;
};

/// How many bytes are left of which nothing was written but, perhaps, the beginning of a frame;
/// nothing when there is more.
Result<std::optional<std::uint64_t>> torn_bytes(Window& window) {
  const std::uint64_t begin = window.place();
  for (bool is_first = true;; is_first = false) {
    const auto bytes = window.view();
    if (!bytes) {
      return bytes.error();
    }
    const bool is_last = bytes->size() < chain::kMostBytesAtOnce;
    const bool is_blank = std::ranges::all_of(*bytes, [](char byte) { return byte == 0; });
    if (!is_blank && !(is_first && is_last)) {
      return std::optional<std::uint64_t>();
    }
    window.pass(bytes->size());
    if (is_last) {
      return std::optional(window.place() - begin);
    }
  }
}

Result<void> cut_at(const FileDescriptor& file, std::uint64_t size) {
  if (::ftruncate(file.get(), static_cast<off_t>(size)) != 0) {
    return system_error("cut a log of the store");
  }
  return sync(file);
}

/// Copies the bytes [from, to) of one file to the place `at` of another.
Result<void> copy(const FileDescriptor& source, std::uint64_t from, std::uint64_t to,
                  const FileDescriptor& target, std::uint64_t at) {
  std::string bytes;
  while (from < to) {
    bytes.resize(std::min<std::uint64_t>(to - from, chain::kMostBytesAtOnce));
    const ssize_t count =
        ::pread(source.get(), bytes.data(), bytes.size(), static_cast<off_t>(from));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return system_error("read a log of the store");
    }
    bytes.resize(static_cast<std::size_t>(count));
    if (auto written = write_all(target, bytes, at); !written) {
      return written;
    }
    from += bytes.size();
    at += bytes.size();
  }
  return {};
}

/// A new file, which has no name yet but its temporary one.
Result<FileDescriptor> make_file(const fs::path& path) {
  const fs::path temporary = temporary_name(path);
  if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) {
    return system_error("remove a file of the store");
  }
  return open_file(temporary, O_RDWR | O_CREAT | O_EXCL);
}

/// Gives a whole file its name: whoever looks finds the earlier one or this, after a crash too.
Result<void> put_in_place(const fs::path& path, const FileDescriptor& file) {
  if (auto synced = sync(file); !synced) {
    return synced;
  }
  if (::rename(temporary_name(path).c_str(), path.c_str()) != 0) {
    return system_error("name a log of the store");
  }
  const FileDescriptor folder(
      ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) {
    return system_error("open a folder of the store");
  }
  return sync_folder(folder);
}

Error broken_at(const fs::path& path, std::uint64_t entry, std::uint64_t place,
                const std::string& what) {
  return broken(
      path, "at entry " + std::to_string(entry) + " (byte " + std::to_string(place) + "): " + what);
}

}  // namespace

/// Walks over a log that lies in `file`, which must outlive it.
class ChainReader::Walk {
 public:
  Walk(fs::path path, const FileDescriptor& file, const std::optional<SecretKey>& key,
       const std::optional<ChainHead>& expected)
      : path_(std::move(path)), window_(file), hasher_(key), expected_(expected) {}

  Result<void> begin() {
    const auto bytes = window_.view();
    if (!bytes) {
      return bytes.error();
    }
    auto begun = chain::read_start(*bytes, hasher_);
    if (!begun) {
      return begun.error().reason == "broken-chain" ? broken(path_, "at its beginning")
                                                    : begun.error();
    }
    reading_.start = std::move(begun->start);
    reading_.head = reading_.start.after;
    if (expected_ && expected_->number < reading_.head.number) {
      return broken(path_, "at its beginning: it begins behind the entry that was last known");
    }
    return pass(begun->size);
  }

  Result<bool> next() {
    if (is_at_end_) {
      return false;
    }
    const auto bytes = window_.view();
    if (!bytes) {
      return bytes.error();
    }
    const chain::ReadFrame frame = chain::read_frame(*bytes, reading_.head, hasher_);
    if (frame.outcome != chain::ReadFrame::Outcome::Intact) {
      auto ended = end(frame.outcome);
      return ended ? Result<bool>(false) : ended.error();
    }
    payload_ = frame.payload;
    reading_.head = frame.head;
    if (auto passed = pass(frame.size); !passed) {
      return passed.error();
    }
    return true;
  }

  const ChainReading& reading() const { return reading_; }
  std::string_view payload() const { return payload_; }

 private:
  Result<void> pass(std::size_t size) {
    const std::uint64_t begun = window_.place();
    window_.pass(size);
    reading_.bytes = window_.place();
    if (expected_ && reading_.head.number == expected_->number &&
        reading_.head.hash != expected_->hash) {
      return broken_at(path_, reading_.head.number, begun, "it is not the one that was last known");
    }
    return {};
  }

  /// What is left is no entry.
  Result<void> end(chain::ReadFrame::Outcome outcome) {
    is_at_end_ = true;
    const auto torn = torn_bytes(window_);
    if (!torn) {
      return torn.error();
    }
    if (outcome == chain::ReadFrame::Outcome::Broken || !*torn) {
      return broken_at(path_, reading_.head.number + 1, reading_.bytes,
                       "it does not follow from the one before");
    }
    reading_.torn_bytes = **torn;
    if (expected_ && reading_.head.number < expected_->number) {
      return broken_at(
          path_, reading_.head.number + 1, reading_.bytes,
          "it is missing, and so are all up to entry " + std::to_string(expected_->number));
    }
    return {};
  }

  const fs::path path_;
  Window window_;
  const ChainHasher hasher_;
  const std::optional<ChainHead> expected_;
  ChainReading reading_;
  std::string_view payload_;
  bool is_at_end_ = false;
};

ChainReader::ChainReader(FileDescriptor file)
    : file_(std::make_unique<FileDescriptor>(std::move(file))) {}
ChainReader::~ChainReader() = default;
ChainReader::ChainReader(ChainReader&&) noexcept = default;
ChainReader& ChainReader::operator=(ChainReader&&) noexcept = default;

Result<ChainReader> ChainReader::open(const ChainedLogOptions& options,
                                      const std::optional<ChainHead>& expected) {
  return open(options, expected, O_RDONLY);
}

Result<ChainReader> ChainReader::open(const ChainedLogOptions& options,
                                      const std::optional<ChainHead>& expected, int access) {
  auto file = open_file(options.path, access);
  if (!file) {
    return file.error();
  }
  ChainReader reader(std::move(*file));
  reader.walk_ = std::make_unique<Walk>(options.path, *reader.file_, options.key, expected);
  if (auto begun = reader.walk_->begin(); !begun) {
    return begun.error();
  }
  return reader;
}

Result<bool> ChainReader::next() { return walk_->next(); }

const ChainHead& ChainReader::entry() const { return walk_->reading().head; }

std::string_view ChainReader::payload() const { return walk_->payload(); }

const ChainReading& ChainReader::reading() const { return walk_->reading(); }

Result<ChainReading> ChainReader::to_the_end(const Visitor& visitor) {
  for (;;) {
    const auto is_entry = next();
    if (!is_entry) {
      return is_entry.error();
    }
    if (!*is_entry) {
      return reading();
    }
    if (visitor) {
      visitor(entry(), payload());
    }
  }
}

ChainedLog::ChainedLog(const ChainedLogOptions& options, FileDescriptor file, ChainReading opened)
    : options_(options),
      hasher_(std::make_unique<ChainHasher>(options.key)),
      file_(std::move(file)),
      opened_(std::move(opened)),
      start_(opened_.start),
      head_(opened_.head),
      bytes_(opened_.bytes) {}

Result<std::optional<std::string>> ChainedLog::owner_of(const fs::path& path) {
  const auto bytes = read_file(path, chain::kMostBytesAtOnce);
  if (!bytes) {
    return bytes.error();
  }
  if (!*bytes) {
    return std::optional<std::string>();
  }
  auto owner = chain::read_owner(**bytes);
  if (!owner) {
    return owner.error().reason == "broken-chain" ? broken(path, "at its beginning")
                                                  : owner.error();
  }
  return std::optional(std::move(*owner));
}

Result<ChainedLog> ChainedLog::create(const ChainedLogOptions& options, ChainStart start) {
  if (start.owner.size() > chain::kMostOwnerBytes) {
    return Error{ErrorCode::TooLarge, "the beginning of a log is too long"};
  }
  auto file = make_file(options.path);
  if (!file) {
    return file.error();
  }
  const std::string bytes = chain::encode(start, ChainHasher(options.key));
  if (auto written = write_all(*file, bytes, 0); !written) {
    return written.error();
  }
  if (auto placed = put_in_place(options.path, *file); !placed) {
    return placed.error();
  }
  ChainReading reading{.head = start.after, .bytes = bytes.size()};
  reading.start = std::move(start);
  return ChainedLog(options, std::move(*file), std::move(reading));
}

Result<ChainedLog> ChainedLog::open(const ChainedLogOptions& options,
                                    const std::optional<ChainHead>& expected,
                                    const ChainReader::Visitor& visitor) {
  auto reader = ChainReader::open(options, expected, O_RDWR);
  if (!reader) {
    return reader.error();
  }
  auto reading = reader->to_the_end(visitor);
  if (!reading) {
    return reading.error();
  }
  if (reading->torn_bytes > 0) {
    if (auto cut = cut_at(*reader->file_, reading->bytes); !cut) {
      return cut.error();
    }
  }
  return ChainedLog(options, std::move(*reader->file_), std::move(*reading));
}

Result<ChainHead> ChainedLog::append(std::span<const std::string> payloads) {
  if (auto usable = cut_leftovers(); !usable) {
    return usable.error();
  }
  std::string bytes;
  ChainHead head = head_;
  for (const std::string& payload : payloads) {
    if (payload.size() > chain::kMostPayloadBytes) {
      return Error{ErrorCode::TooLarge, "an entry of a log is too long"};
    }
    chain::append_frame(bytes, payload, head, *hasher_);
  }
  if (bytes.size() > options_.most_bytes || bytes_ > options_.most_bytes - bytes.size()) {
    return Error{ErrorCode::TooLarge, "the log " + options_.path.filename().string() +
                                          " is full: it may have " +
                                          std::to_string(options_.most_bytes) + " bytes"};
  }
  auto written = write_all(file_, bytes, bytes_);
  if (written) {
    written = sync(file_);
    if (!written && written.error().reason != "no-space") {
      failure_ = written.error();
    }
  }
  if (!written) {
    has_leftovers_ = true;
    if (const auto cut = cut_leftovers(); !cut) {
      return cut.error();
    }
    return written.error();
  }
  bytes_ += bytes.size();
  head_ = head;
  return head_;
}

/// What was written in vain would stand before what comes next.
Result<void> ChainedLog::cut_leftovers() {
  if (failure_) {
    return *failure_;
  }
  if (!has_leftovers_) {
    return {};
  }
  auto cut = cut_at(file_, bytes_);
  if (cut) {
    has_leftovers_ = false;
  } else if (cut.error().reason != "no-space") {
    failure_ = cut.error();
  }
  return cut;
}

Result<void> ChainedLog::restart(std::string owner, std::uint64_t after) {
  if (auto usable = cut_leftovers(); !usable) {
    return usable;
  }
  if (owner.size() > chain::kMostOwnerBytes || after < start_.after.number ||
      after > head_.number) {
    return Error{ErrorCode::Malformed, "a log cannot begin there"};
  }
  // Where the entries begin that stay.
  ChainStart start{.owner = std::move(owner), .after = start_.after};
  std::uint64_t stays_from = chain::encode(start_, *hasher_).size();
  const auto pass = [&](const ChainHead& entry, std::string_view payload) {
    if (entry.number <= after) {
      start.after = entry;
      stays_from += chain::kFrameOverhead + payload.size();
    }
  };
  auto reader = ChainReader::open(options_, head_);
  if (!reader) {
    return reader.error();
  }
  if (auto read = reader->to_the_end(pass); !read) {
    return read.error();
  }
  auto file = make_file(options_.path);
  if (!file) {
    return file.error();
  }
  const std::string beginning = chain::encode(start, *hasher_);
  if (auto written = write_all(*file, beginning, 0); !written) {
    return written;
  }
  if (auto copied = copy(file_, stays_from, bytes_, *file, beginning.size()); !copied) {
    return copied;
  }
  if (auto placed = put_in_place(options_.path, *file); !placed) {
    return placed;
  }
  bytes_ = beginning.size() + (bytes_ - stays_from);
  file_ = std::move(*file);
  start_ = std::move(start);
  return {};
}

}  // namespace sightingd
