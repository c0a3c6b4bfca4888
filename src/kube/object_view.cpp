#include "kube/object_view.h"

#include <simdjson.h>

namespace holdfast::kube {
namespace {

void append_text(Bytes& to, std::string_view text) {
    base::append(to, base::as_bytes(text));
}

}  // namespace

void append_captured_form(const ObjectView& object, std::string_view api_version,
                          std::string_view kind, Bytes& to) {
    to.reserve(to.size() + object.raw.size() + api_version.size() + kind.size() + 32);
    append_text(to, "{");
    std::string_view separator;
    if (object.api_version.empty()) {
        append_text(to, "\"apiVersion\":\"");
        append_text(to, api_version);
        append_text(to, "\"");
        separator = ",";
    }
    if (object.kind.empty()) {
        append_text(to, separator);
        append_text(to, "\"kind\":\"");
        append_text(to, kind);
        append_text(to, "\"");
        separator = ",";
    }
    if (!object.empty) append_text(to, separator);
    std::size_t from = object.body_begin;
    for (std::size_t i = 0; i < object.cut_count; ++i) {
        append_text(to, object.raw.substr(from, object.cuts[i].begin - from));
        from = object.cuts[i].end;
    }
    append_text(to, object.raw.substr(from));
}

Bytes captured_form(const ObjectView& object, std::string_view api_version, std::string_view kind) {
    Bytes form;
    append_captured_form(object, api_version, kind, form);
    return form;
}

Labels read_labels(std::string_view raw) {
    Labels labels;
    if (raw.empty()) return labels;
    simdjson::ondemand::parser parser;
    const simdjson::padded_string padded(raw);
    simdjson::ondemand::document document;
    if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return labels;
    simdjson::ondemand::object object;
    if (document.get_object().get(object) != simdjson::SUCCESS) return labels;
    for (auto field : object) {
        std::string_view key;
        std::string_view value;
        if (field.unescaped_key().get(key) != simdjson::SUCCESS) break;
        simdjson::ondemand::value found;
        if (field.value().get(found) != simdjson::SUCCESS) break;
        if (found.get_string().get(value) == simdjson::SUCCESS) {
            labels.insert_or_assign(std::string(key), std::string(value));
        } else {
            labels.erase(std::string(key));
        }
    }
    return labels;
}

}  // namespace holdfast::kube
