#include "storage/sealing/sealed_copy.h"

#include "storage/files.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

namespace sightingd::sealed_copy {
namespace {

static_assert(SecretKey::kSize == crypto_secretstream_xchacha20poly1305_KEYBYTES);
constexpr std::size_t kOverhead = crypto_secretstream_xchacha20poly1305_ABYTES;
constexpr std::size_t kHeader = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
static_assert(kOverhead == 17 && kHeader == 24);

using Bytes = std::vector<unsigned char>;

/// Fills `piece` up to `most`; shorter only at the end of the file.
Result<void> read_piece(const FileDescriptor& file, std::size_t most, Bytes& piece) {
  piece.resize(most);
  std::size_t filled = 0;
  while (filled < most) {
    const ssize_t count = ::read(file.get(), piece.data() + filled, most - filled);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return system_error("read a file that is copied");
    }
    if (count == 0) {
      break;
    }
    filled += static_cast<std::size_t>(count);
  }
  piece.resize(filled);
  return {};
}

Result<void> write_piece(const FileDescriptor& file, const unsigned char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t count = ::write(file.get(), bytes, size);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return system_error("write a copy of a file");
    }
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
  return {};
}

struct Ends {
  FileDescriptor from;
  FileDescriptor to;
};

Result<Ends> open_ends(const std::filesystem::path& from, const std::filesystem::path& to) {
  Ends ends{FileDescriptor(::open(from.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)),
            FileDescriptor()};
  if (!ends.from) {
    return system_error("open a file that is copied");
  }
  ends.to = FileDescriptor(
      ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!ends.to) {
    return system_error("make a copy of a file");
  }
  return ends;
}

Result<void> sync(const FileDescriptor& file) {
  return ::fdatasync(file.get()) == 0 ? Result<void>() : system_error("write a copy of a file");
}

Error damaged() {
  return {ErrorCode::Storage, "a file of the backup is damaged, or belongs to another backup",
          "damaged"};
}

}  // namespace

Result<std::uint64_t> seal(const std::filesystem::path& from, const std::filesystem::path& to,
                           const SecretKey& key) {
  ready_cryptography();
  auto ends = open_ends(from, to);
  if (!ends) {
    return ends.error();
  }
  crypto_secretstream_xchacha20poly1305_state state;
  std::array<unsigned char, kHeader> header{};
  crypto_secretstream_xchacha20poly1305_init_push(&state, header.data(), key.data());
  if (auto written = write_piece(ends->to, header.data(), header.size()); !written) {
    return written.error();
  }
  std::uint64_t size = kHeader;
  Bytes piece;
  Bytes sealed(kPieceBytes + kOverhead);
  for (bool is_last = false; !is_last;) {
    if (auto read = read_piece(ends->from, kPieceBytes, piece); !read) {
      return read.error();
    }
    is_last = piece.size() < kPieceBytes;
    crypto_secretstream_xchacha20poly1305_push(
        &state, sealed.data(), nullptr, piece.data(), piece.size(), nullptr, 0,
        is_last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
    if (auto written = write_piece(ends->to, sealed.data(), piece.size() + kOverhead); !written) {
      return written.error();
    }
    size += piece.size() + kOverhead;
  }
  if (auto synced = sync(ends->to); !synced) {
    return synced.error();
  }
  return size;
}

Result<void> open(const std::filesystem::path& from, const std::filesystem::path& to,
                  const SecretKey& key) {
  ready_cryptography();
  auto ends = open_ends(from, to);
  if (!ends) {
    return ends.error();
  }
  Bytes piece;
  if (auto read = read_piece(ends->from, kHeader, piece); !read) {
    return read;
  }
  crypto_secretstream_xchacha20poly1305_state state;
  if (piece.size() != kHeader ||
      crypto_secretstream_xchacha20poly1305_init_pull(&state, piece.data(), key.data()) != 0) {
    return damaged();
  }
  Bytes opened(kPieceBytes);
  for (bool is_last = false; !is_last;) {
    if (auto read = read_piece(ends->from, kPieceBytes + kOverhead, piece); !read) {
      return read;
    }
    unsigned char tag = 0;
    unsigned long long size = 0;
    if (piece.size() < kOverhead ||
        crypto_secretstream_xchacha20poly1305_pull(&state, opened.data(), &size, &tag, piece.data(),
                                                   piece.size(), nullptr, 0) != 0) {
      return damaged();
    }
    is_last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    if (auto written = write_piece(ends->to, opened.data(), static_cast<std::size_t>(size));
        !written) {
      return written;
    }
  }
  if (auto read = read_piece(ends->from, 1, piece); !read || !piece.empty()) {
    return read ? damaged() : read;
  }
  return sync(ends->to);
}

}  // namespace sightingd::sealed_copy
