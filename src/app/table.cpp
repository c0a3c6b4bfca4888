#include "app/table.h"

#include <algorithm>

#include "app/terminal.h"

namespace holdfast::app {

namespace {

/// Characters, taking every UTF-8 sequence as one.
std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

void append_row(std::string& text, const std::vector<std::string>& cells,
                const std::vector<std::size_t>& widths) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
        text += cells[i];
        if (i + 1 < cells.size()) text.append(widths[i] - width(cells[i]) + 3, ' ');
    }
    text += '\n';
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
    for (std::string& cell : cells) cell = printable(cell);
    rows_.push_back(std::move(cells));
}

std::string Table::text() const {
    std::vector<std::size_t> widths;
    for (const std::string& heading : headings_) widths.push_back(width(heading));
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
    std::string text;
    append_row(text, headings_, widths);
    for (const auto& row : rows_) append_row(text, row, widths);
    return text;
}

}  // namespace holdfast::app
