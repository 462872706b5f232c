#include "daemon/control/access.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

constexpr uid_t kOwner = 900;
constexpr gid_t kReaders = 901;
constexpr gid_t kOperators = 902;

AccessRules rules() { return {kOwner, kReaders, {kOperators}}; }

TEST(AccessRulesTest, LetsRootAndTheDaemonsOwnUserOperate) {
  EXPECT_EQ(rules().access_of({0, 0, {}}), Access::Operate);
  EXPECT_EQ(rules().access_of({kOwner, 5, {}}), Access::Operate);
}

TEST(AccessRulesTest, CountsThePrimaryGroupAndTheOthers) {
  EXPECT_EQ(rules().access_of({1000, kReaders, {}}), Access::Read);
  EXPECT_EQ(rules().access_of({1000, 5, {4, kReaders}}), Access::Read);
  EXPECT_EQ(rules().access_of({1000, 5, {kReaders, kOperators}}), Access::Operate);
  EXPECT_EQ(rules().access_of({1000, kOperators, {}}), Access::Operate);
}

TEST(AccessRulesTest, LetsNobodyElseIn) {
  EXPECT_EQ(rules().access_of({1000, 1000, {0, 4}}), Access::None);
}

TEST(AccessRulesTest, LetsNoGroupInWhenNoneExists) {
  const AccessRules none(kOwner, std::nullopt, {});

  EXPECT_EQ(none.access_of({1000, kReaders, {kOperators}}), Access::None);
}

TEST(FindGroupTest, FindsAGroupByItsName) {
  EXPECT_EQ(find_group("root"), gid_t{0});
  EXPECT_EQ(find_group("no-such-group"), std::nullopt);
}

std::optional<gid_t> find_known(const std::string& name) {
  if (name == kReaderGroup) {
    return kReaders;
  }
  return name == "operators" ? std::optional(kOperators) : std::nullopt;
}

TEST(ControlGroupsTest, OpensTheSocketToItsReadersWhenEveryGroupExists) {
  const ControlGroups groups = find_control_groups({"operators"}, find_known);

  EXPECT_EQ(groups.of_socket(), kReaders);
  EXPECT_EQ(groups.operators, std::vector<gid_t>{kOperators});
  EXPECT_EQ(groups.missing, "");
}

TEST(ControlGroupsTest, OpensTheSocketToNobodyWhenAnyGroupIsMissing) {
  const ControlGroups groups = find_control_groups({"operators", "others"}, find_known);

  EXPECT_EQ(groups.of_socket(), std::nullopt);
  EXPECT_EQ(groups.missing, "others");
}

TEST(ControlGroupsTest, NamesEveryGroupThatIsMissing) {
  const auto none = [](const std::string&) { return std::optional<gid_t>(); };

  EXPECT_EQ(find_control_groups({"operators"}, none).missing, "sightingd, operators");
}

}  // namespace
}  // namespace sightingd
