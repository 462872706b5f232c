#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// What the compressed data of HEIF items is cut down to: the units that carry the picture, each
/// as it was. Nothing when the data cannot be read, or no picture is in it.
///
/// HEVC (ITU-T H.265, 7.3.1 and table 7-1) comes in NAL units: the slices of the first picture of
/// the base layer stay; parameter sets, which the configuration has, supplemental information, in
/// which encoders sign, delimiters, filler and what is reserved go. `length_size` (1 to 4) bytes
/// tell the length of each unit; what comes out has 4.
std::optional<std::string> bare_hevc(std::string_view data, std::size_t length_size);

/// HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1): how the picture was coded, and the
/// parameter sets. What comes out says that lengths have 4 bytes.
std::optional<std::string> bare_hevc_configuration(std::string_view record);
/// What a record says that lengths have before they are written anew, in bytes.
std::size_t hevc_length_size(std::string_view record);

/// AV1 (AV1 Bitstream & Decoding Process Specification, 5.3 and 6.2.2) comes in OBUs: the first
/// sequence header and the first frame of each spatial layer stay, up to where a second one begins;
/// metadata, padding, delimiters and unknown types go.
std::optional<std::string> bare_av1(std::string_view data);

/// AV1CodecConfigurationRecord (AV1 Codec ISO Media File Format Binding, 2.3.3), and of the OBUs
/// in it the sequence header.
std::optional<std::string> bare_av1_configuration(std::string_view record);

}  // namespace sightingd
