#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"

namespace holdfast::store {

/// The part of a store below one folder, as a store of its own: a vault within its location.
class PrefixedStore final : public Store {
public:
    /// InvalidArgument unless `folder` is a valid name. `inner` is owned.
    static Result<std::unique_ptr<PrefixedStore>> create(std::unique_ptr<Store> inner,
                                                         std::string_view folder);

    Result<PutReceipt> create(std::string_view name, ByteView bytes) override;
    Result<PutReceipt> put(std::string_view name, ByteView bytes) override;
    Result<Bytes> get(std::string_view name) override;
    Result<Bytes> get(std::string_view name, Range range) override;
    Result<ObjectInfo> stat(std::string_view name) override;
    Result<ListPage> list(std::string_view prefix, std::string_view token,
                          std::size_t limit) override;
    Result<void> remove(std::string_view name) override;
    Result<base::Time> now() override { return inner_->now(); }

private:
    PrefixedStore(std::unique_ptr<Store> inner, std::string folder)
        : inner_(std::move(inner)), folder_(std::move(folder)) {}
    std::string full(std::string_view name) const { return folder_ + std::string(name); }

    std::unique_ptr<Store> inner_;
    std::string folder_;  ///< ends in '/'
};

}  // namespace holdfast::store
