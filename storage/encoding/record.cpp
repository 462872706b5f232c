#include "storage/encoding/record.h"

#include "pipeline/geo/place_name.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <concepts>
#include <type_traits>
#include <utility>

namespace sightingd::record {
namespace {

constexpr char kFormat = 1;
// Photos were written in format 1, those whose location is a name in format 2, before they had an
// inner hash and links said what was done to a picture; then both in format 3, with the id of the
// photo that is linked to, which could outlive that photo.
constexpr char kPhotoWithPlace = 2;
constexpr char kPhotoWithInnerHash = 3;
constexpr char kPhoto = 4;
// Rows of hashes were written in format 1 when a photo had one.
constexpr char kHashRow = 2;
// Showings were written in format 1 with the sighting's id.
constexpr char kShowing = 2;
// Counters were written in format 1 before there was an erasure ledger, in format 2 before
// tombstones were forgotten, and sightings in format 1 before one could be held.
constexpr char kCountersWithLedger = 2;
constexpr char kCounters = 3;
constexpr char kSighting = 2;
// Entries of the ledger were written in format 1 before they said whether they spare what is held.
constexpr char kLedgerEntry = 2;
constexpr std::size_t kChecksumSize = 4;

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

/// Appends fields; `finish` gives the record.
class Writer {
 public:
  explicit Writer(std::size_t expected_size = 64, char format = kFormat) {
    out_.reserve(expected_size);
    out_.push_back(format);
  }

  void byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void flag(bool value) { byte(value ? 1 : 0); }

  /// LEB128: seven bits a byte, lowest first.
  void number(std::uint64_t value) {
    while (value >= 0x80) {
      byte(static_cast<std::uint8_t>(value | 0x80U));
      value >>= 7U;
    }
    byte(static_cast<std::uint8_t>(value));
  }

  void fixed(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      byte(static_cast<std::uint8_t>(value >> (8 * i)));
    }
  }

  void real(double value) { fixed(std::bit_cast<std::uint64_t>(value), 8); }
  void time(TimePoint value) {
    fixed(static_cast<std::uint64_t>(value.time_since_epoch().count()), 8);
  }
  void raw(std::string_view bytes) { out_.append(bytes); }
  void text(std::string_view value) {
    number(value.size());
    raw(value);
  }
  template <typename Enum>
  requires std::is_enum_v<Enum>
  void name(Enum value) { byte(static_cast<std::uint8_t>(value)); }

  template <typename T, typename Write>
  void maybe(const std::optional<T>& value, Write write) {
    flag(value.has_value());
    if (value) {
      write(*value);
    }
  }

  template <typename T, typename Write>
  void list(const std::vector<T>& values, Write write) {
    number(values.size());
    for (const T& value : values) {
      write(value);
    }
  }

  std::string finish() {
    fixed(checksum(out_), kChecksumSize);
    return std::move(out_);
  }

 private:
  std::string out_;
};

/// Reads fields in order; once one is missing or senseless, all later ones are too.
class Reader {
 public:
  explicit Reader(std::string_view record, char newest = kFormat) : rest_(record) {
    if (record.size() < 1 + kChecksumSize || record.front() < kFormat || record.front() > newest) {
      fail();
      return;
    }
    const std::string_view content = record.substr(0, record.size() - kChecksumSize);
    rest_ = record.substr(content.size());
    if (fixed(kChecksumSize) != checksum(content)) {
      fail();
      return;
    }
    format_ = content.front();
    rest_ = content.substr(1);
  }

  /// One that the constructor allows, also of a damaged record.
  char format() const { return format_; }

  std::uint8_t byte() {
    const std::string_view field = raw(1);
    return field.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(field.front());
  }

  bool flag() {
    const std::uint8_t value = byte();
    ok_ = ok_ && value <= 1;
    return value == 1;
  }

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      value |= std::uint64_t{next & 0x7FU} << shift;
      if ((next & 0x80U) == 0) {
        // One spelling a number: no superfluous zero bits, none beyond the 64th.
        ok_ = ok_ && (shift == 0 || next != 0) && (shift < 63 || next <= 1);
        return value;
      }
    }
    fail();
    return 0;
  }

  template <std::integral Number>
  Number number_below(std::uint64_t limit) {
    const std::uint64_t value = number();
    ok_ = ok_ && value < limit;
    return ok_ ? static_cast<Number>(value) : Number{0};
  }

  std::uint64_t fixed(std::size_t size) {
    std::uint64_t value = 0;
    std::size_t shift = 0;
    for (const char next : raw(size)) {
      value |= std::uint64_t{static_cast<unsigned char>(next)} << shift;
      shift += 8;
    }
    return value;
  }

  double real() { return std::bit_cast<double>(fixed(8)); }
  TimePoint time() {
    return TimePoint(std::chrono::milliseconds(static_cast<std::int64_t>(fixed(8))));
  }

  std::string_view raw(std::size_t size) {
    if (!ok_ || size > rest_.size()) {
      fail();
      return {};
    }
    const std::string_view field = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return field;
  }

  std::string text() { return std::string(raw(number())); }

  template <typename Enum>
  Enum name(Enum first, Enum last) {
    const std::uint8_t value = byte();
    if (value < static_cast<std::uint8_t>(first) || value > static_cast<std::uint8_t>(last)) {
      fail();
      return first;
    }
    return static_cast<Enum>(value);
  }

  template <typename Read>
  auto maybe(Read read) -> std::optional<decltype(read())> {
    if (!flag()) {
      return std::nullopt;
    }
    return read();
  }

  template <typename Read>
  auto list(Read read) -> std::vector<decltype(read())> {
    std::vector<decltype(read())> values;
    const std::uint64_t count = number();
    if (count > rest_.size()) {  // Every element takes at least a byte.
      fail();
      return values;
    }
    values.reserve(count);
    for (std::uint64_t i = 0; ok_ && i < count; ++i) {
      values.push_back(read());
    }
    return values;
  }

  template <typename Id>
  Id id() {
    const std::optional<Id> parsed = Id::parse(raw(Id::kLength));
    ok_ = ok_ && parsed;
    return parsed.value_or(Id());
  }

  void require(bool sensible) { ok_ = ok_ && sensible; }

  template <typename T>
  Result<T> finish(T value) const {
    if (!ok_ || !rest_.empty()) {
      return Error{ErrorCode::Storage, "a record of the store is damaged", "damaged"};
    }
    return value;
  }

 private:
  void fail() {
    ok_ = false;
    rest_ = {};
  }

  std::string_view rest_;
  char format_ = kFormat;
  bool ok_ = true;
};

void write_place(Writer& out, const Location& location) {
  out.name(location.origin);
  out.text(*location.place);
}

Location read_place(Reader& in) {
  Location location;
  location.origin = in.name(LocationOrigin::Xmp, LocationOrigin::Iptc);
  location.place = in.text();
  in.require(is_place_name(*location.place));
  return location;
}

void write(Writer& out, const Location& location) {
  out.real(location.latitude);
  out.real(location.longitude);
  out.maybe(location.accuracy_m, [&](double value) { out.real(value); });
  out.maybe(location.altitude_m, [&](double value) { out.real(value); });
  out.name(location.origin);
  out.maybe(location.raw, [&](const RawLocation& raw) {
    out.text(raw.datum);
    out.real(raw.latitude);
    out.real(raw.longitude);
  });
}

Location read_location(Reader& in) {
  Location location;
  location.latitude = in.real();
  location.longitude = in.real();
  location.accuracy_m = in.maybe([&] { return in.real(); });
  location.altitude_m = in.maybe([&] { return in.real(); });
  location.origin = in.name(LocationOrigin::Exif, LocationOrigin::Post);
  location.raw = in.maybe([&] {
    RawLocation raw;
    raw.datum = in.text();
    raw.latitude = in.real();
    raw.longitude = in.real();
    return raw;
  });
  return location;
}

void write(Writer& out, const Post& post) {
  const auto text = [&](const std::string& value) { out.text(value); };
  out.text(post.ref.uri);
  out.text(post.ref.version);
  out.text(post.id);
  out.text(post.position);
  out.text(post.url);
  out.text(post.author);
  out.text(post.author_uri);
  out.time(post.posted_at);
  out.maybe(post.edited_at, [&](TimePoint value) { out.time(value); });
  out.maybe(post.language, text);
  out.text(post.text);
  out.list(post.hashtags, text);
  out.flag(post.sensitive);
  out.maybe(post.reply_to, text);
}

Post read_post(Reader& in) {
  const auto text = [&] { return in.text(); };
  Post post;
  post.ref.uri = in.text();
  post.ref.version = in.text();
  post.id = in.text();
  post.position = in.text();
  post.url = in.text();
  post.author = in.text();
  post.author_uri = in.text();
  post.posted_at = in.time();
  post.edited_at = in.maybe([&] { return in.time(); });
  post.language = in.maybe(text);
  post.text = in.text();
  post.hashtags = in.list(text);
  post.sensitive = in.flag();
  post.reply_to = in.maybe(text);
  return post;
}

void write(Writer& out, const SightingImage& image) {
  out.number(static_cast<std::uint64_t>(image.index));
  out.name(image.status);
  out.maybe(image.reject_reason, [&](RejectReason reason) { out.name(reason); });
  out.maybe(image.photo, [&](const PhotoId& id) { out.raw(id.text()); });
  out.maybe(image.alt, [&](const std::string& alt) { out.text(alt); });
}

void write(Writer& out, const ChainHead& head) {
  out.number(head.number);
  out.raw({reinterpret_cast<const char*>(head.hash.data()), head.hash.size()});
}

ChainHead read_chain_head(Reader& in) {
  ChainHead head;
  head.number = in.number();
  std::ranges::copy(in.raw(head.hash.size()), head.hash.begin());
  return head;
}

constexpr std::uint64_t kIndexLimit = std::uint64_t{1} << 31U;

SightingImage read_image(Reader& in) {
  SightingImage image;
  image.index = in.number_below<int>(kIndexLimit);
  image.status = in.name(ImageStatus::Stored, ImageStatus::Refused);
  image.reject_reason = in.maybe(
      [&] { return in.name(RejectReason::UnsupportedVariant, RejectReason::UnknownFormat); });
  image.photo = in.maybe([&] { return in.id<PhotoId>(); });
  image.alt = in.maybe([&] { return in.text(); });
  return image;
}

void write(Writer& out, const ImageTrace& trace) {
  out.text(trace.id);
  out.text(trace.url);
  out.number(trace.photo);
  out.number(trace.showing);
  out.maybe(trace.pending, [&](const PendingFetch& pending) {
    out.text(pending.source);
    out.time(pending.due);
    out.number(pending.failed_tries);
  });
}

ImageTrace read_trace(Reader& in) {
  ImageTrace trace;
  trace.id = in.text();
  trace.url = in.text();
  trace.photo = in.number();
  trace.showing = in.number();
  trace.pending = in.maybe([&] {
    PendingFetch pending;
    pending.source = in.text();
    pending.due = in.time();
    pending.failed_tries = in.number_below<std::uint32_t>(std::uint64_t{1} << 32U);
    return pending;
  });
  return trace;
}

void write(Writer& out, const PdqHash& hash) {
  for (const std::uint64_t word : hash.words) {
    out.fixed(word, 8);
  }
}

PdqHash read_hash(Reader& in) {
  PdqHash hash;
  for (std::uint64_t& word : hash.words) {
    word = in.fixed(8);
  }
  return hash;
}

void write(Writer& out, const PdqFingerprint& fingerprint) {
  write(out, fingerprint.hash);
  out.byte(static_cast<std::uint8_t>(fingerprint.quality));
  out.flag(fingerprint.is_stable);
}

PdqFingerprint read_fingerprint(Reader& in) {
  PdqFingerprint fingerprint;
  fingerprint.hash = read_hash(in);
  fingerprint.quality = in.byte();
  fingerprint.is_stable = in.flag();
  return fingerprint;
}

void write(Writer& out, const Transformation& transformation) {
  out.flag(transformation.framed);
  out.name(transformation.turn);
}

Transformation read_transformation(Reader& in) {
  Transformation transformation;
  transformation.framed = in.flag();
  transformation.turn = in.name(kTurns.front(), kTurns.back());
  return transformation;
}

Sha256 read_digest(Reader& in) {
  Sha256 digest;
  const std::string_view bytes = in.raw(digest.bytes.size());
  std::ranges::transform(bytes, digest.bytes.begin(),
                         [](char byte) { return static_cast<std::uint8_t>(byte); });
  return digest;
}

}  // namespace

std::string encode(const KnownSighting& known) {
  const Sighting& sighting = known.sighting;
  Writer out(512 + sighting.post.text.size(), kSighting);
  out.number(known.ordinal);
  out.number(known.sequence);
  out.flag(known.counted_for_author);
  out.list(known.brought_by, [&](const Bringing& bringing) {
    out.text(bringing.watch.text);
    out.text(bringing.position);
  });
  out.list(known.traces, [&](const ImageTrace& trace) { write(out, trace); });
  out.raw(sighting.id.text());
  out.time(sighting.first_seen_at);
  out.text(sighting.source);
  out.text(sighting.network);
  out.list(sighting.watches, [&](const std::string& watch) { out.text(watch); });
  write(out, sighting.post);
  out.list(sighting.images, [&](const SightingImage& image) { write(out, image); });
  out.number(sighting.version);
  out.maybe(sighting.suspected_gone_at, [&](TimePoint at) { out.time(at); });
  out.maybe(known.held_until, [&](TimePoint until) { out.time(until); });
  return out.finish();
}

Result<KnownSighting> decode_sighting(std::string_view value) {
  Reader in(value, kSighting);
  KnownSighting known;
  Sighting& sighting = known.sighting;
  known.ordinal = in.number();
  known.sequence = in.number();
  known.counted_for_author = in.flag();
  known.brought_by = in.list([&] {
    Bringing bringing;
    bringing.watch.text = in.text();
    bringing.position = in.text();
    return bringing;
  });
  known.traces = in.list([&] { return read_trace(in); });
  sighting.id = in.id<SightingId>();
  sighting.first_seen_at = in.time();
  sighting.source = in.text();
  sighting.network = in.text();
  sighting.watches = in.list([&] { return in.text(); });
  sighting.post = read_post(in);
  sighting.images = in.list([&] { return read_image(in); });
  sighting.version = in.number();
  sighting.suspected_gone_at = in.maybe([&] { return in.time(); });
  if (in.format() == kSighting) {
    known.held_until = in.maybe([&] { return in.time(); });
  }
  in.require(known.traces.size() == sighting.images.size());
  in.require(!known.brought_by.empty() && !sighting.watches.empty());  // Some watch brought it.
  return in.finish(std::move(known));
}

std::string encode(const KnownPhoto& known) {
  const Photo& photo = known.photo;
  Writer out(384, kPhoto);
  out.number(known.ordinal);
  out.maybe(known.near, [&](const NearLink& link) {
    out.number(link.of);
    out.number(static_cast<std::uint64_t>(link.likeness.distance));
    write(out, link.likeness.via);
  });
  out.raw(photo.id.text());
  out.raw(as_text(photo.received_sha256));
  out.raw(as_text(photo.stored_sha256));
  out.name(photo.kind);
  out.number(photo.bytes);
  out.number(photo.width);
  out.number(photo.height);
  write(out, photo.pdq);
  out.maybe(photo.inner_pdq, [&](const PdqFingerprint& inner) { write(out, inner); });
  out.maybe(photo.location, [&](const Location& location) {
    out.flag(location.has_coordinates());
    if (location.has_coordinates()) {
      write(out, location);
    } else {
      write_place(out, location);
    }
  });
  out.maybe(photo.captured_at, [&](const std::string& text) { out.text(text); });
  out.maybe(photo.provenance, [&](const std::string& text) { out.text(text); });
  return out.finish();
}

Result<KnownPhoto> decode_photo(std::string_view value) {
  constexpr std::uint64_t kSideLimit = std::uint64_t{1} << 32U;
  Reader in(value, kPhoto);
  KnownPhoto known;
  Photo& photo = known.photo;
  known.ordinal = in.number();
  known.near = in.maybe([&] {
    NearLink link;
    link.of = in.number();
    if (in.format() < kPhoto) {
      in.id<PhotoId>();
    }
    link.likeness.distance = in.number_below<int>(257);
    if (in.format() >= kPhotoWithInnerHash) {
      link.likeness.via = read_transformation(in);
    }
    return link;
  });
  photo.id = in.id<PhotoId>();
  photo.received_sha256 = read_digest(in);
  photo.stored_sha256 = read_digest(in);
  photo.kind = in.name(ImageKind::Jpeg, ImageKind::Tiff);
  photo.bytes = in.number();
  photo.width = in.number_below<std::uint32_t>(kSideLimit);
  photo.height = in.number_below<std::uint32_t>(kSideLimit);
  photo.pdq = read_fingerprint(in);
  if (in.format() >= kPhotoWithInnerHash) {
    photo.inner_pdq = in.maybe([&] { return read_fingerprint(in); });
  }
  photo.location = in.maybe([&] {
    const bool is_named =
        in.format() >= kPhotoWithInnerHash ? !in.flag() : in.format() == kPhotoWithPlace;
    return is_named ? read_place(in) : read_location(in);
  });
  in.require(in.format() != kPhotoWithPlace || photo.location);
  photo.captured_at = in.maybe([&] { return in.text(); });
  photo.provenance = in.maybe([&] { return in.text(); });
  return in.finish(std::move(known));
}

std::string encode(const Showing& showing) {
  Writer out(16, kShowing);
  out.number(showing.ordinal);
  out.number(showing.sighting);
  out.number(static_cast<std::uint64_t>(showing.index));
  return out.finish();
}

Result<Showing> decode_showing(std::string_view value) {
  Reader in(value, kShowing);
  Showing showing;
  showing.ordinal = in.number();
  showing.sighting = in.number();
  if (in.format() < kShowing) {
    in.id<SightingId>();
  }
  showing.index = in.number_below<int>(kIndexLimit);
  return in.finish(showing);
}

std::string encode(const FeedRow& row) {
  Writer out;
  out.flag(row.living.has_value());
  if (row.living) {
    out.number(*row.living);
  } else {
    out.raw(row.erased.text());
    out.name(row.reason);
  }
  return out.finish();
}

Result<FeedRow> decode_feed_row(std::string_view value) {
  Reader in(value);
  FeedRow row;
  if (in.flag()) {
    row.living = in.number();
  } else {
    row.erased = in.id<SightingId>();
    row.reason = in.name(EraseReason::Retention, EraseReason::Operator);
  }
  return in.finish(row);
}

std::string encode(const HashRow& row) {
  Writer out(112, kHashRow);
  out.raw(row.photo.text());
  out.maybe(row.hashes.whole, [&](const PdqHash& hash) { write(out, hash); });
  out.maybe(row.hashes.inner, [&](const PdqHash& hash) { write(out, hash); });
  return out.finish();
}

Result<HashRow> decode_hash_row(std::string_view value) {
  Reader in(value, kHashRow);
  HashRow row;
  row.photo = in.id<PhotoId>();
  if (in.format() == kHashRow) {
    row.hashes.whole = in.maybe([&] { return read_hash(in); });
    row.hashes.inner = in.maybe([&] { return read_hash(in); });
  } else {
    const bool is_matchable = in.flag();
    const PdqHash hash = read_hash(in);
    if (is_matchable) {
      row.hashes.whole = hash;
    }
  }
  return in.finish(row);
}

std::string encode(const IdRow& row) {
  Writer out(16);
  out.maybe(row.ordinal, [&](std::uint64_t ordinal) { out.number(ordinal); });
  return out.finish();
}

Result<IdRow> decode_id_row(std::string_view value) {
  Reader in(value);
  IdRow row;
  row.ordinal = in.maybe([&] { return in.number(); });
  return in.finish(row);
}

std::string encode(const CoverageRow& row) {
  Writer out;
  out.time(row.range.begin);
  out.time(row.range.end);
  out.flag(row.complete);
  out.text(row.reason);
  return out.finish();
}

Result<CoverageRow> decode_coverage_row(std::string_view value) {
  Reader in(value);
  CoverageRow row;
  row.range.begin = in.time();
  row.range.end = in.time();
  row.complete = in.flag();
  row.reason = in.text();
  in.require(row.range.begin < row.range.end);
  return in.finish(std::move(row));
}

std::string encode(const SkipCountRow& row) {
  Writer out;
  out.text(row.watch.text);
  out.text(row.watch_name);
  out.number(row.count);
  return out.finish();
}

Result<SkipCountRow> decode_skip_count_row(std::string_view value) {
  Reader in(value);
  SkipCountRow row;
  row.watch.text = in.text();
  row.watch_name = in.text();
  row.count = in.number();
  return in.finish(std::move(row));
}

std::string encode(const Counters& counters) {
  Writer out(64, kCounters);
  out.number(counters.sequence);
  out.number(counters.sighting);
  out.number(counters.photo);
  out.number(counters.showing);
  out.number(counters.living_sightings);
  out.number(counters.living_photos);
  out.number(counters.photo_bytes);
  out.number(counters.pending_images);
  out.number(counters.ledger_entry);
  out.number(counters.oldest_kept);
  return out.finish();
}

Result<Counters> decode_counters(std::string_view value) {
  Reader in(value, kCounters);
  Counters counters;
  counters.sequence = in.number();
  counters.sighting = in.number();
  counters.photo = in.number();
  counters.showing = in.number();
  counters.living_sightings = in.number();
  counters.living_photos = in.number();
  counters.photo_bytes = in.number();
  counters.pending_images = in.number();
  if (in.format() >= kCountersWithLedger) {
    counters.ledger_entry = in.number();
  }
  if (in.format() >= kCounters) {
    counters.oldest_kept = in.number();
  }
  return in.finish(counters);
}

std::string encode(const std::vector<FeedDay>& days) {
  Writer out(16 * days.size());
  out.list(days, [&](const FeedDay& day) {
    out.number(static_cast<std::uint64_t>(day.day.time_since_epoch().count()));
    out.number(day.sequence);
  });
  return out.finish();
}

Result<std::vector<FeedDay>> decode_feed_days(std::string_view value) {
  Reader in(value);
  auto days = in.list([&] {
    FeedDay day;
    day.day = Day(std::chrono::days(static_cast<int>(in.number())));
    day.sequence = in.number();
    return day;
  });
  return in.finish(std::move(days));
}

std::string encode(const std::vector<RowName>& rows) {
  Writer out(64 * rows.size());
  out.list(rows, [&](const RowName& row) {
    out.number(static_cast<std::uint64_t>(row.column));
    out.text(row.key);
  });
  return out.finish();
}

Result<std::vector<RowName>> decode_row_names(std::string_view value) {
  Reader in(value);
  auto rows = in.list([&] {
    RowName row;
    row.column = static_cast<Column>(in.number_below<std::uint8_t>(kColumns));
    row.key = in.text();
    return row;
  });
  return in.finish(std::move(rows));
}

namespace {

// What an entry of the ledger says, by the place among its alternatives.
enum class LedgerKind : std::uint8_t {
  Post = 0,
  Author,
  Picture,
  Age,
  Withdrawal,
  Restoration,
  Hold
};

void write(Writer& out, const LookupHash& hash) { out.raw(hash.text()); }

LookupHash read_lookup_hash(Reader& in) {
  LookupHash hash;
  std::ranges::copy(in.raw(hash.bytes.size()), hash.bytes.begin());
  return hash;
}

class LedgerWriter {
 public:
  explicit LedgerWriter(Writer& out) : out_(out) {}

  void operator()(const LedgerPost& post) {
    write(out_, post.post);
    out_.name(post.reason);
    out_.flag(post.is_refused);
  }
  void operator()(const LedgerAuthor& author) {
    write(out_, author.author);
    out_.flag(author.spares_held);
  }
  void operator()(const RefusedPicture& picture) {
    out_.raw(picture.photo.text());
    out_.maybe(picture.hashes.whole, [&](const PdqHash& hash) { record::write(out_, hash); });
    out_.maybe(picture.hashes.inner, [&](const PdqHash& hash) { record::write(out_, hash); });
    out_.flag(picture.spares_held);
  }
  void operator()(const ErasedByAge& age) {
    out_.time(age.first_seen_before);
    out_.flag(age.spares_held);
  }
  void operator()(const WithdrawnRefusal& withdrawn) { out_.number(withdrawn.number); }
  void operator()(const LedgerRestoration& restored) { out_.number(restored.epoch); }
  void operator()(const LedgerHold& hold) {
    write(out_, hold.post);
    out_.maybe(hold.until, [&](TimePoint until) { out_.time(until); });
  }

 private:
  Writer& out_;
};

decltype(LedgerEntry::what) read_what(Reader& in, LedgerKind kind) {
  switch (kind) {
    case LedgerKind::Post: {
      LedgerPost post;
      post.post = read_lookup_hash(in);
      post.reason = in.name(EraseReason::Retention, EraseReason::Operator);
      post.is_refused = in.flag();
      return post;
    }
    case LedgerKind::Author: {
      LedgerAuthor author;
      author.author = read_lookup_hash(in);
      author.spares_held = in.format() >= kLedgerEntry && in.flag();
      return author;
    }
    case LedgerKind::Picture: {
      RefusedPicture picture;
      picture.photo = in.id<PhotoId>();
      picture.hashes.whole = in.maybe([&] { return read_hash(in); });
      picture.hashes.inner = in.maybe([&] { return read_hash(in); });
      picture.spares_held = in.format() >= kLedgerEntry && in.flag();
      return picture;
    }
    case LedgerKind::Age: {
      ErasedByAge age;
      age.first_seen_before = in.time();
      age.spares_held = in.format() < kLedgerEntry || in.flag();
      return age;
    }
    case LedgerKind::Withdrawal:
      return WithdrawnRefusal{in.number()};
    case LedgerKind::Restoration:
      return LedgerRestoration{in.number_below<std::uint16_t>(std::uint64_t{1} << 16U)};
    case LedgerKind::Hold: {
      LedgerHold hold;
      hold.post = read_lookup_hash(in);
      hold.until = in.maybe([&] { return in.time(); });
      return hold;
    }
  }
  return WithdrawnRefusal{};
}

}  // namespace

std::string encode(const LedgerEntry& entry) {
  Writer out(112, kLedgerEntry);
  out.time(entry.at);
  out.byte(static_cast<std::uint8_t>(entry.what.index()));
  LedgerWriter write(out);
  std::visit(write, entry.what);
  return out.finish();
}

Result<LedgerEntry> decode_ledger_entry(std::string_view value) {
  Reader in(value, kLedgerEntry);
  LedgerEntry entry;
  entry.at = in.time();
  entry.what = read_what(in, in.name(LedgerKind::Post, LedgerKind::Hold));
  return in.finish(std::move(entry));
}

std::string encode(const BackupKeyList& list) {
  Writer out(128 * (list.backups.size() + list.objects.size()));
  const auto time = [&](TimePoint value) { out.time(value); };
  out.list(list.backups, [&](const BackupEntry& backup) {
    out.text(backup.id);
    out.time(backup.made_at);
    out.maybe(backup.expires_at, time);
    out.raw(backup.store_key.bytes());
  });
  out.list(list.objects, [&](const BackupObjectKey& object) {
    out.text(object.id);
    out.raw(object.key.bytes());
    out.text(object.file);
    out.text(object.stamp);
    out.maybe(object.expires_at, time);
  });
  out.number(list.last_epoch);
  return out.finish();
}

Result<BackupKeyList> decode_backup_keys(std::string_view value) {
  Reader in(value);
  const auto time = [&] { return in.time(); };
  const auto key = [&] { return SecretKey::of(in.raw(SecretKey::kSize)).value_or(SecretKey()); };
  BackupKeyList list;
  list.backups = in.list([&] {
    BackupEntry backup;
    backup.id = in.text();
    backup.made_at = in.time();
    backup.expires_at = in.maybe(time);
    backup.store_key = key();
    return backup;
  });
  list.objects = in.list([&] {
    BackupObjectKey object;
    object.id = in.text();
    object.key = key();
    object.file = in.text();
    object.stamp = in.text();
    object.expires_at = in.maybe(time);
    return object;
  });
  list.last_epoch = in.number_below<std::uint16_t>(std::uint64_t{1} << 16U);
  return in.finish(std::move(list));
}

std::string encode(const StoreHeader& header) {
  Writer out;
  out.text(header.lookup_key);
  out.number(header.epoch);
  out.number(0);  // Has no meaning and never had another value.
  return out.finish();
}

Result<StoreHeader> decode_header(std::string_view value) {
  Reader in(value);
  StoreHeader header;
  header.lookup_key = in.text();
  header.epoch = in.number_below<std::uint16_t>(std::uint64_t{1} << 16U);
  in.number_below<std::uint8_t>(1);
  return in.finish(std::move(header));
}

std::string encode(const AuditRecord& entry) {
  const AuditEvent& event = entry.event;
  Writer out;
  out.name(event.kind);
  out.time(event.time);
  out.maybe(event.peer, [&](const AuditPeer& peer) {
    out.number(peer.uid);
    out.number(peer.pid);
  });
  out.text(event.route);
  out.maybe(event.subject, [&](const LookupHash& subject) { out.raw(subject.text()); });
  out.number(event.count);
  out.text(event.first_cursor);
  out.text(event.last_cursor);
  out.list(event.details, [&](const std::string& detail) { out.text(detail); });
  out.maybe(entry.sealed_reason, [&](const Sha256& digest) { out.raw(as_text(digest)); });
  return out.finish();
}

Result<AuditRecord> decode_audit_record(std::string_view value) {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 32U;
  Reader in(value);
  AuditRecord entry;
  AuditEvent& event = entry.event;
  event.kind = in.name(AuditKind::Started, kLastAuditKind);
  event.time = in.time();
  event.peer = in.maybe([&] {
    AuditPeer peer;
    peer.uid = in.number_below<std::uint32_t>(kLimit);
    peer.pid = in.number_below<std::uint32_t>(kLimit);
    return peer;
  });
  event.route = in.text();
  event.subject = in.maybe([&] {
    LookupHash hash;
    std::ranges::copy(in.raw(hash.bytes.size()), hash.bytes.begin());
    return hash;
  });
  event.count = in.number();
  event.first_cursor = in.text();
  event.last_cursor = in.text();
  event.details = in.list([&] { return in.text(); });
  entry.sealed_reason = in.maybe([&] { return read_digest(in); });
  return in.finish(std::move(entry));
}

std::string encode(const AuditCheckpoint& checkpoint) {
  Writer out;
  write(out, checkpoint.after);
  out.time(checkpoint.time);
  out.maybe(checkpoint.broken, [&](const std::string& where) { out.text(where); });
  return out.finish();
}

Result<AuditCheckpoint> decode_audit_checkpoint(std::string_view value) {
  Reader in(value);
  AuditCheckpoint checkpoint;
  checkpoint.after = read_chain_head(in);
  checkpoint.time = in.time();
  checkpoint.broken = in.maybe([&] { return in.text(); });
  return in.finish(std::move(checkpoint));
}

std::string encode(const ChainHead& head) {
  Writer out;
  write(out, head);
  return out.finish();
}

Result<ChainHead> decode_chain_head(std::string_view value) {
  Reader in(value);
  const ChainHead head = read_chain_head(in);
  return in.finish(head);
}

std::string encode_text(std::string_view text) {
  Writer out(text.size() + 8);
  out.raw(text);
  return out.finish();
}

Result<std::string> decode_text(std::string_view value) {
  Reader in(value);
  const std::size_t size = value.size() - std::min(value.size(), 1 + kChecksumSize);
  return in.finish(std::string(in.raw(size)));
}

std::string encode(Day day) {
  Writer out(16);
  out.fixed(static_cast<std::uint32_t>(day.time_since_epoch().count()), 4);
  return out.finish();
}

Result<Day> decode_day(std::string_view value) {
  Reader in(value);
  const auto count = static_cast<std::int32_t>(static_cast<std::uint32_t>(in.fixed(4)));
  return in.finish(Day(std::chrono::days(count)));
}

std::string encode_number(std::uint64_t number) {
  Writer out(16);
  out.number(number);
  return out.finish();
}

Result<std::uint64_t> decode_number(std::string_view value) {
  Reader in(value);
  const std::uint64_t number = in.number();
  return in.finish(number);
}

}  // namespace sightingd::record
