// The second half of a ConvNeXt block of constant weights: rest + γ · (W₂ gelu(W₁ norm(x) + b₁) + b₂) over the channels of each place,
// and the gradients of x and rest. Rows go through in parts, so that the hidden layer, four times as wide, need not go to memory.
#include "../guarded.h"
#include "run.h"

#include <array>

namespace {

using namespace pagoda;

enum Weight { NORM, NORM_BIAS, WIDEN, WIDEN_BIAS, NARROW, NARROW_BIAS, SCALE, WEIGHTS };

struct Mlp {
    std::array<at::Tensor, WEIGHTS> weights;
    float epsilon;
    const Kernels* k;

    const float* at(Weight weight) const { return weights[weight].data_ptr<float>(); }
    int64_t width() const { return weights[NORM].numel(); }
    int64_t hidden() const { return weights[WIDEN_BIAS].numel(); }
    int64_t rows_at_once() const { return 8 * k->rows; }
};

bool fits(const at::Tensor& x, const at::Tensor& rest, const Mlp& mlp) {
    if (!mlp.k || x.dim() < 1 || x.numel() == 0 || !is_float(x) || !is_float(rest) || !x.sizes().equals(rest.sizes()) || narrows()) return false;
    for (const auto& weight : mlp.weights) {
        if (!is_constant(weight)) return false;
    }
    return x.size(-1) == mlp.width() && mlp.width() % mlp.k->vector == 0 && mlp.hidden() % mlp.k->vector == 0;
}

at::Tensor forward(const Mlp& mlp, const at::Tensor& x, const at::Tensor& rest, at::Tensor* slope) {
    const Kernels& k = *mlp.k;
    int64_t width = mlp.width(), hidden = mlp.hidden(), all = x.numel() / width, most = std::min(all, mlp.rows_at_once());
    auto options = x.options().requires_grad(false);
    at::Tensor normal = at::empty({most, width}, options), wide = at::empty({most, hidden}, options), packed = at::empty({most, std::max(width, hidden)}, options);
    at::Tensor y = at::empty(x.sizes(), options);
    if (slope) *slope = at::empty({all, hidden}, options);
    float *n = normal.data_ptr<float>(), *w = wide.data_ptr<float>(), *pack = packed.data_ptr<float>();
    for (int64_t first = 0; first < all; first += most) {
        int64_t rows = std::min(most, all - first);
        const float* from = x.data_ptr<float>() + first * width;
#pragma omp parallel for schedule(static)
        for (int64_t row = 0; row < rows; row++) k.normalize(from + row * width, mlp.at(NORM), mlp.at(NORM_BIAS), mlp.epsilon, width, n + row * width);
        Product p = linear(k, n, mlp.weights[WIDEN], w, rows);
        p.bias = mlp.at(WIDEN_BIAS);
        p.activation = Activation::GELU;
        p.slope = slope ? slope->data_ptr<float>() + first * hidden : nullptr;
        run(k, p, pack);
        p = linear(k, w, mlp.weights[NARROW], y.data_ptr<float>() + first * width, rows);
        p.bias = mlp.at(NARROW_BIAS);
        p.scale = mlp.at(SCALE);
        p.add = rest.data_ptr<float>() + first * width;
        run(k, p, pack);
    }
    return y;
}

at::Tensor backward(const Mlp& mlp, const at::Tensor& x, const at::Tensor& slope, const at::Tensor& gradient) {
    const Kernels& k = *mlp.k;
    int64_t width = mlp.width(), hidden = mlp.hidden(), all = x.numel() / width, most = std::min(all, mlp.rows_at_once());
    auto options = gradient.options().requires_grad(false);
    at::Tensor wide = at::empty({most, hidden}, options), narrow = at::empty({most, width}, options), packed = at::empty({most, std::max(width, hidden)}, options);
    at::Tensor dx = at::empty(x.sizes(), options);
    float *w = wide.data_ptr<float>(), *n = narrow.data_ptr<float>(), *pack = packed.data_ptr<float>();
    for (int64_t first = 0; first < all; first += most) {
        int64_t rows = std::min(most, all - first);
        Product p = linear_back(k, gradient.data_ptr<float>() + first * width, mlp.weights[NARROW], w, rows);
        p.a_scale = mlp.at(SCALE);
        p.times = slope.data_ptr<float>() + first * hidden;
        run(k, p, pack);
        run(k, linear_back(k, w, mlp.weights[WIDEN], n, rows), pack);
        const float* from = x.data_ptr<float>() + first * width;
        float* to = dx.data_ptr<float>() + first * width;
#pragma omp parallel for schedule(static)
        for (int64_t row = 0; row < rows; row++) k.normalize_back(from + row * width, mlp.at(NORM), mlp.epsilon, width, n + row * width, nullptr, to + row * width, nullptr, nullptr);
    }
    return dx;
}

struct FrozenMlp : torch::autograd::Function<FrozenMlp> {
    struct State : torch::CustomClassHolder {
        Mlp mlp;
        at::Tensor slope;
    };

    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& rest, const Mlp& mlp) {
        auto state = c10::make_intrusive<State>();
        state->mlp = mlp;
        context->save_for_backward({x});
        at::Tensor y = ::forward(mlp, x, rest, &state->slope);
        context->saved_data["state"] = c10::IValue::make_capsule(std::move(state));
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
        TORCH_CHECK(!at::GradMode::is_enabled(), "The gradient of a block with constant weights has no gradient itself: let its weights require gradients.");
        auto capsule = context->saved_data["state"].toCapsule();
        auto& state = static_cast<State&>(*capsule);
        at::Tensor g = gradients[0].contiguous();
        at::Tensor dx = context->needs_input_grad(0) ? ::backward(state.mlp, context->get_saved_variables()[0], state.slope, g) : at::Tensor();
        return {dx, g, at::Tensor()};
    }
};

}  // namespace

/// rest + scale · mlp(norm(x)) over the last dimension. `weights` are those of the norm, fc1 and fc2, each with its bias, and the scale.
/// 1 and `result` when it was done, 0 when it is libtorch's to do.
PG_API int32_t pg_mlp(void* x, void* rest, void* const* weights, double epsilon, void** result) {
    return pagoda::guarded<int32_t>(-1, [&]() -> int32_t {
        Mlp mlp;
        for (int i = 0; i < WEIGHTS; i++) mlp.weights[i] = borrow(weights[i]);
        mlp.epsilon = static_cast<float>(epsilon);
        mlp.k = best_kernels();
        at::Tensor input = borrow(x), other = borrow(rest);
        if (!fits(input, other, mlp)) return 0;
        input = input.contiguous();
        other = other.contiguous();
        bool recorded = at::GradMode::is_enabled() && (input.requires_grad() || other.requires_grad());
        *result = give(recorded ? FrozenMlp::apply(input, other, mlp) : forward(mlp, input, other, nullptr));
        return 1;
    });
}
