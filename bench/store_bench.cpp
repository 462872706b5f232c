// store-bench DIRECTORY [ROUNDS]
//
// Where the bytes of photos could lie: each way stores the same 800 photos of 190 kB, page by page,
// each page durable before the next, and then gets rid of one of them. Prints a table, the median
// of the rounds (docs/store-format.md holds one). DIRECTORY should be on a real disk; what is made
// in it is removed.
//
// A page is 40 rows of 1 kB, some of which name a photo, in one synced batch: what the store
// writes. The photos are random bytes: pictures do not compress either, and their bytes can be
// looked for.
#include "pipeline/ids.h"
#include "storage/encoding/lookup_hash.h"
#include "storage/encoding/record.h"
#include "storage/files.h"
#include "storage/photo_files.h"
#include "storage/tables.h"

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/write_batch.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace sightingd::bench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t kPhotos = 800;
constexpr std::size_t kPhotoBytes = 190'000;
constexpr std::size_t kRowsPerPage = 40;
constexpr std::size_t kRowBytes = 1000;
constexpr std::size_t kMiB = std::size_t{1} << 20U;

void check(bool ok, const char* what) {
  if (!ok) {
    throw std::runtime_error(what);
  }
}

struct StampedPhoto {
  PhotoId id;
  std::string key;  ///< Its look-up key.
  std::string bytes;
};

std::string random_bytes(std::mt19937_64& random, std::size_t size) {
  std::string bytes(size, '\0');
  std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
  return bytes;
}

std::vector<StampedPhoto> make_photos(const LookupHasher& hasher) {
  std::mt19937_64 random(1);
  std::vector<StampedPhoto> photos(kPhotos);
  for (StampedPhoto& photo : photos) {
    photo.bytes = random_bytes(random, kPhotoBytes);
    photo.id = photo_id(sha256(photo.bytes));
    photo.key = hasher(lookup::kPhoto, photo.id.text()).text();
  }
  return photos;
}

/// A database with a column for rows and one for photos, opened as storage/database.cpp does it.
class Rows {
 public:
  Rows(const fs::path& directory, rocksdb::ColumnFamilyOptions photos) {
    rocksdb::DBOptions options;
    options.create_if_missing = true;
    options.create_missing_column_families = true;
    options.db_write_buffer_size = 16 * kMiB;
    options.max_background_jobs = 2;
    options.max_total_wal_size = 32 * kMiB;
    options.track_and_verify_wals_in_manifest = true;
    rocksdb::ColumnFamilyOptions rows;
    rows.write_buffer_size = photos.write_buffer_size = 8 * kMiB;
    rows.target_file_size_base = photos.target_file_size_base = 8 * kMiB;
    rows.level_compaction_dynamic_level_bytes = photos.level_compaction_dynamic_level_bytes = true;
    rows.compression = rocksdb::kLZ4Compression;
    photos.compression = rocksdb::kNoCompression;
    photos.blob_compression_type = rocksdb::kNoCompression;
    rocksdb::DB* database = nullptr;
    check(rocksdb::DB::Open(options, directory.string(), {{"default", rows}, {"photos", photos}},
                            &columns_, &database)
              .ok(),
          "cannot open the database");
    database_.reset(database);
  }
  ~Rows() {
    for (auto* const column : columns_) {
      database_->DestroyColumnFamilyHandle(column);
    }
  }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  rocksdb::DB& database() const { return *database_; }
  rocksdb::ColumnFamilyHandle* photos() const { return columns_[1]; }

  void write_synced(rocksdb::WriteBatch& batch) {
    check(database_->Write({}, &batch).ok() && database_->SyncWAL().ok(), "cannot write");
  }

  bool has(const std::string& key) const {
    std::string value;
    return database_->Get({}, key, &value).ok();
  }

  void flush() { check(database_->Flush({}, columns_).ok(), "cannot flush"); }

  /// Waits until nothing is left to do behind the writer's back.
  void settle() {
    flush();
    while (work_in_background() > 0) {
      std::this_thread::sleep_for(1ms);
    }
  }

 private:
  std::uint64_t work_in_background() const {
    std::uint64_t all = 0;
    for (const auto& property :
         {rocksdb::DB::Properties::kMemTableFlushPending,
          rocksdb::DB::Properties::kNumRunningFlushes, rocksdb::DB::Properties::kCompactionPending,
          rocksdb::DB::Properties::kNumRunningCompactions}) {
      std::uint64_t some = 0;
      check(database_->GetAggregatedIntProperty(property, &some), "cannot ask the database");
      all += some;
    }
    return all;
  }

  std::unique_ptr<rocksdb::DB> database_;
  std::vector<rocksdb::ColumnFamilyHandle*> columns_;
};

/// A place for photo bytes beside the rows that name them.
class Place {
 public:
  Place(const fs::path& directory, const rocksdb::ColumnFamilyOptions& photos)
      : rows_(directory / "rows", photos) {}
  virtual ~Place() = default;
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  /// Makes a page with these photos durable.
  virtual void store(std::span<const StampedPhoto> photos) = 0;
  /// Makes the bytes of a photo go, and returns when they have.
  virtual void erase(const StampedPhoto& photo) = 0;
  void settle() { rows_.settle(); }

 protected:
  rocksdb::WriteBatch page_of(std::span<const StampedPhoto> photos) {
    rocksdb::WriteBatch batch;
    for (std::size_t i = 0; i < kRowsPerPage; ++i) {
      const std::string key = i < photos.size() ? photos[i].key : random_bytes(random_, 16);
      const std::string_view row =
          std::string_view(texts_).substr(random_() % (texts_.size() - kRowBytes), kRowBytes);
      check(batch.Put(key, row).ok(), "cannot make a page");
    }
    return batch;
  }

  Rows rows_;

 private:
  std::mt19937_64 random_{2};
  const std::string texts_ = random_bytes(random_, 1000 * kRowBytes);  ///< Rows are cut from it.
};

/// One file a photo, synced before the batch that names it: what the store does.
class InFiles final : public Place {
 public:
  InFiles(const fs::path& directory, const LookupHasher& hasher, int workers)
      : Place(directory, {}),
        workers_(workers),
        clear_(Database::open(directory / "clear").value()),
        files_(directory / "photos", open_folder(directory / "photos").value(), *clear_, hasher,
               [this, &hasher](const PhotoId& id) -> Result<bool> {
                 return rows_.has(std::string(hasher(lookup::kPhoto, id.text()).text()));
               }) {}

  void store(std::span<const StampedPhoto> photos) override {
    stage(photos);
    rocksdb::WriteBatch batch = page_of(photos);
    rows_.write_synced(batch);
    for (const StampedPhoto& photo : photos) {
      files_.unpin(photo.id);
    }
  }

  void erase(const StampedPhoto& photo) override {
    rocksdb::WriteBatch batch;
    check(batch.Delete(photo.key).ok(), "cannot make a page");
    rows_.write_synced(batch);
    check(files_.remove(photo.id).has_value(), "cannot remove a file");
  }

 private:
  void stage(std::span<const StampedPhoto> photos) {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t i = next++; i < photos.size(); i = next++) {
        files_.pin(photos[i].id);
        check(files_.write(photos[i].id, photos[i].bytes).has_value(), "cannot write a file");
      }
    };
    std::vector<std::jthread> others;
    for (int i = 1; i < workers_; ++i) {
      others.emplace_back(work);
    }
    work();
  }

  const int workers_;
  const std::unique_ptr<Database> clear_;  ///< Tells the files that nothing is sealed.
  PhotoFiles files_;
};

/// Values of the database: in blob files, in tables through the batch, or in tables of their own.
class InDatabase : public Place {
 public:
  using Place::Place;

  void store(std::span<const StampedPhoto> photos) override {
    rocksdb::WriteBatch batch = page_of(photos);
    for (const StampedPhoto& photo : photos) {
      check(batch.Put(rows_.photos(), photo.key, record::encode_text(photo.bytes)).ok(),
            "cannot make a page");
    }
    rows_.write_synced(batch);
  }

  void erase(const StampedPhoto& photo) override {
    rocksdb::WriteBatch batch;
    check(batch.Delete(photo.key).ok() && batch.Delete(rows_.photos(), photo.key).ok(),
          "cannot make a page");
    rows_.write_synced(batch);
    rows_.flush();  // The write-ahead log goes.
    rocksdb::CompactRangeOptions options;
    options.exclusive_manual_compaction = false;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    options.blob_garbage_collection_policy = rocksdb::BlobGarbageCollectionPolicy::kForce;
    options.blob_garbage_collection_age_cutoff = 1.0;
    const rocksdb::Slice key(photo.key);
    check(rows_.database().CompactRange(options, rows_.photos(), &key, &key).ok(),
          "cannot compact");
  }
};

/// A table file a page, written and synced beside the database, then taken in ahead of the batch.
class InIngestedTables final : public InDatabase {
 public:
  explicit InIngestedTables(const fs::path& directory)
      : InDatabase(directory, {}), table_((directory / "page.sst").string()) {}

  void store(std::span<const StampedPhoto> photos) override {
    std::vector<const StampedPhoto*> sorted;
    std::ranges::transform(photos, std::back_inserter(sorted),
                           [](const StampedPhoto& photo) { return &photo; });
    std::ranges::sort(sorted, {}, &StampedPhoto::key);
    rocksdb::Options options;
    options.compression = rocksdb::kNoCompression;
    rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), options, rows_.photos());
    check(writer.Open(table_).ok(), "cannot write a table");
    for (const StampedPhoto* photo : sorted) {
      check(writer.Put(photo->key, record::encode_text(photo->bytes)).ok(), "cannot write a table");
    }
    check(writer.Finish().ok(), "cannot write a table");
    rocksdb::IngestExternalFileOptions ingesting;
    ingesting.move_files = true;
    ingesting.write_global_seqno = false;
    check(rows_.database().IngestExternalFile(rows_.photos(), {table_}, ingesting).ok(),
          "cannot take a table in");
    rocksdb::WriteBatch batch = page_of(photos);
    rows_.write_synced(batch);
  }

 private:
  const std::string table_;
};

/// What this process has used so far.
struct Usage {
  std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now();
  double cpu = 0;             ///< Seconds.
  std::uint64_t written = 0;  ///< Bytes.
};

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

Usage usage() {
  Usage now;
  rusage used{};
  check(getrusage(RUSAGE_SELF, &used) == 0, "cannot measure CPU");
  now.cpu = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
  std::ifstream io("/proc/self/io");
  for (std::string name; io >> name;) {
    std::uint64_t number = 0;
    io >> number;
    if (name == "write_bytes:") {
      now.written = number;
    }
  }
  return now;
}

double seconds_since(const Usage& start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start.at).count();
}

double megabytes_since(const Usage& start) {
  return static_cast<double>(usage().written - start.written) / 1e6;
}

/// Whether any file holds the bytes in the middle of a photo.
bool can_be_found(const fs::path& directory, const StampedPhoto& photo) {
  const std::string_view part = std::string_view(photo.bytes).substr(kPhotoBytes / 2, 64);
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) {
      continue;
    }
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string content(std::istreambuf_iterator<char>(in), {});
    if (content.find(part) != std::string::npos) {
      return true;
    }
  }
  return false;
}

/// What one way came to in one round.
struct Figures {
  double durable = 0;    ///< Seconds until the last page survives a crash.
  double settled = 0;    ///< And until nothing is left to do in the background.
  double cpu = 0;        ///< Seconds, until settled.
  double written = 0;    ///< MB, until settled.
  double gone = 0;       ///< Seconds to erase one photo.
  double rewritten = 0;  ///< MB written to erase it.
  bool found = false;    ///< Its bytes are still there.
};

struct Way {
  const char* name;
  std::size_t photos_per_page;
  std::function<std::unique_ptr<Place>(const fs::path&)> open;
  std::vector<Figures> rounds = {};
};

Figures measure(const Way& way, const fs::path& directory, std::span<const StampedPhoto> photos) {
  fs::create_directories(directory);
  ::sync();
  Figures figures;
  const std::unique_ptr<Place> place = way.open(directory);
  const Usage start = usage();
  for (std::size_t i = 0; i < photos.size(); i += way.photos_per_page) {
    place->store(photos.subspan(i, std::min(way.photos_per_page, photos.size() - i)));
  }
  figures.durable = seconds_since(start);
  place->settle();
  figures.settled = seconds_since(start);
  figures.cpu = usage().cpu - start.cpu;
  figures.written = megabytes_since(start);

  const StampedPhoto& unwanted = photos[photos.size() / 2];
  check(can_be_found(directory, unwanted), "a photo was not stored");
  const Usage before = usage();
  place->erase(unwanted);
  figures.gone = seconds_since(before);
  figures.rewritten = megabytes_since(before);
  figures.found = can_be_found(directory, unwanted);
  return figures;
}

double median(const std::vector<Figures>& rounds, double Figures::*figure) {
  std::vector<double> values;
  std::ranges::transform(rounds, std::back_inserter(values), std::mem_fn(figure));
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void print(const std::vector<Way>& ways) {
  std::printf(
      "| photo bytes in | photos a page | durable | settled | CPU | written | one photo gone in | "
      "written for that |\n|---|---|---|---|---|---|---|---|\n");
  for (const Way& way : ways) {
    const auto of = [&](double Figures::*figure) { return median(way.rounds, figure); };
    const bool found = std::ranges::any_of(way.rounds, &Figures::found);
    std::printf("| %s | %zu | %.2f s | %.2f s | %.2f s | %.0f MB | %.1f ms%s | %.2f MB |\n",
                way.name, way.photos_per_page, of(&Figures::durable), of(&Figures::settled),
                of(&Figures::cpu), of(&Figures::written), 1000 * of(&Figures::gone),
                found ? ", **and still there**" : "", of(&Figures::rewritten));
  }
}

std::vector<Way> all_ways(const LookupHasher& hasher) {
  std::vector<Way> ways;
  for (const std::size_t photos_per_page : {kRowsPerPage, std::size_t{1}}) {
    const auto add = [&](const char* name, auto open) {
      ways.push_back({name, photos_per_page, std::move(open)});
    };
    add("files", [&hasher](const fs::path& directory) {
      return std::make_unique<InFiles>(directory, hasher, 1);
    });
    if (photos_per_page > 1) {
      add("files, two at a time", [&hasher](const fs::path& directory) {
        return std::make_unique<InFiles>(directory, hasher, 2);
      });
    }
    add("blob files", [](const fs::path& directory) {
      rocksdb::ColumnFamilyOptions photos;
      photos.enable_blob_files = true;
      photos.min_blob_size = 4096;
      return std::make_unique<InDatabase>(directory, photos);
    });
    add("values of rows", [](const fs::path& directory) {
      return std::make_unique<InDatabase>(directory, rocksdb::ColumnFamilyOptions());
    });
    add("ingested tables",
        [](const fs::path& directory) { return std::make_unique<InIngestedTables>(directory); });
  }
  return ways;
}

int run(int argc, char** argv) {
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  if (argc < 2 || argc > 3 || rounds < 1) {
    std::fprintf(stderr, "usage: store-bench DIRECTORY [ROUNDS]\n");
    return 2;
  }
  const LookupHasher hasher(std::string(LookupHasher::kKeySize, 'k'));
  const std::vector<StampedPhoto> photos = make_photos(hasher);
  const fs::path directory = fs::path(argv[1]) / "store-bench";
  fs::remove_all(directory);
  std::vector<Way> ways = all_ways(hasher);
  for (int round = 0; round < rounds; ++round) {
    for (Way& way : ways) {
      way.rounds.push_back(measure(way, directory, photos));
      fs::remove_all(directory);
    }
  }
  print(ways);
  return 0;
}

}  // namespace
}  // namespace sightingd::bench

int main(int argc, char** argv) { return sightingd::bench::run(argc, argv); }
