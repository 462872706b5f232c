#pragma once

#include "examiner/protocol.h"

#include <string_view>

namespace sightingd {

/// How a picture is examined; `examine` of pipeline/image in the real program.
using ExamineFunction = Examination (*)(std::string_view bytes, const ImageLimits& limits);

/// The life of an examiner process: maps the memory at kPictureAreaDescriptor, takes its Setup
/// from the socket that is its standard input, examines the warm-up pictures so that everything
/// lazy has been loaded, confines itself, then answers picture after picture until the daemon
/// closes the socket. Returns the exit status.
ExaminerExit serve_examiner(ExamineFunction examine);

}  // namespace sightingd
