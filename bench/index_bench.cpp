// index-bench [HASHES]...
//
// What finding near duplicates costs among so many hashes (default 1,000,000 and 10,000,000): the
// index, laid out wholly and with the longest tail it may have, a scan, and FAISS's exact one
// (BinaryMultiHash, 16 chunks of 16 bits, nflip 1), one after the other on one core. A thousand
// queries, half of them planted at 0 to 31 bits; every answer is compared with that of a look at
// every hash. Prints a line of JSON for each.
#include "pipeline/similarity/hash_index.h"
#include "pipeline/similarity/instruction_versions.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#ifdef SIGHTINGD_FAISS
#include <faiss/IndexBinaryHash.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <omp.h>
#endif

namespace sightingd::bench {
namespace {

constexpr int kRadius = 31;
constexpr std::size_t kQueries = 1000;
constexpr int kRounds = 3;

using Answers = std::vector<std::vector<std::uint64_t>>;  ///< Ordinals, sorted, for each query.

struct Campaign {
  std::vector<PdqHash> hashes;
  std::vector<PdqHash> queries;
  Answers answers;
};

double seconds_of(const std::function<void()>& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

/// Memory in use by this process that is not shared with a file.
double resident_bytes() {
  malloc_trim(0);
  std::size_t pages = 0;
  std::size_t resident = 0;
  std::size_t shared = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident >> shared;
  return static_cast<double>(resident - shared) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

PdqHash random_hash(std::mt19937_64& random) { return {{random(), random(), random(), random()}}; }

PdqHash with_bits_flipped(PdqHash hash, std::size_t bits, std::mt19937_64& random) {
  std::vector<std::size_t> places(256);
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::ranges::shuffle(places, random);
  for (std::size_t i = 0; i < bits; ++i) {
    hash.words[places[i] / 64] ^= std::uint64_t{1} << places[i] % 64;
  }
  return hash;
}

/// By looking at every hash, some at a time so that they stay in the cache.
SIGHTINGD_VERSIONS
void look_at_every_hash(Campaign& campaign) {
  constexpr std::size_t kTogether = 1024;
  const std::size_t size = campaign.hashes.size();
  for (std::size_t begin = 0; begin < size; begin += kTogether) {
    const std::size_t end = std::min(begin + kTogether, size);
    for (std::size_t query = 0; query < campaign.queries.size(); ++query) {
      const PdqHash sought = campaign.queries[query];
      for (std::size_t i = begin; i < end; ++i) {
        int bits = 0;
        for (std::size_t word = 0; word < 4; ++word) {
          bits += __builtin_popcountll(sought.words[word] ^ campaign.hashes[i].words[word]);
        }
        if (bits <= kRadius) {
          campaign.answers[query].push_back(i);
        }
      }
    }
  }
}

Campaign make_campaign(std::size_t size) {
  std::mt19937_64 random(size);
  Campaign campaign;
  campaign.hashes.reserve(size);
  for (std::size_t i = 0; i < size; ++i) {
    campaign.hashes.push_back(random_hash(random));
  }
  for (std::size_t i = 0; i < kQueries; ++i) {
    campaign.queries.push_back(i % 2 == 0 ? random_hash(random)
                                          : with_bits_flipped(campaign.hashes[random() % size],
                                                              i / 2 % (kRadius + 1), random));
  }
  campaign.answers.resize(kQueries);
  look_at_every_hash(campaign);
  return campaign;
}

/// The share of the true neighbours that were found; -1 when others were, too.
double recall(const Campaign& campaign, Answers found) {
  std::size_t all = 0;
  std::size_t hits = 0;
  for (std::size_t query = 0; query < kQueries; ++query) {
    const std::vector<std::uint64_t>& answer = campaign.answers[query];
    std::ranges::sort(found[query]);
    if (!std::ranges::includes(answer, found[query])) {
      return -1;
    }
    all += answer.size();
    hits += found[query].size();
  }
  return static_cast<double>(hits) / static_cast<double>(all);
}

void print(const std::string& method, std::size_t hashes, double query_seconds, double bytes,
           double build_seconds, double recall) {
  std::printf(
      R"({"method":"%s","hashes":%zu,"ms_per_query":%.4f,"bytes_per_hash":%.1f,"build_s":%.3f,"recall":%.4f})"
      "\n",
      method.c_str(), hashes, 1000 * query_seconds / kQueries, bytes / static_cast<double>(hashes),
      build_seconds, recall);
  std::fflush(stdout);
}

/// The median of some rounds, in seconds for all queries.
double ask(const HashIndex& index, const Campaign& campaign, Answers& found) {
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    found.assign(kQueries, {});
    rounds.push_back(seconds_of([&] {
      for (std::size_t query = 0; query < kQueries; ++query) {
        for (const HashIndex::Match& match : index.within(campaign.queries[query], kRadius)) {
          found[query].push_back(match.ordinal);
        }
      }
    }));
  }
  std::ranges::sort(rounds);
  return rounds[kRounds / 2];
}

void measure_index(const Campaign& campaign, const std::string& method, std::size_t tail,
                   std::size_t scan_limit) {
  const std::size_t size = campaign.hashes.size();
  const std::size_t first_of_tail = size - tail;
  std::vector<HashIndex::Entry> entries;
  for (std::size_t i = 0; i < first_of_tail; ++i) {
    entries.push_back({.ordinal = i, .hash = campaign.hashes[i]});
  }
  const double before = resident_bytes();
  HashIndex index;
  const double build = seconds_of([&] { index = HashIndex(entries, scan_limit); });
  for (std::size_t i = first_of_tail; i < size; ++i) {
    index.add(i, campaign.hashes[i]);
  }
  const double bytes = resident_bytes() - before;
  Answers found;
  const double asked = ask(index, campaign, found);
  print(method, size, asked, bytes, build, recall(campaign, found));
}

#ifdef SIGHTINGD_FAISS
void measure_faiss(const Campaign& campaign) {
  omp_set_num_threads(1);
  const double before = resident_bytes();
  faiss::IndexBinaryMultiHash index(256, 16, 16);
  index.nflip = 1;
  const auto bytes_of = [](const std::vector<PdqHash>& hashes) {
    return reinterpret_cast<const std::uint8_t*>(hashes.data());
  };
  const double build = seconds_of([&] {
    index.add(static_cast<faiss::IndexBinary::idx_t>(campaign.hashes.size()),
              bytes_of(campaign.hashes));
  });
  const double bytes = resident_bytes() - before;
  faiss::RangeSearchResult result(kQueries);
  // It answers what is nearer than the radius.
  const double asked = seconds_of(
      [&] { index.range_search(kQueries, bytes_of(campaign.queries), kRadius + 1, &result); });
  Answers found(kQueries);
  for (std::size_t query = 0; query < kQueries; ++query) {
    for (std::size_t i = result.lims[query]; i < result.lims[query + 1]; ++i) {
      found[query].push_back(static_cast<std::uint64_t>(result.labels[i]));
    }
  }
  print("FAISS BinaryMultiHash 16x16 nflip 1", campaign.hashes.size(), asked, bytes, build,
        recall(campaign, std::move(found)));
}
#else
void measure_faiss(const Campaign&) {
  std::fputs(
      "index-bench: built without FAISS (scripts/bootstrap --bench), compared with nothing\n",
      stderr);
}
#endif

void measure(std::size_t size) {
  const Campaign campaign = make_campaign(size);
  constexpr std::size_t kPartsOfTail = 256;  // As in pipeline/similarity/hash_index.cpp.
  measure_index(campaign, "index", 0, HashIndex::kScanLimit);
  measure_index(campaign, "index, longest tail",
                std::min(size / 2, std::max(HashIndex::kScanLimit, size / kPartsOfTail)),
                HashIndex::kScanLimit);
  measure_index(campaign, "scan", 0, size + 1);
  measure_faiss(campaign);
}

}  // namespace
}  // namespace sightingd::bench

int main(int argc, char** argv) {
  std::vector<std::size_t> sizes;
  for (int i = 1; i < argc; ++i) {
    sizes.push_back(std::strtoull(argv[i], nullptr, 10));
    if (sizes.back() == 0) {
      std::fputs("Usage: index-bench [HASHES]...\n", stderr);
      return 2;
    }
  }
  if (sizes.empty()) {
    sizes = {1'000'000, 10'000'000};
  }
  for (const std::size_t size : sizes) {
    sightingd::bench::measure(size);
  }
  return 0;
}
