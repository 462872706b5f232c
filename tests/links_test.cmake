# cmake -DROOT=<source> -P links_test.cmake
# Fails when a page links to, or speaks of, a page that is not in the tree. Links to the web are not
# followed.
find_program(git git)
execute_process(COMMAND ${git} -C ${ROOT} ls-files --cached --others --exclude-standard -- *.md
  OUTPUT_VARIABLE listed RESULT_VARIABLE result ERROR_QUIET)
if(NOT result EQUAL 0)
  # A tree that was unpacked rather than cloned: nothing is built inside it yet.
  file(GLOB_RECURSE pages RELATIVE ${ROOT} ${ROOT}/*.md)
  list(FILTER pages EXCLUDE REGEX "^build/")
  string(REPLACE ";" "\n" listed "${pages}")
endif()
string(REGEX REPLACE "\n+" ";" pages "${listed}")

set(links 0)
macro(expect_file page path target)
  math(EXPR links "${links} + 1")
  if(NOT EXISTS ${path})
    message(SEND_ERROR "${page} speaks of ${target}, which is not there")
  endif()
endmacro()

foreach(page ${pages})
  file(READ ${ROOT}/${page} text)
  get_filename_component(folder ${ROOT}/${page} DIRECTORY)
  # Brackets and semicolons mean something in CMake's lists.
  string(REPLACE ";" "," text "${text}")
  string(REPLACE "](" "@link(" text "${text}")
  string(REGEX REPLACE "[][]" "" text "${text}")
  string(REGEX MATCHALL "@link\\([^)\n]+\\)" targets "${text}")
  foreach(target ${targets})
    string(REGEX REPLACE "^@link\\(([^)#]*)(#[^)]*)?\\)$" "\\1" path "${target}")
    if(NOT path STREQUAL "" AND NOT path MATCHES "^[a-z]+:")
      expect_file(${page} ${folder}/${path} ${path})
    endif()
  endforeach()
  # The prose names pages from the root of the tree.
  string(REGEX MATCHALL "docs/[a-z0-9-]+\\.[a-z0-9]+" names "${text}")
  foreach(name ${names})
    expect_file(${page} ${ROOT}/${name} ${name})
  endforeach()
endforeach()
if(links EQUAL 0)
  message(SEND_ERROR "no page links to any file: this test looks at the wrong place")
endif()
message(STATUS "${links} links lead to files")
