// Commits the fault script to the store that is named and follows its feed, for tests whose disk
// fails underneath. Tells, a line each, on standard output:
//   + N            so many facts are acknowledged
//   e CURSOR KIND ID DIGEST    the feed has told this
//   - REASON MESSAGE    the store has failed
//   full REASON    commits wait for space; an operator who asks for a change is told REASON
//   done           all is committed and the store closed
// Ends with 0 when it is done, else with 1: whatever the disk does, it never crashes.
#include "pipeline/digest.h"
#include "storage/audit/audit_log.h"
#include "tests/storage/fault_script.h"
#include "tests/storage/store_fixture.h"
#include "tests/storage/transcript.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace sightingd;

void tell(const std::string& line) {
  const std::string text = line + "\n";
  if (::write(STDOUT_FILENO, text.data(), text.size()) < 0) {
    std::_Exit(2);
  }
}

[[noreturn]] void fail(const Error& error) {
  tell("- " + std::string(error.reason.empty() ? "none" : error.reason) + " " + error.message);
  std::exit(1);
}

/// A matcher downstream, which remembers where it stands.
class Follower {
 public:
  void catch_up(const Store& store) {
    const auto events = store.feed(cursor_, 1000);
    if (!events) {
      failure_ = events.error();
      return;
    }
    for (const FeedEvent& event : *events) {
      tell("e " + event.cursor + " " + std::to_string(static_cast<int>(event.kind)) + " " +
           std::string(event.id.text()) + " " + to_hex(sha256(test::event_text(event))));
      cursor_ = event.cursor;
    }
  }
  const std::optional<Error>& failure() const { return failure_; }

 private:
  FeedCursor cursor_;
  std::optional<Error> failure_;
};

std::vector<PhotoId> photos_of(const Facts& facts) {
  std::vector<PhotoId> photos;
  const auto add = [&photos](const ImageOutcome& outcome) {
    if (const auto* came = std::get_if<PhotoFacts>(&outcome)) {
      photos.push_back(came->photo.id);
    }
  };
  if (const auto* page = std::get_if<PageFacts>(&facts)) {
    for (const PostFacts& post : page->posts) {
      for (const ImageFacts& image : post.images.value_or(std::vector<ImageFacts>())) {
        add(image.outcome);
      }
    }
  } else if (const auto* retry = std::get_if<RetryFacts>(&facts)) {
    add(retry->outcome);
  }
  return photos;
}

using Outcomes = std::vector<std::future<Result<CommitOutcome>>>;

/// A disk that somebody may make space on: while it is full, facts wait, the feed can be read, and
/// an operator gets an answer.
class PatientUser {
 public:
  explicit PatientUser(Store& store) : store_(store) {}

  /// What `call` gives, called until it does not lack space.
  template <typename Call>
  auto insist(const Call& call) {
    auto done = call();
    while (may_be_full() && !done && done.error().reason == "no-space") {
      wait_a_little();
      done = call();
    }
    return done;
  }

  Result<CommitOutcome> answer_of(const Facts& facts, std::future<Result<CommitOutcome>>& outcome) {
    while (may_be_full() && outcome.wait_for(std::chrono::seconds(0)) != kReady) {
      wait_a_little();
    }
    Result<CommitOutcome> done = outcome.get();
    const bool lacks_space = !done && done.error().reason == "no-space";
    return may_be_full() && lacks_space ? insist([&] { return store_.commit(facts); }) : done;
  }

 private:
  static constexpr std::future_status kReady = std::future_status::ready;

  static bool may_be_full() { return std::getenv("FAULTY_DISK_FULL") != nullptr; }

  void wait_a_little() {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (std::exchange(told_, told_ || store_.is_full()) || !store_.is_full()) {
      return;
    }
    PauseWatch pause{{"https://example.org #other"}, true};
    const auto paused = store_.commit(std::move(pause));
    const auto events = store_.feed({}, 1000);
    tell("full " + std::string(paused ? "done" : paused.error().reason) +
         (events ? "" : " and unreadable"));
  }

  Store& store_;
  inline static bool told_ = false;
};

/// The failure, if it failed.
std::optional<Error> begin(Store& store, Facts facts, Outcomes& outcomes) {
  std::vector<std::unique_ptr<Store::Staged>> staged;
  for (const PhotoId& photo : photos_of(facts)) {
    auto one = PatientUser(store).insist([&] { return store.stage(photo, "bytes"); });
    if (!one) {
      return one.error();
    }
    staged.push_back(std::move(*one));
  }
  auto promise = std::make_shared<std::promise<Result<CommitOutcome>>>();
  outcomes.push_back(promise->get_future());
  store.commit(std::move(facts), std::move(staged),
               [promise](Result<CommitOutcome> done) { promise->set_value(std::move(done)); });
  return std::nullopt;
}

/// As the daemon does with what an operator asked for.
std::optional<Error> audit(Store& store) {
  AuditEvent event{.kind = AuditKind::Erasure, .time = test::kNoon};
  event.reason = "asked by the family";
  const auto noted = PatientUser(store).insist([&] { return store.audit().note(event); });
  return noted ? std::nullopt : std::optional(noted.error());
}

/// As people do. The failure, if one is met.
std::optional<Error> look_at_all(const Store& store) {
  const auto events = store.feed({}, 1000);
  if (!events) {
    return events.error();
  }
  for (const FeedEvent& event : *events) {
    for (const auto& image : event.sighting.value_or(SightingView()).images) {
      if (!image.photo) {
        continue;
      }
      if (const auto bytes = store.photo_bytes(image.photo->id); !bytes) {
        return bytes.error();
      }
    }
  }
  return std::nullopt;
}

}  // namespace

int main(int count, char** arguments) {
  using test::FaultScript;
  if (count != 3) {
    return 2;
  }
  const auto key =
      std::string_view(arguments[2]) == "sealed" ? std::optional(test::store_key()) : std::nullopt;
  FaultScript script;
  Follower follower;
  std::size_t acknowledged = 0;
  std::optional<Error> failure;
  for (const std::size_t end : {FaultScript::kReopensAfter, FaultScript::kFacts}) {
    auto store = Store::open({arguments[1]}, key);
    if (!store) {
      fail(store.error());
    }
    while (acknowledged < end && !failure) {
      // Two facts share a round; but an operator is told at once what became of an erasure.
      Outcomes outcomes;
      std::vector<Facts> facts{script.next()};
      const bool erases = std::holds_alternative<EraseSightings>(facts.front());
      if (!erases) {
        facts.push_back(script.next());
      }
      for (std::size_t i = 0; i < facts.size() && !failure; ++i) {
        failure = begin(**store, facts[i], outcomes);
      }
      bool all_done = true;
      for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const auto done = PatientUser(**store).answer_of(facts[i], outcomes[i]);
        if (done && !all_done) {
          tell("out of order");
        } else if (done) {
          tell("+ " + std::to_string(++acknowledged));
        } else if (all_done) {
          failure = done.error();
        }
        all_done = all_done && done.has_value();
      }
      follower.catch_up(**store);
      failure = failure ? failure : follower.failure();
      if (erases && !failure) {
        failure = audit(**store);
      }
    }
    failure = failure ? failure : look_at_all(**store);
    store->reset();
    if (failure) {
      fail(*failure);
    }
  }
  tell("done");
  return 0;
}
