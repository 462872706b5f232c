#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// The end of a chain of GIF sub-blocks that begins at `at`; nothing when the file ends before.
std::optional<std::size_t> end_of_sub_blocks(std::string_view bytes, std::size_t at);

/// What the sub-blocks of a chain hold.
std::string joined_sub_blocks(std::string_view chain);

/// The first `size` bytes that the sub-blocks of a chain hold, as a chain of its own.
std::string cut_sub_blocks(std::string_view chain, std::size_t size);

/// How many bytes of `data` are the compressed rows of a frame of so many pixels: up to the code
/// that completes it, and the end code if one follows (GIF89a, appendix F). Nothing when they
/// do not fill it. It follows the codes without making pixels, which costs no more than reading
/// the data, whatever they say.
std::optional<std::size_t> compressed_rows(std::string_view data, unsigned least_code_size,
                                           std::uint64_t pixels);

}  // namespace sightingd
