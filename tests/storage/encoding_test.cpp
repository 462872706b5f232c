#include "storage/encoding/keys.h"
#include "storage/encoding/record.h"
#include "tests/storage/store_builders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

namespace sightingd {
namespace {

using namespace sightingd::test;

KnownSighting full_sighting() {
  KnownSighting known;
  known.ordinal = 300;
  known.sequence = std::uint64_t{1} << 40U;
  known.counted_for_author = true;
  known.brought_by = {{.watch = {"watch"}, .position = std::string("a\0b", 3)}};
  known.sighting.id = id_of("1");
  known.sighting.first_seen_at = kNoon;
  known.sighting.source = "source";
  known.sighting.network = "mastodon";
  known.sighting.watches = {"one", "two"};
  known.sighting.post = edited(post("1")).post;
  known.sighting.post.language = "zh";
  known.sighting.post.reply_to = "7";
  known.sighting.images = {{.index = 0,
                            .status = ImageStatus::Stored,
                            .reject_reason = std::nullopt,
                            .photo = photo("a").id,
                            .alt = "alt"},
                           {.index = 1,
                            .status = ImageStatus::Rejected,
                            .reject_reason = RejectReason::Crashed,
                            .photo = std::nullopt,
                            .alt = std::nullopt},
                           {.index = 2,
                            .status = ImageStatus::Pending,
                            .reject_reason = std::nullopt,
                            .photo = std::nullopt,
                            .alt = std::nullopt}};
  known.traces.resize(3);
  known.traces[0] = {
      .id = "11", .url = "https://y", .photo = 5, .showing = 6, .pending = std::nullopt};
  known.traces[2].url = "https://x";
  known.traces[2].pending = PendingFetch{.source = "source", .due = kNoon, .failed_tries = 3};
  known.sighting.version = 4;
  known.sighting.suspected_gone_at = kNoon;
  return known;
}

KnownPhoto full_photo() {
  KnownPhoto known{
      .photo = photo("a", 200),
      .ordinal = 9,
      .near = NearLink{
          .of = 3, .likeness = {.distance = 30, .via = {.framed = true, .turn = Turn::Mirrored}}}};
  known.photo.inner_pdq = PdqFingerprint{photo("c", 7).pdq.hash, 60, true};
  known.photo.location = Location{.latitude = 22.2167,
                                  .longitude = -113.55,
                                  .accuracy_m = 12.5,
                                  .altitude_m = -3,
                                  .origin = LocationOrigin::Xmp,
                                  .raw = RawLocation{"GCJ-02", 1, 2}};
  known.photo.captured_at = "2026-01-31T18:22:10+08:00";
  known.photo.provenance = "c2pa";
  return known;
}

TEST(RecordTest, ReadsBackASighting) {
  EXPECT_EQ(record::decode_sighting(record::encode(full_sighting())).value(), full_sighting());
}

TEST(RecordTest, ReadsBackAPhoto) {
  EXPECT_EQ(record::decode_photo(record::encode(full_photo())).value(), full_photo());
}

KnownPhoto photo_of_a_named_place() {
  KnownPhoto known = full_photo();
  known.photo.location = Location{.origin = LocationOrigin::Iptc, .place = "深圳, 中国"};
  return known;
}

TEST(RecordTest, ReadsBackThePlaceOfAPhotoWithoutCoordinates) {
  const KnownPhoto known = photo_of_a_named_place();

  EXPECT_EQ(record::decode_photo(record::encode(known)).value(), known);
}

TEST(RecordTest, RefusesAPlaceThatIsNoName) {
  for (const std::string& place :
       {std::string(), std::string("a\nb"), std::string("\xff"), std::string(256, 'a')}) {
    KnownPhoto known = photo_of_a_named_place();
    known.photo.location->place = place;

    EXPECT_FALSE(record::decode_photo(record::encode(known))) << place;
  }
}

TEST(RecordTest, RefusesAPlaceThatAPictureCannotName) {
  for (const LocationOrigin origin : {LocationOrigin::Exif, LocationOrigin::Post}) {
    KnownPhoto known = photo_of_a_named_place();
    known.photo.location->origin = origin;

    EXPECT_FALSE(record::decode_photo(record::encode(known)));
  }
}

// Fields of records as they were written before photos had an inner hash.
std::string old_record(char format, const std::string& fields) {
  std::string record = format + fields;
  const auto sum = static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(record.data()), record.size()));
  for (unsigned shift = 0; shift < 32; shift += 8) {
    record.push_back(static_cast<char>(sum >> shift & 0xFFU));
  }
  return record;
}

template <typename Bytes>
std::string as_text(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(&bytes), sizeof(bytes)};
}

std::string old_photo(const Photo& photo, const std::string& location) {
  return std::string("\x09\x01\x03", 3) + std::string(test::photo("b").id.text()) + "\x1e" +
         std::string(photo.id.text()) + as_text(photo.received_sha256.bytes) +
         as_text(photo.stored_sha256.bytes) + std::string("\x01\x01\x80\x05\xe0\x03", 6) +
         as_text(photo.pdq.hash.words) + std::string("\x64\x01", 2) + location +
         std::string("\0\0", 2);
}

TEST(RecordTest, ReadsPhotosAsTheyWereWrittenBefore) {
  KnownPhoto known{.photo = photo("a", 200),
                   .ordinal = 9,
                   .near = NearLink{.of = 3, .likeness = {.distance = 30, .via = {}}}};
  const std::string nowhere = old_photo(known.photo, std::string(1, '\0'));
  const std::string somewhere = old_photo(known.photo, "\x01\x03\x07Here be");

  EXPECT_EQ(record::decode_photo(old_record(1, nowhere)).value(), known);
  known.photo.location = Location{.origin = LocationOrigin::Iptc, .place = "Here be"};
  EXPECT_EQ(record::decode_photo(old_record(2, somewhere)).value(), known);
}

TEST(RecordTest, ReadsShowingsAsTheyWereWrittenBefore) {
  const std::string old =
      old_record(1, "\x05\x06" + std::string(id_of("1").text()) + std::string(1, '\x02'));

  EXPECT_EQ(record::decode_showing(old).value(),
            (Showing{.ordinal = 5, .sighting = 6, .index = 2}));
}

TEST(RecordTest, ReadsHashesAsTheyWereWrittenBefore) {
  const Photo a = photo("a", 200);
  const std::string id(a.id.text());
  const std::string hash = as_text(a.pdq.hash.words);

  EXPECT_EQ(record::decode_hash_row(old_record(1, id + '\x01' + hash)).value(),
            (record::HashRow{.photo = a.id, .hashes = {.whole = a.pdq.hash, .inner = {}}}));
  EXPECT_EQ(record::decode_hash_row(old_record(1, id + '\0' + hash)).value(),
            (record::HashRow{.photo = a.id, .hashes = {}}));
}

TEST(RecordTest, ReadsBackTheSmallRows) {
  const record::FeedRow tombstone{
      .living = std::nullopt, .erased = id_of("1"), .reason = EraseReason::UpstreamDeleted};
  const record::HashRow hash{
      .photo = photo("a").id,
      .hashes = {.whole = photo("a", 9).pdq.hash, .inner = photo("c", 7).pdq.hash}};
  const Counters counters{.sequence = 1,
                          .sighting = 2,
                          .photo = 3,
                          .showing = 4,
                          .living_sightings = 5,
                          .living_photos = 6,
                          .photo_bytes = 7,
                          .pending_images = 8};
  const std::vector<RowName> names = {{.column = Column::Photos, .key = "key"},
                                      {.column = Column::SkipMemory, .key = ""}};
  const record::StoreHeader header{.lookup_key = "key", .epoch = 65535};

  EXPECT_EQ(record::decode_feed_row(record::encode(tombstone)).value(), tombstone);
  EXPECT_EQ(record::decode_hash_row(record::encode(hash)).value(), hash);
  EXPECT_EQ(record::decode_counters(record::encode(counters)).value(), counters);
  EXPECT_EQ(record::decode_header(record::encode(header)).value(), header);
  EXPECT_EQ(record::decode_row_names(record::encode(names)).value(), names);
  EXPECT_EQ(record::decode_id_row(record::encode(record::IdRow{})).value(), record::IdRow{});
  EXPECT_EQ(record::decode_text(record::encode_text("")).value(), "");
  const ChainHead head{.number = 300, .hash = {1, 2, 3}};
  EXPECT_EQ(record::decode_chain_head(record::encode(head)).value(), head);
  const AuditCheckpoint checkpoint{.after = head, .time = kNoon, .broken = "at entry 3"};
  EXPECT_EQ(record::decode_audit_checkpoint(record::encode(checkpoint)).value(), checkpoint);
}

TEST(RecordTest, NoticesEveryFlippedBitAndEveryMissingByte) {
  const std::string good = record::encode(full_sighting());

  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string flipped = good;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    const auto decoded = record::decode_sighting(flipped);

    ASSERT_FALSE(decoded) << "byte " << i;
    EXPECT_EQ(decoded.error().reason, "damaged");
    EXPECT_FALSE(record::decode_sighting(good.substr(0, i)));
  }
}

TEST(RecordTest, DoesNotTakeOneKindForAnother) {
  EXPECT_FALSE(record::decode_sighting(record::encode(full_photo())));
  EXPECT_FALSE(record::decode_photo(record::encode(full_sighting())));
}

TEST(KeysTest, SortNumbersAndTimesByWhatTheySay) {
  const TimePoint before_1970 = *parse_rfc3339("1969-12-31T00:00:00Z");

  EXPECT_LT(keys::ordinal(255), keys::ordinal(256));
  EXPECT_LT(keys::pending(before_1970, 9, 0), keys::pending(kNoon, 1, 0));
  EXPECT_LT(keys::pending(kNoon, 1, 0), keys::pending(kNoon, 1, 1));
  EXPECT_LT(keys::day_bound(std::chrono::floor<std::chrono::days>(before_1970)),
            keys::day_bound(std::chrono::floor<std::chrono::days>(kNoon)));
}

TEST(KeysTest, SortPositionsLikeTheirCoarseParts) {
  const LookupHash watch;
  const auto of = [](const std::string& coarse) { return coarse + kFinePosition + "fine"; };
  const std::string positions[] = {"", of("\1"), of("a"), of("a\1"), of("aa"), of("b")};

  for (std::size_t i = 0; i + 1 < std::size(positions); ++i) {
    EXPECT_LT(keys::position(watch, positions[i], ~std::uint64_t{0}),
              keys::position_bound(watch, positions[i + 1]))
        << i;
    EXPECT_LE(keys::position_bound(watch, positions[i]), keys::position(watch, positions[i], 0));
  }
}

TEST(KeysTest, HoldNothingOfThePartOfAPositionThatIsOnePostsOwn) {
  const LookupHash watch;
  const std::string position = std::string("coarse") + kFinePosition + "fine";

  EXPECT_EQ(keys::position(watch, position, 7).find("fine"), std::string::npos);
  EXPECT_EQ(keys::position(watch, "all of it is fine", 7).find("fine"), std::string::npos);
}

TEST(KeysTest, ReadBackWhatTheyWereMadeOf) {
  LookupHash hash;
  hash.bytes.fill('h');
  const auto day = std::chrono::floor<std::chrono::days>(kNoon);

  EXPECT_EQ(keys::read_pending(keys::pending(kNoon, 7, 2))->due, kNoon);
  EXPECT_EQ(keys::read_pending(keys::pending(kNoon, 7, 2))->image, 2U);
  EXPECT_EQ(keys::read_suspected(keys::suspected(kNoon, 7))->sighting, 7U);
  EXPECT_EQ(keys::read_position(keys::position(hash, "x", 7)), 7U);
  const auto note = keys::read_skip(keys::skip_note(day, hash, SkipReason::Flood, hash));
  EXPECT_EQ(note->day, day);
  EXPECT_EQ(note->reason, SkipReason::Flood);
  EXPECT_EQ(note->uri, hash);
  EXPECT_EQ(keys::read_skip(keys::skip_count(day, hash, SkipReason::Flood))->uri, std::nullopt);
  EXPECT_EQ(keys::read_skip("short"), std::nullopt);
}

TEST(CursorTest, IsEpochAndSequenceInHexAndSortsAsText) {
  EXPECT_EQ(to_cursor({.epoch = 1, .sequence = 42}), "0001000000000000002a");
  EXPECT_EQ(read_cursor("0001000000000000002a"), (FeedPlace{.epoch = 1, .sequence = 42}));
  EXPECT_LT(to_cursor({.epoch = 1, .sequence = 42}), to_cursor({.epoch = 1, .sequence = 255}));
  EXPECT_LT(to_cursor({.epoch = 1, .sequence = 42}), to_cursor({.epoch = 2, .sequence = 1}));
  const FeedPlace begun{.epoch = 1, .sequence = 42, .begun = 255};
  EXPECT_EQ(to_cursor(begun), "0001000000000000002a00000000000000ff");
  EXPECT_EQ(read_cursor(to_cursor(begun)), begun);
  EXPECT_LT(to_cursor(begun), to_cursor({.epoch = 1, .sequence = 43}));
  EXPECT_EQ(read_cursor("0001000000000000002a0000000000000001"), std::nullopt);
  EXPECT_EQ(read_cursor("0001000000000000002A"), std::nullopt);
  EXPECT_EQ(read_cursor("0001000000000000002"), std::nullopt);
}

// RFC 2104 over the byte 's' and the text, recomputed with:
// printf 'stext' | openssl dgst -sha256 -mac HMAC -macopt hexkey:6b6b...6b (32 bytes)
TEST(LookupHasherTest, IsAKeyedHashThatKeepsKindsApart) {
  const LookupHasher hasher(std::string(LookupHasher::kKeySize, 'k'));
  const LookupHasher other(std::string(LookupHasher::kKeySize, 'l'));

  std::string hex;
  for (const char byte : hasher('s', "text").bytes) {
    hex += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4U];
    hex += "0123456789abcdef"[static_cast<unsigned char>(byte) & 15U];
  }

  EXPECT_EQ(hex, "1d894bae8f6e8188e8dc3e61b9af79d0");
  EXPECT_NE(hasher('s', "text"), hasher('p', "text"));
  EXPECT_NE(hasher('s', "text"), other('s', "text"));
}

}  // namespace
}  // namespace sightingd
