#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd::test {

/// How a disk is to fail: what `faulty_disk.so` reads from the environment of the program that it
/// is loaded into (LD_PRELOAD). It acts on what lies below `folder` and `ledger`, and on nothing
/// else.
struct FaultyDiskPlan {
  std::filesystem::path folder = {};
  /// The folder of the erasure ledger, if it is not in the other.
  std::filesystem::path ledger = {};
  /// "OPERATION:KIND:N:FAULT", empty for none: the N-th OPERATION (from 1 on) on a file of KIND
  /// meets FAULT. Both may be "any".
  ///
  /// OPERATION: create open write sync rename link unlink truncate read mkdir
  /// KIND: log table manifest current options temporary (of the last two) mark photo format lock
  ///       folder ledger audit other
  /// FAULT: EIO, ENOSPC - it fails, once
  ///        torn        - half of it is done, then EIO
  ///        short       - half of it is done, which is no error
  ///        flip        - one bit of what is read is another
  ///        full        - the disk is full from then on, until `full` is removed
  ///        cut, cut-after - the power fails before, or after it: what was not synced is lost
  ///        cut-some    - before it, and a random part of what was not synced is there all the same
  std::string fault = {};
  /// Gets a line "fault" when the fault is met, and at the end a line "OPERATION KIND N" for each
  /// pair that was done.
  std::filesystem::path report = {};
  /// The disk is full as long as this file exists.
  std::filesystem::path full = {};
  /// Holds the number of bytes that the disk says it has free.
  std::filesystem::path free = {};
  /// Of the random part, and of the bit.
  std::uint32_t seed = 1;
};

/// "NAME=VALUE" each, for the environment of the program; `library` is faulty_disk.so.
inline std::vector<std::string> environment_of(const FaultyDiskPlan& plan,
                                               const std::filesystem::path& library) {
  std::vector<std::string> variables{
      "LD_PRELOAD=" + library.string(), "FAULTY_DISK=" + plan.folder.string(),
      // Sanitizers want to be first; they lose nothing by being second.
      "ASAN_OPTIONS=verify_asan_link_order=0"};
  const auto add = [&variables](std::string_view name, const std::string& value) {
    if (!value.empty()) {
      variables.push_back(std::string(name) + '=' + value);
    }
  };
  add("FAULTY_DISK_LEDGER", plan.ledger.string());
  add("FAULTY_DISK_FAULT", plan.fault);
  add("FAULTY_DISK_REPORT", plan.report.string());
  add("FAULTY_DISK_FULL", plan.full.string());
  add("FAULTY_DISK_FREE", plan.free.string());
  add("FAULTY_DISK_SEED", std::to_string(plan.seed));
  return variables;
}

}  // namespace sightingd::test
