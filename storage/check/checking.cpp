#include "storage/check/checking.h"

#include "pipeline/digest.h"
#include "storage/check/row_shape.h"
#include "storage/encoding/keys.h"
#include "storage/encoding/record.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace sightingd {
namespace {

constexpr auto kPiece = std::chrono::milliseconds(100);

/// The least key behind `key`.
std::string behind(std::string_view key) { return std::string(key) + '\0'; }

class Checking final : public StoreCheck {
 public:
  Checking(const StoreParts& parts, std::function<Tables()> newest, const AuditLog& audit)
      : parts_(parts),
        newest_(std::move(newest)),
        audit_(audit),
        tables_(parts.database->table_files()) {}

  Result<bool> next() override {
    switch (step_) {
      case Step::Tables:
        check_table();
        return true;
      case Step::Rows:
        check_rows();
        return true;
      case Step::Photos:
        check_photos();
        return true;
      case Step::Logs:
        break;
    }
    if (auto checked = check_logs(); !checked) {
      return checked.error();
    }
    return false;
  }

 private:
  enum class Step : std::uint8_t { Tables, Rows, Photos, Logs };
  using Time = std::chrono::steady_clock::time_point;

  static Time end_of_piece() { return std::chrono::steady_clock::now() + kPiece; }
  static bool is_over(Time end) { return std::chrono::steady_clock::now() >= end; }

  void check_table() {
    if (found_.tables == tables_.size()) {
      step_ = Step::Rows;
      return;
    }
    const TableFile& table = tables_[static_cast<std::size_t>(found_.tables++)];
    if (const auto checked = parts_.database->check_table(table); !checked) {
      found_.damage.push_back("the file rows" + table.name + " (" + table.column +
                              ") is damaged: " + checked.error().message);
    }
  }

  void check_rows() {
    if (column_ == kColumns) {
      step_ = Step::Photos;
      return;
    }
    const auto column = static_cast<Column>(column_);
    const Time end = end_of_piece();
    const Tables newest = newest_();
    Database::Rows rows = newest.database().rows(column, {}, from_, newest.moment());
    for (; rows.valid() && !is_over(end); rows.next()) {
      ++found_.rows;
      from_ = behind(rows.key());
      broken_rows_ += is_whole(column, rows) ? 0 : 1;
    }
    if (rows.valid()) {
      return;
    }
    end_column(column, rows.status());
  }

  /// The row that holds the ring of keys was opened when the store was.
  bool is_whole(Column column, Database::Rows& rows) const {
    if (column == ring_.column && rows.key() == ring_.key) {
      return true;
    }
    const auto value = rows.value();
    return value && is_record(column, *value);
  }

  void end_column(Column column, const Result<void>& status) {
    const std::string name(to_text(column));
    if (broken_rows_ > 0) {
      found_.damage.push_back(std::to_string(broken_rows_) + " rows of " + name +
                              " cannot be opened");
    }
    if (!status) {
      found_.damage.push_back("rows of " + name + " cannot be read: " + status.error().message);
    }
    broken_rows_ = 0;
    from_.clear();
    ++column_;
  }

  void check_photos() {
    const Time end = end_of_piece();
    const Tables newest = newest_();
    Database::Rows rows = newest.database().rows(Column::Photos, {}, from_, newest.moment());
    for (; rows.valid() && !is_over(end); rows.next()) {
      from_ = behind(rows.key());
      const auto value = rows.value();
      const auto known = value ? record::decode_photo(*value) : Result<KnownPhoto>(value.error());
      if (known) {  // Else it was counted with the rows.
        ++found_.photos;
        check_photo(newest, *known);
      }
    }
    if (!rows.valid()) {
      step_ = Step::Logs;
    }
  }

  void check_photo(const Tables& tables, const KnownPhoto& known) {
    const PhotoId& id = known.photo.id;
    const auto key = tables.database().photo_key(known.ordinal, tables.moment());
    const auto read = [&] {
      return key ? parts_.photos->read(id, *key) : Result<std::optional<std::string>>(key.error());
    };
    const auto is_not_whole = [&known](const Result<std::optional<std::string>>& bytes) {
      return bytes ? !*bytes || sha256(**bytes) != known.photo.stored_sha256
                   : bytes.error().reason == "damaged";
    };
    const auto bytes = read();
    if (!is_not_whole(bytes)) {
      if (!bytes) {
        // It may be read another time: it must not be given up.
        found_.damage.push_back("a photo cannot be read: " + bytes.error().message);
      }
      return;
    }
    // Twice: a disk may fail once.
    if (is_not_whole(read()) && is_still_stored(known)) {
      found_.damaged_photos.push_back(id);
    }
  }

  /// A photo may go while it is looked at.
  bool is_still_stored(const KnownPhoto& known) const {
    const auto now = newest_().photo(known.photo.id);
    return !now || (*now && (*now)->ordinal == known.ordinal);
  }

  Result<void> check_logs() {
    if (const auto whole = parts_.ledger->check(); !whole) {
      found_.damage.push_back(whole.error().message);
    }
    const auto audited = audit_.verify();
    if (!audited) {
      return audited.error();
    }
    if (audited->broken) {
      found_.damage.push_back("the audit log is not whole: " + *audited->broken);
    }
    return {};
  }

  const StoreParts& parts_;
  const std::function<Tables()> newest_;
  const AuditLog& audit_;
  const std::vector<TableFile> tables_;
  const RowName ring_ = Database::ring_row();
  Step step_ = Step::Tables;
  std::size_t column_ = 0;
  std::string from_;  ///< The key of the first row that was not looked at.
  std::uint64_t broken_rows_ = 0;
};

}  // namespace

std::unique_ptr<StoreCheck> begin_check(const StoreParts& parts, std::function<Tables()> newest,
                                        const AuditLog& audit) {
  return std::make_unique<Checking>(parts, std::move(newest), audit);
}

}  // namespace sightingd
