// Most of the work beside the arithmetic of a product of few rows is to read its weights across and write them down in the kernel's order.
// Painting and measuring use the same weights thousands of times.
#include "packed_weights.h"

#include "../pagoda_torch.h"

#include <ATen/ATen.h>

#include <atomic>
#include <iterator>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

namespace {

using namespace pagoda;

struct Side {
    const Kernels* kernels = nullptr;
    int64_t uses = 0;
    at::Tensor numbers;
};

using Watched = c10::weak_intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>;

struct Entry {
    Watched weight;
    const float* data = nullptr;
    uint32_t version = 0;
    Side sides[2]; // as it lies, and transposed
};

class Kept {
  public:
    const float* find(const Kernels& kernels, const at::Tensor& weight, const Product& product) {
        if (weight.is_inference()) return nullptr;
        std::lock_guard<std::mutex> guard(lock_);
        auto found = entries_.find(weight.unsafeGetTensorImpl());
        if (weight.requires_grad()) {
            if (found != entries_.end()) erase(found);
            return nullptr;
        }
        if (found == entries_.end()) found = add(weight);
        Entry& entry = found->second;
        if (entry.data != product.weight || entry.version != weight._version()) {
            drop(entry);
            entry.data = product.weight;
            entry.version = weight._version();
        }
        Side& side = entry.sides[product.transposed];
        if (side.kernels != &kernels) {
            drop(side);
            side.kernels = &kernels;
        }
        if (side.numbers.defined()) return side.numbers.data_ptr<float>();
        // Weights that are used once are not worth it, and those of a run that trains them change after a use or two.
        if (++side.uses < 2 || bytes_ + weight.nbytes() > limit_) return nullptr;
        side.numbers = at::empty({weight.numel()}, at::TensorOptions().dtype(at::kFloat));
        bytes_ += weight.nbytes();
        float* ready = side.numbers.data_ptr<float>();
#pragma omp parallel for schedule(static)
        for (int64_t column = 0; column < product.columns; column += kernels.columns) kernels.pack_weight(product, column, ready);
        return ready;
    }

    void left(const void* tensor) {
        if (count_.load(std::memory_order_relaxed) == 0) return;
        std::lock_guard<std::mutex> guard(lock_);
        if (entries_.count(tensor)) leaving_.insert(tensor);
        // A gradient's formula may own weights longer than the program.
        for (auto it = leaving_.begin(); it != leaving_.end();) {
            auto entry = entries_.find(*it);
            bool gone = entry == entries_.end() || entry->second.weight.expired();
            if (gone && entry != entries_.end()) erase(entry);
            it = gone ? leaving_.erase(it) : std::next(it);
        }
    }

    void set_limit(int64_t bytes) {
        std::lock_guard<std::mutex> guard(lock_);
        limit_ = bytes;
        while (bytes_ > limit_) erase(entries_.begin());
    }

    int64_t bytes() {
        std::lock_guard<std::mutex> guard(lock_);
        return bytes_;
    }

    static Kept& instance() {
        // Never destroyed: tensors may outlive everything else.
        static auto* kept = new Kept;
        return *kept;
    }

  private:
    using Entries = std::unordered_map<const void*, Entry>;

    Entries::iterator add(const at::Tensor& weight) {
        auto added = entries_.emplace(weight.unsafeGetTensorImpl(), Entry{Watched(weight.getIntrusivePtr())}).first;
        count_.store(entries_.size(), std::memory_order_relaxed);
        return added;
    }

    Entries::iterator erase(Entries::iterator entry) {
        drop(entry->second);
        entry = entries_.erase(entry);
        count_.store(entries_.size(), std::memory_order_relaxed);
        return entry;
    }

    void drop(Entry& entry) {
        for (Side& side : entry.sides) drop(side);
    }

    void drop(Side& side) {
        if (side.numbers.defined()) bytes_ -= static_cast<int64_t>(side.numbers.nbytes());
        side = {};
    }

    std::mutex lock_;
    Entries entries_; // by the address, which no other tensor gets while the entry watches it
    std::unordered_set<const void*> leaving_;
    std::atomic<size_t> count_{0};
    int64_t bytes_ = 0, limit_ = 0;
};

}  // namespace

const float* pagoda::packed_weight(const Kernels& kernels, const at::Tensor& weight, const Product& product) { return Kept::instance().find(kernels, weight, product); }

void pagoda::left(const void* tensor) { Kept::instance().left(tensor); }

/// Keeps up to `bytes` of packed weights.
PG_API void pg_keep_packed_weights(int64_t bytes) { Kept::instance().set_limit(bytes); }

PG_API int64_t pg_packed_weights() { return Kept::instance().bytes(); }
