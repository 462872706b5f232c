#pragma once

#include "connectors/connector.h"
#include "connectors/http/http_client.h"
#include "connectors/mastodon/mastodon_json.h"
#include "connectors/mastodon/mastodon_progress.h"
#include "connectors/source_options.h"

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// Reads hashtags and accounts of a server that speaks the Mastodon API: Mastodon, Pleroma,
/// Akkoma, GoToSocial, Pixelfed, Hollo. README.md says how, and lists every reason of an error.
class MastodonConnector final : public Connector {
 public:
  /// `http` must outlive it.
  MastodonConnector(SourceOptions options, HttpClient& http);

  /// One page a call, and as a rule one request. What the server says of itself is asked at the
  /// first call and when an answer is refused or unexpectedly empty, and then kept for a while; the
  /// id of an account is a call of its own, and kept in the progress.
  boost::asio::awaitable<Result<Page>> next(ReadRequest request) override;

  /// In batches where the server has them, else one request a post.
  boost::asio::awaitable<Result<std::vector<Presence>>> presence(
      std::vector<PostToCheck> posts) override;

  /// "local_only" where the server keeps the hashtagged posts of others from us.
  std::string_view remark() const override;

 private:
  template <typename T>
  using Task = boost::asio::awaitable<Result<T>>;

  enum class Caches { MayAnswer, MustAsk };  // The server itself, that is.

  struct KnownInstance {
    MastodonInstance instance;
    TimePoint read_at;
  };

  Task<HttpResponse> get(std::string path, Caches caches = Caches::MayAnswer);
  Task<MastodonInstance> instance(TimePoint now, std::chrono::seconds max_age);
  Task<MastodonInstance> read_instance();
  boost::asio::awaitable<void> keep_known(TimePoint now);
  Task<Page> next_step(ReadRequest request);
  Task<MastodonProgress> resume_or_begin(ReadRequest request);
  Task<MastodonProgress> identify(Account account, MastodonProgress progress);
  Task<Page> read_page(ReadRequest request, MastodonProgress progress);
  Task<Page> read_below(ReadRequest request, MastodonProgress progress, std::string max_id);
  Task<std::optional<Page>> move_to_new_id(Account account, MastodonProgress progress);
  Task<std::optional<Page>> explain_emptiness(ReadRequest request, MastodonProgress progress);
  std::optional<Error> doubt_end(const Progress& at, const MastodonProgress& progress);
  Task<std::vector<MastodonItem>> look_below(ReadRequest request, MastodonProgress progress,
                                             std::string max_id, MastodonReading how);
  Task<HttpResponse> get_timeline(Subject subject, std::string account_id, std::string max_id,
                                  TimePoint now, Caches caches);
  Task<HttpResponse> get_hashtag(Hashtag hashtag, std::string query, TimePoint now, Caches caches);
  Task<Presence> presence_of(std::string id);
  Task<std::set<std::string>> shown_of(std::vector<PostToCheck> posts);

  bool is_anonymous() const { return options_.token.empty(); }
  bool sees_local_posts_only() const;
  bool reads_local_posts_only() const;
  bool is_readable(MastodonInstance::Access access) const;
  void note_refusal(const std::string& id, bool is_refused);
  bool honours(std::string_view flag) const;
  MastodonReading reading(const Subject& subject, const std::string& domain,
                          const HttpResponse& response) const;

  SourceOptions options_;
  HttpClient& http_;
  std::optional<KnownInstance> known_instance_;
  std::optional<TimePoint> instance_failed_at_;  // Since then nobody has asked for it.
  std::set<std::string> doubts_;                 // Progress at which an end was seen once.
  std::set<std::string> refused_;                // Posts that nothing was said of the last time.
};

}  // namespace sightingd
