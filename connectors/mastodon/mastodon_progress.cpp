#include "connectors/mastodon/mastodon_progress.h"

#include "connectors/mastodon/mastodon_id.h"

#include <stdexcept>

namespace sightingd {
namespace {

constexpr std::uint8_t kVersion = 3;
constexpr std::size_t kMaxTextBytes = 255;

// Far beyond the year 9999, and far from where arithmetic overflows.
constexpr std::int64_t kMaxMilliseconds = std::int64_t{1} << 52;

class Writer {
 public:
  void byte(std::uint8_t value) { bytes_ += static_cast<char>(value); }

  void text(std::string_view value) {
    if (value.size() > kMaxTextBytes) {
      throw std::length_error("a text of a progress is too long");
    }
    byte(static_cast<std::uint8_t>(value.size()));
    bytes_.append(value);
  }

  void time(TimePoint value) {
    const auto count = static_cast<std::uint64_t>(value.time_since_epoch().count());
    for (int shift = 56; shift >= 0; shift -= 8) {
      byte(static_cast<std::uint8_t>(count >> static_cast<unsigned>(shift)));
    }
  }

  void optional_time(const std::optional<TimePoint>& value) {
    byte(value ? 1 : 0);
    if (value) {
      time(*value);
    }
  }

  std::string take() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads what Writer writes. After a failure every further value is empty; ask ok() at the end.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint8_t byte() {
    const std::string_view taken = take(1);
    return taken.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(taken[0]);
  }

  bool flag() {
    const std::uint8_t value = byte();
    ok_ = ok_ && value <= 1;
    return value == 1;
  }

  std::string text() { return std::string(take(byte())); }

  TimePoint time() {
    std::uint64_t count = 0;
    for (const char c : take(8)) {
      count = (count << 8U) | static_cast<std::uint8_t>(c);
    }
    const auto signed_count = static_cast<std::int64_t>(count);
    ok_ = ok_ && signed_count >= -kMaxMilliseconds && signed_count <= kMaxMilliseconds;
    return TimePoint(std::chrono::milliseconds(ok_ ? signed_count : 0));
  }

  std::optional<TimePoint> optional_time() { return flag() ? std::optional(time()) : std::nullopt; }

  RereadDepth depth() {
    const std::uint8_t value = byte();
    ok_ = ok_ && value >= static_cast<std::uint8_t>(RereadDepth::Quarter) &&
          value <= static_cast<std::uint8_t>(RereadDepth::End);
    return static_cast<RereadDepth>(value);
  }

  bool ok() const { return ok_ && rest_.empty(); }

 private:
  std::string_view take(std::size_t count) {
    if (!ok_ || rest_.size() < count) {
      ok_ = false;
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view rest_;
  bool ok_ = true;
};

void write(Writer& writer, const std::optional<MastodonProgress::Walk>& walk) {
  writer.byte(walk ? 1 : 0);
  if (walk) {
    writer.text(walk->top);
    writer.text(walk->at);
    writer.time(walk->began);
    writer.time(walk->shown_at);
    writer.time(walk->oldest);
  }
}

std::optional<MastodonProgress::Walk> read_walk(Reader& reader) {
  if (!reader.flag()) {
    return std::nullopt;
  }
  MastodonProgress::Walk walk;
  walk.top = reader.text();
  walk.at = reader.text();
  walk.began = reader.time();
  walk.shown_at = reader.time();
  walk.oldest = reader.time();
  return walk;
}

void write(Writer& writer, const std::optional<MastodonProgress::Reread>& reread) {
  writer.byte(reread ? 1 : 0);
  if (reread) {
    writer.text(reread->at);
    writer.byte(static_cast<std::uint8_t>(reread->depth));
    writer.time(reread->began);
    writer.byte(reread->has_turn ? 1 : 0);
  }
}

std::optional<MastodonProgress::Reread> read_reread(Reader& reader) {
  if (!reader.flag()) {
    return std::nullopt;
  }
  MastodonProgress::Reread reread;
  reread.at = reader.text();
  reread.depth = reader.depth();
  reread.began = reader.time();
  reread.has_turn = reader.flag();
  return reread;
}

void write(Writer& writer, const std::optional<MastodonProgress::Hole>& hole) {
  writer.byte(hole ? 1 : 0);
  if (hole) {
    writer.text(hole->below);
    writer.optional_time(hole->from);
    writer.time(hole->to);
    writer.time(hole->oldest);
  }
}

std::optional<MastodonProgress::Hole> read_hole(Reader& reader) {
  if (!reader.flag()) {
    return std::nullopt;
  }
  MastodonProgress::Hole hole;
  hole.below = reader.text();
  hole.from = reader.optional_time();
  hole.to = reader.time();
  hole.oldest = reader.time();
  return hole;
}

// A walk can only be under way below an id.
bool is_consistent(const MastodonProgress& progress) {
  return (!progress.walk || is_mastodon_id(progress.walk->at)) &&
         (!progress.reread || is_mastodon_id(progress.reread->at)) &&
         (!progress.hole || progress.hole->below.empty() || is_mastodon_id(progress.hole->below));
}

}  // namespace

std::string encode_mastodon_progress(const MastodonProgress& progress) {
  Writer writer;
  writer.byte(kVersion);
  writer.text(progress.domain);
  writer.text(progress.account_id);
  writer.text(progress.hashtag);
  writer.optional_time(progress.origin);
  writer.text(progress.first_head);
  writer.text(progress.head);
  writer.optional_time(progress.checked_at);
  writer.optional_time(progress.complete_until);
  writer.text(progress.newest_page);
  writer.time(progress.day_reread_at);
  writer.time(progress.week_reread_at);
  writer.byte(progress.wants_last_look ? 1 : 0);
  write(writer, progress.walk);
  write(writer, progress.reread);
  write(writer, progress.hole);
  return std::move(writer).take();
}

Result<MastodonProgress> decode_mastodon_progress(std::string_view bytes) {
  Reader reader(bytes);
  const bool version_is_known = reader.byte() == kVersion;
  MastodonProgress progress;
  progress.domain = reader.text();
  progress.account_id = reader.text();
  progress.hashtag = reader.text();
  progress.origin = reader.optional_time();
  progress.first_head = reader.text();
  progress.head = reader.text();
  progress.checked_at = reader.optional_time();
  progress.complete_until = reader.optional_time();
  progress.newest_page = reader.text();
  progress.day_reread_at = reader.time();
  progress.week_reread_at = reader.time();
  progress.wants_last_look = reader.flag();
  progress.walk = read_walk(reader);
  progress.reread = read_reread(reader);
  progress.hole = read_hole(reader);
  if (!version_is_known || !reader.ok() || !is_consistent(progress)) {
    return Error{ErrorCode::Malformed, "the stored progress is not of this version",
                 "bad_progress"};
  }
  return progress;
}

}  // namespace sightingd
