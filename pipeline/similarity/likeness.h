#pragma once

#include "pipeline/similarity/pdq_fingerprint.h"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// When two pictures are the same one, also when somebody has mirrored, turned or framed it.
namespace sightingd {

/// What was done to a picture: perhaps mirrored (left and right change places), then turned
/// clockwise. The numbers are those of the store and of the examiner's protocol.
enum class Turn : std::uint8_t {
  None = 0,
  Rotated90 = 1,
  Rotated180 = 2,
  Rotated270 = 3,
  Mirrored = 4,
  MirroredRotated90 = 5,
  MirroredRotated180 = 6,
  MirroredRotated270 = 7,
};
inline constexpr std::array kTurns{
    Turn::None,     Turn::Rotated90,         Turn::Rotated180,         Turn::Rotated270,
    Turn::Mirrored, Turn::MirroredRotated90, Turn::MirroredRotated180, Turn::MirroredRotated270};

/// What makes one picture of another. The order is that of what is told first.
struct Transformation {
  bool framed = false;  ///< One has a border that the other has not, or has another.
  Turn turn = Turn::None;

  bool is_none() const { return *this == Transformation{}; }

  friend bool operator==(const Transformation&, const Transformation&) = default;
  friend auto operator<=>(const Transformation&, const Transformation&) = default;
};

/// "framed", "mirrored", "rotated-90", "rotated-180", "rotated-270", in this order and joined by
/// "+": "framed+mirrored+rotated-90". Nothing for none.
std::optional<std::string> to_text(Transformation transformation);

/// One of the hashes that a picture is looked up by: of the whole or of what is inside its border,
/// with `turn` undone.
struct PdqForm {
  PdqHash hash;
  Turn turn = Turn::None;
  bool is_inner = false;

  friend bool operator==(const PdqForm&, const PdqForm&) = default;
};

/// All of them, each turn at most once: of the whole, then of the inside, in the order of kTurns.
/// Hashes that are no good for matching are not among them. Each is judged by itself: a picture in
/// a wide frame may be found by what is inside alone; a flat one by nothing.
using PdqForms = std::vector<PdqForm>;

/// How a stored picture and one that was looked up are the same.
struct Likeness {
  int distance = 0;  ///< Bits.
  Transformation via;

  friend bool operator==(const Likeness&, const Likeness&) = default;
};

/// The hashes that a picture is found by.
struct PdqPair {
  std::optional<PdqHash> whole;
  std::optional<PdqHash> inner;

  friend bool operator==(const PdqPair&, const PdqPair&) = default;
};

/// What a picture is looked up by of which only the hashes are known: as it stands.
PdqForms upright_forms(const PdqPair& hashes);

/// How the stored picture is the asked one, with at most `radius` bits between them. As they
/// stand, if they are within kNearDistance then; else by what makes them nearest.
std::optional<Likeness> likeness(const PdqForms& asked, const PdqPair& stored, int radius);

/// Whether `a` is the one to tell, when two pictures are the same in two ways.
bool is_better(const Likeness& a, const Likeness& b);

}  // namespace sightingd
