#include "examiner/serve.h"

#include "examiner/sandbox.h"
#include "examiner/warm_up.h"

#include <malloc.h>
#include <sanitizer/asan_interface.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace sightingd {
namespace {

struct Message {
  std::string facts;
  std::uint64_t picture_size = 0;
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

bool write_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(socket, bytes.data(), bytes.size());
    if (written <= 0 && !(written < 0 && errno == EINTR)) {
      return false;
    }
    bytes.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
  }
  return true;
}

// The memory that the daemon shares with this process; empty when it shares none.
std::span<char> map_picture_area(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || status.st_size <= off_t{kPictureOffset}) {
    return {};
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const begin = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  return begin == MAP_FAILED
             ? std::span<char>()
             : std::span<char>(static_cast<char*>(begin), size).subspan(kPictureOffset);
}

Receipt receive(int socket, MessageType expected, std::uint64_t max_picture) {
  std::string header(kHeaderSize, '\0');
  if (!read_exactly(socket, header)) {
    return ExaminerExit::Done;
  }
  const auto size = read_header(header, expected, max_picture);
  if (!size) {
    return ExaminerExit::Protocol;
  }
  Message message{.facts = std::string(size->facts, '\0'), .picture_size = size->picture};
  if (!read_exactly(socket, message.facts)) {
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

// The daemon, and what it shares with this process.
struct Link {
  int socket = -1;
  std::span<char> area;
};

std::optional<ExaminerExit> answer(const Link& link, const Examination& examination) {
  if (const auto* image = std::get_if<ExaminedImage>(&examination)) {
    if (image->stripped.size() > link.area.size()) {
      return ExaminerExit::Protocol;
    }
    std::memcpy(link.area.data(), image->stripped.data(), image->stripped.size());
  }
  return write_all(link.socket, write_verdict(examination)) ? std::nullopt
                                                            : std::optional(ExaminerExit::Done);
}

// A build with the address sanitizer sees whoever reads on behind the picture.
class GuardedPicture {
 public:
  GuardedPicture(std::span<char> area, std::size_t size)
      : bytes_(area.data(), size),
        behind_(area.subspan(size).first(std::min(area.size() - size, kGuarded))) {
    ASAN_POISON_MEMORY_REGION(behind_.data(), behind_.size());
  }
  ~GuardedPicture() { ASAN_UNPOISON_MEMORY_REGION(behind_.data(), behind_.size()); }
  GuardedPicture(const GuardedPicture&) = delete;
  GuardedPicture& operator=(const GuardedPicture&) = delete;

  std::string_view bytes() const { return bytes_; }

 private:
  static constexpr std::size_t kGuarded = 64U << 10U;
  std::string_view bytes_;
  std::span<char> behind_;
};

// The daemon leaves the picture alone until it has the answer.
Examination examine_shared(const Link& link, std::size_t size, ExamineFunction examine,
                           const ImageLimits& limits) {
  const GuardedPicture picture(link.area, size);
  return examine(picture.bytes(), limits);
}

// Nothing when the next one may come.
std::optional<ExaminerExit> serve_picture(const Link& link, ExamineFunction examine) {
  const Receipt receipt = receive(link.socket, MessageType::Picture, link.area.size());
  const auto* message = std::get_if<Message>(&receipt);
  if (message == nullptr) {
    return std::get<ExaminerExit>(receipt);
  }
  const auto limits = read_picture(message->facts);
  if (!limits) {
    return ExaminerExit::Protocol;
  }
  return answer(link, examine_shared(link, message->picture_size, examine, *limits));
}

ExaminerExit serve_pictures(const Link& link, ExamineFunction examine) {
  for (;;) {
    if (const auto end = serve_picture(link, examine)) {
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

ExaminerExit serve(int socket, int area, ExamineFunction examine) {
  follow_parent();
  const Link link{.socket = socket, .area = map_picture_area(area)};
  if (link.area.empty()) {
    return ExaminerExit::Usage;
  }
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
  const Ready ready{.layers = confine_process(setup->memory + link.area.size())};
  return write_all(socket, write_ready(ready)) ? serve_pictures(link, examine) : ExaminerExit::Done;
}

}  // namespace

ExaminerExit serve_examiner(ExamineFunction examine) {
  try {
    return serve(STDIN_FILENO, kPictureAreaDescriptor, examine);
  } catch (const std::bad_alloc&) {
    return ExaminerExit::OutOfMemory;
  }
}

}  // namespace sightingd
