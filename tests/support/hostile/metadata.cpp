// Pictures that are sound, with metadata that is not.
#include "tests/support/hostile/hostile_files.h"
#include "tests/support/pictures.h"

#include <cstdint>
#include <utility>

namespace sightingd::test {
namespace {

using namespace std::string_literals;

struct Named {
  std::string name;
  std::string content;
};

std::string little(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) {
    text += static_cast<char>(value >> (8 * i));
  }
  return text;
}

std::string big32(std::uint64_t value) {
  const std::string text = little(value, 4);
  return {text.rbegin(), text.rend()};
}

std::string entry(std::uint16_t tag, std::uint16_t type, std::uint32_t count, std::uint32_t value) {
  return little(tag, 2) + little(type, 2) + little(count, 4) + little(value, 4);
}

std::string directory(const std::vector<std::string>& entries, std::uint32_t next) {
  std::string text = little(entries.size(), 2);
  for (const std::string& one : entries) {
    text += one;
  }
  return text + little(next, 4);
}

constexpr std::uint32_t kEndless = 0xffffffff;
constexpr std::uint16_t kExifPointer = 0x8769;
constexpr std::uint16_t kGpsPointer = 0x8825;
constexpr std::uint16_t kInteroperability = 0xa005;
constexpr std::uint16_t kLong = 4;
constexpr std::uint16_t kRational = 5;

std::vector<Named> exif_blocks() {
  const std::string header = "II*\0\x08\0\0\0"s;
  std::vector<std::string> pointers;
  for (int i = 0; i < 4'000; ++i) {
    pointers.push_back(entry(i % 2 == 0 ? kExifPointer : kInteroperability, kLong, 1, 8));
  }
  // Deep enough for the squares of a few hundred to become thousands of millions.
  std::vector<std::string> forest;
  for (int i = 0; i < 200; ++i) {
    forest.push_back(entry(i % 2 == 0 ? kExifPointer : kInteroperability, kLong, 1, 8));
  }
  std::string chain = header;  // Each directory leads to the next one, the last to the first.
  for (std::uint32_t i = 0; i < 3'000; ++i) {
    const std::uint32_t here = 8 + i * 18;
    chain += directory({entry(kExifPointer, kLong, 1, here + 18)}, here + 18);
  }
  chain += directory({entry(kExifPointer, kLong, 1, 8)}, 8);
  return {{"exif_circle",
           header + directory({entry(kExifPointer, kLong, 1, 8), entry(kGpsPointer, kLong, 1, 8),
                               entry(kInteroperability, kLong, 1, 8)},
                              8)},
          {"exif_tree", header + directory(pointers, 8)},
          {"exif_forest", header + directory(forest, 8)},
          {"exif_chain", chain},
          {"exif_count", header + directory({entry(2, kRational, kEndless, 8),
                                             entry(kGpsPointer, kLong, kEndless, kEndless),
                                             entry(0x9c9c, 7, 0x20000000, 8)},
                                            kEndless)},
          {"exif_offset", "II*\0"s + little(kEndless, 4)},
          {"exif_entries", header + "\xff\xff" + std::string(60'000, '\x01')},
          {"exif_nothing", header}};
}

std::vector<Named> xmp_packets() {
  std::string laughs = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a0 \"LEAK\">";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "&a" + std::to_string(i - 1) + ";";
    laughs += "<!ENTITY a" + std::to_string(i) + " \"";
    for (int k = 0; k < 10; ++k) {
      laughs += last;
    }
    laughs += "\">";
  }
  laughs += "]>" + xmp_packet("", "<photoshop:City>&a11;</photoshop:City>");
  const std::string outside =
      "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\"><!ENTITY % b SYSTEM "
      "\"http://127.0.0.1/LEAK\">%b;]>" +
      xmp_packet("", "<photoshop:City>&a;</photoshop:City>");
  std::string deep;
  std::string ends;
  std::string names;
  for (int i = 0; i < 10'000; ++i) {
    deep += "<a>";
    ends += "</a>";
    names += " xmlns:a" + std::to_string(i) + "='LEAK'";
  }
  std::string languages;
  for (int i = 0; i < 20'000; ++i) {
    languages += "<rdf:li/>";
  }
  return {{"xmp_laughs", laughs},
          {"xmp_outside", outside},
          {"xmp_deep", xmp_packet("", deep + ends)},
          {"xmp_open", xmp_packet("", deep)},
          {"xmp_names", "<x" + names + "/>"},
          {"xmp_list",
           xmp_packet("", "<photoshop:City><rdf:Bag>" + languages + "</rdf:Bag></photoshop:City>")},
          {"xmp_zeros", std::string(60'000, '\0')},
          {"xmp_wide", "\xff\xfe"s + std::string(50'000, '<')}};
}

// What goes into an APP1 of extended XMP: digest, size of the whole, place, piece.
std::string extended_xmp(std::uint64_t size, std::uint64_t at, const std::string& piece) {
  return jpeg_segment(0xe1, "http://ns.adobe.com/xmp/extension/\0"s + std::string(32, 'A') +
                                big32(size) + big32(at) + piece);
}

void add_jpeg_segments(std::vector<HostileFile>& files) {
  const std::string jpeg = encode_jpeg(draw_scene(1, 16, 16));
  const auto with = [&](const std::string& segments) {
    return std::string(jpeg).insert(2, segments);
  };
  std::string pieces;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    pieces += extended_xmp(0x00ffffff, i, "<");
  }
  const std::string photoshop("Photoshop 3.0\0", 14);
  files.push_back({"extended_endless.jpg", with(extended_xmp(kEndless, 0, "LEAK")), "stored"});
  files.push_back({"extended_behind.jpg", with(extended_xmp(100, kEndless, "LEAK")), "stored"});
  files.push_back({"extended_over.jpg",
                   with(extended_xmp(8, 0, "LEAKLEAK") + extended_xmp(8, 4, "LEAKLEAK")),
                   "stored"});
  files.push_back({"extended_pieces.jpg", with(pieces), "stored"});
  files.push_back({"resource_endless.jpg",
                   with(jpeg_segment(0xed, photoshop + "8BIM\4\4\0\0\xff\xff\xff\xffLEAK"s)),
                   "stored"});
  files.push_back(
      {"iptc_endless.jpg",
       with(jpeg_segment(
           0xed, photoshop + photoshop_resource(0x0404, "\x1c\2\x5a\x80\4\xff\xff\xff\xffLEAK"s))),
       "stored"});
  std::string profile;
  for (int i = 0; i < 255; ++i) {
    profile += jpeg_segment(
        0xe2, "ICC_PROFILE\0"s + static_cast<char>(255 - i) + '\xff' + std::string(60'000, 'L'));
  }
  files.push_back({"profile.jpg", with(profile), "stored"});
}

void add_png_texts(std::vector<HostileFile>& files) {
  constexpr std::size_t kAfterHeader = 33;
  const std::string png = encode_png(draw_scene(1, 16, 16));
  const auto with = [&](const std::string& chunks) {
    return std::string(png).insert(kAfterHeader, chunks);
  };
  const std::string zeros = compressed_zeros(1U << 30U);
  const std::string bomb = png_chunk("zTXt", "Raw profile type xmp\0\0"s + zeros);
  files.push_back({"ztxt.png", with(bomb), "stored"});
  files.push_back({"ztxts.png", with(bomb + bomb + bomb + bomb + bomb + bomb), "stored"});
  files.push_back(
      {"itxt.png", with(png_chunk("iTXt", "XML:com.adobe.xmp\0\1\0\0\0"s + zeros)), "stored"});
  files.push_back({"iccp.png", with(png_chunk("iCCP", "LEAK\0\0"s + zeros)), "stored"});
  // Said in hexadecimal, and then compressed once more.
  files.push_back({"hex.png",
                   with(png_chunk("tEXt", "Raw profile type exif\0\nexif\n4294967295\n"s +
                                              std::string(1'000'000, '4'))),
                   "stored"});
  std::string small_texts;
  for (int i = 0; i < 100'000; ++i) {
    small_texts += png_chunk("zTXt", "Raw profile type exif\0\0x"s);
  }
  files.push_back({"texts.png", with(small_texts), "stored"});
}

}  // namespace

std::vector<HostileFile> hostile_metadata() {
  const Picture picture = draw_scene(1, 16, 16);
  std::vector<HostileFile> files;
  for (const auto& [name, block] : exif_blocks()) {
    const Extras extras{.exif = block};
    files.push_back({name + ".jpg", encode_jpeg(picture, extras), "stored"});
    files.push_back({name + ".png", encode_png(picture, extras), "stored"});
    files.push_back({name + ".webp", encode_webp(picture, extras), "stored"});
    for (const HostilePart::Kind& kind : hostile_heif().kinds) {
      files.push_back({name + kind.ending, kind.encode(extras), "stored"});
    }
  }
  for (const auto& [name, packet] : xmp_packets()) {
    const Extras extras{.xmp = packet};
    if (packet.size() < 65'000) {
      files.push_back({name + ".jpg", encode_jpeg(picture, extras), "stored"});
    }
    files.push_back({name + ".png", encode_png(picture, extras), "stored"});
    files.push_back({name + ".webp", encode_webp(picture, extras), "stored"});
    // A zero ends what GIF says beside its pictures.
    const bool is_whole = packet.find('\0') == std::string::npos;
    files.push_back({name + ".gif", encode_gif({picture}, extras), is_whole ? "stored" : ""});
    for (const HostilePart* part : {&hostile_heif(), &hostile_tiff()}) {
      for (const HostilePart::Kind& kind : part->kinds) {
        files.push_back({name + kind.ending, kind.encode(extras), "stored"});
      }
    }
  }
  add_jpeg_segments(files);
  add_png_texts(files);
  return files;
}

}  // namespace sightingd::test
