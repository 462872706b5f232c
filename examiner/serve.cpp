#include "examiner/serve.h"

#include "examiner/sandbox.h"
#include "examiner/warm_up.h"

#include <malloc.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace sightingd {
namespace {

struct Message {
  std::string facts;
  std::string payload;
};

// What came, or how the process is to end because nothing usable came.
using Receipt = std::variant<Message, ExaminerExit>;

bool read_exactly(int socket, std::string& bytes) {
  for (std::size_t have = 0; have < bytes.size();) {
    const ssize_t got = ::read(socket, bytes.data() + have, bytes.size() - have);
    if (got <= 0 && !(got < 0 && errno == EINTR)) {
      return false;
    }
    have += got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  return true;
}

// Drops the first `count` bytes of both texts together.
void drop(std::array<std::string_view, 2>& texts, std::size_t count) {
  for (std::string_view& text : texts) {
    const std::size_t dropped = std::min(count, text.size());
    text.remove_prefix(dropped);
    count -= dropped;
  }
}

// In one go where the socket has room: whoever waits for them is woken once.
bool write_all(int socket, std::string_view head, std::string_view payload = {}) {
  std::array<std::string_view, 2> texts{head, payload};
  while (!texts[0].empty() || !texts[1].empty()) {
    std::array<iovec, 2> parts{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      parts[i] = {const_cast<char*>(texts[i].data()), texts[i].size()};
    }
    const ssize_t written = ::writev(socket, parts.data(), parts.size());
    if (written <= 0 && !(written < 0 && errno == EINTR)) {
      return false;
    }
    drop(texts, written > 0 ? static_cast<std::size_t>(written) : 0);
  }
  return true;
}

Receipt receive(int socket, MessageType expected, std::uint64_t max_payload) {
  std::string header(kHeaderSize, '\0');
  if (!read_exactly(socket, header)) {
    return ExaminerExit::Done;
  }
  const auto size = read_header(header, expected, max_payload);
  if (!size) {
    return ExaminerExit::Protocol;
  }
  Message message{.facts = std::string(size->facts, '\0'),
                  .payload = std::string(size->payload, '\0')};
  if (!read_exactly(socket, message.facts) || !read_exactly(socket, message.payload)) {
    return ExaminerExit::Done;
  }
  return message;
}

// A usual picture finds the heap as the one before it left it: pages that are given back to the
// system cost a fault each when they are wanted again. glibc would move both thresholds with what
// is freed (mallopt(3)).
constexpr int kWarmHeap = 8 << 20;

void keep_the_heap_warm() {
  ::mallopt(M_MMAP_THRESHOLD, kWarmHeap);
  ::mallopt(M_TRIM_THRESHOLD, kWarmHeap);
  ::mallopt(M_TOP_PAD, kWarmHeap / 8);
  // The threads of decoders would each reserve an address space of its own, which is limited.
  ::mallopt(M_ARENA_MAX, 1);
}

// An idle process is to be small, whatever the last picture took.
void cool_the_heap() {
  if (::mallinfo2().fordblks > kWarmHeap) {
    ::malloc_trim(0);
  }
}

bool answer(int socket, const Examination& examination) {
  const auto* image = std::get_if<ExaminedImage>(&examination);
  return write_all(socket, write_verdict(examination),
                   image != nullptr ? std::string_view(image->stripped) : std::string_view());
}

// Nothing when the next one may come.
std::optional<ExaminerExit> serve_picture(int socket, ExamineFunction examine) {
  const Receipt receipt = receive(socket, MessageType::Picture, kMaxPictureSize);
  const auto* message = std::get_if<Message>(&receipt);
  if (message == nullptr) {
    return std::get<ExaminerExit>(receipt);
  }
  const auto limits = read_picture(message->facts);
  if (!limits) {
    return ExaminerExit::Protocol;
  }
  const Examination examination = examine(message->payload, *limits);
  return answer(socket, examination) ? std::nullopt : std::optional(ExaminerExit::Done);
}

ExaminerExit serve_pictures(int socket, ExamineFunction examine) {
  for (;;) {
    if (const auto end = serve_picture(socket, examine)) {
      return *end;
    }
    cool_the_heap();
  }
}

// The first use of each library opens files and maps memory as no later one does.
void warm_up(ExamineFunction examine) {
  for (const std::string_view picture : warm_up_pictures()) {
    static_cast<void>(examine(picture, ImageLimits{}));
  }
}

ExaminerExit serve(int socket, ExamineFunction examine) {
  follow_parent();
  const Receipt receipt = receive(socket, MessageType::Setup, 0);
  const auto* message = std::get_if<Message>(&receipt);
  if (message == nullptr) {
    return std::get<ExaminerExit>(receipt);
  }
  const auto setup = read_setup(message->facts);
  if (!setup) {
    return ExaminerExit::Protocol;
  }
  exit_when_out_of_memory();
  keep_the_heap_warm();
  warm_up(examine);
  const Ready ready{.layers = confine_process(setup->memory)};
  return write_all(socket, write_ready(ready)) ? serve_pictures(socket, examine)
                                               : ExaminerExit::Done;
}

}  // namespace

ExaminerExit serve_examiner(int socket, ExamineFunction examine) {
  try {
    return serve(socket, examine);
  } catch (const std::bad_alloc&) {
    return ExaminerExit::OutOfMemory;
  }
}

}  // namespace sightingd
