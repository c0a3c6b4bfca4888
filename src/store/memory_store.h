#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "store/store.h"

namespace holdfast::store {

/// Objects in memory; for tests and simulation. Its time is that of `clock`.
class MemoryStore final : public Store {
public:
    explicit MemoryStore(base::Clock& clock) : clock_(clock) {}

    Result<PutReceipt> create(std::string_view name, ByteView bytes) override;
    Result<PutReceipt> put(std::string_view name, ByteView bytes) override;
    Result<Bytes> get(std::string_view name) override;
    Result<Bytes> get(std::string_view name, Range range) override;
    Result<ObjectInfo> stat(std::string_view name) override;
    Result<ListPage> list(std::string_view prefix, std::string_view token,
                          std::size_t limit) override;
    Result<void> remove(std::string_view name) override;
    Result<base::Time> now() override;

private:
    struct Object {
        std::shared_ptr<const Bytes> bytes;
        base::Time stored_at;
    };
    using Objects = std::map<std::string, Object, std::less<>>;

    static bool is_folder_conflict(const Objects& objects, std::string_view name);
    Result<Object> find(std::string_view name);

    base::Clock& clock_;
    base::Guarded<Objects> objects_;
};

}  // namespace holdfast::store
