#include "daemon/api/sighting_json.h"

#include "daemon/api/json_writer.h"
#include "pipeline/geo/datum.h"

#include <optional>

namespace sightingd {
namespace {

// What an image of the feed is written from, wherever it comes from.
struct ImageFields {
  int index = 0;
  ImageStatus status = ImageStatus::Pending;
  std::optional<std::string_view> reason;
  std::optional<std::string_view> alt;
  const Photo* photo = nullptr;
  const DuplicateLink* duplicate = nullptr;
};

void write_raw(JsonWriter& json, const std::optional<RawLocation>& raw) {
  if (!raw) {
    json.null();
    return;
  }
  json.begin_object();
  json.member("datum", raw->datum);
  json.member("latitude", raw->latitude);
  json.member("longitude", raw->longitude);
  json.end_object();
}

void write_location_members(JsonWriter& json, const Location& location) {
  const bool has_coordinates = location.has_coordinates();
  const bool is_wgs84 = has_coordinates && (!location.raw || datum_named(location.raw->datum));
  const auto where = [](bool holds, auto value) {
    return holds ? std::optional(value) : std::nullopt;
  };
  json.member("latitude", where(has_coordinates, location.latitude));
  json.member("longitude", where(has_coordinates, location.longitude));
  json.member("accuracy_m", location.accuracy_m);
  json.member("altitude_m", location.altitude_m);
  json.member("origin", to_text(location.origin));
  json.member("datum", where(is_wgs84, std::string_view("WGS-84")));
  json.key("raw");
  write_raw(json, location.raw);
  json.member("place", location.place);
}

void write_duplicate(JsonWriter& json, const DuplicateLink* duplicate) {
  json.key("duplicate");
  if (duplicate == nullptr) {
    json.null();
    return;
  }
  json.begin_object();
  json.member("of", duplicate->of.text());
  json.member("kind", duplicate->exact ? "exact" : "near");
  json.member("distance", duplicate->likeness.distance);
  json.member("via", to_text(duplicate->likeness.via));
  json.member("first_sighting", duplicate->first_sighting.text());
  json.end_object();
}

void write_location(JsonWriter& json, const std::optional<Location>& location) {
  json.key("location");
  if (!location) {
    json.null();
    return;
  }
  json.begin_object();
  write_location_members(json, *location);
  json.end_object();
}

// Members of a photo that come before `alt`, and those that come after it.
void write_photo_facts(JsonWriter& json, const Photo& photo) {
  json.member("received_sha256", to_hex(photo.received_sha256));
  json.member("stored_sha256", to_hex(photo.stored_sha256));
  json.member("mime", mime_type(photo.kind));
  json.member("bytes", photo.bytes);
  json.member("width", photo.width);
  json.member("height", photo.height);
}

void write_photo_findings(JsonWriter& json, const Photo& photo, const DuplicateLink* duplicate) {
  json.member("pdq", to_hex(photo.pdq.hash));
  json.member("pdq_quality", photo.pdq.quality);
  write_duplicate(json, duplicate);
  json.member("captured_at", photo.captured_at);
  json.member("provenance", photo.provenance);
  write_location(json, photo.location);
}

void write_nulls(JsonWriter& json, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    json.null_member(name);
  }
}

void write_image_members(JsonWriter& json, const ImageFields& image) {
  json.key("photo");
  if (image.photo != nullptr) {
    json.value(image.photo->id.text());
  } else {
    json.null();
  }
  json.member("index", image.index);
  json.member("status", to_text(image.status));
  json.member("reason", image.reason);
  if (image.photo != nullptr) {
    write_photo_facts(json, *image.photo);
    json.member("alt", image.alt);
    write_photo_findings(json, *image.photo, image.duplicate);
    return;
  }
  write_nulls(json, {"received_sha256", "stored_sha256", "mime", "bytes", "width", "height"});
  json.member("alt", image.alt);
  write_nulls(json, {"pdq", "pdq_quality", "duplicate", "captured_at", "provenance", "location"});
}

// A refused picture shows nothing but that it is refused.
ImageFields fields_of(const SightingImageView& view) {
  ImageFields fields;
  fields.index = view.image.index;
  fields.status = view.image.status;
  if (view.image.reject_reason) {
    fields.reason = to_text(*view.image.reject_reason);
  }
  if (view.image.status == ImageStatus::Refused) {
    return fields;
  }
  if (view.image.alt) {
    fields.alt = *view.image.alt;
  }
  if (view.image.status == ImageStatus::Stored && view.photo) {
    fields.photo = &*view.photo;
    fields.duplicate = view.duplicate ? &*view.duplicate : nullptr;
  }
  return fields;
}

void write_strings(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name);
  json.begin_array();
  for (const std::string& text : texts) {
    json.value(text);
  }
  json.end_array();
}

void write_post(JsonWriter& json, const Post& post) {
  json.key("post");
  json.begin_object();
  json.member("uri", post.ref.uri);
  json.member("url", post.url);
  json.member("id", post.id);
  json.member("author", post.author);
  json.member("author_uri", post.author_uri);
  json.member("posted_at", post.posted_at);
  json.member("edited_at", post.edited_at);
  json.member("language", post.language);
  json.member("text", post.text);
  write_strings(json, "hashtags", post.hashtags);
  json.member("sensitive", post.sensitive);
  json.member("reply_to", post.reply_to);
  json.end_object();
}

// The first image that knows where it was taken speaks for the sighting; one that has no more
// than a name speaks only where none has coordinates.
void write_sighting_location(JsonWriter& json, const SightingView& sighting) {
  const Location* location = nullptr;
  int image = 0;
  for (const SightingImageView& view : sighting.images) {
    const Photo* photo = fields_of(view).photo;
    if (photo == nullptr || !photo->location) {
      continue;
    }
    if (location == nullptr ||
        (!location->has_coordinates() && photo->location->has_coordinates())) {
      location = &*photo->location;
      image = view.image.index;
    }
  }
  if (location == nullptr) {
    json.null_member("location");
    return;
  }
  json.key("location");
  json.begin_object();
  write_location_members(json, *location);
  json.member("image", image);
  json.end_object();
}

}  // namespace

void write_sighting_members(JsonWriter& json, const SightingView& view) {
  const Sighting& sighting = view.sighting;
  json.member("version", sighting.version);
  json.member("id", sighting.id.text());
  json.member("first_seen_at", sighting.first_seen_at);
  json.member("source", sighting.source);
  json.member("network", sighting.network);
  write_strings(json, "watches", sighting.watches);
  write_post(json, sighting.post);
  json.key("images");
  json.begin_array();
  for (const SightingImageView& image : view.images) {
    json.begin_object();
    write_image_members(json, fields_of(image));
    json.end_object();
  }
  json.end_array();
  write_sighting_location(json, view);
}

void append_sighting(const SightingView& sighting, std::string& out) {
  JsonWriter json(out);
  json.begin_object();
  write_sighting_members(json, sighting);
  json.end_object();
  out += '\n';
}

void append_inspected(const Examination& examination, std::string_view file, std::string& out) {
  ImageFields fields;
  if (const auto* image = std::get_if<ExaminedImage>(&examination)) {
    fields.status = ImageStatus::Stored;
    fields.photo = &image->photo;
  } else if (const auto* reason = std::get_if<RejectReason>(&examination)) {
    fields.status = ImageStatus::Rejected;
    fields.reason = to_text(*reason);
  } else {
    fields.status = ImageStatus::Unavailable;
    fields.reason = "not_an_image";
  }
  JsonWriter json(out);
  json.begin_object();
  json.member("file", file);
  write_image_members(json, fields);
  json.end_object();
  out += '\n';
}

}  // namespace sightingd
