# Every library that is used, found once. All come from Debian 12 packages (scripts/bootstrap).
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(CURL REQUIRED)
find_package(RapidJSON REQUIRED)
find_package(RocksDB REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(LibXml2 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PNG REQUIRED)
find_package(GIF REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(TURBOJPEG REQUIRED IMPORTED_TARGET libturbojpeg)
pkg_check_modules(JPEG REQUIRED IMPORTED_TARGET libjpeg)
pkg_check_modules(WEBP REQUIRED IMPORTED_TARGET libwebp libwebpdemux)
pkg_check_modules(EXIF REQUIRED IMPORTED_TARGET libexif)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(IDN2 REQUIRED IMPORTED_TARGET libidn2)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(PROMETHEUS REQUIRED IMPORTED_TARGET prometheus-cpp-core)

# Debian ships OpenCVConfig.cmake only in libopencv-dev, which pulls in every module;
# libopencv-core-dev and libopencv-imgproc-dev are all that is needed.
find_path(OPENCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4 REQUIRED)
find_library(OPENCV_CORE opencv_core REQUIRED)
find_library(OPENCV_IMGPROC opencv_imgproc REQUIRED)
add_library(sightingd_opencv INTERFACE)
target_include_directories(sightingd_opencv SYSTEM INTERFACE ${OPENCV_INCLUDE_DIR})
target_link_libraries(sightingd_opencv INTERFACE ${OPENCV_CORE} ${OPENCV_IMGPROC})

# RapidJSON's Stack adds to a null pointer before its first allocation (internal/stack.h, Reserve),
# in whatever file instantiates it.
add_library(sightingd_rapidjson INTERFACE)
target_compile_options(sightingd_rapidjson INTERFACE -fno-sanitize=pointer-overflow)

# Asio and Beast compiled once instead of in every file that uses them.
add_library(sightingd_asio STATIC EXCLUDE_FROM_ALL ${CMAKE_CURRENT_LIST_DIR}/boost_asio.cpp)
target_compile_features(sightingd_asio PUBLIC cxx_std_20)
target_compile_definitions(sightingd_asio PUBLIC BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(sightingd_asio PUBLIC Boost::headers Threads::Threads)
add_library(sightingd_beast STATIC EXCLUDE_FROM_ALL ${CMAKE_CURRENT_LIST_DIR}/boost_beast.cpp)
target_compile_definitions(sightingd_beast PUBLIC BOOST_BEAST_SEPARATE_COMPILATION)
target_link_libraries(sightingd_beast PUBLIC sightingd_asio)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
