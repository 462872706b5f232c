#include "daemon/api/sighting_json.h"
#include "daemon/api/feed_json.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace sightingd {
namespace {

TimePoint at(const char* text) { return *parse_rfc3339(text); }

Photo photo_of_macau() {
  Photo photo;
  photo.received_sha256 = sha256("received");
  photo.stored_sha256 = sha256("stored");
  photo.id = photo_id(photo.received_sha256);
  photo.bytes = 213411;
  photo.width = 1280;
  photo.height = 960;
  photo.pdq.quality = 100;
  photo.captured_at = "2026-01-31T18:22:10+08:00";
  Location location;
  location.latitude = 22.2167;
  location.longitude = 113.55;
  location.accuracy_m = 12.0;
  photo.location = location;
  return photo;
}

SightingView sighting_without_images() {
  SightingView view;
  Sighting& sighting = view.sighting;
  sighting.id = sighting_id("https://example.org/1");
  sighting.first_seen_at = at("2026-02-01T10:00:03.12Z");
  sighting.source = "mastodon-social";
  sighting.network = "mastodon";
  sighting.watches = {"begging-children"};
  sighting.version = 1;
  sighting.post.ref.uri = "https://example.org/1";
  sighting.post.url = "https://example.org/@user1/1";
  sighting.post.id = "1159";
  sighting.post.author = "user1@example.org";
  sighting.post.author_uri = "https://example.org/users/user1";
  sighting.post.posted_at = at("2026-02-01T10:00:00Z");
  sighting.post.language = "zh";
  sighting.post.text = "看见\n\"她\"";
  sighting.post.hashtags = {"随手拍"};
  return view;
}

SightingImageView stored_image(int index, const Photo& photo) {
  SightingImageView view;
  view.image.index = index;
  view.image.status = ImageStatus::Stored;
  view.image.photo = photo.id;
  view.photo = photo;
  return view;
}

std::string json_of(const SightingView& view) {
  std::string out;
  append_sighting(view, out);
  return out;
}

TEST(SightingJsonTest, WritesEveryMemberInTheOrderOfTheContract) {
  SightingView view = sighting_without_images();
  view.images.push_back(stored_image(0, photo_of_macau()));
  const DuplicateLink link{
      photo_id(sha256("other")), false, {6, {true, Turn::Mirrored}}, sighting_id("other")};
  view.images[0].duplicate = link;
  FeedEvent event;
  event.cursor = "0001000000000000002a";
  event.id = view.sighting.id;
  event.sighting = view;
  std::string line;

  append_feed_event(event, line);

  const Photo photo = photo_of_macau();
  const std::string zeros(64, '0');
  const std::string location =
      R"("latitude":22.2167,"longitude":113.55,"accuracy_m":12.0,"altitude_m":null,)"
      R"("origin":"exif","datum":"WGS-84","raw":null,"place":null)";
  EXPECT_EQ(line,
            R"({"cursor":"0001000000000000002a","event":"sighting","version":1,"id":")" +
                std::string(view.sighting.id.text()) +
                R"(","first_seen_at":"2026-02-01T10:00:03.120Z","source":"mastodon-social",)"
                R"("network":"mastodon","watches":["begging-children"],)"
                R"("post":{"uri":"https://example.org/1","url":"https://example.org/@user1/1",)"
                R"("id":"1159","author":"user1@example.org",)"
                R"("author_uri":"https://example.org/users/user1",)"
                R"("posted_at":"2026-02-01T10:00:00.000Z","edited_at":null,"language":"zh",)"
                R"("text":"看见\n\"她\"","hashtags":["随手拍"],"sensitive":false,"reply_to":null},)"
                R"("images":[{"photo":")" +
                std::string(photo.id.text()) +
                R"(","index":0,"status":"stored","reason":null,"received_sha256":")" +
                to_hex(photo.received_sha256) + R"(","stored_sha256":")" +
                to_hex(photo.stored_sha256) +
                R"(","mime":"image/jpeg","bytes":213411,"width":1280,"height":960,"alt":null,)"
                R"("pdq":")" +
                zeros + R"(","pdq_quality":100,"duplicate":{"of":")" + std::string(link.of.text()) +
                R"(","kind":"near","distance":6,"via":"framed+mirrored","first_sighting":")" +
                std::string(link.first_sighting.text()) +
                R"("},"captured_at":"2026-01-31T18:22:10+08:00","provenance":null,"location":{)" +
                location + R"(}}],"location":{)" + location + R"(,"image":0}})" + "\n");
}

TEST(SightingJsonTest, WritesAnErasedSightingWithItsReasonAlone) {
  FeedEvent event;
  event.cursor = "00010000000000000001";
  event.kind = FeedEvent::Kind::SightingErased;
  event.id = sighting_id("https://example.org/1");
  event.reason = EraseReason::UpstreamDeleted;
  std::string line;

  append_feed_event(event, line);

  EXPECT_EQ(line, R"({"cursor":"00010000000000000001","event":"sighting_erased","id":")" +
                      std::string(event.id.text()) + R"(","reason":"upstream_deleted"})" + "\n");
}

TEST(SightingJsonTest, WritesNullsForAPictureThatIsPending) {
  SightingView view = sighting_without_images();
  view.images.emplace_back();
  view.images[0].image.index = 0;
  view.images[0].image.alt = "a street";

  const std::string json = json_of(view);

  EXPECT_NE(
      json.find(
          R"("images":[{"photo":null,"index":0,"status":"pending","reason":null,)"
          R"("received_sha256":null,"stored_sha256":null,"mime":null,"bytes":null,"width":null,)"
          R"("height":null,"alt":"a street","pdq":null,"pdq_quality":null,"duplicate":null,)"
          R"("captured_at":null,"provenance":null,"location":null}],"location":null})"),
      std::string::npos)
      << json;
}

TEST(SightingJsonTest, NamesWhyAPictureWasRejected) {
  SightingView view = sighting_without_images();
  view.images.emplace_back();
  view.images[0].image.status = ImageStatus::Rejected;
  view.images[0].image.reject_reason = RejectReason::TooManyPixels;

  EXPECT_NE(json_of(view).find(R"("status":"rejected","reason":"too_many_pixels")"),
            std::string::npos);
}

TEST(SightingJsonTest, ShowsNothingOfARefusedPicture) {
  SightingView view = sighting_without_images();
  view.images.push_back(stored_image(0, photo_of_macau()));
  view.images[0].image.status = ImageStatus::Refused;
  view.images[0].image.alt = "a street";

  const std::string json = json_of(view);

  EXPECT_EQ(json.find("street"), std::string::npos);
  EXPECT_EQ(json.find("latitude"), std::string::npos);
  EXPECT_EQ(json.find("ph_"), std::string::npos);
}

TEST(SightingJsonTest, TakesTheLocationOfTheFirstImageThatHasOne) {
  Photo nowhere = photo_of_macau();
  nowhere.location.reset();
  Photo converted = photo_of_macau();
  converted.location->raw = RawLocation{"GCJ-02", 22.5, 113.25};
  SightingView view = sighting_without_images();
  view.images = {stored_image(0, nowhere), stored_image(1, converted),
                 stored_image(2, photo_of_macau())};

  EXPECT_NE(json_of(view).find(R"("raw":{"datum":"GCJ-02","latitude":22.5,"longitude":113.25},)"
                               R"("place":null,"image":1}})"),
            std::string::npos);
}

TEST(SightingJsonTest, SaysWgs84OnlyOfCoordinatesThatAre) {
  const auto datum_of = [](std::string name) {
    Photo photo = photo_of_macau();
    photo.location->raw = RawLocation{std::move(name), 22.5, 113.25};
    SightingView view = sighting_without_images();
    view.images.push_back(stored_image(0, photo));
    const std::string json = json_of(view);
    const std::size_t at = json.find(R"("origin":"exif","datum":)");
    return json.substr(at + 24, json.find(',', at + 24) - at - 24);
  };

  EXPECT_EQ(datum_of("GCJ-02"), R"("WGS-84")");
  EXPECT_EQ(datum_of("TOKYO"), R"("WGS-84")");
  EXPECT_EQ(datum_of("NAD-27"), "null");
  EXPECT_EQ(datum_of("unknown"), "null");
}

Photo photo_of_a_named_place() {
  Photo photo = photo_of_macau();
  photo.location = Location{.origin = LocationOrigin::Iptc, .place = "深圳, 中国"};
  return photo;
}

TEST(SightingJsonTest, WritesAPlaceNameWithoutCoordinates) {
  SightingView view = sighting_without_images();
  view.images.push_back(stored_image(0, photo_of_a_named_place()));

  const std::string location =
      R"("location":{"latitude":null,"longitude":null,"accuracy_m":null,"altitude_m":null,)"
      R"("origin":"iptc","datum":null,"raw":null,"place":"深圳, 中国")";
  const std::string json = json_of(view);
  EXPECT_NE(json.find(location + "}"), std::string::npos) << json;
  EXPECT_NE(json.find(location + R"(,"image":0})"), std::string::npos) << json;
}

TEST(SightingJsonTest, TakesALaterImagesCoordinatesBeforeAPlaceName) {
  SightingView view = sighting_without_images();
  view.images = {stored_image(0, photo_of_a_named_place()), stored_image(1, photo_of_macau())};

  EXPECT_NE(json_of(view).find(R"("place":null,"image":1}})"), std::string::npos);
}

TEST(SightingJsonTest, WritesANumberThatJsonCannotSayAsNull) {
  Photo photo = photo_of_macau();
  photo.location->altitude_m = std::numeric_limits<double>::quiet_NaN();
  SightingView view = sighting_without_images();
  view.images.push_back(stored_image(0, photo));

  EXPECT_NE(json_of(view).find(R"("altitude_m":null)"), std::string::npos);
}

TEST(InspectedJsonTest, StartsWithTheFile) {
  ExaminedImage image;
  image.photo = photo_of_macau();
  std::string out;

  append_inspected(image, "street.jpg", out);

  EXPECT_EQ(out.find(R"({"file":"street.jpg","photo":"ph_)"), 0U) << out;
  EXPECT_NE(out.find(R"("status":"stored")"), std::string::npos);
  EXPECT_NE(out.find(R"("latitude":22.2167)"), std::string::npos);
}

TEST(InspectedJsonTest, TellsWhatIsNoImageFromWhatIsRejected) {
  std::string out;

  append_inspected(RejectReason::Malformed, "a", out);
  append_inspected(NotAnImage{}, "b", out);

  EXPECT_NE(
      out.find(R"({"file":"a","photo":null,"index":0,"status":"rejected","reason":"malformed")"),
      std::string::npos);
  EXPECT_NE(
      out.find(
          R"({"file":"b","photo":null,"index":0,"status":"unavailable","reason":"not_an_image")"),
      std::string::npos);
}

}  // namespace
}  // namespace sightingd
