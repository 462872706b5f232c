// floor URL TAG DIRECTORY [PHOTO_THREADS]
//
// The least that a durable C++ program does to read a campaign: the reference that the daemon is
// measured against. One thread walks the hashtag and writes each page as one synced batch; photo
// threads fetch, digest, decode, shrink, strip and write each photo in a synced batch. There is no
// sandbox, no retry, no perceptual hash, no decision, no feed: it is not a daemon.
#include <curl/curl.h>
#include <openssl/evp.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace sightingd::bench {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kGrid = 64;  // PDQ works on a picture of 64 x 64 means, too.

void check(bool ok, const char* what) {
  if (!ok) {
    throw std::runtime_error(what);
  }
}

/// One keep-alive connection.
class Fetcher {
 public:
  Fetcher() : easy_(curl_easy_init(), curl_easy_cleanup) {
    curl_easy_setopt(easy_.get(), CURLOPT_WRITEFUNCTION, &Fetcher::append);
    curl_easy_setopt(easy_.get(), CURLOPT_WRITEDATA, &body_);
    curl_easy_setopt(easy_.get(), CURLOPT_NOSIGNAL, 1L);
  }
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  /// The body stays until the next call, and may be written to.
  std::string& get(const std::string& url) {
    body_.clear();
    curl_easy_setopt(easy_.get(), CURLOPT_URL, url.c_str());
    check(curl_easy_perform(easy_.get()) == CURLE_OK, "cannot fetch");
    return body_;
  }

  std::string escaped(const std::string& text) const {
    const std::unique_ptr<char, decltype(&curl_free)> owned(
        curl_easy_escape(easy_.get(), text.data(), static_cast<int>(text.size())), curl_free);
    return owned.get();
  }

 private:
  static std::size_t append(char* data, std::size_t, std::size_t size, void* body) {
    static_cast<std::string*>(body)->append(data, size);
    return size;
  }

  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy_;
  std::string body_;
};

/// Posts in one column, photos in another whose large values lie in blob files.
class Database {
 public:
  explicit Database(const std::string& directory) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.create_missing_column_families = true;
    rocksdb::ColumnFamilyOptions photos;
    photos.enable_blob_files = true;
    photos.min_blob_size = 4096;
    photos.compression = rocksdb::kNoCompression;
    rocksdb::DB* database = nullptr;
    check(rocksdb::DB::Open(options, directory,
                            {{"default", rocksdb::ColumnFamilyOptions()}, {"photo", photos}},
                            &columns_, &database)
              .ok(),
          "cannot open the database");
    database_.reset(database);
  }
  ~Database() {
    for (auto* const column : columns_) {
      database_->DestroyColumnFamilyHandle(column);
    }
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::ColumnFamilyHandle* photos() const { return columns_[1]; }

  void write_synced(rocksdb::WriteBatch& batch) {
    rocksdb::WriteOptions options;
    options.sync = true;
    check(database_->Write(options, &batch).ok(), "cannot write");
  }

 private:
  std::unique_ptr<rocksdb::DB> database_;
  std::vector<rocksdb::ColumnFamilyHandle*> columns_;
};

struct PhotoJob {
  std::string id;
  std::string url;
};

/// Hands photos from the walker to the photo threads.
class Queue {
 public:
  void push(PhotoJob job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    changed_.notify_one();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  /// Nothing once the queue is closed and empty.
  std::optional<PhotoJob> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
    if (jobs_.empty()) {
      return std::nullopt;
    }
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    return job;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<PhotoJob> jobs_;
  bool closed_ = false;
};

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

/// Without APP1 to APP15 and COM, where metadata lives; the pixel data is copied as it is.
std::string stripped(std::string_view jpeg) {
  std::string out;
  out.reserve(jpeg.size());
  out += jpeg.substr(0, 2);
  std::size_t at = 2;
  while (at + 4 <= jpeg.size() && byte_at(jpeg, at) == 0xFF && byte_at(jpeg, at + 1) != 0xDA) {
    const auto marker = byte_at(jpeg, at + 1);
    const std::size_t size =
        2U + (std::size_t{byte_at(jpeg, at + 2)} << 8U) + byte_at(jpeg, at + 3);
    if ((marker < 0xE1 || marker > 0xEF) && marker != 0xFE) {
      out += jpeg.substr(at, size);
    }
    at += size;
  }
  return out += jpeg.substr(std::min(at, jpeg.size()));
}

/// Decodes to gray and shrinks to a grid of means.
class Shrinker {
 public:
  std::string means_of(std::string_view jpeg) {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(jpeg.data());
    int width = 0;
    int height = 0;
    int subsampling = 0;
    int colours = 0;
    check(tjDecompressHeader3(decoder_.get(), bytes, jpeg.size(), &width, &height, &subsampling,
                              &colours) == 0,
          "not a JPEG");
    pixels_.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    check(tjDecompress2(decoder_.get(), bytes, jpeg.size(), pixels_.data(), width, 0, height,
                        TJPF_GRAY, 0) == 0,
          "cannot decode");
    return grid(static_cast<std::size_t>(width), static_cast<std::size_t>(height));
  }

 private:
  std::string grid(std::size_t width, std::size_t height) const {
    std::string means(kGrid * kGrid, '\0');
    for (std::size_t row = 0; row < kGrid; ++row) {
      const auto top = row * height / kGrid;
      const auto bottom = (row + 1) * height / kGrid;
      std::array<std::uint32_t, kGrid> sums{};
      for (auto y = top; y < bottom; ++y) {
        add_row(&pixels_[y * width], width, sums);
      }
      for (std::size_t column = 0; column < kGrid; ++column) {
        const auto cells = ((column + 1) * width / kGrid - column * width / kGrid) * (bottom - top);
        means[row * kGrid + column] =
            static_cast<char>(cells == 0 ? 0 : sums[column] / static_cast<std::uint32_t>(cells));
      }
    }
    return means;
  }

  static void add_row(const std::uint8_t* pixels, std::size_t width,
                      std::array<std::uint32_t, kGrid>& sums) {
    for (std::size_t column = 0; column < kGrid; ++column) {
      for (auto x = column * width / kGrid; x < (column + 1) * width / kGrid; ++x) {
        sums[column] += pixels[x];
      }
    }
  }

  std::unique_ptr<void, decltype(&tjDestroy)> decoder_{tjInitDecompress(), tjDestroy};
  Bytes pixels_;
};

std::string digest(std::string_view bytes) {
  std::string out(32, '\0');
  unsigned size = 0;
  check(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), &size,
                   EVP_sha256(), nullptr) == 1,
        "cannot digest");
  return out;
}

void take_photos(Queue& queue, Database& database, std::atomic<std::uint64_t>& photos) {
  Fetcher fetcher;
  Shrinker shrinker;
  while (const auto job = queue.pop()) {
    const std::string& bytes = fetcher.get(job->url);
    const auto name = digest(bytes);
    rocksdb::WriteBatch batch;
    batch.Put("m" + job->id, name + shrinker.means_of(bytes));
    batch.Put(database.photos(), name, stripped(bytes));
    database.write_synced(batch);
    ++photos;
  }
}

std::string json_of(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

/// Newest first, by max_id, to the empty page. Returns the number of posts.
std::uint64_t walk(const std::string& origin, const std::string& tag, Queue& queue,
                   Database& database) {
  Fetcher fetcher;
  const auto first = origin + "/api/v1/timelines/tag/" + fetcher.escaped(tag) + "?limit=40";
  auto url = first;
  std::uint64_t posts = 0;
  for (;;) {
    rapidjson::Document page;
    page.ParseInsitu(fetcher.get(url).data());
    check(!page.HasParseError() && page.IsArray(), "not a page");
    if (page.Empty()) {
      return posts;
    }
    rocksdb::WriteBatch batch;
    for (const auto& post : page.GetArray()) {
      const std::string id = post["id"].GetString();
      batch.Put("p" + id, json_of(post));
      for (const auto& attachment : post["media_attachments"].GetArray()) {
        queue.push({attachment["id"].GetString(), attachment["url"].GetString()});
      }
    }
    database.write_synced(batch);
    posts += page.Size();
    url = first + "&max_id=" + page[page.Size() - 1]["id"].GetString();
  }
}

int run(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: floor URL TAG DIRECTORY [PHOTO_THREADS]\n");
    return 2;
  }
  curl_global_init(CURL_GLOBAL_ALL);
  Database database(argv[3]);
  Queue queue;
  std::atomic<std::uint64_t> photos{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < (argc > 4 ? std::atoi(argv[4]) : 2); ++i) {
    threads.emplace_back([&] { take_photos(queue, database, photos); });
  }
  const auto posts = walk(argv[1], argv[2], queue, database);
  queue.close();
  threads.clear();
  std::printf("%llu posts %llu photos\n", static_cast<unsigned long long>(posts),
              static_cast<unsigned long long>(photos.load()));
  return 0;
}

}  // namespace
}  // namespace sightingd::bench

int main(int argc, char** argv) { return sightingd::bench::run(argc, argv); }
