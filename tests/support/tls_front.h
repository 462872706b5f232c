#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace sightingd::test {

/// Ends TLS on a free port of 127.0.0.1 in front of a server that speaks in clear, with a
/// certificate of its own making. Runs on threads of its own.
class TlsFront {
 public:
  explicit TlsFront(std::uint16_t backend_port);
  ~TlsFront();

  TlsFront(const TlsFront&) = delete;
  TlsFront& operator=(const TlsFront&) = delete;

  /// "https://127.0.0.1:PORT".
  std::string origin() const;
  std::string url(std::string_view target) const { return origin() + std::string(target); }

  /// The certificate as a PEM file; who trusts it trusts this server.
  std::filesystem::path certificate_file() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sightingd::test
