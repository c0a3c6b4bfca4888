#pragma once

#include <string>
#include <vector>

namespace holdfast::app {

/// Rows under headings, each column as wide as its widest cell.
class Table {
public:
    explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}

    /// `cells` are as many as the headings. Control characters in them are made visible.
    void add(std::vector<std::string> cells);
    bool empty() const { return rows_.empty(); }
    /// The whole table, ending in a line break.
    std::string text() const;

private:
    std::vector<std::string> headings_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace holdfast::app
