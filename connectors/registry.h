#pragma once

#include "connectors/connector.h"
#include "connectors/http/http_client.h"
#include "connectors/source_options.h"

#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace sightingd {

/// What is known of one kind of source.
struct ConnectorKind {
  std::string_view name;
  bool available = false;  ///< False: a kind of the contract that this version cannot read yet.
  RequestLimit default_limit;
  std::string_view limit_source;  ///< Where the default limit is documented.
};

/// Every kind that a configuration may name, in the order of the documentation.
std::span<const ConnectorKind> connector_kinds();

/// Nothing when no kind has this name.
std::optional<ConnectorKind> find_connector_kind(std::string_view name);

/// Makes the connector of `options.kind`, which must be available. `http` must outlive it.
std::unique_ptr<Connector> make_connector(const SourceOptions& options, HttpClient& http);

}  // namespace sightingd
