#include "config/config_file.h"
#include "daemon/api/sighting_json.h"
#include "examiner/pool.h"
#include "sightingctl/commands.h"
#include "sightingctl/utf8.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <ostream>
#include <set>
#include <system_error>
#include <thread>

namespace sightingd {
namespace {

namespace asio = boost::asio;

Result<std::string> read_file(const std::string& name, std::uint64_t most) {
  std::error_code error;
  const auto size = std::filesystem::file_size(name, error);
  if (!error && size > most) {
    return Error{ErrorCode::TooLarge, ""};
  }
  std::ifstream file(name, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (error || !file) {
    return Error{ErrorCode::Gone, name + " cannot be read."};
  }
  return bytes;
}

// Examines files, as many at a time as there are processes, and prints them in their order.
class Inspection {
 public:
  Inspection(const Tool& tool, const std::vector<std::string>& files,
             std::filesystem::path stripped, const ExaminerOptions& options,
             const std::filesystem::path& program)
      : tool_(tool),
        files_(files),
        stripped_(std::move(stripped)),
        options_(options),
        pool_(loop_.get_executor(), options_, program) {}

  Outcome<ExitCode> run() {
    asio::co_spawn(loop_, whole(), [](const std::exception_ptr& error) {
      if (error) {
        std::rethrow_exception(error);
      }
    });
    loop_.run();
    if (failure_) {
      return *failure_;
    }
    return all_read_ ? ExitCode::Done : ExitCode::No;
  }

 private:
  asio::awaitable<void> whole() {
    const Result<void> started = co_await pool_.start();
    if (!started) {
      failure_ = Failure{ExitCode::Bug, why(started.error())};
      co_return;
    }
    running_ = options_.processes != 0 ? options_.processes
                                       : std::max(1U, std::thread::hardware_concurrency());
    for (std::size_t i = running_; i > 0; --i) {
      asio::co_spawn(loop_, take_files(), [](const std::exception_ptr& error) {
        if (error) {
          std::rethrow_exception(error);
        }
      });
    }
  }

  std::string why(const Error& error) const {
    const bool needs_configuration = error.reason == "sandbox" && tool_.config.empty();
    return error.message +
           (needs_configuration ? ", in a configuration that you name with --config" : "");
  }

  asio::awaitable<void> take_files() {
    while (next_ < files_.size() && !failure_) {
      co_await inspect(next_++);
    }
    if (--running_ == 0) {
      co_await pool_.stop();
    }
  }

  asio::awaitable<void> inspect(std::size_t number) {
    const std::string& name = files_[number];
    Result<std::string> bytes = read_file(name, options_.max_bytes);
    if (!bytes && bytes.error().code == ErrorCode::TooLarge) {
      const Examination too_large = RejectReason::TooLarge;
      finish(number, too_large);
      co_return;
    }
    if (!bytes) {
      tool_.err << "sightingctl: " << bytes.error().message << '\n';
      all_read_ = false;
      print(number, "");
      co_return;
    }
    const Result<Examination> examined = co_await pool_.examine(std::move(*bytes));
    if (!examined) {
      failure_ = Failure{ExitCode::Bug, examined.error().message};
      co_return;
    }
    finish(number, *examined);
  }

  void finish(std::size_t number, const Examination& examination) {
    const auto* image = std::get_if<ExaminedImage>(&examination);
    if (image != nullptr && !stripped_.empty()) {
      keep(std::filesystem::path(files_[number]).filename(), image->stripped);
    }
    std::string line;
    append_inspected(examination, valid_utf8(files_[number]), line);
    print(number, std::move(line));
  }

  void keep(const std::filesystem::path& name, const std::string& bytes) {
    std::ofstream file(stripped_ / name, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) {
      failure_ = Failure{ExitCode::Usage, (stripped_ / name).string() + " cannot be written."};
    }
  }

  // Lines whose turn has not come wait.
  void print(std::size_t number, std::string line) {
    lines_.emplace(number, std::move(line));
    for (auto first = lines_.begin(); first != lines_.end() && first->first == printed_;
         first = lines_.erase(first), ++printed_) {
      tool_.out << first->second;
    }
    tool_.out.flush();
  }

  const Tool& tool_;
  const std::vector<std::string>& files_;
  const std::filesystem::path stripped_;
  const ExaminerOptions options_;
  asio::io_context loop_{1};
  ExaminerPool pool_;
  std::size_t running_ = 0;
  std::size_t next_ = 0;
  std::size_t printed_ = 0;
  std::map<std::size_t, std::string> lines_;
  std::optional<Failure> failure_;
  bool all_read_ = true;
};

// Those of the configuration that is named. None is needed.
Outcome<ExaminerOptions> examiner_options(const Tool& tool) {
  if (tool.config.empty()) {
    return ExaminerOptions();
  }
  const LoadResult loaded = load_settings(tool.config, process_environment(), Purpose::Store);
  if (!loaded.settings) {
    return unusable_configuration(tool.config);
  }
  return loaded.settings->examiner;
}

Outcome<ExitCode> prepare(const std::vector<std::string>& files,
                          const std::filesystem::path& stripped) {
  std::set<std::filesystem::path> names;
  for (const std::string& file : files) {
    const auto name = std::filesystem::path(file).filename();
    if (!names.insert(name).second) {
      return Failure{ExitCode::Usage, "two files are named " + name.string() +
                                          "; inspect them one after the other."};
    }
  }
  std::error_code error;
  std::filesystem::create_directories(stripped, error);
  if (error) {
    return Failure{ExitCode::Usage, stripped.string() + " cannot be made: " + error.message()};
  }
  // Never over an original.
  for (const std::string& file : files) {
    const auto target = stripped / std::filesystem::path(file).filename();
    if (std::filesystem::equivalent(file, target, error)) {
      return Failure{ExitCode::Usage,
                     target.string() + " would be overwritten; name another folder."};
    }
  }
  return ExitCode::Done;
}

}  // namespace

Outcome<ExitCode> run_inspect(const Tool& tool, const std::vector<std::string>& files,
                              const std::filesystem::path& stripped) {
  const auto program = find_examiner_program();
  if (!program) {
    return Failure{ExitCode::Bug,
                   "sighting-examiner is neither beside sightingctl nor in "
                   "/usr/libexec/sightingd; install it."};
  }
  if (!stripped.empty()) {
    if (const auto prepared = prepare(files, stripped); !prepared) {
      return prepared.error();
    }
  }
  const auto options = examiner_options(tool);
  if (!options) {
    return options.error();
  }
  return Inspection(tool, files, stripped, *options, *program).run();
}

}  // namespace sightingd
