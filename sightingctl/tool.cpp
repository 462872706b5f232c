#include "sightingctl/tool.h"

#include "config/config_file.h"

#include <fstream>
#include <istream>
#include <iterator>
#include <system_error>

namespace sightingd {
namespace {

// The most that `[media] max_bytes` can be: the daemon knows how much it takes.
constexpr std::size_t kMostFileBytes = 1U << 30U;
constexpr std::size_t kMostTextBytes = 4096;

// A configuration that nobody named is only a hint where the socket may be.
Outcome<std::filesystem::path> socket_of(const Tool& tool) {
  if (!tool.socket.empty()) {
    return tool.socket;
  }
  const std::filesystem::path file = tool.config.empty() ? kDefaultConfig : tool.config;
  const LoadResult loaded = load_settings(file, process_environment(), Purpose::Store);
  if (loaded.control_socket) {
    return *loaded.control_socket;
  }
  if (tool.config.empty()) {
    return ControlOptions().socket;
  }
  return unusable_configuration(file);
}

Outcome<std::string> read_all(std::istream& in, const std::string& name) {
  std::string bytes;
  std::string block(64 << 10, '\0');
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
    bytes.append(block, 0, static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > kMostFileBytes) {
      return Failure{ExitCode::Usage, name + " is larger than 1 GiB."};
    }
  }
  if (in.bad()) {
    return Failure{ExitCode::Usage, name + " cannot be read."};
  }
  return bytes;
}

}  // namespace

Failure unusable_configuration(const std::filesystem::path& file) {
  return {ExitCode::Usage, "the configuration " + file.string() +
                               " cannot be used; 'sightingctl check " + file.string() +
                               "' says why."};
}

Outcome<ControlClient> connect(const Tool& tool, Needs needs) {
  const auto socket = socket_of(tool);
  if (!socket) {
    return socket.error();
  }
  auto transport = connect_to_daemon(*socket);
  if (!transport && transport.error().code == ExitCode::NoDaemon && needs == Needs::Store) {
    transport =
        start_store_server(tool.config.empty() ? kDefaultConfig : tool.config, tool.key, *socket);
  }
  if (!transport) {
    return transport.error();
  }
  return ControlClient(std::move(*transport));
}

Outcome<std::string> ask_store(const Tool& tool, const std::string& target) {
  auto client = connect(tool, Needs::Store);
  if (!client) {
    return client.error();
  }
  return client->get(target);
}

Outcome<std::string> text_argument(const Tool& tool, const std::string& text) {
  if (text != "-") {
    return text;
  }
  std::string line;
  if (!std::getline(tool.in, line) || line.empty()) {
    return Failure{ExitCode::Usage, "'-' stands for a line of standard input, and there is none."};
  }
  if (line.back() == '\r') {
    line.pop_back();
  }
  if (line.size() > kMostTextBytes) {
    return Failure{ExitCode::Usage, "the line of standard input is longer than 4096 bytes."};
  }
  return line;
}

Outcome<std::string> file_argument(const Tool& tool, const std::string& name) {
  if (name == "-") {
    return read_all(tool.in, "standard input");
  }
  std::error_code ignored;
  std::ifstream file(name, std::ios::binary);
  if (!file || std::filesystem::is_directory(name, ignored)) {
    return Failure{ExitCode::Usage, name + " cannot be opened; name a file that you may read."};
  }
  return read_all(file, name);
}

}  // namespace sightingd
