// Sampling many sequences at once, a token after another: the whole transformer in one call a token. Its weights are packed once, as the
// products of a few dozen rows are too small to pack them each time anew, and each thread takes sequences of its own from the first layer
// to the last, so that none waits for another.
#include "kernels.h"

#include "../kernels/run.h"
#include "../guarded.h"

#ifdef _OPENMP
#include <omp.h>
#endif

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace {

using namespace pagoda;

constexpr int64_t ROWS_AT_ONCE = 64;
enum { LAYER_WEIGHTS = 12, MATRICES_OF_LAYER = 4 };

struct Decoder {
    const DecoderKernels* k;
    DecoderWeights weights;
    std::vector<DecoderLayer> layers;
    std::vector<at::Tensor> memory;
};

const DecoderKernels* kernels_for(const DecoderShape& shape) {
    auto fits = [&](const DecoderKernels* k) {
        return k && (shape.width / shape.heads) % k->vector == 0 && shape.hidden % k->vector == 0 && shape.vocabulary % k->vector == 0;
    };
    if (has_wide_vectors() && fits(decoder_avx512())) return decoder_avx512();
    return has_vectors() && fits(decoder_avx2()) ? decoder_avx2() : nullptr;
}

/// A copy that belongs to the decoder, so that it does not matter what becomes of the weights.
float* room(Decoder& decoder, int64_t count) {
    decoder.memory.push_back(at::empty({count}, at::kFloat));
    return decoder.memory.back().data_ptr<float>();
}

const float* copy(Decoder& decoder, const float* from, int64_t count) {
    if (!from) return nullptr;
    float* to = room(decoder, count);
    std::copy(from, from + count, to);
    return to;
}

}  // namespace

const DecoderKernels* pagoda::best_decoder() {
    if (has_wide_vectors() && decoder_avx512()) return decoder_avx512();
    return has_vectors() ? decoder_avx2() : nullptr;
}

/// A decoder over float32 weights, or null with *packed = 0 where the kernels do not take its shape. `weights` are for each layer norm1, the
/// product for queries, keys and values, the one after attention, norm2, the two of the MLP, each with its bias; then the last norm and the
/// head, whose bias may be null. The shape is layers, width, heads, hidden, vocabulary. It is given back with pg_decoder_free.
PG_API void* pg_decoder_pack(const float* const* weights, const int64_t* shape, double epsilon, int32_t* packed) {
    return guarded<void*>(nullptr, [&]() -> void* {
        DecoderShape s{shape[0], shape[1], shape[2], shape[3], shape[4], static_cast<float>(epsilon)};
        *packed = 0;
        const DecoderKernels* k = kernels_for(s);
        if (!k) return nullptr;
        auto decoder = std::make_unique<Decoder>();
        decoder->k = k;
        struct Work {
            const float* from;
            int64_t outputs, inputs;
            float* to;
        };
        std::vector<Work> work;
        auto matrix = [&](const float* from, int64_t outputs, int64_t inputs) -> const float* {
            work.push_back({from, outputs, inputs, room(*decoder, outputs * inputs)});
            return work.back().to;
        };
        auto vector = [&](const float* from, int64_t count) { return copy(*decoder, from, count); };
        for (int64_t l = 0; l < s.layers; l++, weights += LAYER_WEIGHTS) {
            decoder->layers.push_back({
                vector(weights[0], s.width), vector(weights[1], s.width),
                matrix(weights[2], 3 * s.width, s.width), vector(weights[3], 3 * s.width),
                matrix(weights[4], s.width, s.width), vector(weights[5], s.width),
                vector(weights[6], s.width), vector(weights[7], s.width),
                matrix(weights[8], s.hidden, s.width), vector(weights[9], s.hidden),
                matrix(weights[10], s.width, s.hidden), vector(weights[11], s.width),
            });
        }
        const float *norm = vector(weights[0], s.width), *norm_bias = vector(weights[1], s.width);
        const float* head = matrix(weights[2], s.vocabulary, s.width);
        decoder->weights = {s, decoder->layers.data(), norm, norm_bias, head, vector(weights[3], s.vocabulary)};
#pragma omp parallel for schedule(dynamic)
        for (size_t i = 0; i < work.size(); i++) k->pack(work[i].from, work[i].outputs, work[i].inputs, work[i].to);
        *packed = 1;
        return decoder.release();
    });
}

PG_API void pg_decoder_free(void* decoder) { delete static_cast<Decoder*>(decoder); }

/// One new position x [rows, width], which becomes its end state; its keys and values go into the caches, for each layer
/// [rows, heads, capacity, width / heads], at `position`. `logits` [rows, vocabulary] of what comes next, or null.
PG_API int32_t pg_decoder_advance(
    const void* decoder, float* x, float* const* keys, float* const* values, float* logits, int64_t rows, int64_t capacity, int64_t position) {
    return guarded<int32_t>(-1, [&] {
        const auto& d = *static_cast<const Decoder*>(decoder);
#pragma omp parallel
        {
#ifdef _OPENMP
            int64_t threads = omp_get_num_threads(), thread = omp_get_thread_num();
#else
            int64_t threads = 1, thread = 0;
#endif
            int64_t together = d.k->together, groups = (rows + together - 1) / together;
            int64_t end = std::min(rows, (thread + 1) * groups / threads * together);
            for (int64_t first = thread * groups / threads * together; first < end; first += ROWS_AT_ONCE) {
                int64_t count = std::min(ROWS_AT_ONCE, end - first);
                d.k->advance(d.weights, {x, keys, values, logits, first, count, capacity, position}, scratch(d.k->scratch(d.weights.shape, count, capacity)));
            }
        }
        return 0;
    });
}
