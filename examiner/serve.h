#pragma once

#include "examiner/protocol.h"

#include <string_view>

namespace sightingd {

/// How a picture is examined; `examine` of pipeline/image in the real program.
using ExamineFunction = Examination (*)(std::string_view bytes, const ImageLimits& limits);

/// The life of an examiner process: takes its Setup from `socket`, examines the warm-up
/// pictures so that everything lazy has been loaded, confines itself, then answers picture
/// after picture until the daemon closes the socket. Returns the exit status.
ExaminerExit serve_examiner(int socket, ExamineFunction examine);

}  // namespace sightingd
