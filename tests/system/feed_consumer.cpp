#include "tests/system/feed_consumer.h"

#include <gtest/gtest.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <utility>

namespace sightingd::test {
namespace {

std::string text_of(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string comparable(rapidjson::Document record) {
  for (const auto* name : {"cursor", "event", "version", "first_seen_at"}) {
    record.RemoveMember(name);
  }
  for (auto& image : record["images"].GetArray()) {
    image.RemoveMember("duplicate");
  }
  return text_of(record);
}

}  // namespace

void FeedConsumer::take(std::string_view bytes) {
  for (const char c : bytes) {
    if (c != '\n') {
      line_ += c;
      continue;
    }
    if (const auto line = std::exchange(line_, {}); !line.empty()) {
      take_event(line);
    }
  }
}

void FeedConsumer::take_event(const std::string& line) {
  rapidjson::Document event;
  event.Parse(line.data(), line.size());
  if (event.HasParseError() || !event.IsObject() || !event.HasMember("cursor")) {
    ADD_FAILURE() << "not an event: " << line;
    return;
  }
  ++events_;
  const std::string cursor = event["cursor"].GetString();
  EXPECT_LT(cursor_, cursor) << "an event came again or out of order";
  cursor_ = cursor;
  const std::string id = event["id"].GetString();
  if (std::string_view(event["event"].GetString()) == "sighting_erased") {
    records_.erase(id);
    return;
  }
  EXPECT_TRUE(seen_.insert(id + " " + std::to_string(event["version"].GetUint64())).second)
      << "a version came twice: " << id;
  records_[id] = comparable(std::move(event));
}

}  // namespace sightingd::test
