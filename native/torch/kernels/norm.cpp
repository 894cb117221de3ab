// Group normalisation and the SiLU behind it as one operator, with all gradients. libtorch takes two, each of
// which passes over whole maps, and keeps the normalised one; here a group stays in the cache, and only x is kept.
#include "../guarded.h"
#include "run.h"

namespace {

using namespace pagoda;

struct Norm {
    int64_t groups;
    double epsilon;
    bool silu;
    const Kernels* k;

    bool fits(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) const {
        if (!k || narrows() || x.dim() < 3 || x.numel() == 0) return false;
        for (const auto* t : {&x, &weight, &bias}) {
            if (!is_float(*t) || !t->is_contiguous()) return false;
        }
        int64_t channels = x.size(1), places = x.numel() / (x.size(0) * channels);
        return channels % groups == 0 && weight.numel() == channels && bias.numel() == channels && places % k->vector == 0;
    }

    at::Tensor with_libtorch(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) const {
        at::Tensor y = at::group_norm(x, groups, weight, bias, epsilon);
        return silu ? at::silu(y) : y;
    }

    /// Calls body(group, its number, its first channel's place among all pictures' channels) on all threads.
    template <class Body>
    void each(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, Body&& body) const {
        int64_t channels = x.size(1), of_group = channels / groups, places = x.numel() / (x.size(0) * channels);
        const float *from = x.data_ptr<float>(), *w = weight.data_ptr<float>(), *b = bias.data_ptr<float>();
#pragma omp parallel for schedule(static)
        for (int64_t part = 0; part < x.size(0) * groups; part++) {
            int64_t first = part % groups * of_group;
            body(Group{from + part * of_group * places, w + first, b + first, of_group, places, static_cast<float>(epsilon), silu}, part, part * of_group);
        }
    }

    at::Tensor forward(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, at::Tensor& moments) const {
        auto options = x.options().requires_grad(false);
        moments = at::empty({2, x.size(0) * groups}, options);
        at::Tensor y = at::empty(x.sizes(), options);
        float *to = y.data_ptr<float>(), *mean = moments.data_ptr<float>(), *factor = mean + moments.size(1);
        each(x, weight, bias, [&](const Group& group, int64_t part, int64_t channel) {
            k->normalize_group(group, to + channel * group.places, mean + part, factor + part);
        });
        return y;
    }

    torch::autograd::variable_list backward(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& moments, const at::Tensor& g) const {
        auto options = x.options().requires_grad(false);
        at::Tensor dx = at::empty(x.sizes(), options), sums = at::empty({2, x.size(0), x.size(1)}, options);
        const float *above = g.data_ptr<float>(), *mean = moments.data_ptr<float>(), *factor = mean + moments.size(1);
        float *to = dx.data_ptr<float>(), *of_weight = sums.data_ptr<float>(), *of_bias = of_weight + x.size(0) * x.size(1);
        each(x, weight, bias, [&](const Group& group, int64_t part, int64_t channel) {
            k->normalize_group_back(group, mean[part], factor[part], above + channel * group.places, to + channel * group.places, of_weight + channel, of_bias + channel);
        });
        at::Tensor of_all = sums.sum(1);
        return {dx, of_all[0], of_all[1]};
    }
};

struct NormSilu : torch::autograd::Function<NormSilu> {
    struct State : torch::CustomClassHolder {
        Norm norm;
        at::Tensor moments;
    };

    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const Norm& norm) {
        auto state = c10::make_intrusive<State>();
        state->norm = norm;
        context->save_for_backward({x, weight, bias});
        at::Tensor y = norm.forward(x, weight, bias, state->moments);
        context->saved_data["state"] = c10::IValue::make_capsule(std::move(state));
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
        auto capsule = context->saved_data["state"].toCapsule();
        auto& state = static_cast<State&>(*capsule);
        auto saved = context->get_saved_variables();
        if (at::GradMode::is_enabled()) {
            auto all = differentiable_gradients(state.norm.with_libtorch(saved[0], saved[1], saved[2]), saved, gradients);
            all.emplace_back();
            return all;
        }
        auto all = state.norm.backward(saved[0], saved[1], saved[2], state.moments, gradients[0].contiguous());
        all.emplace_back();
        return all;
    }
};

}  // namespace

/// silu(group_norm(x)) for x [N, C, …], or the normalisation alone. 1 and `result` when it was done, 0 when it is libtorch's to do:
/// other types and layouts, maps that the vectors do not divide, processors without AVX2.
PG_API int32_t pg_norm_silu(void* x, void* weight, void* bias, int64_t groups, double epsilon, int32_t silu, void** result) {
    return pagoda::guarded<int32_t>(-1, [&]() -> int32_t {
        Norm norm{groups, epsilon, silu != 0, best_kernels()};
        at::Tensor input = borrow(x), w = borrow(weight), b = borrow(bias), moments;
        if (!norm.fits(input, w, b)) return 0;
        bool recorded = at::GradMode::is_enabled() && (input.requires_grad() || w.requires_grad() || b.requires_grad());
        *result = give(recorded ? NormSilu::apply(input, w, b, norm) : norm.forward(input, w, b, moments));
        return 1;
    });
}
