#include "tests/support/mastodon_server/faults.h"

#include "pipeline/time.h"
#include "tests/support/mastodon_server/random.h"

#include <utility>

namespace sightingd::test::mastodon {
namespace {

// Short, so that a test with hundreds of faults still ends soon.
constexpr std::chrono::seconds kWait{1};
constexpr std::size_t kGarbageBytes = 700;

std::string garbage(std::size_t size) {
  Random random(size);
  std::string out;
  while (out.size() < kGarbageBytes) {
    out += static_cast<char>(random.next());
  }
  return out;
}

std::string reset_time() {
  const auto now =
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return format_rfc3339(now + kWait);
}

Answer html_page() {
  auto answer = answer_of(200,
                          "<!DOCTYPE html><html><head><title>Just a moment</title></head>"
                          "<body><h1>Checking your browser</h1></body></html>");
  answer.content_type = "text/html; charset=utf-8";
  return answer;
}

}  // namespace

std::string_view to_text(Fault fault) {
  switch (fault) {
    case Fault::InternalError:
      return "500";
    case Fault::Unavailable:
      return "503";
    case Fault::RateLimited:
      return "429";
    case Fault::Reset:
      return "reset";
    case Fault::Truncated:
      return "truncated";
    case Fault::Garbage:
      return "garbage";
    case Fault::HtmlPage:
      return "html";
    case Fault::SlowDrip:
      return "drip";
    case Fault::EmptyBody:
      return "empty";
    case Fault::RedirectLoop:
      return "redirect_loop";
  }
  return "";
}

void FaultPlan::set_rate(double rate) {
  const std::lock_guard lock(mutex_);
  rate_ = rate;
}

std::optional<Fault> FaultPlan::draw(const std::string& target) {
  const std::lock_guard lock(mutex_);
  if (rate_ <= 0) {
    return std::nullopt;
  }
  Random random(seed_ ^ seed_of(target) ^ (attempts_[target]++ * 0x632BE59BD9B4E019U));
  if (random.unit() >= rate_) {
    return std::nullopt;
  }
  const auto index = random.below(kAllFaults.size());
  ++dealt_[index];
  return kAllFaults[index];
}

std::map<std::string, std::uint64_t> FaultPlan::counts() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::uint64_t> counts;
  for (std::size_t i = 0; i < kAllFaults.size(); ++i) {
    counts.emplace(to_text(kAllFaults[i]), dealt_[i]);
  }
  return counts;
}

Answer spoil(Answer whole, Fault fault) {
  switch (fault) {
    case Fault::InternalError:
      return answer_of(500, R"({"error":"Internal server error"})");
    case Fault::Unavailable: {
      auto answer = answer_of(503, R"({"error":"Remote data could not be fetched"})");
      answer.headers.emplace_back("Retry-After", std::to_string(kWait.count()));
      return answer;
    }
    case Fault::RateLimited: {
      auto answer = answer_of(429, R"({"error":"Too many requests"})");
      answer.headers.emplace_back("X-RateLimit-Limit", "300");
      answer.headers.emplace_back("X-RateLimit-Remaining", "0");
      answer.headers.emplace_back("X-RateLimit-Reset", reset_time());
      return answer;
    }
    case Fault::Reset:
      whole.delivery = Delivery::Reset;
      return whole;
    case Fault::Truncated:
      whole.delivery = Delivery::Truncated;
      return whole;
    case Fault::Garbage: {
      auto answer = answer_of(200, garbage(whole.body ? whole.body->size() : 0));
      answer.content_type = whole.content_type;
      return answer;
    }
    case Fault::HtmlPage:
      return html_page();
    case Fault::SlowDrip:
      whole.delivery = Delivery::Dripped;
      return whole;
    case Fault::EmptyBody:
      whole.body = nullptr;
      return whole;
    case Fault::RedirectLoop:
      return redirect_to(std::string(kLoopPath));
  }
  return whole;
}

Answer redirect_to(std::string location) {
  Answer answer;
  answer.status = 302;
  answer.headers.emplace_back("Location", std::move(location));
  return answer;
}

}  // namespace sightingd::test::mastodon
