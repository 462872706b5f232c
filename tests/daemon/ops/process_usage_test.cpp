#include "daemon/ops/process_usage.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace sightingd {
namespace {

TEST(ProcessUsageTest, TellsWhatThisProcessUses) {
  const ProcessUsage usage = process_usage();

  EXPECT_GT(usage.cpu.count(), 0);
  EXPECT_GT(usage.resident_bytes.value(), 100'000U);
  EXPECT_GE(usage.virtual_bytes.value(), usage.resident_bytes.value());
  EXPECT_GE(usage.max_descriptors.value(), usage.open_descriptors.value());
}

TEST(ProcessUsageTest, CountsADescriptorThatWasOpened) {
  const auto before = process_usage().open_descriptors.value();
  const int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);

  const auto after = process_usage().open_descriptors.value();

  EXPECT_EQ(after, before + 1);
  close(descriptor);
}

}  // namespace
}  // namespace sightingd
