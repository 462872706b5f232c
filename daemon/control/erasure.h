#pragma once

#include "daemon/api/erase_request.h"
#include "daemon/control/control_server.h"
#include "pipeline/facts.h"
#include "pipeline/photo.h"
#include "pipeline/result.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace sightingd {

/// What one order of an operator has erased.
struct Erased {
  std::uint64_t sightings = 0;
  std::uint64_t photos = 0;
  std::uint64_t updated = 0;            ///< Sightings that lost a picture and stay.
  std::uint64_t held = 0;               ///< Were to go, and stay.
  bool refuses = false;                 ///< It must not come back.
  std::optional<SightingId> post = {};  ///< Of an order about one post.

  friend bool operator==(const Erased&, const Erased&) = default;
};

/// Turns an operator's order into facts, which are committed one after another; what a cancelled
/// one leaves undone, the same order does again. What is looked for in all sightings is looked for
/// a piece at a time.
///
/// Every method fails with Gone when nothing is stored that the order names, with Unavailable and
/// reason "confirm" when it would erase more than a twentieth of the store, and as the store does.
class Erasure {
 public:
  explicit Erasure(ControlParts parts) : parts_(parts) {}

  boost::asio::awaitable<Result<Erased>> carry_out(EraseRequest request);
  /// All copies of the picture in `file`, which is not kept. Fails with Malformed when it is none.
  boost::asio::awaitable<Result<Erased>> erase_like(std::string file, bool despite_hold);

 private:
  boost::asio::awaitable<Result<Erased>> erase_post(const EraseRequest& request);
  boost::asio::awaitable<Result<Erased>> erase_author(const EraseRequest& request);
  boost::asio::awaitable<Result<Erased>> erase_photo(const EraseRequest& request);
  boost::asio::awaitable<Result<Erased>> erase_older(const EraseRequest& request);

  boost::asio::awaitable<Result<std::vector<SightingId>>> search(Store::Wanted wanted);
  boost::asio::awaitable<Result<std::optional<SightingId>>> find_post(const std::string& subject);
  boost::asio::awaitable<Result<void>> erase_picture(const PhotoId& photo, bool despite_hold,
                                                     Erased& erased);
  boost::asio::awaitable<Result<void>> erase_picture(const Photo& photo, PdqForms forms,
                                                     bool despite_hold, Erased& erased);
  boost::asio::awaitable<Result<void>> erase_all(std::vector<SightingId> sightings,
                                                 EraseSightings like, Erased& erased);
  boost::asio::awaitable<Result<void>> commit(Facts facts, Erased& erased);

  ControlParts parts_;
};

}  // namespace sightingd
