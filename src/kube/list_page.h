#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "kube/client.h"

namespace holdfast::kube {

/// Parses the answers to list requests. Buffers and parsers are used again, so that a long list
/// settles on a few. Every method may be called from any thread.
class ListParser {
public:
    ListParser();
    ~ListParser();
    ListParser(const ListParser&) = delete;
    ListParser& operator=(const ListParser&) = delete;

    /// An empty buffer, with the memory of a page that is no longer needed where there is one.
    Bytes take_buffer();
    /// For a buffer that became no page.
    void give_back(Bytes buffer);

    /// The page in `body`, whose bytes become the page's and return here when the page goes.
    /// Corrupted when `body` is no list, or a member that we read occurs twice or has the wrong
    /// type. What lies inside an object outside its metadata is not looked at.
    Result<ListPage> parse(Bytes body);

private:
    class Pool;
    std::shared_ptr<Pool> pool_;
};

}  // namespace holdfast::kube
