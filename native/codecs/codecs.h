// The C interface of libpagoda_codecs: encoded bytes in memory to pixels in memory and back.
//
// Every function returns 1 on success and 0 on failure, and on failure leaves one UTF-8 clause in `error`
// (kErrorSize bytes) that says what is wrong with the picture. Buffers handed out are released with
// pagoda_codecs_free. No function keeps state, prints, or lets a longjmp leave it: all are safe on many threads.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define PAGODA_EXPORT extern "C" __attribute__((visibility("default")))

constexpr size_t kErrorSize = 256;

// What the pixels are; the numbers are those of Pagoda.Formats.Images.PictureMode.
enum Mode : int32_t { kBilevel = 0, kGrey = 1, kGreyAlpha = 2, kRgb = 3, kRgba = 4, kPalette = 5 };

struct Limits {
    int64_t pixels;        // width x height
    int64_t bytes;         // of decoded pixels
    int32_t minimum_size;  // JPEG: the short side may be scaled down to no less than this; 0: never scaled
    int32_t deep;          // PNG: 1 asks for 16 bits a sample, native byte order
};

struct Decoded {
    uint8_t* pixels;  // rows from the top, channels interleaved
    int64_t size;     // bytes in pixels
    int32_t width, height, channels, mode;
    int32_t palette_count;  // entries of palette in use
    int32_t has_key;        // 1: pixels of colour `key` are transparent (a PNG's tRNS chunk)
    uint8_t key[4];
    uint8_t palette[256 * 4];  // RGBA
};

struct Encoded {
    uint8_t* data;
    size_t size;
    size_t capacity;
};

inline void fail(char* error, const char* what) { snprintf(error, kErrorSize, "%s", what); }

// Grows in place as bytes arrive; false when memory runs out.
inline bool append(Encoded* out, const void* bytes, size_t count) {
    if (count > out->capacity - out->size) {
        size_t wanted = out->capacity ? out->capacity * 2 : 65536;
        while (wanted - out->size < count) wanted *= 2;
        auto* grown = static_cast<uint8_t*>(realloc(out->data, wanted));
        if (!grown) return false;
        out->data = grown;
        out->capacity = wanted;
    }
    memcpy(out->data + out->size, bytes, count);
    out->size += count;
    return true;
}

// Refuses, before anything is allocated, a picture whose header asks for more than the caller allows.
inline bool within_limits(int64_t width, int64_t height, int64_t bytes_per_pixel, const Limits& limits, char* error) {
    if (width <= 0 || height <= 0) {
        fail(error, "its header gives it no pixels");
        return false;
    }
    if (width > limits.pixels / height) {
        snprintf(error, kErrorSize, "its header claims %lld x %lld pixels, more than the limit of %lld pixels",
                 (long long)width, (long long)height, (long long)limits.pixels);
        return false;
    }
    if (width * height > limits.bytes / bytes_per_pixel) {
        snprintf(error, kErrorSize, "its %lld x %lld pixels need %lld bytes, more than the limit of %lld bytes",
                 (long long)width, (long long)height, (long long)(width * height * bytes_per_pixel), (long long)limits.bytes);
        return false;
    }
    return true;
}

// Zeroed, and by calloc: pages of a picture whose data turns out to be missing are never touched.
inline bool allocate(Decoded* out, char* error) {
    out->pixels = static_cast<uint8_t*>(calloc(out->size, 1));
    if (!out->pixels) fail(error, "there is not enough memory for its pixels");
    return out->pixels != nullptr;
}
