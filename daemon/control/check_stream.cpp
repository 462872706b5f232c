#include "daemon/control/check_stream.h"

#include "daemon/api/json_writer.h"
#include "daemon/audit/note.h"
#include "daemon/control/route.h"
#include "daemon/workers/on_worker.h"
#include "pipeline/erasing.h"

#include <utility>

namespace sightingd {
namespace asio = boost::asio;

CheckStream::CheckStream(const ControlParts& parts, std::optional<AuditPeer> peer,
                         bool is_confirmed)
    : parts_(parts), peer_(peer), check_(parts.store.check()), is_confirmed_(is_confirmed) {}

asio::awaitable<Result<bool>> CheckStream::next(std::string& part) {
  part.clear();
  if (is_done_) {
    co_return false;
  }
  const Result<bool> goes_on = co_await on_worker(parts_.workers, [&] { return check_->next(); });
  is_done_ = !goes_on || !*goes_on;
  if (!goes_on) {
    part = answer_of(goes_on.error()).body;
    co_return true;
  }
  if (!is_done_) {
    part = progress();
    co_return true;
  }
  const Result<void> cleared = co_await set_aside_what_was_found();
  part = cleared ? outcome() : answer_of(cleared.error()).body;
  co_return true;
}

asio::awaitable<Result<void>> CheckStream::set_aside_what_was_found() {
  const std::vector<PhotoId>& damaged = check_->found().damaged_photos;
  if (!is_confirmed_ && damaged.size() > erased_unconfirmed(parts_.store.statistics().photos)) {
    co_return Result<void>();
  }
  for (const PhotoId& photo : damaged) {
    const Result<bool> done = co_await set_aside(photo);
    if (!done) {
      co_return done.error();
    }
    set_aside_ += *done ? 1 : 0;
  }
  co_return Result<void>();
}

asio::awaitable<Result<bool>> CheckStream::set_aside(const PhotoId& photo) {
  const TimePoint now = parts_.clock.now();
  const Result<bool> moved =
      co_await on_worker(parts_.workers, [&] { return parts_.store.set_aside(photo, now); });
  if (!moved || !*moved) {
    co_return moved;
  }
  Facts lost = LosePhoto{.photo = photo, .at = now};
  const Result<CommitOutcome> committed = co_await parts_.operations.commit(std::move(lost));
  if (!committed) {
    co_return committed.error();
  }
  AuditEvent event{.kind = AuditKind::PhotoSetAside, .time = now};
  event.peer = peer_;
  event.subject = parts_.store.audit_subject(photo);
  event.count = 1;
  const Result<void> noted = co_await note(parts_.store.audit(), std::move(event));
  if (!noted) {
    co_return noted.error();
  }
  co_return true;
}

std::string CheckStream::progress() const {
  std::string line;
  JsonWriter json(line);
  json.begin_object();
  json.member("tables", check_->found().tables);
  json.member("rows", check_->found().rows);
  json.member("photos", check_->found().photos);
  json.member("photos_stored", parts_.store.statistics().photos);
  json.end_object();
  line += '\n';
  return line;
}

std::string CheckStream::outcome() const {
  const StoreFindings& found = check_->found();
  std::string line;
  JsonWriter json(line);
  json.begin_object();
  json.member("whole", found.is_whole());
  json.member("tables", found.tables);
  json.member("rows", found.rows);
  json.member("photos", found.photos);
  json.member("photos_damaged", found.damaged_photos.size());
  json.member("photos_set_aside", set_aside_);
  json.key("damage");
  json.begin_array();
  for (const std::string& damage : found.damage) {
    json.value(damage);
  }
  json.end_array();
  json.end_object();
  line += '\n';
  return line;
}

}  // namespace sightingd
