#pragma once

#include "examiner/protocol.h"

#include <cstdint>

namespace sightingd {

/// Takes from this process, for good, everything that examining a picture does not need:
/// new privileges, every path, the network, other processes, new descriptors, core files, and
/// address space beyond `memory`. A system call outside the list ends the process with
/// SIGSYS. Says which layers hold; a layer that this system refuses is left out.
///
/// Call it with a single thread, after everything that opens files.
SandboxLayers confine_process(std::uint64_t memory);

/// Makes an allocation that fails end the process with ExaminerExit::OutOfMemory.
void exit_when_out_of_memory();

/// Ties this process to its parent: it dies with it, ends before it when the system is out of
/// memory, and leaves to it what terminal and service manager signal to the group.
void follow_parent();

}  // namespace sightingd
