#include "pipeline/similarity/likeness.h"

#include <string_view>
#include <tuple>

namespace sightingd {
namespace {

void append(std::string& text, std::string_view part) {
  text += text.empty() ? "" : "+";
  text += part;
}

bool is_mirrored(Turn turn) { return turn >= Turn::Mirrored; }

// Clockwise, in quarters.
int quarters(Turn turn) { return static_cast<int>(turn) % 4; }

}  // namespace

std::optional<std::string> to_text(Transformation transformation) {
  if (transformation.is_none()) {
    return std::nullopt;
  }
  std::string text;
  if (transformation.framed) {
    append(text, "framed");
  }
  if (is_mirrored(transformation.turn)) {
    append(text, "mirrored");
  }
  if (const int turned = quarters(transformation.turn); turned != 0) {
    append(text, "rotated-" + std::to_string(turned * 90));
  }
  return text;
}

PdqForms upright_forms(const PdqPair& hashes) {
  PdqForms forms;
  if (hashes.whole) {
    forms.push_back({.hash = *hashes.whole});
  }
  if (hashes.inner) {
    forms.push_back({.hash = *hashes.inner, .is_inner = true});
  }
  return forms;
}

std::optional<Likeness> likeness(const PdqForms& asked, const PdqPair& stored, int radius) {
  std::optional<Likeness> best;
  const auto compare = [&](const PdqForm& form, const std::optional<PdqHash>& hash, bool inner) {
    if (!hash) {
      return;
    }
    const Likeness found{distance(form.hash, *hash), {form.is_inner || inner, form.turn}};
    if (found.distance <= radius && (!best || is_better(found, *best))) {
      best = found;
    }
  };
  for (const PdqForm& form : asked) {
    compare(form, stored.whole, false);
    compare(form, stored.inner, true);
  }
  return best;
}

bool is_better(const Likeness& a, const Likeness& b) {
  const auto rank = [](const Likeness& likeness) {
    const bool is_plain = likeness.via.is_none() && likeness.distance <= kNearDistance;
    return std::tuple(!is_plain, likeness.distance, likeness.via);
  };
  return rank(a) < rank(b);
}

}  // namespace sightingd
