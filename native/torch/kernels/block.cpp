// A transformer block: forward, and the gradients of its input and, where they are wanted, of its weights. libtorch does the same
// with some thirty operators, each of which reads and writes whole matrices and shares its work out anew; here what follows a
// product happens while its numbers are in registers, and nothing is kept that only a gradient nobody wants would need.
#include "../guarded.h"
#include "run.h"

#include <array>
#include <cmath>

namespace {

using namespace pagoda;

enum Weight { NORM1, NORM1_BIAS, IN, IN_BIAS, OUT, OUT_BIAS, NORM2, NORM2_BIAS, WIDEN, WIDEN_BIAS, NARROW, NARROW_BIAS, WEIGHTS };

struct Block {
    std::array<at::Tensor, WEIGHTS> weights;
    at::Tensor mask, places;
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
        if (!is_float(weight) || !weight.is_contiguous()) return false;
    }
    if (block.mask.defined() && (!is_constant(block.mask) || block.mask.dim() != 2 || block.mask.size(0) != x.size(1) || block.mask.size(1) != x.size(1))) return false;
    if (block.places.defined() && (block.places.dim() != 1 || block.places.size(0) != x.size(0) || block.places.scalar_type() != at::kLong || !block.places.device().is_cpu())) return false;
    int64_t vector = block.k->vector, width = block.width();
    return x.size(2) == width && width % vector == 0 && block.hidden() % vector == 0 && width % block.heads == 0 && width / block.heads % vector == 0;
}

/// The rows of [N·L, width] that are wanted; undefined for all.
at::Tensor wanted(const Block& block, int64_t length) {
    return block.places.defined() ? block.places + at::arange(block.places.numel()) * length : at::Tensor();
}

/// What the gradients need of the forward pass, beside x; those of the weights need the left sides of the products as well.
struct Kept {
    bool of_weights;
    at::Tensor qkv, middle, slope;
    at::Tensor normal1, mixed, normal2, wide;
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
    bool apart = kept && kept->of_weights;
    at::Tensor normal = at::empty({rows, width}, options), mixed = apart ? at::empty_like(normal) : normal, normal2 = apart ? at::empty_like(normal) : normal;
    at::Tensor packed = at::empty({rows * std::max(width, hidden)}, options);
    at::Tensor qkv = at::empty({rows, 3 * width}, options);
    float* pack = packed.data_ptr<float>();

    auto normalize = [&](const float* of, Weight weight, Weight bias, const at::Tensor& to) {
        float* n = to.data_ptr<float>();
#pragma omp parallel for schedule(static)
        for (int64_t row = 0; row < rows; row++) k.normalize(of + row * width, block.at(weight), block.at(bias), block.epsilon, width, n + row * width);
    };
    normalize(x.data_ptr<float>(), NORM1, NORM1_BIAS, normal);
    Product p = linear(k, normal.data_ptr<float>(), block.weights[IN], qkv.data_ptr<float>(), rows);
    p.bias = block.at(IN_BIAS);
    run(k, p, pack);
    of_heads(block, batch, length, qkv.data_ptr<float>(), [&](const Head& head, int64_t first, int64_t offset, float* memory) {
        k.attend(head, mixed.data_ptr<float>() + first * width + offset, width, memory);
    });
    at::Tensor rest = x;
    if (at::Tensor which = wanted(block, length); which.defined()) {
        rest = x.view({rows, width}).index_select(0, which);
        mixed = mixed.index_select(0, which);
        normal2 = at::empty_like(mixed);
        rows = batch;
    }
    at::Tensor middle = at::empty_like(mixed), wide = at::empty({rows, hidden}, options), slope = kept ? at::empty_like(wide) : at::Tensor();
    at::Tensor y = at::empty({batch, rows / batch, width}, options);
    float* m = middle.data_ptr<float>();
    p = linear(k, mixed.data_ptr<float>(), block.weights[OUT], m, rows);
    p.bias = block.at(OUT_BIAS);
    p.add = rest.data_ptr<float>();
    run(k, p, pack);
    normalize(m, NORM2, NORM2_BIAS, normal2);
    p = linear(k, normal2.data_ptr<float>(), block.weights[WIDEN], wide.data_ptr<float>(), rows);
    p.bias = block.at(WIDEN_BIAS);
    p.activation = block.activation;
    p.slope = kept ? slope.data_ptr<float>() : nullptr;
    run(k, p, pack);
    p = linear(k, wide.data_ptr<float>(), block.weights[NARROW], y.data_ptr<float>(), rows);
    p.bias = block.at(NARROW_BIAS);
    p.add = m;
    run(k, p, pack);
    if (apart) *kept = {true, qkv, middle, slope, normal, mixed, normal2, wide};
    else if (kept) *kept = {false, qkv, middle, slope};
    return y;
}

/// The gradient of x, and of the weights where `of` has room for them.
at::Tensor backward(const Block& block, const Kept& kept, const at::Tensor& x, const at::Tensor& gradient, at::Tensor* of) {
    const Kernels& k = *block.k;
    int64_t batch = x.size(0), length = x.size(1), width = block.width(), hidden = block.hidden(), rows = gradient.numel() / width;
    auto options = gradient.options().requires_grad(false);
    at::Tensor wide = at::empty({rows, hidden}, options), of_qkv = at::empty({batch * length, 3 * width}, options), packed = at::empty({batch * length * std::max(hidden, 3 * width)}, options);
    at::Tensor narrow = at::empty({rows, width}, options), middle = at::empty({rows, width}, options), dx = at::empty(x.sizes(), options);
    const float* g = gradient.data_ptr<float>();
    float *w = wide.data_ptr<float>(), *q = of_qkv.data_ptr<float>(), *n = narrow.data_ptr<float>(), *m = middle.data_ptr<float>(), *pack = packed.data_ptr<float>();

    // Of a linear layer y = a Wᵀ + b, whose weight and bias follow each other.
    auto linear_weights = [&](Weight weight, const at::Tensor& above, const at::Tensor& a) {
        if (!of) return;
        of[weight] = at::mm(above.t(), a);
        of[weight + 1] = above.sum(0);
    };
    auto normalize_back = [&](const at::Tensor& from, Weight weight, const float* add, float* to) {
        const float* n = narrow.data_ptr<float>();
        constexpr int64_t PARTS = 16; // whatever the threads, so that the sums are the same
        at::Tensor sums = of ? at::zeros({PARTS, 2, width}, options) : at::Tensor();
        float* sum = of ? sums.data_ptr<float>() : nullptr;
        const float* at = from.data_ptr<float>();
#pragma omp parallel for schedule(static)
        for (int64_t part = 0; part < PARTS; part++) {
            float* here = sum ? sum + part * 2 * width : nullptr;
            for (int64_t row = rows * part / PARTS; row < rows * (part + 1) / PARTS; row++) {
                k.normalize_back(at + row * width, block.at(weight), block.epsilon, width, n + row * width, add + row * width, to + row * width, here, here ? here + width : nullptr);
            }
        }
        if (!of) return;
        at::Tensor all = sums.sum(0);
        of[weight] = all[0];
        of[weight + 1] = all[1];
    };
    linear_weights(NARROW, gradient.view({rows, width}), kept.wide);
    Product p = linear_back(k, g, block.weights[NARROW], w, rows);
    p.times = kept.slope.data_ptr<float>();
    run(k, p, pack);
    linear_weights(WIDEN, wide, kept.normal2);
    run(k, linear_back(k, w, block.weights[WIDEN], n, rows), pack);
    normalize_back(kept.middle, NORM2, g, m);
    linear_weights(OUT, middle, kept.mixed);
    run(k, linear_back(k, m, block.weights[OUT], n, rows), pack);
    if (at::Tensor which = wanted(block, length); which.defined()) {
        // No other row has a part in the output, but all have one in the keys and values.
        rows = batch * length;
        narrow = at::zeros({rows, width}, options).index_copy_(0, which, narrow);
        middle = at::zeros({rows, width}, options).index_copy_(0, which, middle);
        n = narrow.data_ptr<float>();
        m = middle.data_ptr<float>();
    }
    of_heads(block, batch, length, kept.qkv.data_ptr<float>(), [&](const Head& head, int64_t first, int64_t offset, float* memory) {
        k.attend_back(head, n + first * width + offset, width, q + first * 3 * width + offset, memory);
    });
    linear_weights(IN, of_qkv, kept.normal1);
    run(k, linear_back(k, q, block.weights[IN], n, rows), pack);
    normalize_back(x, NORM1, m, dx.data_ptr<float>());
    return dx;
}

/// The same by libtorch's operators.
at::Tensor with_libtorch(const Block& block, const at::Tensor& x) {
    const auto& w = block.weights;
    int64_t width = block.width(), head = width / block.heads;
    at::Tensor qkv = at::linear(at::layer_norm(x, {width}, w[NORM1], w[NORM1_BIAS], block.epsilon), w[IN], w[IN_BIAS]);
    auto parts = qkv.view({x.size(0), x.size(1), 3, block.heads, head}).permute({2, 0, 3, 1, 4}).unbind(0);
    at::Tensor scores = at::matmul(parts[0] / std::sqrt(static_cast<double>(head)), parts[1].transpose(-2, -1));
    if (block.mask.defined()) scores = scores + block.mask;
    at::Tensor mixed = at::matmul(scores.softmax(-1), parts[2]).transpose(1, 2).reshape(x.sizes()), rest = x;
    if (at::Tensor which = wanted(block, x.size(1)); which.defined()) {
        rest = x.reshape({-1, width}).index_select(0, which).unsqueeze(1);
        mixed = mixed.reshape({-1, width}).index_select(0, which).unsqueeze(1);
    }
    at::Tensor middle = rest + at::linear(mixed, w[OUT], w[OUT_BIAS]);
    at::Tensor wide = at::linear(at::layer_norm(middle, {width}, w[NORM2], w[NORM2_BIAS], block.epsilon), w[WIDEN], w[WIDEN_BIAS]);
    wide = block.activation == Activation::GELU ? at::gelu(wide) : wide * at::sigmoid(wide * 1.702);
    return middle + at::linear(wide, w[NARROW], w[NARROW_BIAS]);
}

struct FusedBlock : torch::autograd::Function<FusedBlock> {
    struct State : torch::CustomClassHolder {
        Block block;
        Kept kept;
    };

    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, at::TensorList weights, const Block& block) {
        auto state = c10::make_intrusive<State>();
        state->block = block;
        state->kept.of_weights = std::any_of(weights.begin(), weights.end(), [](const at::Tensor& weight) { return weight.requires_grad(); });
        // Autograd keeps what came from outside, and notices when it is written to.
        torch::autograd::variable_list outside{x};
        outside.insert(outside.end(), weights.begin(), weights.end());
        context->save_for_backward(outside);
        state->block.weights = {};
        at::Tensor y = ::forward(block, x, &state->kept);
        context->saved_data["state"] = c10::IValue::make_capsule(std::move(state));
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
        auto capsule = context->saved_data["state"].toCapsule();
        auto& state = static_cast<State&>(*capsule);
        auto outside = context->get_saved_variables();
        Block block = state.block;
        std::copy(outside.begin() + 1, outside.end(), block.weights.begin());
        torch::autograd::variable_list all(1 + WEIGHTS);
        if (at::GradMode::is_enabled()) all = differentiable_gradients(with_libtorch(block, outside[0]), outside, gradients);
        else all[0] = ::backward(block, state.kept, outside[0], gradients[0].contiguous(), state.kept.of_weights ? &all[1] : nullptr);
        all.emplace_back();
        return all;
    }
};

}  // namespace

/// A pre-norm block over x [N, L, width]: x + attention(norm1(x)), then + mlp(norm2). `weights` are those of ln_1, in_proj,
/// out_proj, ln_2, c_fc, c_proj, each with its bias; `places` [N] asks for one state of each sequence. 1 and `result` when it was done, 0 when it is libtorch's to do: other types,
/// shapes that the vectors do not divide, processors without AVX2.
PG_API int32_t pg_block(void* x, void* const* weights, void* mask, void* places, int64_t heads, int32_t quick_gelu, double epsilon, void** result) {
    return pagoda::guarded<int32_t>(-1, [&]() -> int32_t {
        Block block;
        for (int i = 0; i < WEIGHTS; i++) block.weights[i] = borrow(weights[i]);
        block.mask = borrow_or_undefined(mask);
        if (block.mask.defined()) block.mask = block.mask.contiguous();
        block.places = borrow_or_undefined(places);
        block.heads = heads;
        block.activation = quick_gelu ? Activation::QUICK_GELU : Activation::GELU;
        block.epsilon = static_cast<float>(epsilon);
        block.k = best_kernels();
        at::Tensor input = borrow(x);
        if (!fits(input, block)) return 0;
        input = input.contiguous();
        bool recorded = input.requires_grad() || std::any_of(block.weights.begin(), block.weights.end(), [](const at::Tensor& weight) { return weight.requires_grad(); });
        *result = give(recorded && at::GradMode::is_enabled() ? FusedBlock::apply(input, at::TensorList(block.weights), block) : forward(block, input, nullptr));
        return 1;
    });
}
