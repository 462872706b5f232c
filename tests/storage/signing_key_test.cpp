#include "storage/sealing/signing_key.h"

#include "pipeline/hex.h"
#include "storage/kept_key.h"
#include "tests/storage/raw_rows.h"
#include "tests/storage/store_fixture.h"

#include <gtest/gtest.h>

#include <future>
#include <string>

namespace sightingd {
namespace {

using namespace sightingd::test;

std::string bytes_of_hex(std::string_view hex) {
  std::string bytes(hex.size() / 2, '\0');
  read_hex(hex, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  return bytes;
}

TEST(SigningKeyTest, HasThePublicKeyThatItsSeedGives) {
  // RFC 8032, section 7.1, test 1.
  const std::string seed =
      bytes_of_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");

  const SigningKey key(*SecretKey::of(seed));

  EXPECT_EQ(key.public_key().hex(),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  EXPECT_EQ(PublicKey::of_hex(key.public_key().hex()), key.public_key());
  EXPECT_FALSE(PublicKey::of_hex("d75a"));
}

TEST(SigningKeyTest, SignsWhatOnlyItsPublicKeyConfirms) {
  const SigningKey key(SecretKey::random());
  const SigningKey other(SecretKey::random());

  const std::string signature = key.sign("receipt", "message");

  EXPECT_TRUE(is_signed(key.public_key(), "receipt", "message", signature));
  EXPECT_FALSE(is_signed(other.public_key(), "receipt", "message", signature));
  EXPECT_FALSE(is_signed(key.public_key(), "receipt", "massage", signature));
  EXPECT_FALSE(is_signed(key.public_key(), "checkpoint", "message", signature));
  EXPECT_FALSE(is_signed(key.public_key(), "receipt", "message", signature.substr(1)));
  EXPECT_FALSE(is_signed(key.public_key(), "receipt", "message", ""));
}

class StoresSigningKeyTest : public StoreTest {
 protected:
  PublicKey public_key() const { return store->signing_key().public_key(); }

  void settle() const {
    while (store->statistics().is_being_sealed) {
      std::promise<void> answered;
      store->ping([&] { answered.set_value(); });
      answered.get_future().wait();
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Sealing, StoresSigningKeyTest,
                         ::testing::Values(Sealing::Clear, Sealing::Sealed),
                         [](const auto& sealing) {
                           return sealing.param == Sealing::Clear ? "Clear" : "Sealed";
                         });

TEST_P(StoresSigningKeyTest, IsMadeOnce) {
  const PublicKey made = public_key();

  reopen();

  EXPECT_EQ(public_key(), made);
}

TEST_P(StoresSigningKeyTest, IsAnotherInAnotherStore) {
  const TemporaryDirectory other;

  EXPECT_NE(open(other.path()).value()->signing_key().public_key(), public_key());
}

TEST_P(StoresSigningKeyTest, LiesInClearOnlyWhereTheStoreDoes) {
  store.reset();

  const std::string row = raw_rows(directory.path(), "default").at("signing-key");

  const auto seed = row.size() > 33 ? SecretKey::of(row.substr(1, 32)) : std::nullopt;
  reopen();
  ASSERT_TRUE(seed);
  EXPECT_EQ(SigningKey(*seed).public_key() == public_key(), !is_sealed());
}

TEST_P(StoresSigningKeyTest, StaysWhenTheStoreIsGivenAKeyOrAnother) {
  const PublicKey made = public_key();
  if (is_sealed()) {
    ASSERT_TRUE(store->change_key(store_key('n')));
  } else {
    store.reset();
    store = Store::open({directory.path()}, store_key('n')).value();
  }
  settle();
  store.reset();

  store = Store::open({directory.path()}, store_key('n')).value();

  EXPECT_EQ(public_key(), made);
}

}  // namespace
}  // namespace sightingd
