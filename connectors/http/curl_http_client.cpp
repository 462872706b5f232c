#include "connectors/http/curl_http_client.h"

#include "connectors/http/curl_handle.h"
#include "connectors/http/curl_transfer.h"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <map>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace sightingd {
namespace asio = boost::asio;
namespace {

using Descriptor = asio::posix::stream_descriptor;
using Handler = asio::any_completion_handler<void(Result<HttpResponse>)>;

constexpr long kConnectionsPerHost = 4;
// More than pictures take, so that the servers which do not answer leave room for those that do: a
// request that waits for a connection loses its time.
constexpr long kConnections = 128;
constexpr long kIdleConnections = 32;

// Watches a copy of libcurl's descriptor: libcurl may close its own before or after it says
// CURL_POLL_REMOVE, and Asio must never wait on a number that was reused.
struct Watch {
  explicit Watch(const asio::any_io_executor& executor) : descriptor(executor) {}

  // False when this process may not open another descriptor.
  bool open(curl_socket_t fd) {
    const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) {
      return false;
    }
    boost::system::error_code failure;
    descriptor.assign(copy, failure);
    if (failure) {
      ::close(copy);
    }
    return !failure;
  }

  Descriptor descriptor;
  int wanted = CURL_POLL_NONE;
  bool waiting_to_read = false;
  bool waiting_to_write = false;
};

struct Pending {
  // Boost 1.81 recurses without end when an any_completion_handler is move-assigned, so the
  // handler is moved in here, once.
  Pending(HttpRequest request, CurlSettings& settings, Handler when_done)
      : transfer(std::move(request), settings), handler(std::move(when_done)) {}

  CurlTransfer transfer;
  Handler handler;
};

}  // namespace

class CurlHttpClient::Multi {
 public:
  Multi(asio::any_io_executor executor, CurlSettings settings)
      : executor_(std::move(executor)), settings_(std::move(settings)), timer_(executor_) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
      throw std::bad_alloc();
    }
    multi_.reset(curl_multi_init());
    if (!multi_) {
      throw std::bad_alloc();
    }
    curl_multi_setopt(multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS, kConnectionsPerHost);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, kConnections);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kIdleConnections);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &Multi::on_socket);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &Multi::on_timer);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  }

  Multi(const Multi&) = delete;
  Multi& operator=(const Multi&) = delete;

  ~Multi() {
    for (const auto& [easy, pending] : pending_) {
      curl_multi_remove_handle(multi_.get(), easy);
    }
  }

  void start(HttpRequest request, Handler handler) {
    auto pending = std::make_unique<Pending>(std::move(request), settings_, std::move(handler));
    if (auto failure = pending->transfer.aim()) {
      complete(std::move(pending->handler), std::move(*failure));
      return;
    }
    CURL* const easy = pending->transfer.handle();
    auto slot = asio::get_associated_cancellation_slot(pending->handler);
    if (slot.is_connected()) {
      slot.assign([this, easy](asio::cancellation_type) { abandon(easy); });
    }
    drive(pending_.emplace(easy, std::move(pending)).first);
  }

  std::uint64_t refused_addresses() const { return settings_.refused_addresses; }

 private:
  using Transfers = std::map<CURL*, std::unique_ptr<Pending>>;

  static int on_socket(CURL* easy, curl_socket_t fd, int action, void* user, void*) noexcept {
    static_cast<Multi*>(user)->watch(easy, fd, action);
    return 0;
  }

  static int on_timer(CURLM*, long timeout_ms, void* user) noexcept {
    static_cast<Multi*>(user)->schedule(timeout_ms);
    return 0;
  }

  void watch(CURL* easy, curl_socket_t fd, int action) {
    if (action == CURL_POLL_REMOVE) {
      watches_.erase(fd);
      return;
    }
    const auto watch = watch_of(fd);
    if (!watch) {
      unwatched_.push_back(easy);
      return;
    }
    watch->wanted = action;
    arm(fd, watch);
  }

  std::shared_ptr<Watch> watch_of(curl_socket_t fd) {
    if (const auto found = watches_.find(fd); found != watches_.end()) {
      return found->second;
    }
    auto watch = std::make_shared<Watch>(executor_);
    return watch->open(fd) ? watches_.emplace(fd, std::move(watch)).first->second : nullptr;
  }

  // A watch is shared with the waits that are under way: they outlive its removal for a moment.
  void arm(curl_socket_t fd, const std::shared_ptr<Watch>& watch) {
    if ((watch->wanted & CURL_POLL_IN) != 0 && !std::exchange(watch->waiting_to_read, true)) {
      watch->descriptor.async_wait(Descriptor::wait_read,
                                   [this, fd, weak = std::weak_ptr(watch)](auto failure) {
                                     if (const auto alive = weak.lock()) {
                                       alive->waiting_to_read = false;
                                       act(fd, alive, failure ? CURL_CSELECT_ERR : CURL_CSELECT_IN);
                                     }
                                   });
    }
    if ((watch->wanted & CURL_POLL_OUT) != 0 && !std::exchange(watch->waiting_to_write, true)) {
      watch->descriptor.async_wait(
          Descriptor::wait_write, [this, fd, weak = std::weak_ptr(watch)](auto failure) {
            if (const auto alive = weak.lock()) {
              alive->waiting_to_write = false;
              act(fd, alive, failure ? CURL_CSELECT_ERR : CURL_CSELECT_OUT);
            }
          });
    }
  }

  void act(curl_socket_t fd, const std::shared_ptr<Watch>& watch, int events) {
    perform(fd, events);
    const auto still = watches_.find(fd);
    if (still != watches_.end() && still->second == watch) {
      arm(fd, watch);
    }
  }

  // libcurl forbids calling it from its own callbacks, so a timeout of zero becomes a timer
  // that fires on the next turn of the loop.
  void schedule(long timeout_ms) {
    timer_.cancel();
    if (timeout_ms < 0) {
      return;
    }
    timer_.expires_after(std::chrono::milliseconds(timeout_ms));
    timer_.async_wait([this](auto failure) {
      if (!failure) {
        perform(CURL_SOCKET_TIMEOUT, 0);
      }
    });
  }

  void perform(curl_socket_t fd, int events) {
    int running = 0;
    curl_multi_socket_action(multi_.get(), fd, events, &running);
    int queued = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &queued)) {
      if (message->msg == CURLMSG_DONE) {
        finish(message->easy_handle, message->data.result);
      }
    }
    for (CURL* const easy : std::exchange(unwatched_, {})) {
      finish(easy, CURLE_COULDNT_CONNECT);
    }
  }

  // libcurl refuses a transfer when it is out of memory.
  void drive(Transfers::iterator transfer) {
    if (curl_multi_add_handle(multi_.get(), transfer->first) != CURLM_OK) {
      transfer->second->transfer.ended(CURLE_FAILED_INIT);
      hand_over(transfer);
    }
  }

  void finish(CURL* easy, CURLcode code) {
    const auto found = pending_.find(easy);
    if (found == pending_.end()) {
      return;
    }
    curl_multi_remove_handle(multi_.get(), easy);
    if (found->second->transfer.ended(code)) {
      drive(found);
      return;
    }
    hand_over(found);
  }

  void abandon(CURL* easy) {
    const auto found = pending_.find(easy);
    if (found == pending_.end()) {
      return;
    }
    curl_multi_remove_handle(multi_.get(), easy);
    found->second->transfer.cancel();
    hand_over(found);
  }

  void hand_over(Transfers::iterator found) {
    const auto pending = std::move(found->second);
    pending_.erase(found);
    asio::get_associated_cancellation_slot(pending->handler).clear();
    complete(std::move(pending->handler), pending->transfer.take_outcome());
  }

  void complete(Handler handler, Result<HttpResponse> result) {
    asio::post(executor_, [done = std::move(handler), answer = std::move(result)]() mutable {
      std::move(done)(std::move(answer));
    });
  }

  asio::any_io_executor executor_;
  CurlSettings settings_;
  asio::steady_timer timer_;
  std::map<curl_socket_t, std::shared_ptr<Watch>> watches_;
  Transfers pending_;
  std::vector<CURL*> unwatched_;  // Their sockets could not be watched: they cannot go on.
  CurlMulti multi_;               // The last one: while it dies it calls back to what stands above.
};

Result<std::unique_ptr<CurlHttpClient>> CurlHttpClient::make(asio::any_io_executor executor,
                                                             const HttpOptions& options,
                                                             std::string_view version) {
  auto guard = AddressGuard::make(options.allow_addresses);
  if (!guard) {
    return guard.error();
  }
  CurlSettings settings{
      .guard = std::move(*guard),
      .user_agent = "sightingd/" + std::string(version) + " (+" + options.user_agent_contact + ")",
      .proxy = options.proxy,
      .ca_file = options.ca_file};
  return std::unique_ptr<CurlHttpClient>(
      new CurlHttpClient(std::make_unique<Multi>(std::move(executor), std::move(settings))));
}

CurlHttpClient::CurlHttpClient(std::unique_ptr<Multi> multi) : multi_(std::move(multi)) {}

CurlHttpClient::~CurlHttpClient() = default;

asio::awaitable<Result<HttpResponse>> CurlHttpClient::send(HttpRequest request) {
  auto start = [this](auto handler, HttpRequest what) {
    multi_->start(std::move(what), std::move(handler));
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>,
                                          void(Result<HttpResponse>)>(start, asio::use_awaitable,
                                                                      std::move(request));
}

std::uint64_t CurlHttpClient::refused_addresses() const { return multi_->refused_addresses(); }

}  // namespace sightingd
