// Notes events in the audit log of the store that is named, without end, and writes '+' to standard
// output for each that was acknowledged: for tests that kill it.
#include "storage/store.h"

#include <unistd.h>

#include <utility>

int main(int count, char** arguments) {
  using namespace sightingd;
  if (count != 2) {
    return 2;
  }
  auto store = Store::open({arguments[1]});
  if (!store) {
    return 1;
  }
  for (std::uint64_t number = 1;; ++number) {
    AuditEvent event;
    event.kind = AuditKind::PhotoRead;
    event.count = number;
    if (number % 50 == 0) {
      event.reason = "reason";
    }
    const bool waits = number % 20 == 0;  // So that rounds of many entries are cut, too.
    auto acknowledge = [](const Result<void>& done) {
      const char answer = done ? '+' : '-';
      if (::write(STDOUT_FILENO, &answer, 1) != 1) {
        ::_exit(1);
      }
    };
    if (waits) {
      acknowledge((*store)->audit().note(std::move(event)));
    } else {
      (*store)->audit().note(std::move(event), acknowledge);
    }
  }
}
