// The arithmetic of networks on processors with AVX2 or AVX-512, for one width of vectors. Each function does a part that one
// thread takes; who calls shares the parts out. Matrices are row-major float32.
#pragma once
#include <cstdint>

namespace pagoda {

enum class Activation : int32_t { NONE, GELU, QUICK_GELU };

/// c = after(a · B) for rows × columns, where B is `weight` or its transpose.
struct Product {
    const float* a;
    const float* weight;
    float* c;
    int64_t rows, inner, columns;
    int64_t a_stride, weight_stride;
    bool transposed;             // B[k][n] is weight[n][k], as in a linear layer; else weight[k][n]
    const float* ready = nullptr; // B as `pack_weight` leaves it, where it is kept
    const float* a_scale = nullptr; // [inner]: a's columns are multiplied with it
    const float* bias = nullptr; // [columns]
    const float* scale = nullptr; // [columns]: multiplied with, after the bias and the activation
    const float* add = nullptr;  // like c: added
    const float* times = nullptr; // like c: multiplied with
    Activation activation = Activation::NONE;
    float* slope = nullptr;      // like c: the activation's derivative is written to it
};

/// Attention of one head over one sequence.
struct Head {
    const float* qkv;            // of its first position: queries, keys and values lie `width` apart
    const float* mask;           // [length, length] added to the scores, or null
    int64_t length, width, stride, head;
};

/// One group of channels of one picture: `channels` maps of `places` numbers, one after another.
struct Group {
    const float* x;
    const float* weight;         // [channels]
    const float* bias;           // [channels]
    int64_t channels, places;
    float epsilon;
    bool silu;                   // x·σ(x) after the normalisation
};

struct Kernels {
    int64_t vector;              // floats; widths must be multiples
    int64_t tall;                // rows that are packed together
    int64_t rows, columns;       // of the parts of a product
    int64_t scratch_of_product;  // floats that a thread needs
    /// Copies `tall` rows from `row` of a product's left side to `packed`, which has room for all of them.
    void (*pack)(const Product&, int64_t row, float* packed);
    /// Writes the `columns` columns of B from `column` on to `ready`, which has room for all of B, in the order in which `product` reads them.
    void (*pack_weight)(const Product&, int64_t column, float* ready);
    /// The part of a product that begins at `row` and `column`, when all rows are packed.
    void (*product)(const Product&, const float* packed, int64_t row, int64_t column, float* scratch);
    void (*normalize)(const float* x, const float* weight, const float* bias, float epsilon, int64_t width, float* y);
    /// The gradient of one row's input, added to `add` unless that is null: y = add + d normalize(x)ᵀ g. Those of the weight and the
    /// bias are added to `of_weight` and `of_bias` unless they are null.
    void (*normalize_back)(const float* x, const float* weight, float epsilon, int64_t width, const float* g, const float* add, float* y, float* of_weight, float* of_bias);
    /// y = silu(normalize(x)); the mean and the factor that makes the variance 1 are kept.
    void (*normalize_group)(const Group&, float* y, float* mean, float* factor);
    /// The gradient of x, and for each channel those of the weight and the bias.
    void (*normalize_group_back)(const Group&, float mean, float factor, const float* g, float* dx, float* of_weight, float* of_bias);
    int64_t (*scratch_of_head)(int64_t length, int64_t head);
    void (*attend)(const Head&, float* y, int64_t y_stride, float* scratch);
    /// `g` and `dqkv` are strided like y and qkv.
    void (*attend_back)(const Head&, const float* g, int64_t g_stride, float* dqkv, float* scratch);
};

/// Null where the compiler does not know these processors.
const Kernels* kernels_avx2();
const Kernels* kernels_avx512();

}  // namespace pagoda
