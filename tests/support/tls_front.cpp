#include "tests/support/tls_front.h"

#include "tests/support/temporary_directory.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace sightingd::test {
namespace {

template <auto free_function>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    free_function(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Free<SSL_free>>;
using File = std::unique_ptr<std::FILE, Free<std::fclose>>;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }

  int fd() const { return fd_; }

 private:
  int fd_;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

Socket listen_on_loopback() {
  Socket listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in any_port = loopback(0);
  if (::bind(listener.fd(), reinterpret_cast<const sockaddr*>(&any_port), sizeof(any_port)) != 0 ||
      ::listen(listener.fd(), 16) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  return listener;
}

std::uint16_t port_of(const Socket& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  ::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

Certificate self_signed(EVP_PKEY* key) {
  constexpr long kDay = 24 * 60 * 60;
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kDay);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* const name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("loopback"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  const Extension names(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1"));
  X509_add_ext(certificate.get(), names.get(), -1);
  if (X509_sign(certificate.get(), key, EVP_sha256()) == 0) {
    throw std::runtime_error("cannot sign a certificate");
  }
  return certificate;
}

// Moves what one side has to say to the other, until either has no more to say.
void relay(SSL* session, int client, int backend) {
  std::array<char, 16384> buffer{};
  for (;;) {
    std::array<pollfd, 2> sides{pollfd{client, POLLIN, 0}, pollfd{backend, POLLIN, 0}};
    if (SSL_pending(session) == 0 && ::poll(sides.data(), sides.size(), -1) < 0) {
      return;
    }
    if (sides[1].revents != 0) {
      const auto size = ::read(backend, buffer.data(), buffer.size());
      if (size <= 0 || SSL_write(session, buffer.data(), static_cast<int>(size)) <= 0) {
        return;
      }
    }
    if (SSL_pending(session) > 0 || sides[0].revents != 0) {
      const int size = SSL_read(session, buffer.data(), static_cast<int>(buffer.size()));
      if (size <= 0 || ::write(backend, buffer.data(), static_cast<std::size_t>(size)) != size) {
        return;
      }
    }
  }
}

}  // namespace

class TlsFront::Impl {
 public:
  explicit Impl(std::uint16_t backend_port) : backend_port_(backend_port) {
    // OpenSSL writes without MSG_NOSIGNAL.
    std::signal(SIGPIPE, SIG_IGN);
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate = self_signed(key.get());
    SSL_CTX_use_certificate(context_.get(), certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), key.get());
    const File file(std::fopen(certificate_file().c_str(), "w"));
    PEM_write_X509(file.get(), certificate.get());
    acceptor_ = std::thread([this] { accept(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      for (const auto& socket : sockets_) {
        ::shutdown(socket.fd(), SHUT_RDWR);
      }
      ::shutdown(listener_.fd(), SHUT_RDWR);
    }
    acceptor_.join();
    for (auto& server : servers_) {
      server.join();
    }
  }

  std::uint16_t port() const { return port_of(listener_); }
  std::filesystem::path certificate_file() const { return directory_.path() / "loopback.pem"; }

 private:
  void accept() {
    for (;;) {
      const int fd = ::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) {
        return;
      }
      const std::lock_guard lock(mutex_);
      sockets_.emplace_back(fd);
      servers_.emplace_back([this, fd] { serve(fd); });
    }
  }

  void serve(int client) {
    const Session session(SSL_new(context_.get()));
    SSL_set_fd(session.get(), client);
    const Socket backend(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(backend_port_);
    if (SSL_accept(session.get()) == 1 &&
        ::connect(backend.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) ==
            0) {
      relay(session.get(), client, backend.fd());
    }
    ::shutdown(client, SHUT_RDWR);
  }

  const std::uint16_t backend_port_;
  TemporaryDirectory directory_;
  Context context_{SSL_CTX_new(TLS_server_method())};
  Socket listener_ = listen_on_loopback();
  std::mutex mutex_;
  std::vector<Socket> sockets_;  // Of clients; closed with the object.
  std::vector<std::thread> servers_;
  std::thread acceptor_;
};

TlsFront::TlsFront(std::uint16_t backend_port) : impl_(std::make_unique<Impl>(backend_port)) {}

TlsFront::~TlsFront() = default;

std::string TlsFront::origin() const {
  return "https://127.0.0.1:" + std::to_string(impl_->port());
}

std::filesystem::path TlsFront::certificate_file() const { return impl_->certificate_file(); }

}  // namespace sightingd::test
