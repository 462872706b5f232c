#include "config/secret.h"

#include "pipeline/wipe.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace sightingd {
namespace {

constexpr std::size_t kLongestToken = 4096;

class FileDescriptor {
 public:
  explicit FileDescriptor(int number) : number_(number) {}
  ~FileDescriptor() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  int number() const { return number_; }

 private:
  int number_;
};

Error forbidden(std::string message) {
  return {.code = ErrorCode::Forbidden, .message = std::move(message)};
}

Error malformed(std::string message) {
  return {.code = ErrorCode::Malformed, .message = std::move(message)};
}

Error open_error(int number) {
  if (number == ENOENT || number == ENOTDIR) {
    return {.code = ErrorCode::Gone, .message = "does not exist"};
  }
  return {.code = ErrorCode::Unavailable, .message = "cannot be opened by this user"};
}

/// Everyone on the machine, or a group that could replace it: then it is no secret.
Result<void> check_access(const struct stat& status) {
  if (!S_ISREG(status.st_mode)) {
    return forbidden("is not a regular file");
  }
  if ((status.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
    return forbidden("is open to other users: chmod 0600 or 0640 it");
  }
  return {};
}

/// Up to one byte more than the longest token with its newline, so that a longer one shows.
Result<std::string> read_beginning(int file) {
  std::array<char, kLongestToken + 3> buffer{};
  std::size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t count = ::read(file, buffer.data() + size, buffer.size() - size);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return forbidden("cannot be read");
    }
    if (count == 0) {
      break;
    }
    size += static_cast<std::size_t>(count);
  }
  std::string text(buffer.data(), size);
  ::explicit_bzero(buffer.data(), buffer.size());
  return text;
}

Result<std::string> read_file(const std::string& path) {
  // Not blocking, because the name may be that of a pipe.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.number() < 0) {
    return open_error(errno);
  }
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) {
    return forbidden("cannot be read");
  }
  if (const Result<void> access = check_access(status); !access) {
    return access.error();
  }
  return read_beginning(file.number());
}

/// The folder of the unit's credentials; empty outside of a unit.
std::string credentials_directory(const Environment& environment) {
  return environment("CREDENTIALS_DIRECTORY").value_or("");
}

bool has_credentials(const Environment& environment) {
  return !credentials_directory(environment).empty();
}

Result<std::string> read_credential(const std::string& name, const Environment& environment) {
  if (!has_credentials(environment)) {
    return Error{.code = ErrorCode::Unavailable,
                 .message = "is out of reach: systemd hands credentials to the unit only"};
  }
  return read_file(credentials_directory(environment) + '/' + name);
}

Result<std::string> read_variable(const std::string& name, const Environment& environment) {
  std::optional<std::string> value = environment(name);
  if (!value) {
    return Error{.code = ErrorCode::Unavailable, .message = "is not set in the environment"};
  }
  return std::move(*value);
}

Result<std::string> read_content(const SecretPlace& place, const Environment& environment) {
  switch (place.kind) {
    case SecretPlace::Kind::Credential:
      return read_credential(place.name, environment);
    case SecretPlace::Kind::File:
      return read_file(place.name);
    case SecretPlace::Kind::Variable:
      break;
  }
  return read_variable(place.name, environment);
}

void drop_newline(std::string& text) {
  if (text.ends_with('\n')) {
    text.pop_back();
  }
  if (text.ends_with('\r')) {
    text.pop_back();
  }
}

}  // namespace

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

Result<std::string> read_token(const SecretPlace& place, const Environment& environment) {
  Result<std::string> token = read_content(place, environment);
  if (!token) {
    return token;
  }
  drop_newline(*token);
  if (token->empty()) {
    return malformed("is empty");
  }
  if (token->size() > kLongestToken) {
    return malformed("is longer than 4096 characters");
  }
  if (!std::ranges::all_of(*token, [](char letter) { return letter > ' ' && letter < '\x7F'; })) {
    return malformed("holds something else than printable ASCII characters");
  }
  return token;
}

Result<std::optional<std::string>> read_store_key(const StoreKeyPlace& place,
                                                  const Environment& environment) {
  Result<std::string> key = read_content(place.place, environment);
  if (!key) {
    const ErrorCode code = key.error().code;
    const bool is_absent = code == ErrorCode::Gone ||
                           (code == ErrorCode::Unavailable && !has_credentials(environment));
    if (!place.is_named && is_absent) {
      return std::optional<std::string>();
    }
    return key.error();
  }
  if (key->size() != kStoreKeySize) {
    const std::size_t size = key->size();
    wipe(*key);
    return malformed("must hold 32 bytes, as 'head -c 32 /dev/urandom' gives them, and holds " +
                     (size > kLongestToken ? "far more" : std::to_string(size)));
  }
  return std::optional(std::move(*key));
}

}  // namespace sightingd
