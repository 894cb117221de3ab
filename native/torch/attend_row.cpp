// Attention of one new position to all before it and itself, with the cache of keys and values: one pass over them.
#include "guarded.h"
#include "vectors.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace {

float dot_plain(const float* a, const float* b, int64_t count) {
    float sums[8] = {};
    int64_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (int lane = 0; lane < 8; lane++) sums[lane] += a[i + lane] * b[i + lane];
    float sum = ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
    for (; i < count; i++) sum += a[i] * b[i];
    return sum;
}

void add_plain(float* to, const float* from, float factor, int64_t count) {
    for (int64_t i = 0; i < count; i++) to[i] += factor * from[i];
}

#ifdef PG_AVX2

PG_AVX2 float dot_wide(const float* a, const float* b, int64_t count) {
    __m256 sums = _mm256_setzero_ps();
    int64_t i = 0;
    for (; i + 8 <= count; i += 8) sums = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), sums);
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(sums), _mm256_extractf128_ps(sums, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    float sum = _mm_cvtss_f32(_mm_add_ss(half, _mm_shuffle_ps(half, half, 1)));
    for (; i < count; i++) sum += a[i] * b[i];
    return sum;
}

PG_AVX2 void add_wide(float* to, const float* from, float factor, int64_t count) {
    __m256 all = _mm256_set1_ps(factor);
    int64_t i = 0;
    for (; i + 8 <= count; i += 8) _mm256_storeu_ps(to + i, _mm256_fmadd_ps(all, _mm256_loadu_ps(from + i), _mm256_loadu_ps(to + i)));
    for (; i < count; i++) to[i] += factor * from[i];
}

#endif

using Dot = float (*)(const float*, const float*, int64_t);
using Add = void (*)(float*, const float*, float, int64_t);

void attend(const float* q, const float* keys, const float* values, float* y, int64_t length, int64_t width, Dot dot, Add add) {
    thread_local std::vector<float> scores;
    scores.resize(length);
    float scale = 1 / std::sqrt(static_cast<float>(width)), largest = -INFINITY, sum = 0;
    for (int64_t i = 0; i < length; i++) {
        scores[i] = scale * dot(q, keys + i * width, width);
        largest = std::max(largest, scores[i]);
    }
    for (int64_t i = 0; i < length; i++) sum += scores[i] = std::exp(scores[i] - largest);
    std::fill(y, y + width, 0.0f);
    for (int64_t i = 0; i < length; i++) add(y, values + i * width, scores[i] / sum, width);
}

}  // namespace

/// Puts the new keys and values of qkv [rows, 3, heads, width] at `position` of the caches [rows, heads, capacity, width]
/// and attends to the positions up to it: y [rows, heads, width]. All are float32.
PG_API int32_t pg_attend_row(
    const float* qkv, float* keys, float* values, float* y, int64_t rows, int64_t heads, int64_t width, int64_t capacity, int64_t position) {
    return pagoda::guarded<int32_t>(-1, [&] {
        Dot dot = dot_plain;
        Add add = add_plain;
#ifdef PG_AVX2
        if (pagoda::has_vectors()) {
            dot = dot_wide;
            add = add_wide;
        }
#endif
#pragma omp parallel for schedule(static)
        for (int64_t pair = 0; pair < rows * heads; pair++) {
            int64_t row = pair / heads, head = pair % heads;
            const float* q = qkv + (row * 3 * heads + head) * width;
            float* k = keys + pair * capacity * width;
            float* v = values + pair * capacity * width;
            std::memcpy(k + position * width, q + heads * width, width * sizeof(float));
            std::memcpy(v + position * width, q + 2 * heads * width, width * sizeof(float));
            attend(q, k, v, y + pair * width, position + 1, width, dot, add);
        }
        return 0;
    });
}
