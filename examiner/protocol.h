#pragma once

#include "pipeline/image/examine.h"
#include "pipeline/photo.h"
#include "pipeline/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What the daemon and an examiner process say to each other over their socket.
///
/// Daemon: Setup; examiner: Ready; then, for each picture, daemon: Picture, examiner: Verdict.
/// A message is a header of fixed size and facts of a bounded size. The bytes of pictures lie in
/// memory that both share (PictureArea), in both directions; the message says how many. Integers
/// are little-endian, floating point is IEEE 754 binary64. Reading is pure and refuses whatever is
/// not exactly what writing makes: the examiner may have been taken over by the picture it read.
namespace sightingd {

/// One measure that keeps an examiner from doing harm. Values are bits of the protocol.
enum class SandboxLayer : std::uint32_t {
  NoNewPrivileges = 1U << 0U,
  Landlock = 1U << 1U,
  Seccomp = 1U << 2U,
  ResourceLimits = 1U << 3U,
  Namespaces = 1U << 4U,
};
std::string_view to_text(SandboxLayer layer);

/// A set of layers.
class SandboxLayers {
 public:
  void add(SandboxLayer layer) { bits_ |= static_cast<std::uint32_t>(layer); }
  bool has(SandboxLayer layer) const { return (bits_ & static_cast<std::uint32_t>(layer)) != 0; }
  /// Names of the layers of this set, outermost first.
  std::vector<std::string> names() const;
  /// Names of the required layers (all but namespaces) that this set lacks.
  std::vector<std::string> missing() const;

  std::uint32_t bits() const { return bits_; }
  /// Bits that stand for no layer are dropped.
  static SandboxLayers from_bits(std::uint32_t bits);

  friend bool operator==(SandboxLayers, SandboxLayers) = default;

 private:
  std::uint32_t bits_ = 0;
};

/// First message to a process.
struct Setup {
  std::uint64_t memory = 0;  ///< Bytes of address space it may have, beside the shared memory.

  friend bool operator==(const Setup&, const Setup&) = default;
};

/// Its answer, once it is confined.
struct Ready {
  SandboxLayers layers;

  friend bool operator==(const Ready&, const Ready&) = default;
};

/// How a process that ends by itself says why.
enum class ExaminerExit : int {
  Done = 0,         ///< The daemon closed the socket.
  Usage = 2,        ///< Not started by the daemon.
  OutOfMemory = 3,  ///< An allocation failed.
  Protocol = 4,     ///< What came over the socket makes no sense.
};

enum class MessageType : std::uint8_t { Setup = 1, Ready = 2, Picture = 3, Verdict = 4 };

/// The size of every header.
inline constexpr std::size_t kHeaderSize = 20;
/// No message has more facts than this.
inline constexpr std::size_t kMaxFactsSize = 1024;
/// No picture is larger than this, whatever the configuration says.
inline constexpr std::uint64_t kMaxPictureSize = 256ULL << 20U;

/// Where an examiner finds the shared memory when it starts.
inline constexpr int kPictureAreaDescriptor = 3;
/// Where in it pictures begin: half a page from where large blocks of malloc do. Some processors
/// (seen on AMD Zen 3) copy ten times as slowly to an address that lies, modulo a page, shortly
/// after that of the source, and these blocks begin 16 bytes after a page.
inline constexpr std::size_t kPictureOffset = 2048;

/// What follows a header, and what lies in the shared memory.
struct MessageSize {
  std::size_t facts = 0;
  std::uint64_t picture = 0;

  friend bool operator==(const MessageSize&, const MessageSize&) = default;
};

/// Reads a header of exactly kHeaderSize bytes. Fails with Malformed unless it announces
/// an `expected` message of this version, and with TooLarge when it announces more than
/// kMaxFactsSize and `max_picture`: so no more is allocated or touched on the other side's word.
Result<MessageSize> read_header(std::string_view header, MessageType expected,
                                std::uint64_t max_picture);

/// Header and facts of each message.
std::string write_setup(const Setup& setup);
std::string write_ready(const Ready& ready);
std::string write_picture(const ImageLimits& limits, std::uint64_t picture_size);
std::string write_verdict(const Examination& examination);

/// Facts of each message. Fail with Malformed when they are not exactly what writing makes.
Result<Setup> read_setup(std::string_view facts);
Result<Ready> read_ready(std::string_view facts);
Result<ImageLimits> read_picture(std::string_view facts);

/// Facts of a verdict, and how many stripped bytes lie in the shared memory. Every field is checked
/// against the range that the vocabulary gives it and against `limits`. The stripped bytes, the
/// digests and the id are empty: the bytes are for the caller to fetch, then see `certify`.
Result<Examination> read_verdict(std::string_view facts, std::uint64_t stripped_size,
                                 const ImageLimits& limits);

/// Adds the digests of the bytes as they were received and as they are after stripping, and the
/// id. They are taken from the bytes themselves, in the daemon: what names a photo and what proves
/// it unchanged must not rest on the word of a process that parsed hostile bytes, of which one lie
/// would link a stranger's photo to a child's. The price is two SHA-256, 0.1 to 0.3 ms each for
/// 190 kB; the first is taken while the examiner works, the second only when something was
/// stripped.
void certify(ExaminedImage& image, const Sha256& received, const Sha256& stripped);

}  // namespace sightingd
