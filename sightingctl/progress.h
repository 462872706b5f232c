#pragma once

#include "sightingctl/tool.h"

#include <string>

namespace sightingd {

/// One line that says how far long work is, on a terminal; elsewhere nothing. It goes with this.
class Progress {
 public:
  explicit Progress(const Tool& tool) : tool_(tool) {}
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const std::string& how_far);

 private:
  const Tool& tool_;
  bool is_shown_ = false;
};

}  // namespace sightingd
