#include "examiner/protocol.h"

#include "pipeline/geo/place_name.h"

#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <optional>
#include <utility>

namespace sightingd {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "sgex"sv;
constexpr std::uint8_t kVersion = 5;

constexpr std::array kLayers = {SandboxLayer::NoNewPrivileges, SandboxLayer::ResourceLimits,
                                SandboxLayer::Landlock, SandboxLayer::Seccomp,
                                SandboxLayer::Namespaces};

enum class VerdictKind : std::uint8_t { Image = 1, Rejected = 2, NotAnImage = 3 };

// Bounds of what a well-behaved examiner can say. Texts are names from short closed sets.
constexpr std::size_t kMaxNameSize = 16;
constexpr std::size_t kMaxCaptureTimeSize = 40;
constexpr double kMaxAccuracy = 50'000'000;  // Metres: more than the circumference of the earth.
constexpr double kMaxAltitude = 10'000'000;  // Metres: beyond any orbit of a camera.

Error malformed(std::string_view what) {
  return {.code = ErrorCode::Malformed,
          .message = "the examiner protocol: " + std::string(what),
          .reason = "protocol"};
}

class Writer {
 public:
  template <std::unsigned_integral T>
  void put(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      bytes_.push_back(static_cast<char>((value >> (8 * i)) & 0xFFU));
    }
  }
  void put(double value) { put(std::bit_cast<std::uint64_t>(value)); }
  void put(bool value) { put(static_cast<std::uint8_t>(value)); }
  void put_bytes(std::string_view bytes) { bytes_.append(bytes); }
  void put_text(std::string_view text) {
    put(static_cast<std::uint8_t>(text.size()));
    put_bytes(text);
  }
  template <typename T>
  void put_optional(const std::optional<T>& value) {
    put(value.has_value());
    if (value) {
      put(*value);
    }
  }

  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// After the first failure every further value is zero, and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <std::unsigned_integral T>
  T get() {
    const std::string_view bytes = get_bytes(sizeof(T));
    T value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      value = static_cast<T>(
          value | static_cast<T>(static_cast<T>(static_cast<std::uint8_t>(bytes[i])) << (8 * i)));
    }
    return value;
  }
  double get_double() { return std::bit_cast<double>(get<std::uint64_t>()); }
  bool get_bool() {
    const auto value = get<std::uint8_t>();
    require(value <= 1);
    return value == 1;
  }
  std::string_view get_bytes(std::size_t size) {
    if (!ok_ || rest_.size() < size) {
      ok_ = false;
      return {};
    }
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }
  std::string get_text(std::size_t max_size) {
    const auto size = get<std::uint8_t>();
    require(size <= max_size);
    return std::string(get_bytes(size));
  }

  void require(bool holds) { ok_ = ok_ && holds; }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::string write_message(MessageType type, std::string facts, std::uint64_t picture) {
  Writer header;
  header.put_bytes(kMagic);
  header.put(kVersion);
  header.put(static_cast<std::uint8_t>(type));
  header.put(std::uint16_t{0});
  header.put(static_cast<std::uint32_t>(facts.size()));
  header.put(picture);
  return header.take() + facts;
}

bool is_degrees(double latitude, double longitude) {
  // Written so that NaN fails.
  return std::abs(latitude) <= 90 && std::abs(longitude) <= 180;
}

bool is_name(std::string_view text) {
  constexpr auto kNameCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"sv;
  return !text.empty() && text.find_first_not_of(kNameCharacters) == std::string_view::npos;
}

// Whether `text` has the shape of `pattern`, where '0' stands for any digit and '+' for
// either sign.
bool matches(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size()) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool fits = pattern[i] == '0'   ? text[i] >= '0' && text[i] <= '9'
                      : pattern[i] == '+' ? text[i] == '+' || text[i] == '-'
                                          : text[i] == pattern[i];
    if (!fits) {
      return false;
    }
  }
  return true;
}

// RFC 3339 local time, any fraction, offset optional.
bool is_capture_time(std::string_view text) {
  constexpr auto kSeconds = "0000-00-00T00:00:00"sv;
  if (!matches(text.substr(0, kSeconds.size()), kSeconds)) {
    return false;
  }
  std::string_view rest = text.substr(kSeconds.size());
  if (rest.starts_with('.')) {
    const std::size_t digits = rest.find_first_not_of("0123456789", 1);
    if (digits == 1 || rest.size() == 1) {
      return false;
    }
    rest.remove_prefix(std::min(digits, rest.size()));
  }
  return rest.empty() || rest == "Z" || matches(rest, "+00:00");
}

static_assert(kLongestPlaceName <= 0xFF, "put_text writes the size in one byte");

void put_location(Writer& writer, const Location& location) {
  writer.put_text(location.place.value_or(""));
  if (!location.has_coordinates()) {
    writer.put(static_cast<std::uint8_t>(location.origin));
    return;
  }
  writer.put(location.latitude);
  writer.put(location.longitude);
  writer.put_optional(location.accuracy_m);
  writer.put_optional(location.altitude_m);
  writer.put(static_cast<std::uint8_t>(location.origin));
  writer.put(location.raw.has_value());
  if (location.raw) {
    writer.put_text(location.raw->datum);
    writer.put(location.raw->latitude);
    writer.put(location.raw->longitude);
  }
}

std::optional<double> get_optional_metres(Reader& reader, double least, double most) {
  if (!reader.get_bool()) {
    return std::nullopt;
  }
  const double value = reader.get_double();
  reader.require(value >= least && value <= most);
  return value;
}

// No picture can say where its post is.
LocationOrigin get_origin(Reader& reader) {
  const auto origin = reader.get<std::uint8_t>();
  reader.require(origin >= static_cast<std::uint8_t>(LocationOrigin::Exif) &&
                 origin <= static_cast<std::uint8_t>(LocationOrigin::Iptc));
  return static_cast<LocationOrigin>(origin);
}

Location get_location(Reader& reader) {
  Location location;
  if (std::string place = reader.get_text(kLongestPlaceName); !place.empty()) {
    reader.require(is_place_name(place));
    location.place = std::move(place);
    location.origin = get_origin(reader);
    reader.require(location.origin != LocationOrigin::Exif);  // It has no place for names.
    return location;
  }
  location.latitude = reader.get_double();
  location.longitude = reader.get_double();
  reader.require(is_degrees(location.latitude, location.longitude));
  location.accuracy_m = get_optional_metres(reader, 0, kMaxAccuracy);
  location.altitude_m = get_optional_metres(reader, -kMaxAltitude, kMaxAltitude);
  location.origin = get_origin(reader);
  if (reader.get_bool()) {
    RawLocation raw;
    raw.datum = reader.get_text(kMaxNameSize);
    raw.latitude = reader.get_double();
    raw.longitude = reader.get_double();
    reader.require(is_name(raw.datum) && is_degrees(raw.latitude, raw.longitude));
    location.raw = std::move(raw);
  }
  return location;
}

void put_hash(Writer& writer, const PdqHash& hash) {
  for (const std::uint64_t word : hash.words) {
    writer.put(word);
  }
}

PdqHash get_hash(Reader& reader) {
  PdqHash hash;
  for (std::uint64_t& word : hash.words) {
    word = reader.get<std::uint64_t>();
  }
  return hash;
}

void put_fingerprint(Writer& writer, const PdqFingerprint& fingerprint) {
  put_hash(writer, fingerprint.hash);
  writer.put(static_cast<std::uint8_t>(fingerprint.quality));
  writer.put(fingerprint.is_stable);
}

PdqFingerprint get_fingerprint(Reader& reader) {
  PdqFingerprint fingerprint;
  fingerprint.hash = get_hash(reader);
  fingerprint.quality = reader.get<std::uint8_t>();
  reader.require(fingerprint.quality <= 100);
  fingerprint.is_stable = reader.get_bool();
  return fingerprint;
}

// The forms of a picture, if it has a fingerprint that is good for matching: the upright one is
// known already, the others follow in the order of kTurns.
void put_forms(Writer& writer, const PdqForms& forms) {
  for (const PdqForm& form : forms) {
    if (form.turn != Turn::None) {
      put_hash(writer, form.hash);
    }
  }
}

PdqForms get_forms(Reader& reader, const Photo& photo) {
  const PdqPair upright = matchable_hashes(photo);
  PdqForms forms;
  const auto get_turns = [&](const std::optional<PdqHash>& hash, bool is_inner) {
    for (const Turn turn : kTurns) {
      if (hash) {
        forms.push_back({turn == Turn::None ? *hash : get_hash(reader), turn, is_inner});
      }
    }
  };
  get_turns(upright.whole, false);
  get_turns(upright.inner, true);
  return forms;
}

void put_photo(Writer& writer, const Photo& photo) {
  writer.put(static_cast<std::uint8_t>(photo.kind));
  writer.put(photo.bytes);
  writer.put(photo.width);
  writer.put(photo.height);
  put_fingerprint(writer, photo.pdq);
  writer.put(photo.inner_pdq.has_value());
  if (photo.inner_pdq) {
    put_fingerprint(writer, *photo.inner_pdq);
  }
  writer.put(photo.location.has_value());
  if (photo.location) {
    put_location(writer, *photo.location);
  }
  writer.put_text(photo.captured_at.value_or(""));
  writer.put_text(photo.provenance.value_or(""));
}

Photo get_photo(Reader& reader, const ImageLimits& limits) {
  Photo photo;
  const auto kind = reader.get<std::uint8_t>();
  reader.require(!mime_type(static_cast<ImageKind>(kind)).starts_with("application/"));
  photo.kind = static_cast<ImageKind>(kind);
  photo.bytes = reader.get<std::uint64_t>();
  photo.width = reader.get<std::uint32_t>();
  photo.height = reader.get<std::uint32_t>();
  reader.require(photo.width > 0 && photo.height > 0 &&
                 std::uint64_t{photo.width} * photo.height <= limits.max_pixels);
  photo.pdq = get_fingerprint(reader);
  if (reader.get_bool()) {
    photo.inner_pdq = get_fingerprint(reader);
  }
  if (reader.get_bool()) {
    photo.location = get_location(reader);
  }
  if (std::string text = reader.get_text(kMaxCaptureTimeSize); !text.empty()) {
    reader.require(is_capture_time(text));
    photo.captured_at = std::move(text);
  }
  if (std::string text = reader.get_text(kMaxNameSize); !text.empty()) {
    reader.require(is_name(text));
    photo.provenance = std::move(text);
  }
  return photo;
}

RejectReason get_reject_reason(Reader& reader) {
  const auto reason = static_cast<RejectReason>(reader.get<std::uint8_t>());
  switch (reason) {
    case RejectReason::UnknownFormat:
    case RejectReason::UnsupportedVariant:
    case RejectReason::Malformed:
    case RejectReason::TooManyPixels:
    case RejectReason::TooManyFrames:
    case RejectReason::Unstrippable:
    case RejectReason::Bomb:
      break;
    case RejectReason::Crashed:
    case RejectReason::Timeout:
    case RejectReason::TooLarge:
    default:  // For the daemon to say, or no reason at all.
      reader.require(false);
  }
  return reason;
}

}  // namespace

std::string_view to_text(SandboxLayer layer) {
  switch (layer) {
    case SandboxLayer::NoNewPrivileges:
      return "no-new-privileges";
    case SandboxLayer::Landlock:
      return "landlock";
    case SandboxLayer::Seccomp:
      return "seccomp";
    case SandboxLayer::ResourceLimits:
      return "resource-limits";
    case SandboxLayer::Namespaces:
      return "namespaces";
  }
  return "unknown";
}

std::vector<std::string> SandboxLayers::names() const {
  std::vector<std::string> names;
  for (const SandboxLayer layer : kLayers) {
    if (has(layer)) {
      names.emplace_back(to_text(layer));
    }
  }
  return names;
}

std::vector<std::string> SandboxLayers::missing() const {
  std::vector<std::string> names;
  for (const SandboxLayer layer : kLayers) {
    if (!has(layer) && layer != SandboxLayer::Namespaces) {
      names.emplace_back(to_text(layer));
    }
  }
  return names;
}

SandboxLayers SandboxLayers::from_bits(std::uint32_t bits) {
  SandboxLayers layers;
  for (const SandboxLayer layer : kLayers) {
    if ((bits & static_cast<std::uint32_t>(layer)) != 0) {
      layers.add(layer);
    }
  }
  return layers;
}

Result<MessageSize> read_header(std::string_view header, MessageType expected,
                                std::uint64_t max_picture) {
  Reader reader(header);
  reader.require(header.size() == kHeaderSize);
  reader.require(reader.get_bytes(kMagic.size()) == kMagic);
  reader.require(reader.get<std::uint8_t>() == kVersion);
  reader.require(reader.get<std::uint8_t>() == static_cast<std::uint8_t>(expected));
  reader.require(reader.get<std::uint16_t>() == 0);
  const MessageSize size{.facts = reader.get<std::uint32_t>(),
                         .picture = reader.get<std::uint64_t>()};
  if (!reader.ok()) {
    return malformed("not the expected message of this version");
  }
  if (size.facts > kMaxFactsSize || size.picture > max_picture) {
    return Error{.code = ErrorCode::TooLarge,
                 .message = "the examiner protocol: a message exceeds its limit",
                 .reason = "protocol"};
  }
  return size;
}

std::string write_setup(const Setup& setup) {
  Writer writer;
  writer.put(setup.memory);
  return write_message(MessageType::Setup, writer.take(), 0);
}

Result<Setup> read_setup(std::string_view facts) {
  Reader reader(facts);
  const Setup setup{.memory = reader.get<std::uint64_t>()};
  if (!reader.at_end()) {
    return malformed("not a setup");
  }
  return setup;
}

std::string write_ready(const Ready& ready) {
  Writer writer;
  writer.put(ready.layers.bits());
  return write_message(MessageType::Ready, writer.take(), 0);
}

Result<Ready> read_ready(std::string_view facts) {
  Reader reader(facts);
  const auto bits = reader.get<std::uint32_t>();
  const Ready ready{.layers = SandboxLayers::from_bits(bits)};
  reader.require(ready.layers.bits() == bits);
  if (!reader.at_end()) {
    return malformed("not a list of layers");
  }
  return ready;
}

std::string write_picture(const ImageLimits& limits, std::uint64_t picture_size) {
  Writer writer;
  writer.put(limits.max_pixels);
  writer.put(limits.max_frames);
  return write_message(MessageType::Picture, writer.take(), picture_size);
}

Result<ImageLimits> read_picture(std::string_view facts) {
  Reader reader(facts);
  ImageLimits limits;
  limits.max_pixels = reader.get<std::uint64_t>();
  limits.max_frames = reader.get<std::uint32_t>();
  if (!reader.at_end()) {
    return malformed("not the limits of a picture");
  }
  return limits;
}

std::string write_verdict(const Examination& examination) {
  Writer writer;
  std::uint64_t picture = 0;
  if (const auto* image = std::get_if<ExaminedImage>(&examination)) {
    writer.put(static_cast<std::uint8_t>(VerdictKind::Image));
    put_photo(writer, image->photo);
    put_forms(writer, image->forms);
    picture = image->stripped.size();
  } else if (const auto* reason = std::get_if<RejectReason>(&examination)) {
    writer.put(static_cast<std::uint8_t>(VerdictKind::Rejected));
    writer.put(static_cast<std::uint8_t>(*reason));
  } else {
    writer.put(static_cast<std::uint8_t>(VerdictKind::NotAnImage));
  }
  return write_message(MessageType::Verdict, writer.take(), picture);
}

Result<Examination> read_verdict(std::string_view facts, std::uint64_t stripped_size,
                                 const ImageLimits& limits) {
  Reader reader(facts);
  Examination examination = NotAnImage{};
  switch (static_cast<VerdictKind>(reader.get<std::uint8_t>())) {
    case VerdictKind::Image: {
      ExaminedImage image{.photo = get_photo(reader, limits), .forms = {}, .stripped = {}};
      image.forms = get_forms(reader, image.photo);
      reader.require(stripped_size > 0 && image.photo.bytes == stripped_size);
      examination = std::move(image);
      break;
    }
    case VerdictKind::Rejected:
      examination = get_reject_reason(reader);
      reader.require(stripped_size == 0);
      break;
    case VerdictKind::NotAnImage:
      reader.require(stripped_size == 0);
      break;
    default:
      reader.require(false);
  }
  if (!reader.at_end()) {
    return malformed("not a verdict");
  }
  return examination;
}

void certify(ExaminedImage& image, const Sha256& received, const Sha256& stripped) {
  image.photo.received_sha256 = received;
  image.photo.id = photo_id(received);
  image.photo.stored_sha256 = stripped;
}

}  // namespace sightingd
