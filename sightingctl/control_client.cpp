#include "sightingctl/control_client.h"

#include <curl/curl.h>
#include <rapidjson/document.h>

#include <fcntl.h>

#include <utility>

namespace sightingd {
namespace {

// The name is never looked up: the transport says which socket to connect to.
constexpr const char* kOrigin = "http://sightingd";

struct FreeEasy {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

// What one request needs while libcurl runs it.
struct Request {
  CURL* easy = nullptr;
  const ControlClient::Take* take = nullptr;  // Null: the body is collected.
  std::string body;                           // Collected, or of an answer that is no success.
  bool stopped = false;                       // The taker wants no more.
};

bool is_success(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return status >= 200 && status < 300;
}

std::size_t receive(char* bytes, std::size_t, std::size_t size, void* context) {
  auto& request = *static_cast<Request*>(context);
  if (request.take == nullptr || !is_success(request.easy)) {
    request.body.append(bytes, size);
    return size;
  }
  if (!(*request.take)({bytes, size})) {
    request.stopped = true;
    return 0;
  }
  return size;
}

// The program that a transport starts must not inherit our end: it would never see it close.
int keep_to_ourselves(void*, curl_socket_t descriptor, curlsocktype) {
  return fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

int before_request(void* transport, char*, char*, int, int) {
  return static_cast<Transport*>(transport)->connected() ? CURL_PREREQFUNC_OK
                                                         : CURL_PREREQFUNC_ABORT;
}

ExitCode exit_code_of(long status, std::string_view code) {
  switch (status) {
    case 400:
    case 413:
      return ExitCode::Usage;
    case 403:
      return ExitCode::NotAllowed;
    case 404:
    case 409:
    case 422:
      return ExitCode::No;
    case 410:
      return ExitCode::CursorTooOld;
    case 503:  // Busy, or stopping: a daemon is there.
      return code == "no_daemon" ? ExitCode::NoDaemon : ExitCode::Bug;
    case 500:
      return code == "storage" ? ExitCode::NoStore : ExitCode::Bug;
    default:
      return ExitCode::Bug;
  }
}

Failure refusal(long status, const std::string& body) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
  const auto text = [&](const char* name) -> std::string {
    return document.IsObject() && document.HasMember(name) && document[name].IsString()
               ? document[name].GetString()
               : "";
  };
  const std::string sentence = text("error");
  return {exit_code_of(status, text("code")),
          sentence.empty() ? "the answer has status " + std::to_string(status) + "." : sentence};
}

}  // namespace

class ControlClient::Impl {
 public:
  explicit Impl(std::unique_ptr<Transport> transport)
      : transport_(std::move(transport)), easy_(curl_easy_init()) {}

  // A null `posted` is a GET.
  Outcome<bool> run(const std::string& target, const std::string_view* posted, Request& request) {
    CURL* easy = easy_.get();
    if (easy == nullptr) {
      return Failure{ExitCode::Bug, "libcurl cannot be used."};
    }
    request.easy = easy;
    curl_easy_reset(easy);
    const std::string url = kOrigin + target;
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, transport_->socket().c_str());
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, keep_to_ourselves);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transport_.get());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &request);
    std::unique_ptr<curl_slist, FreeList> headers;
    if (posted != nullptr) {
      headers.reset(curl_slist_append(nullptr, "Content-Type: application/octet-stream"));
      curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
      curl_easy_setopt(easy, CURLOPT_POST, 1L);
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, posted->data() == nullptr ? "" : posted->data());
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(posted->size()));
    }
    const CURLcode result = curl_easy_perform(easy);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (result != CURLE_OK && !request.stopped) {
      Failure failure = transport_->broken(curl_easy_strerror(result));
      if (auto instead = transport_->instead()) {
        transport_ = std::move(instead);
        return run(target, posted, request);
      }
      return failure;
    }
    if (!is_success(easy)) {
      return refusal(status, request.body);
    }
    return !request.stopped;
  }

  Outcome<std::string> collect(const std::string& target, const std::string_view* posted) {
    Request request;
    const Outcome<bool> done = run(target, posted, request);
    if (!done) {
      return done.error();
    }
    return std::move(request.body);
  }

 private:
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<CURL, FreeEasy> easy_;
};

ControlClient::ControlClient(std::unique_ptr<Transport> transport)
    : impl_(std::make_unique<Impl>(std::move(transport))) {}

ControlClient::~ControlClient() = default;
ControlClient::ControlClient(ControlClient&&) noexcept = default;

Outcome<std::string> ControlClient::get(const std::string& target) {
  return impl_->collect(target, nullptr);
}

Outcome<std::string> ControlClient::post(const std::string& target, std::string_view body) {
  return impl_->collect(target, &body);
}

Outcome<bool> ControlClient::stream(const std::string& target, const Take& take) {
  Request request;
  request.take = &take;
  return impl_->run(target, nullptr, request);
}

Outcome<bool> ControlClient::stream_post(const std::string& target, std::string_view body,
                                         const Take& take) {
  Request request;
  request.take = &take;
  return impl_->run(target, &body, request);
}

}  // namespace sightingd
