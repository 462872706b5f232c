// The real program, in its sandbox, with drawn pictures.
#include "examiner/warm_up.h"
#include "tests/examiner/pool_fixture.h"
#include "tests/support/pictures.h"

namespace sightingd {
namespace {

using namespace test;

class SightingExaminerTest : public PoolFixture {
 protected:
  Result<void> start() { return PoolFixture::start(SIGHTING_EXAMINER); }

  Photo photo_of(std::string_view bytes) {
    const auto result = answer_to(bytes);
    EXPECT_TRUE(result && std::holds_alternative<ExaminedImage>(*result));
    const auto* image = result ? std::get_if<ExaminedImage>(&*result) : nullptr;
    return image != nullptr ? image->photo : Photo();
  }
};

Extras camera_extras() {
  CameraExif camera;
  camera.latitude = 22.2167;
  camera.longitude = 113.55;
  camera.taken = "2026:01:31 18:22:10";
  Extras extras;
  extras.exif = exif_block(camera);
  extras.xmp = xmp_packet_at(22.2167, 113.55);
  return extras;
}

TEST_F(SightingExaminerTest, ExaminesEveryKindOfPictureWithinItsSandbox) {
  ASSERT_TRUE(start());
  const Picture scene = draw_scene(1);

  EXPECT_EQ(photo_of(encode_jpeg(scene, camera_extras())).kind, ImageKind::Jpeg);
  EXPECT_EQ(photo_of(encode_png(scene, camera_extras())).kind, ImageKind::Png);
  EXPECT_EQ(photo_of(encode_webp(scene, camera_extras())).kind, ImageKind::WebP);
  EXPECT_EQ(photo_of(encode_gif({scene, draw_scene(2)})).kind, ImageKind::Gif);
  EXPECT_EQ(restarts(), 0U);
}

TEST_F(SightingExaminerTest, BringsBackWhereThePictureWasTaken) {
  ASSERT_TRUE(start());

  const Photo photo = photo_of(encode_jpeg(draw_scene(1), camera_extras()));

  ASSERT_TRUE(photo.location);
  EXPECT_NEAR(photo.location->latitude, 22.2167, 0.0001);
  EXPECT_NEAR(photo.location->longitude, 113.55, 0.0001);
}

TEST_F(SightingExaminerTest, TellsWhatIsNoPicture) {
  ASSERT_TRUE(start());

  EXPECT_EQ(answer_to("<html>").value(), Examination(NotAnImage{}));
  EXPECT_EQ(answer_to("").value(), Examination(NotAnImage{}));
  EXPECT_EQ(restarts(), 0U);
}

TEST_F(SightingExaminerTest, ExaminesAPictureThatIsTooLargeToShareTheMemory) {
  ASSERT_TRUE(start());

  const Photo photo = photo_of(encode_jpeg(draw_flat(5'000, 4'100)));

  EXPECT_EQ(photo.width, 5'000U);
  EXPECT_EQ(photo.height, 4'100U);
}

TEST_F(SightingExaminerTest, SurvivesPicturesCutAnywhere) {
  ASSERT_TRUE(start());
  const std::string whole = encode_jpeg(draw_scene(1), camera_extras());

  for (std::size_t size = 0; size < whole.size(); size += 997) {
    EXPECT_TRUE(answer_to(std::string_view(whole).substr(0, size))) << size;
  }

  EXPECT_EQ(restarts(), 0U);
}

// Whether this build reads pictures of that kind: two may be left out.
bool is_read(std::string_view picture) {
  const bool is_heif = picture.substr(4, 4) == "ftyp";
  const bool is_tiff = picture.substr(0, 3) == "II*" || picture.substr(0, 2) == "MM";
  return (READS_HEIF || !is_heif) && (READS_TIFF || !is_tiff);
}

TEST_F(SightingExaminerTest, CanExamineWhatItIsWarmedUpWith) {
  ASSERT_TRUE(start());

  for (const std::string_view picture : warm_up_pictures()) {
    const auto result = answer_to(picture);
    ASSERT_TRUE(result);
    EXPECT_EQ(std::holds_alternative<ExaminedImage>(*result), is_read(picture));
  }
}

}  // namespace
}  // namespace sightingd
