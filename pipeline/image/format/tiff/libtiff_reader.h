#pragma once

#include <tiffio.h>

#include <cstdarg>
#include <cstddef>
#include <memory>
#include <string_view>

namespace sightingd {

/// A file in memory that libtiff reads: no file of the system is opened, and nothing is printed.
/// What libtiff finds wrong shows in what its functions return, or in has_errors().
class LibtiffReader {
 public:
  /// `file` must outlive it.
  explicit LibtiffReader(std::string_view file);

  /// Null when libtiff cannot read the file's first directory.
  TIFF* get() const { return tiff_.get(); }

  /// Whether libtiff has reported an error, even if it went on: of damaged codes of CCITT it makes
  /// other rows each time it is asked in another way.
  bool has_errors() const { return source_->has_errors; }
  /// How many warnings it has had so far.
  std::size_t warnings() const { return source_->warnings; }

 private:
  struct Source {
    std::string_view file;
    std::size_t at = 0;
    bool has_errors = false;
    std::size_t warnings = 0;
  };
  struct Close {
    void operator()(TIFF* tiff) const { TIFFClose(tiff); }
  };

  static int note_error(TIFF*, void* source, const char*, const char*, va_list);
  static int note_warning(TIFF*, void* source, const char*, const char*, va_list);
  static tmsize_t read(thandle_t handle, void* into, tmsize_t size);
  static tmsize_t write(thandle_t, void*, tmsize_t);
  static toff_t seek(thandle_t handle, toff_t offset, int whence);
  static int close(thandle_t);
  static toff_t size(thandle_t handle);
  static int map(thandle_t handle, void** base, toff_t* size);
  static void unmap(thandle_t, void*, toff_t);

  std::unique_ptr<Source> source_;  // libtiff holds a pointer to it.
  std::unique_ptr<TIFF, Close> tiff_;
};

}  // namespace sightingd
