#include "tests/storage/raw_rows.h"

#include <rocksdb/db.h>

#include <memory>
#include <stdexcept>
#include <vector>

namespace sightingd::test {
namespace {

/// All columns of the rows of a store.
class RawStore {
 public:
  explicit RawStore(const std::filesystem::path& store) {
    const std::string directory = (store / "rows").string();
    std::vector<std::string> names;
    check(rocksdb::DB::ListColumnFamilies({}, directory, &names));
    std::vector<rocksdb::ColumnFamilyDescriptor> columns;
    for (const std::string& name : names) {
      columns.emplace_back(name, rocksdb::ColumnFamilyOptions());
    }
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    check(rocksdb::DB::Open({}, directory, columns, &handles, &opened));
    db_.reset(opened);
    for (std::size_t i = 0; i < names.size(); ++i) {
      handles_[names[i]].reset(handles[i]);
    }
  }

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* column(const std::string& name) { return handles_.at(name).get(); }

  static void check(const rocksdb::Status& status) {
    if (!status.ok()) {
      throw std::runtime_error(status.ToString());
    }
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::map<std::string, std::unique_ptr<rocksdb::ColumnFamilyHandle>> handles_;
};

}  // namespace

std::map<std::string, std::string> raw_rows(const std::filesystem::path& store,
                                            const std::string& column) {
  RawStore raw(store);
  std::map<std::string, std::string> rows;
  const std::unique_ptr<rocksdb::Iterator> row(raw.db().NewIterator({}, raw.column(column)));
  for (row->SeekToFirst(); row->Valid(); row->Next()) {
    rows[row->key().ToString()] = row->value().ToString();
  }
  RawStore::check(row->status());
  return rows;
}

void put_raw_row(const std::filesystem::path& store, const std::string& column,
                 const std::string& key, const std::string& value) {
  RawStore raw(store);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  RawStore::check(raw.db().Put(synced, raw.column(column), key, value));
}

}  // namespace sightingd::test
