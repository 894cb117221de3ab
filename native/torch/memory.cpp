// Where libtorch's tensors on the processor live. Every step of painting or training frees and allocates the same hundreds of
// megabytes; the C library gives them back to the system in between, which has to clear and map each page anew
// (docs/performance.md has the counts). So large pieces that are freed wait here for the next tensor of their size.
#include "pagoda_torch.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <list>
#include <map>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace {

constexpr size_t SMALL = 64 << 10;     // what the C library keeps by itself
constexpr size_t TINY = 4 << 10;       // single numbers, indices, rows: the C library takes its time to align them
constexpr size_t MOST_TINY = 256;      // kept of each size
constexpr size_t HUGE_PAGE = 2 << 20;
constexpr size_t ALIGNMENT = 64;       // as libtorch's own allocator

/// Eight sizes for each power of two: at most an eighth of a piece is wasted.
size_t rounded(size_t bytes) {
    size_t step = SMALL / 8;
    if (bytes < SMALL) return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    while (step * 16 <= bytes) step *= 2;
    return (bytes + step - 1) / step * step;
}

/// Lies before each piece, because libtorch frees some by their address alone.
struct alignas(ALIGNMENT) Header {
    size_t bytes;
    Header* next = nullptr; // of a tiny piece that waits
};

class Keeper final : public at::Allocator {
  public:
    void set_limit(size_t bytes) {
        std::lock_guard<std::mutex> guard(lock_);
        limit_ = bytes;
        shrink();
    }

    at::DataPtr take(size_t bytes) {
        if (bytes == 0) return {nullptr, nullptr, raw_deleter(), at::Device(at::kCPU)};
        bytes = rounded(bytes + sizeof(Header));
        Header* header = bytes <= TINY ? tiny(bytes) : bytes < SMALL ? nullptr : waiting(bytes);
        if (!header) header = fresh(bytes);
        return {header + 1, header + 1, raw_deleter(), at::Device(at::kCPU)};
    }

    at::DeleterFnPtr raw_deleter() const override {
        return [](void* memory) {
            if (!memory) return;
            Header* header = static_cast<Header*>(memory) - 1;
            if (header->bytes <= TINY) instance().give_back_tiny(header);
            else if (header->bytes < SMALL) std::free(header);
            else instance().give_back(header);
        };
    }

    // One of these is libtorch's virtual function: 2.x dropped the const and added the second.
    at::DataPtr allocate(size_t bytes) const { return const_cast<Keeper*>(this)->take(bytes); }
    at::DataPtr allocate(size_t bytes) { return take(bytes); }
    void copy_data(void* to, const void* from, size_t count) const { std::memcpy(to, from, count); }

    static Keeper& instance() {
        // Never destroyed: tensors may outlive everything else.
        static auto* keeper = new Keeper;
        return *keeper;
    }

  private:
    struct Bin {
        Header* first = nullptr;
        size_t count = 0;
    };

    Header* tiny(size_t bytes) {
        std::lock_guard<std::mutex> guard(lock_);
        Bin& bin = tiny_[bytes / ALIGNMENT];
        Header* header = bin.first;
        if (header) {
            bin.first = header->next;
            bin.count--;
        }
        return header;
    }

    void give_back_tiny(Header* header) {
        {
            std::lock_guard<std::mutex> guard(lock_);
            Bin& bin = tiny_[header->bytes / ALIGNMENT];
            if (bin.count < MOST_TINY) {
                header->next = bin.first;
                bin.first = header;
                bin.count++;
                return;
            }
        }
        std::free(header);
    }

    Header* waiting(size_t bytes) {
        std::lock_guard<std::mutex> guard(lock_);
        auto found = by_size_.find(bytes);
        if (found == by_size_.end()) return nullptr;
        Header* header = *found->second;
        waiting_bytes_ -= bytes;
        waiting_.erase(found->second);
        by_size_.erase(found);
        return header;
    }

    static Header* fresh(size_t bytes) {
        void* memory = nullptr;
        if (posix_memalign(&memory, bytes >= HUGE_PAGE ? HUGE_PAGE : ALIGNMENT, bytes) != 0) {
            // What waits may be what is missing.
            instance().release();
            if (posix_memalign(&memory, ALIGNMENT, bytes) != 0) {
                throw std::runtime_error("Out of memory: " + std::to_string(bytes) + " bytes are needed in one piece.");
            }
        }
#if defined(__linux__) && defined(MADV_HUGEPAGE)
        if (bytes >= HUGE_PAGE) madvise(memory, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
        return new (memory) Header{bytes};
    }

    void give_back(Header* header) {
        std::lock_guard<std::mutex> guard(lock_);
        waiting_.push_front(header);
        by_size_.emplace(header->bytes, waiting_.begin());
        waiting_bytes_ += header->bytes;
        shrink();
    }

    void release() {
        std::lock_guard<std::mutex> guard(lock_);
        size_t limit = limit_;
        limit_ = 0;
        shrink();
        limit_ = limit;
    }

    /// The pieces that wait longest go first.
    void shrink() {
        while (waiting_bytes_ > limit_) {
            auto oldest = std::prev(waiting_.end());
            Header* header = *oldest;
            auto range = by_size_.equal_range(header->bytes);
            by_size_.erase(std::find_if(range.first, range.second, [&](const auto& entry) { return entry.second == oldest; }));
            waiting_bytes_ -= header->bytes;
            waiting_.erase(oldest);
            std::free(header);
        }
    }

    std::mutex lock_;
    std::list<Header*> waiting_;
    std::multimap<size_t, std::list<Header*>::iterator> by_size_;
    size_t waiting_bytes_ = 0, limit_ = 0;
    Bin tiny_[TINY / ALIGNMENT + 1];
};

}  // namespace

/// Keeps up to `bytes` of freed memory for tensors to come; from then on libtorch's tensors on the processor live here.
PG_API void pg_keep_memory(int64_t bytes) {
    Keeper::instance().set_limit(bytes);
    c10::SetCPUAllocator(&Keeper::instance(), 1);
}
