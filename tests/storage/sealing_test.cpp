#include "storage/sealing/data_keys.h"
#include "storage/sealing/key_ring.h"
#include "storage/sealing/row_seals.h"
#include "storage/sealing/seal.h"

#include "pipeline/hex.h"
#include "storage/encoding/keys.h"

#include <gtest/gtest.h>

#include <set>
#include <span>
#include <string>

namespace sightingd {
namespace {

SecretKey key_of(char letter) { return *SecretKey::of(std::string(SecretKey::kSize, letter)); }

bool opens(const SecretKey& key, std::string_view place, std::string_view sealed) {
  std::string value;
  return sealing::open(key, place, sealed, value);
}

TEST(SealTest, OpensWhatItSealed) {
  const std::string sealed = sealing::seal(key_of('a'), 0x81, "place", "value");

  std::string value;
  ASSERT_TRUE(sealing::open(key_of('a'), "place", sealed, value));

  EXPECT_EQ(value, "value");
  EXPECT_EQ(sealed.size(), sealing::kOverhead + 5);
  EXPECT_EQ(sealing::mark_of(sealed), 0x81);
}

TEST(SealTest, OpensWithItsOwnKeyAndAtItsOwnPlaceOnly) {
  const std::string sealed = sealing::seal(key_of('a'), 0x81, "place", "value");

  EXPECT_FALSE(opens(key_of('b'), "place", sealed));
  EXPECT_FALSE(opens(key_of('a'), "elsewhere", sealed));
  EXPECT_FALSE(opens(key_of('a'), "place", ""));
}

TEST(SealTest, NoticesEveryFlippedBitAndEveryMissingByte) {
  const std::string sealed = sealing::seal(key_of('a'), 0x81, "place", "value");

  for (std::size_t i = 0; i < sealed.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = sealed;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      EXPECT_FALSE(opens(key_of('a'), "place", flipped)) << i << ", " << bit;
    }
    EXPECT_FALSE(opens(key_of('a'), "place", sealed.substr(0, i)));
  }
}

TEST(SealTest, NeverSealsTwiceWithTheSameNonce) {
  std::set<std::string> nonces;

  for (int i = 0; i < 1000; ++i) {
    nonces.insert(sealing::seal(key_of('a'), 0x81, "", "").substr(1, sealing::kNonceSize));
  }

  EXPECT_EQ(nonces.size(), 1000U);
}

// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
TEST(SealTest, OpensTheVectorOfTheStandard) {
  std::string key;
  for (int i = 0x80; i <= 0x9f; ++i) {
    key.push_back(static_cast<char>(i));
  }
  std::string nonce;
  for (int i = 0x40; i <= 0x57; ++i) {
    nonce.push_back(static_cast<char>(i));
  }
  // The additional data of the vector begins with the byte that is the mark here.
  const std::string additional("\x50\x51\x52\x53\xc0\xc1\xc2\xc3\xc4\xc5\xc6\xc7", 12);
  const std::string ciphertext(
      "\xbd\x6d\x17\x9d\x3e\x83\xd4\x3b\x95\x76\x57\x94\x93\xc0\xe9\x39\x57\x2a\x17\x00\x25\x2b\xfa"
      "\xcc\xbe\xd2\x90\x2c\x21\x39\x6c\xbb\x73\x1c\x7f\x1b\x0b\x4a\xa6\x44\x0b\xf3\xa8\x2f\x4e\xda"
      "\x7e\x39\xae\x64\xc6\x70\x8c\x54\xc2\x16\xcb\x96\xb7\x2e\x12\x13\xb4\x52\x2f\x8c\x9b\xa4\x0d"
      "\xb5\xd9\x45\xb1\x1b\x69\xb9\x82\xc1\xbb\x9e\x3f\x3f\xac\x2b\xc3\x69\x48\x8f\x76\xb2\x38\x35"
      "\x65\xd3\xff\xf9\x21\xf9\x66\x4c\x97\x63\x7d\xa9\x76\x88\x12\xf6\x15\xc6\x8b\x13\xb5\x2e",
      114);
  const std::string tag("\xc0\x87\x59\x24\xc1\xc7\x98\x79\x47\xde\xaf\xd8\x78\x0a\xcf\x49", 16);

  std::string value;
  ASSERT_TRUE(sealing::open(*SecretKey::of(key), additional.substr(1),
                            additional.substr(0, 1) + nonce + ciphertext + tag, value));

  EXPECT_EQ(value,
            "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
            "future, sunscreen would be it.");
}

TEST(SecretKeyTest, IsMadeOfThirtyTwoBytesOnly) {
  EXPECT_TRUE(SecretKey::of(std::string(32, 'x')));
  EXPECT_FALSE(SecretKey::of(std::string(31, 'x')));
  EXPECT_FALSE(SecretKey::of(std::string(33, 'x')));
  EXPECT_NE(SecretKey::random().bytes(), SecretKey::random().bytes());
}

TEST(SecretKeyTest, DerivesAnotherKeyForEachPurpose) {
  const SecretKey key = key_of('a');

  EXPECT_EQ(key.derived(1).bytes(), key.derived(1).bytes());
  EXPECT_NE(key.derived(1).bytes(), key.derived(2).bytes());
  EXPECT_NE(key.derived(1).bytes(), key.bytes());
  EXPECT_NE(key.derived(1).bytes(), key_of('b').derived(1).bytes());
}

TEST(KeyRingTest, ComesBackWithItsStoreKey) {
  const KeyRing ring = KeyRing::make(true);

  const auto opened = KeyRing::open(ring.sealed_by(key_of('a')), key_of('a'));

  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->newest().bytes(), ring.newest().bytes());
  EXPECT_TRUE(opened->has_clear_rows());
  EXPECT_FALSE(opened->is_settled());
}

TEST(KeyRingTest, TellsAnotherKeyFromDamage) {
  const std::string sealed = KeyRing::make(false).sealed_by(key_of('a'));
  std::string flipped = sealed;
  flipped.back() = static_cast<char>(flipped.back() ^ 1);

  EXPECT_EQ(KeyRing::open(sealed, key_of('b')).error().reason, "key");
  EXPECT_EQ(KeyRing::open(flipped, key_of('a')).error().reason, "damaged");
  EXPECT_EQ(KeyRing::open("", key_of('a')).error().reason, "damaged");
  EXPECT_EQ(KeyRing::open(sealed.substr(0, 40), key_of('a')).error().reason, "damaged");
}

TEST(KeyRingTest, HoldsTheOlderKeyUntilItIsSettled) {
  const KeyRing ring = KeyRing::make(false);

  const KeyRing renewed = *KeyRing::open(ring.renewed().sealed_by(key_of('b')), key_of('b'));

  EXPECT_FALSE(renewed.is_settled());
  EXPECT_EQ(renewed.newest_generation(), 2);
  EXPECT_EQ(renewed.find(1)->bytes(), ring.newest().bytes());
  EXPECT_NE(renewed.newest().bytes(), ring.newest().bytes());
  EXPECT_EQ(renewed.settled().find(1), nullptr);
  EXPECT_TRUE(renewed.settled().is_settled());
}

TEST(KeyRingTest, GivesGenerationsAnewWhenTheyEnd) {
  KeyRing ring = KeyRing::make(false);

  for (int i = 0; i < 126; ++i) {
    ring = ring.renewed().settled();
  }

  EXPECT_EQ(ring.newest_generation(), 127);
  EXPECT_EQ(ring.renewed().newest_generation(), 1);
}

TEST(RowSealsTest, SealARowAtItsOwnPlace) {
  const RowSeals seals(KeyRing::make(false));
  const std::string sealed = seals.seal(Column::Watches, "key", "value");

  std::string value;
  EXPECT_TRUE(seals.open(Column::Watches, "key", sealed, value));
  EXPECT_EQ(value, "value");
  EXPECT_FALSE(seals.open(Column::Watches, "other", sealed, value));
  EXPECT_FALSE(seals.open(Column::Coverage, "key", sealed, value));
}

TEST(RowSealsTest, TakeNoRowInClearOnceAllAreSealed) {
  std::string value;

  EXPECT_FALSE(RowSeals(KeyRing::make(false)).open(Column::Watches, "key", "\x01value", value));
  EXPECT_TRUE(RowSeals(KeyRing::make(true)).open(Column::Watches, "key", "\x01value", value));
}

TEST(RowSealsTest, KnowWhatIsSealedAsItIsToBe) {
  RowSeals seals(KeyRing::make(false));
  const std::string before = seals.seal(Column::Watches, "key", "value");
  ASSERT_TRUE(seals.is_up_to_date(before));

  seals.set_ring(seals.ring()->renewed());

  EXPECT_FALSE(seals.is_up_to_date(before));
  EXPECT_FALSE(seals.is_up_to_date("\x01value"));
  EXPECT_TRUE(seals.is_up_to_date(seals.seal(key_of('d'), Column::Photos, "key", "value")));
  std::string value;
  EXPECT_TRUE(seals.open(Column::Watches, "key", before, value));
}

TEST(RowSealsTest, WrapKeysForTheirOwner) {
  const RowSeals seals(KeyRing::make(false));
  const KeyOwner owner = owner_of_photo(7);
  const std::string wrapped = seals.wrap(owner, key_of('d'));

  EXPECT_EQ(seals.unwrap(owner, wrapped)->bytes(), key_of('d').bytes());
  EXPECT_FALSE(seals.unwrap(owner_of_photo(8), wrapped));
}

TEST(KeyOwnerTest, IsTheSightingOrPhotoThatARowIsAbout) {
  const std::string seven = keys::ordinal(7);

  EXPECT_EQ(owner_of(Column::Photos, seven), owner_of_photo(7));
  EXPECT_EQ(owner_of(Column::Hashes, seven), owner_of_photo(7));
  EXPECT_NE(owner_of(Column::Sightings, seven), owner_of_photo(7));
  EXPECT_FALSE(owner_of(Column::Watches, seven));
  EXPECT_FALSE(owner_of(Column::Photos, "short"));
  EXPECT_EQ(owner_of(Column::Positions, "watch and coarse part" + seven),
            owner_of(Column::Sightings, seven));
}

TEST(KeyCacheTest, ForgetsWhatIsDroppedAndWhatAnotherTookThePlaceOf) {
  KeyCache cache;
  cache.put(owner_of_photo(1), key_of('a'));
  cache.put(owner_of_photo(2), key_of('b'));

  cache.put(owner_of_photo(1 + 65536), key_of('c'));
  cache.drop(owner_of_photo(2));

  EXPECT_FALSE(cache.find(owner_of_photo(1)));
  EXPECT_FALSE(cache.find(owner_of_photo(2)));
  EXPECT_EQ(cache.find(owner_of_photo(1 + 65536))->bytes(), key_of('c').bytes());
  EXPECT_FALSE(cache.find(owner_of_photo(0)));
}

}  // namespace
}  // namespace sightingd
