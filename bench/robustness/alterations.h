#pragma once

#include "pipeline/similarity/likeness.h"

#include <opencv2/core.hpp>

#include <functional>
#include <string>
#include <vector>

namespace sightingd::bench {

/// Something that pictures go through before they are posted again.
struct Alteration {
  std::string name;
  Transformation via;                                   ///< What `via` should say of it.
  std::function<std::string(const cv::Mat& rgb)> make;  ///< The altered file.
};

/// All that are measured. The same pixels give the same files.
std::vector<Alteration> alterations();

}  // namespace sightingd::bench
