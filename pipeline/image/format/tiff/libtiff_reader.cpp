#include "pipeline/image/format/tiff/libtiff_reader.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>

namespace sightingd {
namespace {

// Of one allocation: more than the longest row and the largest file need.
constexpr tmsize_t kMostMemory = tmsize_t{512} << 20;

// What a handler returns who does not want the others to be told.
constexpr int kNobodyElse = 1;

}  // namespace

LibtiffReader::LibtiffReader(std::string_view file) : source_(new Source{file}) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(
      TIFFOpenOptionsAlloc(), &TIFFOpenOptionsFree);
  if (!options) {
    throw std::bad_alloc();
  }
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kMostMemory);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), note_error, source_.get());
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), note_warning, source_.get());
  // c: strips stay as they are.
  tiff_.reset(TIFFClientOpenExt("", "rc", source_.get(), read, write, seek, close, size, map, unmap,
                                options.get()));
}

int LibtiffReader::note_error(TIFF*, void* source, const char*, const char*, va_list) {
  static_cast<Source*>(source)->has_errors = true;
  return kNobodyElse;
}

int LibtiffReader::note_warning(TIFF*, void* source, const char*, const char*, va_list) {
  ++static_cast<Source*>(source)->warnings;
  return kNobodyElse;
}

tmsize_t LibtiffReader::read(thandle_t handle, void* into, tmsize_t size) {
  auto& source = *static_cast<Source*>(handle);
  const std::size_t count = std::min(source.file.size() - source.at,
                                     static_cast<std::size_t>(std::max<tmsize_t>(size, 0)));
  std::memcpy(into, source.file.data() + source.at, count);
  source.at += count;
  return static_cast<tmsize_t>(count);
}

tmsize_t LibtiffReader::write(thandle_t, void*, tmsize_t) { return 0; }

toff_t LibtiffReader::seek(thandle_t handle, toff_t offset, int whence) {
  auto& source = *static_cast<Source*>(handle);
  const toff_t from = whence == SEEK_CUR ? source.at : whence == SEEK_END ? source.file.size() : 0;
  source.at = static_cast<std::size_t>(std::min<toff_t>(from + offset, source.file.size()));
  return source.at;
}

int LibtiffReader::close(thandle_t) { return 0; }

toff_t LibtiffReader::size(thandle_t handle) { return static_cast<Source*>(handle)->file.size(); }

// libtiff then reads where the bytes lie, and copies none.
int LibtiffReader::map(thandle_t handle, void** base, toff_t* size) {
  const std::string_view file = static_cast<Source*>(handle)->file;
  *base = const_cast<char*>(file.data());
  *size = file.size();
  return 1;
}

void LibtiffReader::unmap(thandle_t, void*, toff_t) {}

}  // namespace sightingd
