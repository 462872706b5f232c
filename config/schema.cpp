#include "config/schema.h"

#include "config/source_types.h"
#include "config/text/forms.h"
#include "config/text/quantity.h"

#include <utility>

namespace sightingd {
namespace {

constexpr std::uint64_t kKiB = 1ULL << 10U;
constexpr std::uint64_t kMiB = 1ULL << 20U;
constexpr std::uint64_t kGiB = 1ULL << 30U;

/// sun_path of sockaddr_un without its NUL, unix(7).
constexpr std::size_t kLongestSocketPath = 107;

/// Describes a key of `type` that is kept where `at(target)` refers to.
template <typename Target, typename Type, typename At>
Key<Target> key(KeyText text, Type type, At at) {
  text.type = type.name;
  text.allowed = type.allowed();
  return {
      .text = std::move(text),
      .read =
          [type, at](const TomlValue& value, Target& target, const SecretAccess& secrets) {
            Reading<typename Type::Value> reading;
            if constexpr (requires { type.read(value, secrets); }) {
              reading = type.read(value, secrets);
            } else {
              reading = type.read(value);
            }
            if (reading.value) {
              at(target) = std::move(*reading.value);
            }
            return Outcome{std::move(reading.misfits), std::move(reading.notes)};
          },
      .write = [type, at](const Target& target) { return type.write(at(target)); },
      .is_same = [at](const Target& a, const Target& b) { return at(a) == at(b); },
  };
}

/// Describes one of the two keys that name what a watch reads.
template <typename Type>
Key<WatchOptions> subject_key(KeyText text, Type type) {
  using Kind = typename Type::Value;
  text.type = type.name;
  text.allowed = type.allowed();
  return {
      .text = std::move(text),
      .read =
          [type](const TomlValue& value, WatchOptions& watch, const SecretAccess&) {
            Reading<Kind> reading = type.read(value);
            if (reading.value) {
              watch.subject = std::move(*reading.value);
            }
            return Outcome{std::move(reading.misfits), std::move(reading.notes)};
          },
      .write =
          [type](const WatchOptions& watch) {
            const auto* subject = std::get_if<Kind>(&watch.subject);
            return subject == nullptr ? std::string() : type.write(*subject);
          },
      .is_same =
          [](const WatchOptions& a, const WatchOptions& b) {
            const auto* left = std::get_if<Kind>(&a.subject);
            const auto* right = std::get_if<Kind>(&b.subject);
            return left == nullptr || right == nullptr ? left == right : *left == *right;
          },
  };
}

QuantityType<std::chrono::seconds> duration(std::chrono::seconds least, std::chrono::seconds most) {
  return {.name = "duration",
          .least = least,
          .most = most,
          .too_little = "is too short",
          .too_much = "is too long",
          .parse = parse_duration,
          .format = format_duration};
}

QuantityType<std::uint64_t> size(std::uint64_t least, std::uint64_t most) {
  return {.name = "size",
          .least = least,
          .most = most,
          .too_little = "is too small",
          .too_much = "is too large",
          .parse = parse_size,
          .format = format_size};
}

QuantityType<std::uint64_t> pixels(std::uint64_t least, std::uint64_t most) {
  return {.name = "pixels",
          .least = least,
          .most = most,
          .too_little = "is too small",
          .too_much = "is too large",
          .parse = parse_pixels,
          .format = format_pixels};
}

TextType name_type() {
  return {
      .form = "1 to 40 of a-z, 0-9 and -", .problem = "is no name", .normalize = normalize_name};
}

ChoiceType<std::string> consent_flag() {
  ChoiceType<std::string> type;
  for (const char* flag :
       {"noindex", "nobot", "no-unauthenticated", "not-indexable", "noimageai"}) {
    type.choices.emplace_back(flag, flag);
  }
  return type;
}

Section<Settings> store_section() {
  return {
      .name = "store",
      .meaning = "Where sightings are kept.",
      .keys = {
          key<Settings>(
              {.name = "path",
               .meaning = "The folder of the store; created when absent, mode 0700.",
               .default_value = R"("/var/lib/sightingd")"},
              PathType{}, [](auto& s) -> auto& { return s.store.path; }),
          key<Settings>(
              {.name = "encryption_key",
               .meaning =
                   "Where the key lies that encrypts the store: 32 bytes of \"head -c 32 "
                   "/dev/urandom\", in a systemd credential or in a file that others cannot read. "
                   "A store that was begun without one is encrypted bit by bit once it has one; it "
                   "never opens without it again. Unless this is set, a missing credential means "
                   "no "
                   "encryption. \"sightingctl rotate-key\" changes it.",
               .default_value = R"({ credential = "store-key" })",
               .is_commented_out = true},
              StoreKeyType{}, [](auto& s) -> auto& { return s.store_key; }),
          key<Settings>(
              {.name = "erasure_ledger",
               .meaning =
                   "The folder of the sealed list of what was erased and refused; on purpose "
                   "not inside the store, which does not open without it. Empty: the "
                   "store's path with \"-ledger\" behind it, so by default "
                   "/var/lib/sightingd-ledger.",
               .default_value = R"("")"},
              PathType{.may_be_empty = true},
              [](auto& s) -> auto& { return s.store.erasure_ledger; }),
          key<Settings>(
              {.name = "keep_free",
               .meaning =
                   "With less free space than this on the disk of the store, nothing more is "
                   "taken in; what is there can be read and erased. It goes on by itself.",
               .default_value = R"("1GiB")"},
              size(16 * kMiB, 1024 * kGiB), [](auto& s) -> auto& { return s.store.keep_free; }),
      }};
}

Section<Settings> metrics_section() {
  return {.name = "metrics",
          .meaning = "The address for monitoring: /metrics, /healthz, /readyz and the status page.",
          .keys = {key<Settings>(
              {.name = "listen",
               .meaning = "Where to listen; \"\" for nowhere. Port 0 takes any free port.",
               .default_value = R"("127.0.0.1:9464")"},
              TextType{.form = R"(a literal address and a port, as "127.0.0.1:9464", or "")",
                       .problem = "is no address to listen at",
                       .normalize = normalize_listen},
              [](auto& s) -> auto& { return s.metrics.listen; })}};
}

Section<Settings> control_section() {
  return {.name = "control",
          .meaning = "The socket that sightingctl talks to.",
          .keys = {
              key<Settings>(
                  {.name = "socket",
                   .meaning = "The Unix socket; mode 0660, group sightingd.",
                   .default_value = R"("/run/sightingd/control.sock")"},
                  PathType{.longest = kLongestSocketPath},
                  [](auto& s) -> auto& { return s.control.socket; }),
              key<Settings>(
                  {.name = "operators",
                   .meaning = "Groups whose members may change things, as root may, when "
                              "they are in the socket's own group too, which may read.",
                   .default_value = R"(["sightingd-operators"])"},
                  ListType<TextType>{{.form = "the name of a group",
                                      .problem = "is no name of a group",
                                      .normalize = normalize_group}},
                  [](auto& s) -> auto& { return s.control.operators; }),
          }};
}

Section<Settings> http_section() {
  return {.name = "http",
          .meaning = "How servers are reached.",
          .keys = {
              key<Settings>(
                  {.name = "user_agent_contact",
                   .meaning = "Who a server's operator can write to; part of the User-Agent "
                              "of every request.",
                   .example = R"("mailto:ops@example.org")",
                   .is_required = true},
                  TextType{.form = R"(mailto:USER@HOST or https://...)",
                           .problem = "is no contact",
                           .normalize = normalize_contact},
                  [](auto& s) -> auto& { return s.http.user_agent_contact; }),
              key<Settings>(
                  {.name = "allow_addresses",
                   .meaning = "Private addresses that may be reached. All others are refused, "
                              "whatever a post or a name server says.",
                   .default_value = "[]"},
                  ListType<TextType>{{.form = R"(a CIDR, as "10.1.2.0/24")",
                                      .problem = "is no address or CIDR",
                                      .normalize = normalize_network}},
                  [](auto& s) -> auto& { return s.http.allow_addresses; }),
              key<Settings>(
                  {.name = "proxy",
                   .meaning = "A proxy for every request; \"\" for none, whatever the "
                              "environment says. Through a proxy only literal addresses can "
                              "be guarded.",
                   .default_value = R"("")"},
                  TextType{.form = "http, https, socks5 or socks5h://HOST[:PORT] without "
                                   R"(user and password, or "")",
                           .problem = "is no proxy",
                           .normalize = normalize_proxy},
                  [](auto& s) -> auto& { return s.http.proxy; }),
              key<Settings>(
                  {.name = "ca_file",
                   .meaning = "Certificate authorities to trust, as PEM; \"\" for those of "
                              "the system.",
                   .default_value = R"("")"},
                  PathType{.must_be = PathType::Target::File, .may_be_empty = true},
                  [](auto& s) -> auto& { return s.http.ca_file; }),
          }};
}

Section<Settings> media_section() {
  return {
      .name = "media",
      .meaning = "Limits for the pictures of posts.",
      .keys = {
          key<Settings>(
              {.name = "max_bytes",
               .meaning = "A larger file is not taken.",
               .default_value = R"("20MiB")"},
              size(kKiB, kGiB), [](auto& s) -> auto& { return s.media.max_bytes; }),
          key<Settings>(
              {.name = "max_pixels",
               .meaning =
                   "A picture of more pixels is not decoded, whatever its kind. \"200MP\" takes "
                   "the largest baseline JPEGs that phones make, in the default memory of an "
                   "examiner; what is progressive or of another kind needs more of that. "
                   "Their files may need a higher max_bytes, too.",
               .default_value = R"("80MP")"},
              pixels(1'000, 1'000'000'000), [](auto& s) -> auto& { return s.media.max_pixels; }),
          key<Settings>(
              {.name = "in_flight",
               .meaning = "All media being fetched at once, together; at least max_bytes. TIFFs "
                          "may grow by 12MiB beyond.",
               .default_value = R"("48MiB")"},
              size(kKiB, 64 * kGiB), [](auto& s) -> auto& { return s.media.in_flight; }),
      }};
}

Section<Settings> examiner_section() {
  return {.name = "examiner",
          .meaning = "The sandboxed processes that read pictures.",
          .keys = {
              key<Settings>(
                  {.name = "processes",
                   .meaning = "How many; 0 for one a core. A spare one helps out.",
                   .default_value = "0"},
                  IntegerType{.least = 0, .most = 256},
                  [](auto& s) -> auto& { return s.examiner.processes; }),
              key<Settings>(
                  {.name = "memory",
                   .meaning = "The most that one of them may use, beside the picture itself.",
                   .default_value = R"("512MiB")"},
                  size(64 * kMiB, 64 * kGiB), [](auto& s) -> auto& { return s.examiner.memory; }),
              key<Settings>(
                  {.name = "sandbox",
                   .meaning = "\"required\" refuses to start without every layer; "
                              "\"best-effort\" runs with the layers that the system has, and "
                              "says which.",
                   .default_value = R"("required")"},
                  ChoiceType<bool>{.choices = {{"required", true}, {"best-effort", false}}},
                  [](auto& s) -> auto& { return s.examiner.sandbox_required; }),
          }};
}

Section<Settings> retention_section() {
  return {
      .name = "retention",
      .meaning = "How long things are kept.",
      .keys = {
          key<Settings>(
              {.name = "sightings",
               .meaning = "Counted from when they were first seen. Nothing goes by age while the "
                          "clock is in doubt, while it is held, or when that would be more than "
                          "5 % (and 20) at once: \"sightingctl status\" says so.",
               .takes_effect = TakesEffect::OnReload,
               .default_value = R"("180d")"},
              RetentionType{.least = std::chrono::hours(1)},
              [](auto& s) -> auto& { return s.retention.sightings; }),
          key<Settings>(
              {.name = "tombstones",
               .meaning =
                   "How long the feed tells that something was erased; whoever reads it more "
                   "rarely has to begin anew.",
               .takes_effect = TakesEffect::OnReload,
               .default_value = R"("90d")"},
              RetentionType{.least = std::chrono::days(1)},
              [](auto& s) -> auto& { return s.retention.tombstones; }),
          key<Settings>(
              {.name = "audit", .meaning = "Entries of the audit log.", .default_value = R"("2y")"},
              RetentionType{.least = std::chrono::days(1)},
              [](auto& s) -> auto& { return s.retention.audit; }),
          key<Settings>(
              {.name = "backups",
               .meaning =
                   "After this a backup that is made now can no longer be opened: its keys, beside "
                   "the erasure ledger, are destroyed.",
               .takes_effect = TakesEffect::OnReload,
               .default_value = R"("30d")"},
              RetentionType{.least = std::chrono::hours(1)},
              [](auto& s) -> auto& { return s.retention.backups; }),
      }};
}

Section<Settings> refuse_section() {
  return {
      .name = "refuse",
      .meaning = "Pictures that must not be taken, besides those that were erased.",
      .keys = {key<Settings>(
          {.name = "pdq_list",
           .meaning = "A file of PDQ hashes, 64 hex digits a line, as hash-sharing programmes "
                      "exchange them: pictures like one of these are refused. It is read at the "
                      "start and by a reload. \"\" for none.",
           .takes_effect = TakesEffect::OnReload,
           .default_value = R"("")"},
          PathType{.must_be = PathType::Target::File, .may_be_empty = true},
          [](auto& s) -> auto& { return s.refuse.pdq_list; })}};
}

Section<Settings> consent_section() {
  return {.name = "consent",
          .meaning = "Wishes of authors.",
          .keys = {key<Settings>(
              {.name = "honour",
               .meaning = "Posts of authors who said one of these are dropped, and counted. Off by "
                          "default are \"not-indexable\", which on Mastodon is everyone's default, "
                          "and \"noimageai\".",
               .takes_effect = TakesEffect::OnReload,
               .default_value = R"(["noindex", "nobot", "no-unauthenticated"])"},
              ListType<ChoiceType<std::string>>{consent_flag()},
              [](auto& s) -> auto& { return s.consent.honour; })}};
}

Section<Settings> limits_section() {
  return {.name = "limits",
          .meaning = "Against floods.",
          .keys = {key<Settings>(
              {.name = "per_author",
               .meaning = "Posts of one author on one UTC day that hashtag watches take; the rest "
                          "is counted as flood and marked in the coverage.",
               .takes_effect = TakesEffect::OnReload,
               .default_value = R"("200/d")"},
              PerAuthorType{}, [](auto& s) -> auto& { return s.limits.per_author_per_day; })}};
}

Section<Settings> log_section() {
  return {.name = "log",
          .meaning = "What is logged.",
          .keys = {key<Settings>(
              {.name = "level",
               .meaning = "The least severe event that is logged.",
               .takes_effect = TakesEffect::OnReload,
               .default_value = R"("info")"},
              ChoiceType<LogLevel>{.choices = {{"debug", LogLevel::Debug},
                                               {"info", LogLevel::Info},
                                               {"warning", LogLevel::Warning},
                                               {"error", LogLevel::Error}}},
              [](auto& s) -> auto& { return s.log_level; })}};
}

Section<SourceOptions> source_section() {
  return {
      .name = "source",
      .meaning = "A server to read from. There may be any number.",
      .keys = {
          key<SourceOptions>(
              {.name = "name",
               .meaning = "Names the source in the feed, in metrics and in watches; "
                          "unique.",
               .takes_effect = TakesEffect::OnReload,
               .example = R"("mastodon-social")",
               .is_required = true,
               .is_private = true},
              name_type(), [](auto& s) -> auto& { return s.name; }),
          key<SourceOptions>(
              {.name = "kind",
               .meaning = "What the server speaks. The kinds misskey, bluesky, weibo, "
                          "x, feed and json have no effect yet in this version.",
               .takes_effect = TakesEffect::OnReload,
               .example = R"("mastodon")",
               .is_required = true},
              KindType{}, [](auto& s) -> auto& { return s.kind; }),
          key<SourceOptions>(
              {.name = "url",
               .meaning =
                   "The server, which has one [[source]] only. http only to a literal address that "
                   "http.allow_addresses lists.",
               .takes_effect = TakesEffect::OnReload,
               .example = R"("https://mastodon.social")",
               .is_required = true,
               .is_private = true},
              TextType{.form = "https://HOST[:PORT] without user, path and query",
                       .problem = "is no address of a server",
                       .normalize = normalize_url},
              [](auto& s) -> auto& { return s.url; }),
          key<SourceOptions>(
              {.name = "token",
               .meaning = "Where an access token lies: a systemd credential, a file "
                          "that others cannot read, or an environment variable. It "
                          "is never written here.",
               .takes_effect = TakesEffect::OnReload,
               .default_words = "none: what is public without an account",
               .example = R"({ credential = "mastodon-social" })",
               .is_commented_out = true},
              TokenType{}, [](auto& s) -> auto& { return s.token; }),
          key<SourceOptions>(
              {.name = "request_limit",
               .meaning = "The most requests in a stretch of time; \"none\" for a "
                          "server of one's own. The tighter of this and what the "
                          "server says rules.",
               .takes_effect = TakesEffect::OnReload,
               .default_words = "by kind",
               .example = R"("300/15m")"},
              RequestLimitType{}, [](auto& s) -> auto& { return s.request_limit; }),
          key<SourceOptions>(
              {.name = "media_from",
               .meaning =
                   "\"server\" fetches this server's copies; \"origin\" goes to the author's "
                   "own server, where locations survive.",
               .takes_effect = TakesEffect::OnReload,
               .default_value = R"("server")"},
              ChoiceType<bool>{.choices = {{"server", false}, {"origin", true}}},
              [](auto& s) -> auto& { return s.media_from_origin; }),
          key<SourceOptions>(
              {.name = "replay",
               .meaning = "A folder of recorded exchanges that answer every request "
                          "of this source: for demos and tests.",
               .takes_effect = TakesEffect::OnReload,
               .default_value = R"("")",
               .is_commented_out = true},
              PathType{.must_be = PathType::Target::Folder, .may_be_empty = true},
              [](auto& s) -> auto& { return s.replay; }),
      }};
}

Section<WatchOptions> watch_section() {
  constexpr std::chrono::seconds kShortestPoll{15};
  constexpr std::chrono::seconds kLongestPoll = std::chrono::days(7);
  return {
      .name = "watch",
      .meaning =
          "A hashtag or an account to follow: exactly one of the two. At most 1,000 watches. "
          "The progress of a watch belongs to the source's url and the hashtag or account: "
          "renaming loses nothing.",
      .keys = {
          key<WatchOptions>(
              {.name = "name",
               .meaning = "Names the watch in the feed and in metrics; unique.",
               .takes_effect = TakesEffect::OnReload,
               .default_words = "the source's name and a number",
               .example = R"("begging-children")",
               .is_private = true},
              name_type(), [](auto& w) -> auto& { return w.name; }),
          key<WatchOptions>(
              {.name = "source",
               .meaning = "The name of the source to read.",
               .takes_effect = TakesEffect::OnReload,
               .example = R"("mastodon-social")",
               .is_required = true,
               .is_private = true},
              name_type(), [](auto& w) -> auto& { return w.source; }),
          subject_key({.name = "hashtag",
                       .meaning = "Servers are asked for this spelling, after NFKC and in lower "
                                  "case. Spellings that case folding makes equal (\"strasse\", "
                                  "\"straße\") are one watch.",
                       .takes_effect = TakesEffect::OnReload,
                       .default_words = "an account instead",
                       .example = R"("随手拍照解救乞讨儿童")",
                       .is_private = true},
                      HashtagType()),
          subject_key({.name = "account",
                       .meaning = "The account whose public posts are read.",
                       .takes_effect = TakesEffect::OnReload,
                       .default_words = "a hashtag instead",
                       .example = R"("@rescue@example.org")",
                       .is_commented_out = true,
                       .is_private = true},
                      AccountType()),
          key<WatchOptions>(
              {.name = "poll_interval",
               .meaning = "The shortest time between two polls, while much is posted.",
               .takes_effect = TakesEffect::OnReload,
               .default_value = R"("60s")"},
              duration(kShortestPoll, kLongestPoll),
              [](auto& w) -> auto& { return w.poll_interval; }),
          key<WatchOptions>(
              {.name = "max_poll_interval",
               .meaning = "The longest, while nothing is posted; at least "
                          "poll_interval, which takes its place when the default is "
                          "shorter.",
               .takes_effect = TakesEffect::OnReload,
               .default_value = R"("15m")"},
              duration(kShortestPoll, kLongestPoll),
              [](auto& w) -> auto& { return w.max_poll_interval; }),
          key<WatchOptions>(
              {.name = "backfill",
               .meaning = "How far back the first poll goes.",
               .takes_effect = TakesEffect::OnReload,
               .default_value = R"("7d")"},
              BackfillType{}, [](auto& w) -> auto& { return w.backfill; }),
          key<WatchOptions>(
              {.name = "media",
               .meaning = "\"required\" skips posts without pictures; \"any\" keeps them as "
                          "sightings too.",
               .takes_effect = TakesEffect::OnReload,
               .default_value = R"("required")"},
              ChoiceType<bool>{.choices = {{"required", true}, {"any", false}}},
              [](auto& w) -> auto& { return w.media_required; }),
      }};
}

}  // namespace

const Schema& schema() {
  static const Schema kSchema{
      .sections = {store_section(), metrics_section(), control_section(), http_section(),
                   media_section(), examiner_section(), retention_section(), refuse_section(),
                   consent_section(), limits_section(), log_section()},
      .source = source_section(),
      .watch = watch_section()};
  return kSchema;
}

}  // namespace sightingd
