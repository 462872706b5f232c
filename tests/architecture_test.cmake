# cmake -DROOT=<source> -DBIN=<programs> -P architecture_test.cmake
# Fails when an include runs against an arrow of ARCHITECTURE.md, when a third-party header is
# included outside its home, or when the daemon links an image codec.
set(allowed_pipeline pipeline)
set(allowed_connectors connectors pipeline)
set(allowed_storage storage pipeline)
set(allowed_examiner examiner pipeline)
set(allowed_config config connectors examiner storage pipeline)
set(allowed_daemon daemon config connectors examiner storage pipeline)
set(allowed_sightingctl sightingctl daemon/api config examiner pipeline storage/sealing storage/backup/folder)
set(failures "")

foreach(room pipeline connectors storage examiner config daemon sightingctl)
  file(GLOB_RECURSE files ${ROOT}/${room}/*.h ${ROOT}/${room}/*.cpp)
  foreach(file ${files})
    file(RELATIVE_PATH name ${ROOT} ${file})
    file(STRINGS ${file} includes REGEX "^#include \"")
    foreach(line ${includes})
      string(REGEX REPLACE "^#include \"([^\"]+)\".*" "\\1" header "${line}")
      set(ok FALSE)
      foreach(prefix ${allowed_${room}})
        if(header MATCHES "^${prefix}/")
          set(ok TRUE)
        endif()
      endforeach()
      # The domain's image half is linked by the examiner program alone.
      if(header MATCHES "^pipeline/image/" AND NOT name MATCHES "^pipeline/image/|^examiner/")
        set(ok FALSE)
      endif()
      # config/ sees the adapters' options and vocabularies, not their machinery.
      if(room STREQUAL "config" AND header MATCHES "^(examiner|storage)/" AND
         NOT header MATCHES "_options\\.h$")
        set(ok FALSE)
      endif()
      if(NOT ok)
        list(APPEND failures "${name} includes ${header}")
      endif()
    endforeach()

    file(STRINGS ${file} third_party REGEX "^#include <")
    foreach(line ${third_party})
      foreach(rule
              "curl/:^(connectors/http|sightingctl)/" "rocksdb/:^storage/"
              "opencv2/:^pipeline/image/" "toml:^config/" "prometheus/:^daemon/ops/"
              "boost/beast:^daemon/http/" "seccomp:^examiner/" "spdlog/:^daemon/ops/"
              "libxml/:^(connectors/text|pipeline/image)/"
              "CLI/:^(daemon/main|sightingctl/|examiner/main)")
        string(REGEX REPLACE ":.*" "" library "${rule}")
        string(REGEX REPLACE "^[^:]*:" "" home "${rule}")
        if(line MATCHES "<${library}" AND NOT name MATCHES "${home}")
          list(APPEND failures "${name}: ${line} belongs to ${home}")
        endif()
      endforeach()
    endforeach()
  endforeach()
endforeach()

if(EXISTS ${BIN}/sightingd)
  execute_process(COMMAND ldd ${BIN}/sightingd OUTPUT_VARIABLE libraries RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    list(APPEND failures "ldd cannot read ${BIN}/sightingd")
  endif()
  if(libraries MATCHES "lib(opencv|jpeg|turbojpeg|png|webp|gif|exif|heif|tiff)[^\n]*")
    list(APPEND failures "sightingd links ${CMAKE_MATCH_0}")
  endif()
endif()

foreach(failure ${failures})
  message(SEND_ERROR "${failure}")
endforeach()
