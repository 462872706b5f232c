#pragma once

#include "pipeline/draft.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

/// What goes when something is erased.
namespace sightingd {

/// One stored picture of a sighting.
struct ShownPicture {
  std::size_t image = 0;  ///< Its place among the sighting's images.
  PhotoId photo;
  ImageTrace trace;
};

/// The stored pictures of `sighting`, oldest showing first.
std::vector<ShownPicture> stored_pictures(const KnownSighting& sighting);

/// Whether it is kept at this time against its age and its deletion upstream.
bool is_held(const KnownSighting& sighting, TimePoint at);

/// So many sightings of `stored` may be erased at once without being confirmed: a twentieth, and a
/// few.
constexpr std::uint64_t erased_unconfirmed(std::uint64_t stored) { return stored / 20 + 20; }

/// Makes `image` of `now` one of which nothing is kept.
void refuse_image(KnownSighting& now, std::size_t image);

/// The bytes of `image` of `now`, which is stored, are lost: it is pending again, if it is known
/// where it was, from `due` on; else it is unavailable.
void lose_picture(KnownSighting& now, std::size_t image, TimePoint due);

/// Makes decisions about facts by which something goes for good.
class Erasing {
 public:
  /// Both must outlive this.
  Erasing(Draft& draft, Decision& decision) : draft_(draft), decision_(decision) {}

  /// Makes a living sighting go, with all that only it held.
  void erase(Draft::Entry& entry, EraseReason reason);
  /// Makes a sighting that needs pictures go if it is left with refused ones only, unless it is
  /// held.
  void erase_if_bare(Draft::Entry& entry, bool despite_hold, TimePoint at);
  /// The erasure ledger is to know this, which is a LedgerNote.
  template <typename Note>
  void note(Note note, TimePoint at) {
    decision_.notes.emplace_back(std::move(note));
    decision_.noted_at = at;
  }

  void operator()(const EraseSightings& asked);
  void operator()(const ErasePicture& asked);
  void operator()(const LosePhoto& asked);
  void operator()(const RefuseAuthor& asked);
  void operator()(const WithdrawRefusal& asked);
  void operator()(const NoteAge& asked);
  void operator()(const HoldSighting& asked);
  void operator()(const LedgerDone& done);
  void operator()(const BeginDay& asked);

 private:
  void fetch_again(const Showing& showing, std::uint64_t photo, TimePoint due);
  void note_picture(RefusedPicture picture, const ErasePicture& asked);
  void erase_photo(std::uint64_t ordinal, const ErasePicture& asked);
  void refuse_showing(const Showing& showing, std::uint64_t photo, const ErasePicture& asked);
  bool is_kept(const Draft::Entry& entry, bool despite_hold, TimePoint at);

  Draft& draft_;
  Decision& decision_;
};

}  // namespace sightingd
