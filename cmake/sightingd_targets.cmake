# Warnings are errors where the code is worked on; a release must build with other compilers too.
option(SIGHTINGD_WERROR "Treat warnings as errors." OFF)

# How every target of this project is compiled.
add_library(sightingd_build INTERFACE)
target_compile_features(sightingd_build INTERFACE cxx_std_20)
target_compile_options(sightingd_build INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
  $<$<BOOL:${SIGHTINGD_WERROR}>:-Werror>
  # Hashes must have the same bits on every processor: no fused multiply-add behind our back.
  -ffp-contract=off)
# g++ 12 reports these falsely once it optimises: the first for every coroutine (it pairs the
# promise's operator delete with the global new), the second for std::string (PR 105651).
target_compile_options(sightingd_build INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete -Wno-restrict>)
target_include_directories(sightingd_build INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(sightingd_build INTERFACE SIGHTINGD_VERSION="${PROJECT_VERSION}")

# sightingd_library(NAME SOURCES a.cpp ... [PUBLIC libs...] [PRIVATE libs...]): one static library a folder.
function(sightingd_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC sightingd_build ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# sightingd_program(NAME SOURCES main.cpp ... [LIBRARIES libs...]): a program in bin/.
function(sightingd_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE sightingd_build ${ARG_LIBRARIES})
endfunction()

# sightingd_test(NAME SOURCES a_test.cpp ... LIBRARIES libs...): one GoogleTest program a folder of tests/.
function(sightingd_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE sightingd_build ${ARG_LIBRARIES} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300)
endfunction()
