// What the fused operators share: which tensors the kernels take, and how a product's parts are shared out to threads.
#pragma once
#include "../handles.h"
#include "../vectors.h"
#include "kernels.h"
#include "packed_weights.h"

#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <new>

namespace pagoda {

/// The kernels for this processor, or null.
inline const Kernels* best_kernels() {
    if (pagoda::has_wide_vectors() && pagoda::kernels_avx512()) return pagoda::kernels_avx512();
    return pagoda::has_vectors() ? pagoda::kernels_avx2() : nullptr;
}

inline bool narrows() {
#if PG_TORCH_AT_LEAST(2, 4)
    return at::autocast::is_autocast_enabled(at::kCPU);
#else
    return at::autocast::is_cpu_enabled();
#endif
}

/// Gradients that have gradients themselves: those of libtorch's operators for the same output. Undefined for inputs without one.
inline torch::autograd::variable_list differentiable_gradients(const at::Tensor& output, const torch::autograd::variable_list& inputs, const torch::autograd::variable_list& above) {
    torch::autograd::variable_list wanted, all(inputs.size());
    std::copy_if(inputs.begin(), inputs.end(), std::back_inserter(wanted), [](const at::Tensor& t) { return t.requires_grad(); });
    auto found = torch::autograd::grad({output}, wanted, above, true, true);
    for (size_t i = 0, next = 0; i < inputs.size(); i++) {
        if (inputs[i].requires_grad()) all[i] = found[next++];
    }
    return all;
}

inline bool is_float(const at::Tensor& t) { return t.device().is_cpu() && t.scalar_type() == at::kFloat; }

/// Whether nothing but its values matters: dense, and without a gradient.
inline bool is_constant(const at::Tensor& t) { return is_float(t) && t.is_contiguous() && !(at::GradMode::is_enabled() && t.requires_grad()); }

/// Uninitialised memory that a thread of the kernels needs for itself. A vector that crosses two lines of the cache costs twice.
inline float* scratch(int64_t floats) {
    struct Memory {
        float* data = nullptr;
        int64_t size = 0;
        ~Memory() { std::free(data); }
    };
    thread_local Memory memory;
    if (memory.size < floats) {
        std::free(memory.data);
        memory.data = nullptr;
        memory.size = 0;
        void* fresh = nullptr;
        if (posix_memalign(&fresh, 64, floats * sizeof(float)) != 0) throw std::bad_alloc();
        memory.data = static_cast<float*>(fresh);
        memory.size = floats;
    }
    return memory.data;
}

inline void run(const Kernels& k, const Product& p, float* packed) {
    int64_t rows = (p.rows + k.rows - 1) / k.rows, columns = (p.columns + k.columns - 1) / k.columns;
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (int64_t row = 0; row < p.rows; row += k.tall) k.pack(p, row, packed);
        // Whoever is done takes the next part: cores are not always equally free. The numbers do not depend on who it was.
#pragma omp for schedule(dynamic)
        for (int64_t part = 0; part < rows * columns; part++) k.product(p, packed, part / columns * k.rows, part % columns * k.columns, scratch(k.scratch_of_product));
    }
}

/// y = x Wᵀ + b.
inline Product linear(const Kernels& k, const float* x, const at::Tensor& weight, float* y, int64_t rows) {
    Product p{x, weight.data_ptr<float>(), y, rows, weight.size(1), weight.size(0), weight.size(1), weight.size(1), true};
    p.ready = packed_weight(k, weight, p);
    return p;
}

/// The gradient of x: g W.
inline Product linear_back(const Kernels& k, const float* g, const at::Tensor& weight, float* y, int64_t rows) {
    Product p{g, weight.data_ptr<float>(), y, rows, weight.size(0), weight.size(1), weight.size(0), weight.size(1), false};
    p.ready = packed_weight(k, weight, p);
    return p;
}

}  // namespace pagoda
