#include "storage/ledger/refusals.h"

#include <mutex>
#include <utility>
#include <variant>

namespace sightingd {

std::string_view to_text(Refusal::Kind kind) {
  switch (kind) {
    case Refusal::Kind::Post:
      return "post";
    case Refusal::Kind::Author:
      return "author";
    case Refusal::Kind::Picture:
      return "picture";
  }
  return "";
}

void Refusals::add(std::uint64_t number, const record::LedgerEntry& entry) {
  const std::unique_lock lock(mutex_);
  if (const auto* withdrawn = std::get_if<WithdrawnRefusal>(&entry.what)) {
    return withdraw(withdrawn->number);
  }
  Entry added{.refusal = {.number = number, .at = entry.at, .picture = std::nullopt}, .key = {}};
  if (const auto* post = std::get_if<record::LedgerPost>(&entry.what)) {
    if (!post->is_refused) {
      return;
    }
    added.refusal.kind = Refusal::Kind::Post;
    added.key = post->post.text();
    ++posts_[added.key];
  } else if (const auto* author = std::get_if<record::LedgerAuthor>(&entry.what)) {
    added.refusal.kind = Refusal::Kind::Author;
    added.key = author->author.text();
    ++authors_[added.key];
  } else if (const auto* picture = std::get_if<RefusedPicture>(&entry.what)) {
    added.refusal.kind = Refusal::Kind::Picture;
    added.refusal.picture = *picture;
    added.key = picture->photo.text();
    ++photos_[added.key];
    pictures_.add(number, picture->hashes);
  } else {
    return;
  }
  entries_.emplace(number, std::move(added));
}

void Refusals::withdraw(std::uint64_t number) {
  const auto found = entries_.find(number);
  if (found == entries_.end()) {
    return;
  }
  const Entry& entry = found->second;
  switch (entry.refusal.kind) {
    case Refusal::Kind::Post:
      drop(posts_, entry.key);
      break;
    case Refusal::Kind::Author:
      drop(authors_, entry.key);
      break;
    case Refusal::Kind::Picture:
      drop(photos_, entry.key);
      pictures_.remove(number);
      break;
  }
  entries_.erase(found);
}

void Refusals::drop(Hashes& hashes, const std::string& key) {
  const auto found = hashes.find(key);
  if (--found->second == 0) {
    hashes.erase(found);
  }
}

bool Refusals::has_post(const LookupHash& post) const {
  const std::shared_lock lock(mutex_);
  return posts_.contains(post.text());
}

bool Refusals::has_author(const LookupHash& author) const {
  const std::shared_lock lock(mutex_);
  return authors_.contains(author.text());
}

bool Refusals::has_picture(const PhotoId& photo, const PdqForms& asked) const {
  const std::shared_lock lock(mutex_);
  return photos_.contains(photo.text()) ||
         (!asked.empty() && (!pictures_.like(asked, kNearDistance).empty() ||
                             !listed_.like(asked, kNearDistance).empty()));
}

void Refusals::set_listed(const std::vector<PdqHash>& hashes) {
  std::vector<PhotoIndex::Entry> entries;
  entries.reserve(hashes.size());
  for (const PdqHash& hash : hashes) {
    entries.push_back(
        {.photo = entries.size() + 1, .hashes = {.whole = hash, .inner = std::nullopt}});
  }
  PhotoIndex index(entries);
  const std::unique_lock lock(mutex_);
  std::swap(listed_, index);
}

bool Refusals::has(std::uint64_t number) const {
  const std::shared_lock lock(mutex_);
  return entries_.contains(number);
}

bool Refusals::names_posts() const {
  const std::shared_lock lock(mutex_);
  return !posts_.empty();
}

bool Refusals::names_authors() const {
  const std::shared_lock lock(mutex_);
  return !authors_.empty();
}

std::vector<Refusal> Refusals::list() const {
  const std::shared_lock lock(mutex_);
  std::vector<Refusal> listed;
  listed.reserve(entries_.size());
  for (const auto& [number, entry] : entries_) {
    listed.push_back(entry.refusal);
  }
  return listed;
}

}  // namespace sightingd
