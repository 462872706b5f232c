// Commits a campaign to the store that is named, without end, and writes '+' to standard output
// for each commit that was acknowledged: for tests that kill it.
#include "tests/storage/campaign.h"

#include <unistd.h>

int main(int count, char** arguments) {
  using namespace sightingd;
  if (count != 2) {
    return 2;
  }
  auto store = Store::open({arguments[1]});
  if (!store) {
    return 1;
  }
  test::Campaign campaign(test::kWriterSeed);
  for (;;) {
    Facts facts = campaign.next();
    auto staged = test::stage_all(**store, facts);
    (*store)->commit(std::move(facts), std::move(staged), [](Result<CommitOutcome> done) {
      const char answer = done ? '+' : '-';
      if (::write(STDOUT_FILENO, &answer, 1) != 1) {
        ::_exit(1);
      }
    });
  }
}
