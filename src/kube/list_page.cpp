#include "kube/list_page.h"

#include <simdjson.h>

#include <array>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "base/scope.h"
#include "kube/object_view.h"

namespace holdfast::kube {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kMaxIdleBuffers = 16;
constexpr std::size_t kMaxIdleBufferBytes = 16u << 20u;
constexpr std::size_t kMaxPageBytes = std::size_t{1} << 31u;
constexpr std::string_view kExcludeLabel = "velero.io/exclude-from-backup";

std::unexpected<Error> malformed(std::string_view what) {
    return fail(ErrorCode::Corrupted, "the server's list cannot be read: {}", what);
}

#define CHECK_JSON(expr)                                             \
    do {                                                             \
        if (const simdjson::error_code error_ = (expr)) [[unlikely]] \
            return malformed(simdjson::error_message(error_));       \
    } while (false)

bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/// The end of what comes before `next`, but for white space and, where one is due, a comma.
const char* end_before(const char* next, const char* begin, bool comma) {
    const auto skip_space = [&] {
        while (next > begin && is_space(next[-1])) --next;
    };
    skip_space();
    if (comma && next > begin && next[-1] == ',') {
        --next;
        skip_space();
    }
    return next;
}

std::string_view between(const char* begin, const char* end) {
    return {begin, static_cast<std::size_t>(end - begin)};
}

/// Strings of a page that cannot be views because they hold escapes.
using Unescaped = std::deque<std::string>;

/// The key of a member without its quotes, as written or unescaped.
Result<std::string_view> key_of(ondemand::field& field, Unescaped& unescaped) {
    const char* begin = field.key().raw();
    const char* end = begin;
    while (*end != '"' && *end != '\\') ++end;
    if (*end == '"') [[likely]]
        return between(begin, end);
    std::string_view key;
    CHECK_JSON(field.unescaped_key().get(key));
    return unescaped.emplace_back(key);
}

const char* key_begin(ondemand::field& field) {
    return field.key().raw() - 1;
}

const char* begin_of(ondemand::value value) {
    return value.raw_json_token().data();
}

/// A string that JSON text holds, or nothing for null.
Result<std::string_view> text_or_null(std::string_view raw, Unescaped& unescaped) {
    if (raw == "null") return std::string_view();
    if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"') {
        return malformed("a member of the metadata is no string");
    }
    const std::string_view inside = raw.substr(1, raw.size() - 2);
    if (inside.find('\\') == std::string_view::npos) return inside;
    ondemand::parser parser;
    const simdjson::padded_string padded(raw);
    ondemand::document document;
    CHECK_JSON(parser.iterate(padded).get(document));
    std::string_view text;
    CHECK_JSON(document.get_string().get(text));
    return unescaped.emplace_back(text);
}

/// What a member of an object's metadata is to us.
struct MetadataField {
    std::string_view key;
    std::string_view ObjectView::* view;
    bool text;  ///< a string, as opposed to raw JSON
    bool cut;
};

constexpr std::array kMetadataFields = {
    MetadataField{.key = "name", .view = &ObjectView::name, .text = true, .cut = false},
    MetadataField{.key = "namespace", .view = &ObjectView::ns, .text = true, .cut = false},
    MetadataField{.key = "uid", .view = &ObjectView::uid, .text = true, .cut = true},
    MetadataField{
        .key = "resourceVersion", .view = &ObjectView::resource_version, .text = true, .cut = true},
    MetadataField{.key = "generation", .view = &ObjectView::generation, .text = false, .cut = true},
    MetadataField{.key = "creationTimestamp",
                  .view = &ObjectView::creation_timestamp,
                  .text = true,
                  .cut = true},
    MetadataField{.key = "deletionTimestamp",
                  .view = &ObjectView::deletion_timestamp,
                  .text = true,
                  .cut = false},
    MetadataField{.key = "labels", .view = &ObjectView::labels, .text = false, .cut = false},
    MetadataField{
        .key = "annotations", .view = &ObjectView::annotations, .text = false, .cut = false},
    MetadataField{.key = "ownerReferences",
                  .view = &ObjectView::owner_references,
                  .text = false,
                  .cut = false},
    MetadataField{
        .key = "managedFields", .view = &ObjectView::managed_fields, .text = false, .cut = true},
    MetadataField{.key = "selfLink", .view = nullptr, .text = false, .cut = true},
};

std::size_t field_index(std::string_view key) {
    for (std::size_t i = 0; i < kMetadataFields.size(); ++i) {
        if (kMetadataFields[i].key == key) return i;
    }
    return kMetadataFields.size();
}

/// Reads the metadata of one object, member by member: a member is complete when the next one or
/// the end is reached, because only then its end is known.
class MetadataReader {
public:
    MetadataReader(ObjectView& object, const char* object_begin, Unescaped& unescaped)
        : object_(object), object_begin_(object_begin), unescaped_(unescaped) {}

    Result<void> read(ondemand::object metadata, ondemand::document& document) {
        for (auto next : metadata) {
            ondemand::field field;
            CHECK_JSON(std::move(next).get(field));
            if (open_)
                TRY(finish(end_before(key_begin(field), member_begin_, true), key_begin(field)));
            open_ = true;
            member_begin_ = key_begin(field);
            index_ = field_index(TRY(key_of(field, unescaped_)));
            value_begin_ = begin_of(field.value());
        }
        if (!open_) return {};
        const char* after = nullptr;
        CHECK_JSON(document.current_location().get(after));
        const char* brace = end_before(after, member_begin_, false) - 1;
        const char* end = end_before(brace, member_begin_, false);
        return finish(end, end);
    }

private:
    /// The open member's value ends at `end`; what follows it begins at `next`.
    Result<void> finish(const char* end, const char* next) {
        if (end <= value_begin_) return malformed("a member of the metadata has no value");
        const bool known = index_ < kMetadataFields.size();
        if (known) {
            if ((seen_ >> index_ & 1u) != 0)
                return malformed("a member of the metadata occurs twice");
            seen_ |= 1u << index_;
            TRY(keep_view(kMetadataFields[index_], between(value_begin_, end)));
        }
        if (known && kMetadataFields[index_].cut) {
            // With the comma before it; where nothing is kept before it, with the one after it.
            cut(kept_ ? previous_end_ : member_begin_, kept_ ? end : next);
        } else {
            kept_ = true;
        }
        previous_end_ = end;
        return {};
    }

    Result<void> keep_view(const MetadataField& field, std::string_view raw) {
        if (field.view == nullptr) return {};
        object_.*field.view = field.text ? TRY(text_or_null(raw, unescaped_)) : raw;
        return {};
    }

    void cut(const char* begin, const char* end) {
        const auto offset = [&](const char* at) {
            return static_cast<std::uint32_t>(at - object_begin_);
        };
        object_.cuts[object_.cut_count++] = {.begin = offset(begin), .end = offset(end)};
    }

    ObjectView& object_;
    const char* object_begin_;
    Unescaped& unescaped_;
    bool open_ = false;
    bool kept_ = false;
    unsigned seen_ = 0;
    std::size_t index_ = 0;
    const char* member_begin_ = nullptr;
    const char* value_begin_ = nullptr;
    const char* previous_end_ = nullptr;
};

bool is_empty_array(std::string_view raw) {
    const std::size_t inside = raw.find_first_not_of(" \n\t\r", 1);
    return raw.empty() || raw.front() != '[' || inside == std::string_view::npos ||
           raw[inside] == ']';
}

bool is_excluded(std::string_view labels) {
    if (labels.find(kExcludeLabel) == std::string_view::npos &&
        labels.find('\\') == std::string_view::npos) {
        return false;
    }
    const Labels parsed = read_labels(labels);
    const auto label = parsed.find(kExcludeLabel);
    return label != parsed.end() && label->second == "true";
}

/// A string member of an object outside its metadata, such as its kind.
Result<std::string_view> text_of(ondemand::value value, Unescaped& unescaped) {
    const std::string_view token = value.raw_json_token();
    return text_or_null(
        between(token.data(), end_before(token.data() + token.size(), token.data(), false)),
        unescaped);
}

Result<void> read_member(ObjectView& object, const char* begin, ondemand::field& field,
                         ondemand::document& document, Unescaped& unescaped, bool& has_metadata) {
    const std::string_view key = TRY(key_of(field, unescaped));
    std::string_view* const text = key == "kind"         ? &object.kind
                                   : key == "apiVersion" ? &object.api_version
                                                         : nullptr;
    if (text != nullptr) {
        if (!text->empty()) return malformed("a member of an object occurs twice");
        *text = TRY(text_of(field.value(), unescaped));
        if (text->empty()) return malformed("an object's apiVersion or kind is empty");
        return {};
    }
    if (key != "metadata") return {};
    if (std::exchange(has_metadata, true)) return malformed("a member of an object occurs twice");
    ondemand::object metadata;
    CHECK_JSON(field.value().get_object().get(metadata));
    return MetadataReader(object, begin, unescaped).read(metadata, document);
}

Result<ObjectView> read_item(ondemand::value value, ondemand::document& document,
                             Unescaped& unescaped) {
    ObjectView object;
    const char* begin = begin_of(value);
    ondemand::object members;
    CHECK_JSON(value.get_object().get(members));
    bool has_metadata = false;
    object.empty = true;
    for (auto next : members) {
        ondemand::field field;
        CHECK_JSON(std::move(next).get(field));
        if (std::exchange(object.empty, false)) {
            object.body_begin = static_cast<std::uint32_t>(key_begin(field) - begin);
        }
        TRY(read_member(object, begin, field, document, unescaped, has_metadata));
    }
    const char* after = nullptr;
    CHECK_JSON(document.current_location().get(after));
    object.raw = between(begin, end_before(after, begin, false));
    if (object.empty) object.body_begin = static_cast<std::uint32_t>(object.raw.size() - 1);
    object.owned = !is_empty_array(object.owner_references);
    object.excluded_by_label = is_excluded(object.labels);
    return object;
}

Result<void> read_list_metadata(ondemand::object metadata, ListPage& page, Unescaped& unescaped) {
    for (auto next : metadata) {
        ondemand::field field;
        CHECK_JSON(std::move(next).get(field));
        const std::string_view key = TRY(key_of(field, unescaped));
        if (key == "resourceVersion") {
            page.resource_version = TRY(text_of(field.value(), unescaped));
        } else if (key == "continue") {
            page.continue_token = TRY(text_of(field.value(), unescaped));
        } else if (key == "remainingItemCount") {
            std::int64_t remaining = 0;
            if (field.value().get_int64().get(remaining) == simdjson::SUCCESS) {
                page.remaining = remaining;
            }
        }
    }
    return {};
}

Result<void> read_items(ondemand::value value, ondemand::document& document, ListPage& page,
                        Unescaped& unescaped) {
    ondemand::json_type type{};
    CHECK_JSON(value.type().get(type));
    if (type == ondemand::json_type::null) {
        // An empty list of a Go server may be null.
        bool null = false;
        CHECK_JSON(value.is_null().get(null));
        if (!null) return malformed("its items are neither a list nor null");
        return {};
    }
    ondemand::array items;
    CHECK_JSON(value.get_array().get(items));
    for (auto next : items) {
        ondemand::value item;
        CHECK_JSON(std::move(next).get(item));
        page.items.push_back(TRY(read_item(item, document, unescaped)));
    }
    return {};
}

Result<void> read_page(ondemand::document& document, ListPage& page, Unescaped& unescaped) {
    ondemand::object list;
    CHECK_JSON(document.get_object().get(list));
    bool has_items = false;
    bool has_metadata = false;
    for (auto next : list) {
        ondemand::field field;
        CHECK_JSON(std::move(next).get(field));
        const std::string_view key = TRY(key_of(field, unescaped));
        if (key == "items") {
            if (std::exchange(has_items, true)) return malformed("two members named items");
            TRY(read_items(field.value(), document, page, unescaped));
        } else if (key == "metadata") {
            if (std::exchange(has_metadata, true)) return malformed("two members named metadata");
            ondemand::object metadata;
            CHECK_JSON(field.value().get_object().get(metadata));
            TRY(read_list_metadata(metadata, page, unescaped));
        }
    }
    if (!has_items) return malformed("it has no items");
    // Past the last token there is no location any more.
    if (!document.current_location().error()) return malformed("there is text after it");
    return {};
}

#undef CHECK_JSON

}  // namespace

/// Buffers and parsers between two pages.
class ListParser::Pool {
public:
    Bytes take_buffer() {
        return buffers_.update([](std::vector<Bytes>& idle) {
            if (idle.empty()) return Bytes();
            Bytes buffer = std::move(idle.back());
            idle.pop_back();
            return buffer;
        });
    }
    void give_back(Bytes buffer) {
        if (buffer.capacity() > kMaxIdleBufferBytes) return;
        buffer.clear();
        buffers_.update([&](std::vector<Bytes>& idle) {
            if (idle.size() < kMaxIdleBuffers) idle.push_back(std::move(buffer));
        });
    }
    std::unique_ptr<ondemand::parser> take_parser() {
        auto parser = parsers_.update([](Parsers& idle) -> std::unique_ptr<ondemand::parser> {
            if (idle.empty()) return nullptr;
            auto found = std::move(idle.back());
            idle.pop_back();
            return found;
        });
        return parser ? std::move(parser) : std::make_unique<ondemand::parser>();
    }
    void give_back(std::unique_ptr<ondemand::parser> parser) {
        if (parser->capacity() > kMaxIdleBufferBytes) return;
        parsers_.update([&](Parsers& idle) {
            if (idle.size() < kMaxIdleBuffers) idle.push_back(std::move(parser));
        });
    }

private:
    using Parsers = std::vector<std::unique_ptr<ondemand::parser>>;

    base::Guarded<std::vector<Bytes>> buffers_;
    base::Guarded<Parsers> parsers_;
};

namespace {

/// What the views of a page point into.
template <class Pool>
struct PageBuffer {
    PageBuffer(std::shared_ptr<Pool> home, Bytes bytes)
        : pool(std::move(home)), body(std::move(bytes)) {}
    ~PageBuffer() { pool->give_back(std::move(body)); }
    PageBuffer(const PageBuffer&) = delete;
    PageBuffer& operator=(const PageBuffer&) = delete;

    std::shared_ptr<Pool> pool;
    Bytes body;
    Unescaped unescaped;
};

}  // namespace

ListParser::ListParser() : pool_(std::make_shared<Pool>()) {}
ListParser::~ListParser() = default;

Bytes ListParser::take_buffer() {
    return pool_->take_buffer();
}
void ListParser::give_back(Bytes buffer) {
    pool_->give_back(std::move(buffer));
}

Result<ListPage> ListParser::parse(Bytes body) {
    if (body.size() > kMaxPageBytes) return malformed("it is too long");
    body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    auto buffer = std::make_shared<PageBuffer<Pool>>(pool_, std::move(body));
    std::unique_ptr<ondemand::parser> parser = pool_->take_parser();
    const base::Scope keep_parser([&] { pool_->give_back(std::move(parser)); });

    ListPage page;
    const std::string_view text = base::as_text(buffer->body);
    ondemand::document document;
    const simdjson::error_code error = parser->iterate(text, buffer->body.capacity()).get(document);
    if (error != simdjson::SUCCESS) return malformed(simdjson::error_message(error));
    TRY(read_page(document, page, buffer->unescaped));
    page.buffer = std::move(buffer);
    return page;
}

}  // namespace holdfast::kube
