// The next token of each sequence out of its logits: temperature, top-k, top-p and the draw in one pass a row, where libtorch's
// operators sort the whole vocabulary and write it anew eight times. Rows are shared out among threads; a row's result does not
// depend on them.
#include "decoder/kernels.h"
#include "guarded.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <vector>

namespace {

struct Candidate {
    float weight;   // a probability times the same factor in the whole row
    int64_t token;

    bool operator<(const Candidate& other) const { return weight < other.weight || (weight == other.weight && token > other.token); }
};

struct Rule {
    double temperature;
    int64_t most;   // of the likeliest tokens; 0 for all
    double share;   // of the probability that the fewest likeliest must have together; 1 for all
};

/// What a thread uses for one row after another.
struct Memory {
    std::vector<float> weights, sorted;
    std::vector<Candidate> left;
};

/// y = e^(factor (x - shift)) and its sum, for x that are at most `shift`.
float exponentials(const float* x, int64_t count, float factor, float shift, float* y) {
    if (auto kernels = pagoda::best_decoder()) return kernels->exponentials(x, count, factor, shift, y);
    float sum = 0;
    for (int64_t i = 0; i < count; i++) sum += y[i] = std::exp(factor * (x[i] - shift));
    return sum;
}

/// The tokens that may be drawn, in ascending order.
void filter(const float* logits, int64_t vocabulary, float largest, const Rule& rule, Memory& memory) {
    auto& [weights, sorted, left] = memory;
    float least = -INFINITY;
    if (rule.most > 0 && rule.most < vocabulary) {
        sorted.assign(logits, logits + vocabulary);
        std::nth_element(sorted.begin(), sorted.begin() + (rule.most - 1), sorted.end(), std::greater<float>());
        least = sorted[rule.most - 1];
    }
    exponentials(logits, vocabulary, static_cast<float>(1 / rule.temperature), largest, weights.data());
    left.clear();
    double sum = 0;
    for (int64_t token = 0; token < vocabulary; token++) {
        // Whatever equals the last of the likeliest stays too.
        if (logits[token] < least) continue;
        left.push_back({weights[token], token});
        sum += weights[token];
    }
    if (rule.share >= 1) return;
    // Few are taken of many, so that a heap gives them sooner than a sort. They gather behind it.
    auto end = left.end();
    std::make_heap(left.begin(), end);
    for (double taken = 0; end != left.begin() && taken <= rule.share * sum;) {
        std::pop_heap(left.begin(), end--);
        taken += end->weight;
    }
    left.erase(left.begin(), end);
    std::sort(left.begin(), left.end(), [](const Candidate& a, const Candidate& b) { return a.token < b.token; });
}

/// The first token at which the summed probability exceeds a uniform share of the total: never one of probability 0.
int64_t draw(const std::vector<Candidate>& left, double uniform) {
    double total = 0, sum = 0;
    for (const auto& candidate : left) total += candidate.weight;
    for (const auto& candidate : left)
        if ((sum += candidate.weight) > uniform * total) return candidate.token;
    return left.back().token;
}

}  // namespace

/// For each row of logits [rows, vocabulary] a token, and the logarithm of its probability before temperature and filters. `uniforms`
/// has a number in [0, 1) for each row. A temperature of 0 takes the likeliest token, the first of equal ones.
PG_API int32_t pg_choose_tokens(
    const float* logits, int64_t rows, int64_t vocabulary, double temperature, int64_t most, double share, const double* uniforms,
    int64_t* tokens, float* log_likelihoods) {
    return pagoda::guarded<int32_t>(-1, [&] {
        std::atomic<bool> damaged{false};
#pragma omp parallel
        {
            Memory memory;
            memory.weights.resize(vocabulary);
#pragma omp for schedule(static)
            for (int64_t row = 0; row < rows; row++) {
                const float* own = logits + row * vocabulary;
                int64_t likeliest = std::max_element(own, own + vocabulary) - own;
                float largest = own[likeliest];
                float sum = exponentials(own, vocabulary, 1, largest, memory.weights.data());
                if (!std::isfinite(largest) || !std::isfinite(sum)) {
                    damaged = true;
                    continue;
                }
                tokens[row] = likeliest;
                if (temperature > 0 && most != 1) {
                    filter(own, vocabulary, largest, {temperature, most, share}, memory);
                    tokens[row] = draw(memory.left, uniforms[row]);
                }
                log_likelihoods[row] = static_cast<float>(own[tokens[row]] - largest - std::log(sum));
            }
        }
        if (damaged) throw std::invalid_argument("Tokens cannot be chosen: the transformer gave logits that are not numbers.");
        return 0;
    });
}
