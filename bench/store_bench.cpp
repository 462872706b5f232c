// store-bench DIRECTORY
//
// Where should the bytes of photos lie? Stores the same photos in four ways, each durable batch by
// batch, then erases some until a search of every file does not find them, and prints a table.
#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/write_batch.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace sightingd::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPhotos = 800;
constexpr std::size_t kPhotoBytes = 190'000;
constexpr std::size_t kPhotosInABatch = 20;
constexpr std::size_t kErased = 100;
constexpr std::size_t kMark = 64;  // Of its bytes, what a photo is searched for by.

void check(const rocksdb::Status& status) {
  if (!status.ok()) {
    throw std::runtime_error(status.ToString());
  }
}

void check(bool done, const char* what) {
  if (!done) {
    throw std::runtime_error(what);
  }
}

/// As incompressible as a JPEG.
std::vector<std::string> draw_photos() {
  std::mt19937_64 random(1);
  std::vector<std::string> photos(kPhotos);
  for (std::string& photo : photos) {
    photo.reserve(kPhotoBytes);
    while (photo.size() < kPhotoBytes) {
      const std::uint64_t word = random();
      photo.append(reinterpret_cast<const char*>(&word), sizeof word);
    }
  }
  return photos;
}

std::string key_of(std::size_t photo) {
  char key[17];
  std::snprintf(key, sizeof key, "%016zx", photo);
  return key;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double megabytes_written() {
  std::ifstream io("/proc/self/io");
  for (std::string name, value; io >> name >> value;) {
    if (name == "write_bytes:") {
      return std::stod(value) / 1e6;
    }
  }
  return 0;
}

/// One place for photo bytes, beside rows that are written in any case.
class Place {
 public:
  virtual ~Place() = default;
  /// Durable when it returns.
  virtual void store(const std::vector<std::string>& photos, std::size_t begin,
                     std::size_t end) = 0;
  virtual void erase(std::size_t photo) = 0;
  /// Makes what was erased unfindable.
  virtual void scrub() = 0;

 protected:
  Place() = default;
};

class RowsPlace : public Place {
 public:
  RowsPlace(const fs::path& folder, bool blob_files) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.write_buffer_size = 16 << 20;
    options.enable_blob_files = blob_files;
    options.min_blob_size = 4096;
    rocksdb::DB* opened = nullptr;
    check(rocksdb::DB::Open(options, (folder / "rows").string(), &opened));
    db_.reset(opened);
  }

  void store(const std::vector<std::string>& photos, std::size_t begin, std::size_t end) override {
    rocksdb::WriteBatch batch;
    for (std::size_t i = begin; i < end; ++i) {
      check(batch.Put("row" + key_of(i), std::string(1000, 'r')));
      put_photo(batch, i, photos[i]);
    }
    rocksdb::WriteOptions synced;
    synced.sync = true;
    check(db_->Write(synced, &batch));
  }

  void erase(std::size_t photo) override { check(db_->Delete({}, "photo" + key_of(photo))); }

  void scrub() override {
    check(db_->Flush({}));
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    options.blob_garbage_collection_policy = rocksdb::BlobGarbageCollectionPolicy::kForce;
    options.blob_garbage_collection_age_cutoff = 1.0;
    check(db_->CompactRange(options, nullptr, nullptr));
  }

 protected:
  virtual void put_photo(rocksdb::WriteBatch& batch, std::size_t photo, const std::string& bytes) {
    check(batch.Put("photo" + key_of(photo), bytes));
  }
  rocksdb::DB& db() { return *db_; }

 private:
  std::unique_ptr<rocksdb::DB> db_;
};

/// A table of the batch's photos, synced by its writer and taken in before the rows.
class TablePlace final : public RowsPlace {
 public:
  explicit TablePlace(const fs::path& folder) : RowsPlace(folder, false), folder_(folder) {}

  void store(const std::vector<std::string>& photos, std::size_t begin, std::size_t end) override {
    const std::string path = (folder_ / "ingested.sst").string();
    rocksdb::SstFileWriter writer{rocksdb::EnvOptions(), rocksdb::Options()};
    check(writer.Open(path));
    for (std::size_t i = begin; i < end; ++i) {
      check(writer.Put("photo" + key_of(i), photos[i]));
    }
    check(writer.Finish());
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    check(db().IngestExternalFile({path}, options));
    RowsPlace::store(photos, begin, end);
  }

 protected:
  void put_photo(rocksdb::WriteBatch&, std::size_t, const std::string&) override {}

 private:
  fs::path folder_;
};

/// One file a photo, as storage/photo_files writes them.
class FilePlace final : public RowsPlace {
 public:
  explicit FilePlace(const fs::path& folder) : RowsPlace(folder, false), path_(folder / "photos") {
    fs::create_directory(path_);
    folder_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY);
    check(folder_ >= 0, "cannot open a folder");
  }
  ~FilePlace() override { ::close(folder_); }

  void store(const std::vector<std::string>& photos, std::size_t begin, std::size_t end) override {
    for (std::size_t i = begin; i < end; ++i) {
      write(key_of(i), photos[i]);
    }
    RowsPlace::store(photos, begin, end);
  }

  void erase(std::size_t photo) override {
    check(::unlinkat(folder_, key_of(photo).c_str(), 0) == 0, "cannot remove a photo");
  }
  void scrub() override {}

 protected:
  void put_photo(rocksdb::WriteBatch&, std::size_t, const std::string&) override {}

 private:
  void write(const std::string& name, const std::string& bytes) const {
    const std::string temporary = name + ".new";
    const int file = ::openat(folder_, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
    check(file >= 0, "cannot make a photo");
    check(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
              ::fsync(file) == 0 && ::close(file) == 0,
          "cannot write a photo");
    check(
        ::renameat(folder_, temporary.c_str(), folder_, name.c_str()) == 0 && ::fsync(folder_) == 0,
        "cannot name a photo");
  }

  fs::path path_;
  int folder_ = -1;
};

std::size_t found_in(const fs::path& folder, const std::vector<std::string>& photos) {
  std::size_t found = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) {
      continue;
    }
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    for (std::size_t i = 0; i < kErased; ++i) {
      found += bytes.find(photos[i].substr(0, kMark)) != std::string::npos ? 1 : 0;
    }
  }
  return found;
}

void measure(const char* name, const fs::path& folder, const std::vector<std::string>& photos,
             const std::function<std::unique_ptr<Place>()>& open) {
  fs::create_directory(folder);
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  auto place = open();
  const double cpu = cpu_seconds();
  const double written = megabytes_written();
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < kPhotos; i += kPhotosInABatch) {
    place->store(photos, i, i + kPhotosInABatch);
  }
  const double stored = seconds_since(begin);
  const double stored_cpu = cpu_seconds() - cpu;
  const auto erasing = Clock::now();
  for (std::size_t i = 0; i < kErased; ++i) {
    place->erase(i);
  }
  const double deleted = seconds_since(erasing);
  const std::size_t left = found_in(folder, photos);
  const auto scrubbing = Clock::now();
  place->scrub();
  const double gone = deleted + seconds_since(scrubbing);
  const std::size_t left_in_the_end = found_in(folder, photos);
  std::printf("| %s | %.2f s | %.2f s | %.0f MB | %zu | %.2f s, %zu left |\n", name, stored,
              stored_cpu, megabytes_written() - written, left, gone, left_in_the_end);
  std::fflush(stdout);
  place.reset();
  fs::remove_all(folder);
}

}  // namespace
}  // namespace sightingd::bench

int main(int count, char** arguments) {
  using namespace sightingd::bench;
  if (count != 2) {
    std::fputs("usage: store-bench DIRECTORY\n", stderr);
    return 2;
  }
  try {
    const fs::path directory = fs::path(arguments[1]) / "store-bench";
    fs::remove_all(directory);
    fs::create_directories(directory);
    const auto photos = draw_photos();
    std::puts(
        "| photo bytes in | stored after | CPU | written | found after the deletion | really "
        "gone after |\n|---|---|---|---|---|---|");
    measure("files, synced before the batch", directory / "files", photos,
            [&] { return std::make_unique<FilePlace>(directory / "files"); });
    measure("the batch itself", directory / "batch", photos,
            [&] { return std::make_unique<RowsPlace>(directory / "batch", false); });
    measure("RocksDB blob files", directory / "blobs", photos,
            [&] { return std::make_unique<RowsPlace>(directory / "blobs", true); });
    measure("ingested tables", directory / "tables", photos,
            [&] { return std::make_unique<TablePlace>(directory / "tables"); });
    fs::remove_all(directory);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "store-bench: %s\n", failure.what());
    return 1;
  }
  return 0;
}
