#pragma once

// Baseline amd64 has no popcnt instruction, and without it a search takes several times as long:
// the compiler makes a version of a function for each set of instructions, chosen when the program
// is loaded; all give the same results. Sanitizers cannot instrument what runs that early.
#if !defined(__x86_64__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SIGHTINGD_ONE_VERSION
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SIGHTINGD_ONE_VERSION
#endif
#endif
#ifdef SIGHTINGD_ONE_VERSION
#define SIGHTINGD_VERSIONS
#else
/// Makes a function be compiled for several sets of instructions.
#define SIGHTINGD_VERSIONS [[gnu::target_clones("default", "popcnt", "arch=x86-64-v3")]]
#endif
/// Makes a function part of each version that calls it.
#define SIGHTINGD_IN_EACH_VERSION [[gnu::always_inline]] inline
