#include "examiner/protocol.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace sightingd {
namespace {

const ImageLimits kLimits{.max_pixels = 1'000'000, .max_frames = 10};

// Forms as an examiner sends them, with hashes that differ.
void add_forms(PdqForms& forms, const PdqHash& upright, bool is_inner) {
  for (const Turn turn : kTurns) {
    PdqHash hash = upright;
    hash.words[0] += static_cast<std::uint64_t>(turn);
    forms.push_back({hash, turn, is_inner});
  }
}

ExaminedImage full_image() {
  ExaminedImage image;
  image.stripped = "stripped bytes";
  Photo& photo = image.photo;
  photo.kind = ImageKind::WebP;
  photo.bytes = image.stripped.size();
  photo.width = 1'000;
  photo.height = 1'000;
  photo.pdq.hash.words = {1, 2, 3, ~std::uint64_t{0}};
  photo.pdq.quality = 100;
  photo.pdq.is_stable = true;
  photo.inner_pdq = PdqFingerprint{{{7, 8, 9, 10}}, 60, true};
  add_forms(image.forms, photo.pdq.hash, false);
  add_forms(image.forms, photo.inner_pdq->hash, true);
  photo.location = Location{.latitude = -22.5,
                            .longitude = 113.55,
                            .accuracy_m = 12,
                            .altitude_m = -3.25,
                            .origin = LocationOrigin::Xmp,
                            .raw = RawLocation{"GCJ-02", -22.4, 113.56}};
  photo.captured_at = "2026-01-31T18:22:10.120+08:00";
  photo.provenance = "c2pa";
  return image;
}

// Writes a verdict and reads it as the daemon does.
Result<Examination> passed_on(const Examination& examination, const ImageLimits& limits = kLimits) {
  const std::string message = write_verdict(examination);
  const std::string_view facts = std::string_view(message).substr(kHeaderSize);
  const auto* image = std::get_if<ExaminedImage>(&examination);
  const auto size =
      read_header(std::string_view(message).substr(0, kHeaderSize), MessageType::Verdict, 1'000);
  EXPECT_TRUE(size);
  EXPECT_EQ(size->facts, facts.size());
  EXPECT_EQ(size->picture, image != nullptr ? image->stripped.size() : 0);
  auto passed = read_verdict(facts, size->picture, limits);
  if (auto* read = passed ? std::get_if<ExaminedImage>(&*passed) : nullptr) {
    EXPECT_EQ(read->stripped, "");
    read->stripped = image->stripped;
  }
  return passed;
}

TEST(ExaminerProtocolTest, PassesEveryFieldOfAnImage) {
  const auto read = passed_on(full_image());

  ASSERT_TRUE(read);
  EXPECT_EQ(*read, Examination(full_image()));
}

TEST(ExaminerProtocolTest, PassesNoFormsOfWhatCannotBeMatched) {
  ExaminedImage flat = full_image();
  flat.photo.pdq.quality = 10;
  flat.forms.erase(flat.forms.begin(), flat.forms.begin() + kTurns.size());
  ExaminedImage nothing = flat;
  nothing.photo.inner_pdq->is_stable = false;
  nothing.forms.clear();

  EXPECT_EQ(passed_on(flat).value(), Examination(flat));
  EXPECT_EQ(passed_on(nothing).value(), Examination(nothing));
}

ExaminedImage image_of_a_named_place() {
  ExaminedImage image = full_image();
  image.photo.location = Location{.origin = LocationOrigin::Iptc, .place = "深圳, 中国"};
  return image;
}

TEST(ExaminerProtocolTest, PassesAPlaceNameWhereThereAreNoCoordinates) {
  const auto read = passed_on(image_of_a_named_place());

  ASSERT_TRUE(read);
  EXPECT_EQ(*read, Examination(image_of_a_named_place()));
}

TEST(ExaminerProtocolTest, PassesTheLongestPlaceName) {
  ExaminedImage image = image_of_a_named_place();
  image.photo.location->place = std::string(255, 'a');

  const auto read = passed_on(image);

  ASSERT_TRUE(read);
  EXPECT_EQ(*read, Examination(image));
}

TEST(ExaminerProtocolTest, PassesAnImageOfWhichLittleIsKnown) {
  ExaminedImage image;
  image.stripped = "x";
  image.photo.bytes = 1;
  image.photo.width = 1;
  image.photo.height = 1;

  EXPECT_EQ(passed_on(image).value(), Examination(image));
}

TEST(ExaminerProtocolTest, PassesWhyThereIsNoImage) {
  EXPECT_EQ(passed_on(RejectReason::Unstrippable).value(), Examination(RejectReason::Unstrippable));
  EXPECT_EQ(passed_on(NotAnImage{}).value(), Examination(NotAnImage{}));
}

TEST(ExaminerProtocolTest, LetsTheExaminerSayOnlyWhatIsItsToSay) {
  EXPECT_FALSE(passed_on(RejectReason::Crashed));
  EXPECT_FALSE(passed_on(RejectReason::Timeout));
  EXPECT_FALSE(passed_on(RejectReason::TooLarge));
  EXPECT_FALSE(passed_on(static_cast<RejectReason>(0)));
  EXPECT_FALSE(passed_on(static_cast<RejectReason>(77)));
}

TEST(ExaminerProtocolTest, PassesSetupReadyAndPicture) {
  SandboxLayers layers;
  layers.add(SandboxLayer::Seccomp);
  layers.add(SandboxLayer::Namespaces);

  EXPECT_EQ(read_setup(write_setup({.memory = 1U << 30U}).substr(kHeaderSize)).value(),
            sightingd::Setup{.memory = 1U << 30U});
  EXPECT_EQ(read_ready(write_ready({.layers = layers}).substr(kHeaderSize)).value(),
            Ready{.layers = layers});
  const auto limits = read_picture(write_picture(kLimits, 99).substr(kHeaderSize));
  ASSERT_TRUE(limits);
  EXPECT_EQ(limits->max_pixels, kLimits.max_pixels);
  EXPECT_EQ(limits->max_frames, kLimits.max_frames);
}

TEST(ExaminerProtocolTest, NamesLayersThatHoldAndThoseThatLack) {
  SandboxLayers layers;
  layers.add(SandboxLayer::Seccomp);
  layers.add(SandboxLayer::NoNewPrivileges);

  EXPECT_EQ(layers.names(), (std::vector<std::string>{"no-new-privileges", "seccomp"}));
  EXPECT_EQ(layers.missing(), (std::vector<std::string>{"resource-limits", "landlock"}));
}

TEST(ExaminerProtocolTest, RefusesALayerThatDoesNotExist) {
  EXPECT_FALSE(read_ready(std::string_view("\xff\0\0\0", 4)));
}

TEST(ExaminerProtocolTest, RefusesALengthBeyondTheLimit) {
  const std::string picture = write_picture(kLimits, 101);
  const auto header = std::string_view(picture).substr(0, kHeaderSize);

  EXPECT_TRUE(read_header(header, MessageType::Picture, 101));
  EXPECT_EQ(read_header(header, MessageType::Picture, 100).error().code, ErrorCode::TooLarge);
}

TEST(ExaminerProtocolTest, RefusesMoreFactsThanThereCanBe) {
  std::string header = write_picture(kLimits, 0).substr(0, kHeaderSize);
  header[9] = '\x7f';

  EXPECT_EQ(read_header(header, MessageType::Picture, 100).error().code, ErrorCode::TooLarge);
}

TEST(ExaminerProtocolTest, RefusesAnotherMessageVersionOrLength) {
  const std::string header = write_setup({}).substr(0, kHeaderSize);
  std::string other_version = header;
  ++other_version[4];
  std::string other_magic = header;
  other_magic[0] = 'S';

  EXPECT_TRUE(read_header(header, MessageType::Setup, 0));
  EXPECT_FALSE(read_header(header, MessageType::Verdict, 0));
  EXPECT_FALSE(read_header(other_version, MessageType::Setup, 0));
  EXPECT_FALSE(read_header(other_magic, MessageType::Setup, 0));
  EXPECT_FALSE(read_header(header + "x", MessageType::Setup, 0));
  EXPECT_FALSE(read_header(header.substr(1), MessageType::Setup, 0));
}

TEST(ExaminerProtocolTest, RefusesFactsCutOrContinuedAnywhere) {
  const std::string facts = write_verdict(full_image()).substr(kHeaderSize);

  for (std::size_t size = 0; size < facts.size(); ++size) {
    EXPECT_FALSE(read_verdict(facts.substr(0, size), full_image().stripped.size(), kLimits))
        << size;
  }
  EXPECT_FALSE(read_verdict(facts + '\0', full_image().stripped.size(), kLimits));
}

TEST(ExaminerProtocolTest, RefusesBytesWithoutAnImage) {
  const std::string facts = write_verdict(NotAnImage{}).substr(kHeaderSize);

  EXPECT_FALSE(read_verdict(facts, 8, kLimits));
}

struct Lie {
  const char* name;
  std::function<void(ExaminedImage&)> tell;
};

class LieTest : public testing::TestWithParam<Lie> {};

TEST_P(LieTest, IsNotBelieved) {
  ExaminedImage image = full_image();
  GetParam().tell(image);

  EXPECT_FALSE(passed_on(image));
}

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

INSTANTIATE_TEST_SUITE_P(
    Of, LieTest,
    testing::Values(
        Lie{"NoWidth", [](auto& image) { image.photo.width = 0; }},
        Lie{"NoHeight", [](auto& image) { image.photo.height = 0; }},
        Lie{"MorePixelsThanAllowed", [](auto& image) { image.photo.width = 1'001; }},
        Lie{"PixelsThatOverflow32Bits",
            [](auto& image) { image.photo.width = image.photo.height = 0x10000; }},
        Lie{"UnknownKind", [](auto& image) { image.photo.kind = ImageKind{9}; }},
        Lie{"NoKind", [](auto& image) { image.photo.kind = ImageKind{0}; }},
        Lie{"AnotherSize", [](auto& image) { ++image.photo.bytes; }},
        Lie{"NoBytes",
            [](auto& image) {
              image.stripped.clear();
              image.photo.bytes = 0;
            }},
        Lie{"Quality", [](auto& image) { image.photo.pdq.quality = 101; }},
        Lie{"QualityOfTheInside", [](auto& image) { image.photo.inner_pdq->quality = 101; }},
        Lie{"TooFewForms", [](auto& image) { image.forms.pop_back(); }},
        Lie{"TooManyForms", [](auto& image) { image.forms.push_back(image.forms.back()); }},
        Lie{"LatitudeBeyondThePole", [](auto& image) { image.photo.location->latitude = 90.01; }},
        Lie{"LatitudeNotANumber",
            [](auto& image) { image.photo.location->latitude = kNotANumber; }},
        Lie{"LongitudeBeyondTheDateLine",
            [](auto& image) { image.photo.location->longitude = -180.5; }},
        Lie{"LongitudeInfinite", [](auto& image) { image.photo.location->longitude = kInfinity; }},
        Lie{"AccuracyNegative", [](auto& image) { image.photo.location->accuracy_m = -1; }},
        Lie{"AccuracyNotANumber",
            [](auto& image) { image.photo.location->accuracy_m = kNotANumber; }},
        Lie{"AltitudeInfinite", [](auto& image) { image.photo.location->altitude_m = -kInfinity; }},
        Lie{"LocationOfThePost",
            [](auto& image) { image.photo.location->origin = LocationOrigin::Post; }},
        Lie{"UnknownOrigin", [](auto& image) { image.photo.location->origin = LocationOrigin{0}; }},
        Lie{"NoDatum", [](auto& image) { image.photo.location->raw->datum = ""; }},
        Lie{"DatumWithMarkup", [](auto& image) { image.photo.location->raw->datum = "<b>"; }},
        Lie{"LongDatum",
            [](auto& image) { image.photo.location->raw->datum = std::string(17, 'D'); }},
        Lie{"RawLatitude", [](auto& image) { image.photo.location->raw->latitude = 91; }},
        Lie{"PlaceThatIsNotUtf8", [](auto& image) { image.photo.location->place = "a\xff"; }},
        Lie{"PlaceWithAControlCharacter",
            [](auto& image) { image.photo.location->place = "\x1b[31m"; }},
        Lie{"PlaceFromExif",
            [](auto& image) {
              image.photo.location->place = "Z";
              image.photo.location->origin = LocationOrigin::Exif;
            }},
        Lie{"PlaceFromThePost",
            [](auto& image) {
              image.photo.location->place = "Z";
              image.photo.location->origin = LocationOrigin::Post;
            }},
        Lie{"CaptureTimeOfWords", [](auto& image) { image.photo.captured_at = "yesterday"; }},
        Lie{"CaptureTimeWithoutFraction",
            [](auto& image) { image.photo.captured_at = "2026-01-31T18:22:10."; }},
        Lie{"CaptureTimeWithTail",
            [](auto& image) { image.photo.captured_at = "2026-01-31T18:22:10Zx"; }},
        Lie{"LongCaptureTime",
            [](auto& image) {
              image.photo.captured_at = "2026-01-31T18:22:10." + std::string(30, '0');
            }},
        Lie{"ProvenanceWithQuotes", [](auto& image) { image.photo.provenance = "\"c2pa\""; }}),
    [](const auto& test) { return test.param.name; });

TEST(ExaminerProtocolTest, AcceptsEveryFormOfCaptureTime) {
  for (const char* time : {"2026-01-31T18:22:10", "2026-01-31T18:22:10Z", "2026-01-31T18:22:10.5",
                           "2026-01-31T18:22:10-05:00", "2026-01-31T18:22:10.123456+08:00"}) {
    ExaminedImage image = full_image();
    image.photo.captured_at = time;

    EXPECT_TRUE(passed_on(image)) << time;
  }
}

TEST(ExaminerProtocolTest, CertifiesWithTheDigestsOfTheBytesThemselves) {
  ExaminedImage image = full_image();

  certify(image, sha256("what was received"), sha256("what was left of it"));

  EXPECT_EQ(image.photo.received_sha256, sha256("what was received"));
  EXPECT_EQ(image.photo.id, photo_id(sha256("what was received")));
  EXPECT_EQ(image.photo.stored_sha256, sha256("what was left of it"));
}

}  // namespace
}  // namespace sightingd
