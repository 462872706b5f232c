// parse-pages URL TAG [REPETITIONS]
//
// How many posts a second RapidJSON parses of the very pages that the daemon reads: the reference
// for posts without photos. The pages are fetched before the clock starts.
#include <curl/curl.h>
#include <rapidjson/document.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace sightingd::bench {
namespace {

std::size_t append(char* data, std::size_t, std::size_t size, void* body) {
  static_cast<std::string*>(body)->append(data, size);
  return size;
}

std::vector<std::string> all_pages(const std::string& origin, const std::string& tag) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(),
                                                                 curl_easy_cleanup);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, append);
  const auto first = origin + "/api/v1/timelines/tag/" + tag + "?limit=40";
  std::vector<std::string> pages;
  for (auto url = first;;) {
    std::string body;
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
    if (curl_easy_perform(easy.get()) != CURLE_OK) {
      throw std::runtime_error("cannot fetch");
    }
    rapidjson::Document page;
    page.Parse(body.data(), body.size());
    if (!page.IsArray() || page.Empty()) {
      return pages;
    }
    url = first + "&max_id=" + page[page.Size() - 1]["id"].GetString();
    pages.push_back(std::move(body));
  }
}

// In situ parsing writes into its input: each repetition gets copies, made off the clock.
double posts_per_second(const std::vector<std::string>& pages, int repetitions) {
  std::size_t posts = 0;
  std::chrono::duration<double> spent{0};
  for (int i = 0; i < repetitions; ++i) {
    auto copies = pages;
    const auto start = std::chrono::steady_clock::now();
    for (auto& text : copies) {
      rapidjson::Document page;
      page.ParseInsitu(text.data());
      posts += page.Size();
    }
    spent += std::chrono::steady_clock::now() - start;
  }
  return static_cast<double>(posts) / spent.count();
}

}  // namespace
}  // namespace sightingd::bench

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: parse-pages URL TAG [REPETITIONS]\n");
    return 2;
  }
  curl_global_init(CURL_GLOBAL_ALL);
  const auto pages = sightingd::bench::all_pages(argv[1], argv[2]);
  std::printf("%.0f\n",
              sightingd::bench::posts_per_second(pages, argc > 3 ? std::atoi(argv[3]) : 3));
  return 0;
}
