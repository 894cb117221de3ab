// A transformer block of constant weights: forward, and the gradient of its input. libtorch does the same with some thirty
// operators, each of which reads and writes whole matrices and shares its work out anew; here what follows a product happens
// while its numbers are in registers, and nothing is kept that only a weight's gradient would need.
#include "../guarded.h"
#include "run.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>

namespace {

using namespace pagoda;

enum Weight { NORM1, NORM1_BIAS, IN, IN_BIAS, OUT, OUT_BIAS, NORM2, NORM2_BIAS, WIDEN, WIDEN_BIAS, NARROW, NARROW_BIAS, WEIGHTS };

struct Block {
    std::array<at::Tensor, WEIGHTS> weights;
    at::Tensor mask;
    int64_t heads;
    Activation activation;
    float epsilon;
    const Kernels* k;

    const float* at(Weight weight) const { return weights[weight].data_ptr<float>(); }
    int64_t width() const { return weights[NORM1].numel(); }
    int64_t hidden() const { return weights[WIDEN_BIAS].numel(); }
};

/// Whether the kernels can do it: nothing but shapes and types, the values do not matter.
bool fits(const at::Tensor& x, const Block& block) {
    if (!block.k || x.dim() != 3 || x.numel() == 0) return false;
    if (!is_float(x) || narrows()) return false;
    for (const auto& weight : block.weights) {
        if (!is_constant(weight)) return false;
    }
    if (block.mask.defined() && (!is_constant(block.mask) || block.mask.dim() != 2 || block.mask.size(0) != x.size(1) || block.mask.size(1) != x.size(1))) return false;
    int64_t vector = block.k->vector, width = block.width();
    return x.size(2) == width && width % vector == 0 && block.hidden() % vector == 0 && width % block.heads == 0 && width / block.heads % vector == 0;
}

/// What the gradient needs of the forward pass.
struct Kept {
    at::Tensor x, qkv, middle, slope;
};

template <class Body>
void of_heads(const Block& block, int64_t batch, int64_t length, const float* qkv, Body&& body) {
    int64_t width = block.width(), head = width / block.heads;
    const float* mask = block.mask.defined() ? block.mask.data_ptr<float>() : nullptr;
#pragma omp parallel for schedule(dynamic)
    for (int64_t part = 0; part < batch * block.heads; part++) {
        int64_t first = part / block.heads * length, offset = part % block.heads * head;
        body(Head{qkv + first * 3 * width + offset, mask, length, width, 3 * width, head}, first, offset, scratch(block.k->scratch_of_head(length, head)));
    }
}

at::Tensor forward(const Block& block, const at::Tensor& x, Kept* kept) {
    const Kernels& k = *block.k;
    int64_t batch = x.size(0), length = x.size(1), width = block.width(), hidden = block.hidden(), rows = batch * length;
    auto options = x.options().requires_grad(false);
    at::Tensor normal = at::empty({rows, width}, options), packed = at::empty({rows * std::max(width, hidden)}, options);
    at::Tensor qkv = at::empty({rows, 3 * width}, options), middle = at::empty_like(normal), wide = at::empty({rows, hidden}, options);
    at::Tensor slope = kept ? at::empty_like(wide) : at::Tensor(), y = at::empty(x.sizes(), options);
    float *n = normal.data_ptr<float>(), *pack = packed.data_ptr<float>(), *m = middle.data_ptr<float>();
    const float* from = x.data_ptr<float>();

    auto normalize = [&](const float* of, Weight weight, Weight bias) {
#pragma omp parallel for schedule(static)
        for (int64_t row = 0; row < rows; row++) k.normalize(of + row * width, block.at(weight), block.at(bias), block.epsilon, width, n + row * width);
    };
    normalize(from, NORM1, NORM1_BIAS);
    Product p = linear(n, block.weights[IN], qkv.data_ptr<float>(), rows);
    p.bias = block.at(IN_BIAS);
    run(k, p, pack);
    of_heads(block, batch, length, qkv.data_ptr<float>(), [&](const Head& head, int64_t first, int64_t offset, float* memory) {
        k.attend(head, n + first * width + offset, width, memory);
    });
    p = linear(n, block.weights[OUT], m, rows);
    p.bias = block.at(OUT_BIAS);
    p.add = from;
    run(k, p, pack);
    normalize(m, NORM2, NORM2_BIAS);
    p = linear(n, block.weights[WIDEN], wide.data_ptr<float>(), rows);
    p.bias = block.at(WIDEN_BIAS);
    p.activation = block.activation;
    p.slope = kept ? slope.data_ptr<float>() : nullptr;
    run(k, p, pack);
    p = linear(wide.data_ptr<float>(), block.weights[NARROW], y.data_ptr<float>(), rows);
    p.bias = block.at(NARROW_BIAS);
    p.add = m;
    run(k, p, pack);
    if (kept) *kept = {x, qkv, middle, slope};
    return y;
}

at::Tensor backward(const Block& block, const Kept& kept, const at::Tensor& gradient) {
    const Kernels& k = *block.k;
    int64_t batch = kept.x.size(0), length = kept.x.size(1), width = block.width(), hidden = block.hidden(), rows = batch * length;
    auto options = gradient.options().requires_grad(false);
    at::Tensor wide = at::empty({rows, std::max(hidden, 3 * width)}, options), packed = at::empty({rows * std::max(hidden, 3 * width)}, options);
    at::Tensor narrow = at::empty({rows, width}, options), middle = at::empty({rows, width}, options), dx = at::empty(kept.x.sizes(), options);
    const float* g = gradient.data_ptr<float>();
    float *w = wide.data_ptr<float>(), *n = narrow.data_ptr<float>(), *m = middle.data_ptr<float>(), *pack = packed.data_ptr<float>();

    auto normalize_back = [&](const float* x, Weight weight, const float* add, float* to) {
#pragma omp parallel for schedule(static)
        for (int64_t row = 0; row < rows; row++) k.normalize_back(x + row * width, block.at(weight), block.epsilon, width, n + row * width, add + row * width, to + row * width);
    };
    Product p = linear_back(g, block.weights[NARROW], w, rows);
    p.times = kept.slope.data_ptr<float>();
    run(k, p, pack);
    run(k, linear_back(w, block.weights[WIDEN], n, rows), pack);
    normalize_back(kept.middle.data_ptr<float>(), NORM2, g, m);
    run(k, linear_back(m, block.weights[OUT], n, rows), pack);
    of_heads(block, batch, length, kept.qkv.data_ptr<float>(), [&](const Head& head, int64_t first, int64_t offset, float* memory) {
        k.attend_back(head, n + first * width + offset, width, w + first * 3 * width + offset, memory);
    });
    run(k, linear_back(w, block.weights[IN], n, rows), pack);
    normalize_back(kept.x.data_ptr<float>(), NORM1, m, dx.data_ptr<float>());
    return dx;
}

struct FrozenBlock : torch::autograd::Function<FrozenBlock> {
    struct State : torch::CustomClassHolder {
        Block block;
        Kept kept;
    };

    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const Block& block) {
        auto state = c10::make_intrusive<State>();
        state->block = block;
        // The input is kept by autograd, which notices when it is written to.
        context->save_for_backward({x});
        at::Tensor y = ::forward(block, x, &state->kept);
        state->kept.x = at::Tensor();
        context->saved_data["state"] = c10::IValue::make_capsule(std::move(state));
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
        refuse_second_derivatives();
        auto capsule = context->saved_data["state"].toCapsule();
        auto& state = static_cast<State&>(*capsule);
        Kept kept = state.kept;
        kept.x = context->get_saved_variables()[0];
        return {::backward(state.block, kept, gradients[0].contiguous()), at::Tensor()};
    }
};

}  // namespace

/// A pre-norm block over x [N, L, width]: x + attention(norm1(x)), then + mlp(norm2). `weights` are those of ln_1, in_proj,
/// out_proj, ln_2, c_fc, c_proj, each with its bias. 1 and `result` when it was done, 0 when it is libtorch's to do: weights
/// that require gradients, other types, shapes that the vectors do not divide, processors without AVX2.
PG_API int32_t pg_frozen_block(void* x, void* const* weights, void* mask, int64_t heads, int32_t quick_gelu, double epsilon, void** result) {
    return pagoda::guarded<int32_t>(-1, [&]() -> int32_t {
        Block block;
        for (int i = 0; i < WEIGHTS; i++) block.weights[i] = borrow(weights[i]);
        block.mask = borrow_or_undefined(mask);
        block.heads = heads;
        block.activation = quick_gelu ? Activation::QUICK_GELU : Activation::GELU;
        block.epsilon = static_cast<float>(epsilon);
        block.k = best_kernels();
        at::Tensor input = borrow(x);
        if (!fits(input, block)) return 0;
        input = input.contiguous();
        bool recorded = at::GradMode::is_enabled() && input.requires_grad();
        *result = give(recorded ? FrozenBlock::apply(input, block) : forward(block, input, nullptr));
        return 1;
    });
}
