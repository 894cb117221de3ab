// One new position of many sequences through a transformer whose weights are constants, for one width of vectors. All numbers are float32.
#pragma once
#include <cstdint>

namespace pagoda {

/// Where a layer's numbers lie; matrices are packed.
struct DecoderLayer {
    const float *norm1, *norm1_bias, *in, *in_bias, *out, *out_bias;
    const float *norm2, *norm2_bias, *widen, *widen_bias, *narrow, *narrow_bias;
};

struct DecoderShape {
    int64_t layers, width, heads, hidden, vocabulary;
    float epsilon;
};

struct DecoderWeights {
    DecoderShape shape;
    const DecoderLayer* layers;
    const float *norm, *norm_bias, *head, *head_bias;   // the last may be null
};

/// Some of a batch's sequences. Those of all begin at the pointers.
struct DecoderRows {
    float* x;                      // [rows, width]: the new position; its end state when done
    float* const* keys;            // of each layer [rows, heads, capacity, width / heads]
    float* const* values;
    float* logits;                 // [rows, vocabulary], or null
    int64_t first, count;          // which of them
    int64_t capacity, position;
};

struct DecoderKernels {
    int64_t vector;                // floats; the width of a head, all layers' widths and the vocabulary must be multiples
    int64_t together;              // rows that cost hardly more than one
    /// A matrix [outputs, inputs] as products read it, of the same size.
    void (*pack)(const float* weight, int64_t outputs, int64_t inputs, float* packed);
    int64_t (*scratch)(const DecoderShape&, int64_t rows, int64_t capacity);
    void (*advance)(const DecoderWeights&, const DecoderRows&, float* scratch);
    /// y = e^(factor (x - shift)) for x that are at most `shift`; gives the sum, which is not a number where an x is none.
    float (*exponentials)(const float* x, int64_t count, float factor, float shift, float* y);
};

/// Null where the compiler does not know these processors.
const DecoderKernels* decoder_avx2();
const DecoderKernels* decoder_avx512();

/// The best of these kernels that this processor has, or null.
const DecoderKernels* best_decoder();

}  // namespace pagoda
