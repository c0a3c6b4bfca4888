#include "tests/sim/power_cuts.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string_view>

#include "base/bytes.h"
#include "base/random.h"

namespace holdfast::sim {

using Kind = FileEvent::Kind;

namespace {

enum class Fate { Kept, Lost, Half, Zeros };

std::string parent_of(const std::string& path) {
    std::size_t slash = path.rfind('/');
    return slash == 0 || slash == path.npos ? "/" : path.substr(0, slash);
}

/// Names and contents; a file's content exists whether or not a name leads to it.
class Image {
public:
    explicit Image(const Disk& start) : directories_(start.directories) {
        directories_.insert("/");
        for (const auto& [path, bytes] : start.files) {
            files_[path] = contents_.size();
            contents_.emplace(contents_.size(), bytes);
        }
    }

    void apply(const FileEvent& event, Fate fate) {
        if (event.kind == Kind::Write) return write(event, fate);
        if (fate != Fate::Kept) return;
        if (event.kind == Kind::MakeDirectory) directories_.insert(event.path);
        if (event.kind == Kind::Unlink) files_.erase(event.path);
        if (event.kind == Kind::Create || event.kind == Kind::Link) files_[event.path] = event.file;
    }

    /// Only what can be reached from the root.
    Disk to_disk() const {
        static const auto kEmpty = std::make_shared<const Bytes>();
        Disk disk;
        for (const std::string& path : directories_)
            if (path == "/" || disk.directories.contains(parent_of(path)))
                disk.directories.insert(path);
        for (const auto& [path, file] : files_) {
            if (!disk.directories.contains(parent_of(path))) continue;
            auto content = contents_.find(file);
            disk.files.emplace(path, content == contents_.end() ? kEmpty : content->second);
        }
        return disk;
    }

private:
    void write(const FileEvent& event, Fate fate) {
        if (fate == Fate::Lost) return;
        std::size_t size = fate == Fate::Half ? event.bytes->size() / 2 : event.bytes->size();
        auto& content = contents_[event.file];
        if (!content && event.offset == 0 && fate == Fate::Kept) {
            content = event.bytes;
            return;
        }
        Bytes changed = content ? *content : Bytes();
        std::size_t had = changed.size();
        changed.resize(std::max<std::size_t>(had, event.offset + size));
        std::fill(changed.begin() + static_cast<std::ptrdiff_t>(had), changed.end(), std::byte{0});
        if (fate != Fate::Zeros && size > 0)
            std::memcpy(changed.data() + event.offset, event.bytes->data(), size);
        content = std::make_shared<const Bytes>(std::move(changed));
    }

    std::set<std::string> directories_;
    std::map<std::string, std::size_t> files_;
    std::map<std::size_t, std::shared_ptr<const Bytes>> contents_;
};

class Cuts {
public:
    Cuts(const Trace& trace, const CutPlan& plan, const std::function<bool(CutState)>& check)
        : trace_(trace), plan_(plan), check_(check), random_(plan.seed), durable_(trace.start) {}

    std::size_t run() {
        for (moment_ = 0; moment_ < trace_.events.size(); ++moment_) {
            const FileEvent& event = trace_.events[moment_];
            advance(event);
            bool looked_at = moment_ % plan_.stride == 0 || event.kind == Kind::Note;
            if (looked_at && !cut_here()) break;
        }
        return count_;
    }

private:
    using Fates = std::vector<Fate>;

    void advance(const FileEvent& event) {
        switch (event.kind) {
            case Kind::Note:
                promises_.push_back(event.path);
                break;
            case Kind::Sync:
                settle([&](const FileEvent& change) {
                    return change.kind == Kind::Write && change.file == event.file;
                });
                break;
            case Kind::SyncDirectory:
                settle([&](const FileEvent& change) {
                    return change.kind != Kind::Write && parent_of(change.path) == event.path;
                });
                break;
            default:
                if (is_settled(event))
                    durable_.apply(event, Fate::Kept);
                else
                    pending_.push_back(&event);
        }
    }

    bool is_settled(const FileEvent& event) const {
        return event.kind != Kind::Write && !plan_.settled_folder.empty() &&
               event.path.starts_with(plan_.settled_folder);
    }

    /// Makes the matching changes durable, in their order.
    template <class F>
    void settle(F matches) {
        std::erase_if(pending_, [&](const FileEvent* change) {
            if (!matches(*change)) return false;
            durable_.apply(*change, Fate::Kept);
            return true;
        });
    }

    bool cut_here() {
        std::size_t n = pending_.size();
        if (!look(Fates(n, Fate::Kept), "everything kept")) return false;
        if (n == 0) return true;
        if (!look(Fates(n, Fate::Lost), "everything unsynced lost")) return false;
        for (std::size_t i = 0; i < n; ++i) {
            if (!look_at_one(i, Fate::Kept, Fate::Lost) || !look_at_one(i, Fate::Lost, Fate::Kept))
                return false;
            if (pending_[i]->kind != Kind::Write) continue;
            if (!look_at_one(i, Fate::Kept, Fate::Half) || !look_at_one(i, Fate::Kept, Fate::Zeros))
                return false;
        }
        for (std::size_t i = 0; i < plan_.random_subsets && n > 1; ++i) {
            Fates fates(n);
            std::ranges::generate(fates, [&] { return Fate{static_cast<int>(random_.below(4))}; });
            if (!look(fates, "a random subset kept")) return false;
        }
        return true;
    }

    bool look_at_one(std::size_t one, Fate others, Fate fate) {
        Fates fates(pending_.size(), others);
        fates[one] = fate;
        const FileEvent& event = *pending_[one];
        return look(fates, fmt::format("one change apart (kind {}, file {}, '{}', fate {})",
                                       static_cast<int>(event.kind), event.file, event.path,
                                       static_cast<int>(fate)));
    }

    bool look(const Fates& fates, std::string_view what) {
        ++count_;
        Image image = durable_;
        for (std::size_t i = 0; i < fates.size(); ++i) image.apply(*pending_[i], fates[i]);
        return check_({.disk = image.to_disk(),
                       .promises = promises_,
                       .story = fmt::format("power cut after event {}: {}", moment_, what)});
    }

    const Trace& trace_;
    const CutPlan& plan_;
    const std::function<bool(CutState)>& check_;
    base::SeededRandom random_;
    Image durable_;
    std::vector<const FileEvent*> pending_;
    std::vector<std::string> promises_;
    std::size_t moment_ = 0;
    std::size_t count_ = 0;
};

}  // namespace

std::size_t each_power_cut(const Trace& trace, const CutPlan& plan,
                           const std::function<bool(CutState)>& check) {
    return Cuts(trace, plan, check).run();
}

}  // namespace holdfast::sim
