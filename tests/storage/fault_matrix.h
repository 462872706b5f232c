#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace sightingd::test {

/// One row of the fault matrix: the N-th operation on a file of a kind meets each of the faults.
/// The words are those of tests/support/faulty_disk/disk_fault.h.
struct FaultMatrixRow {
  std::string operation;
  std::string kind;
  std::vector<std::uint64_t> occurrences;
  std::vector<std::string> faults;
};

inline void PrintTo(const FaultMatrixRow& row, std::ostream* out) {
  *out << row.operation << " " << row.kind;
}

/// Every operation on every kind of file that the store does.
inline const std::vector<FaultMatrixRow>& fault_matrix() {
  static const std::vector<std::string> kMaking{"EIO", "ENOSPC", "cut", "cut-after"};
  static const std::vector<std::string> kOpening{"EIO", "cut"};
  static const std::vector<std::string> kReading{"EIO", "short", "flip"};
  static const std::vector<std::string> kWriting{"EIO", "ENOSPC",    "torn",    "short",
                                                 "cut", "cut-after", "cut-some"};
  static const std::vector<std::string> kSyncing{"EIO", "ENOSPC", "cut", "cut-after", "cut-some"};
  static const std::vector<std::string> kNaming{"EIO", "cut", "cut-after"};
  static const std::vector<FaultMatrixRow> kRows{
      {"mkdir", "folder", {1, 2}, kMaking},
      {"create", "lock", {1, 2}, kMaking},
      {"create", "format", {1}, kMaking},
      {"create", "log", {1, 2, 4}, kMaking},
      {"create", "table", {1, 10, 30}, kMaking},
      {"create", "manifest", {1, 3}, kMaking},
      {"create", "temporary", {1, 12, 22}, kMaking},
      {"create", "mark", {1}, kMaking},
      {"create", "photo", {1, 4, 7}, kMaking},
      {"create", "ledger", {1, 2}, kMaking},
      {"create", "audit", {1, 2}, kMaking},
      {"open", "folder", {1, 4, 40}, kOpening},
      {"open", "lock", {1}, kOpening},
      {"open", "format", {1}, kOpening},
      {"open", "log", {1}, kOpening},
      {"open", "table", {1, 40}, kOpening},
      {"open", "manifest", {1}, kOpening},
      {"open", "current", {1, 4}, kOpening},
      {"open", "temporary", {1, 10}, kOpening},
      {"open", "mark", {1}, kOpening},
      {"open", "photo", {1, 8}, kOpening},
      {"open", "ledger", {1}, kOpening},
      {"open", "audit", {1}, kOpening},
      {"open", "other", {1}, kOpening},
      {"read", "format", {1}, kReading},
      {"read", "log", {1}, kReading},
      {"read", "table", {1, 20, 100, 250}, kReading},
      {"read", "manifest", {1, 2}, kReading},
      {"read", "current", {1, 4}, kReading},
      {"read", "temporary", {1, 10}, kReading},
      {"read", "mark", {1, 2}, kReading},
      {"read", "photo", {1, 5, 10}, kReading},
      {"read", "ledger", {1}, kReading},
      {"read", "audit", {1}, kReading},
      {"read", "other", {1, 3}, kReading},
      {"write", "format", {1}, kWriting},
      {"write", "log", {1, 2, 3, 4, 6, 8, 10, 12}, kWriting},
      {"write", "table", {1, 10, 30}, kWriting},
      {"write", "manifest", {1, 20, 60, 140}, kWriting},
      {"write", "temporary", {1, 12}, kWriting},
      {"write", "mark", {1, 4}, kWriting},
      {"write", "photo", {1, 4, 7}, kWriting},
      {"write", "ledger", {1, 2}, kWriting},
      {"write", "audit", {1, 2, 3}, kWriting},
      {"sync", "folder", {1, 20, 50, 75}, kSyncing},
      {"sync", "format", {1}, kSyncing},
      {"sync", "log", {1, 2, 3, 5, 7, 10}, kSyncing},
      {"sync", "table", {1, 10, 30}, kSyncing},
      {"sync", "manifest", {1, 20, 60}, kSyncing},
      {"sync", "temporary", {1, 12}, kSyncing},
      {"sync", "photo", {1, 4, 7}, kSyncing},
      {"sync", "ledger", {1, 2}, kSyncing},
      {"sync", "audit", {1, 2, 3}, kSyncing},
      {"rename", "format", {1}, kNaming},
      {"rename", "options", {1, 17}, kNaming},
      {"rename", "current", {1, 2, 3}, kNaming},
      {"rename", "photo", {1, 4, 7}, kNaming},
      {"rename", "ledger", {1}, kNaming},
      {"rename", "audit", {1}, kNaming},
      {"rename", "other", {1}, kNaming},
      {"truncate", "log", {1, 3}, kOpening},
      {"truncate", "table", {1, 10}, kOpening},
      {"truncate", "manifest", {1, 3}, kOpening},
      {"unlink", "log", {1, 3}, kNaming},
      {"unlink", "table", {1, 5}, kNaming},
      {"unlink", "manifest", {1}, kNaming},
      {"unlink", "options", {1, 10}, kNaming},
      {"unlink", "photo", {1}, kNaming},
      {"unlink", "ledger", {1}, kOpening},
      {"unlink", "audit", {1}, kOpening},
  };
  return kRows;
}

/// Where the disk is full from the N-th operation on, until somebody makes space. While a store is
/// opened, it is not taken: that fails, and is tried again.
inline const std::vector<FaultMatrixRow>& full_disk_matrix() {
  static const std::vector<FaultMatrixRow> kRows{
      {"write", "log", {5, 6, 7}, {"full"}},
      {"write", "ledger", {2}, {"full"}},
  };
  return kRows;
}

}  // namespace sightingd::test
