// PNG through libpng. Errors leave libpng by longjmp; the functions that call setjmp hold only plain data.
#include "codecs.h"

#include <png.h>

namespace {

struct Source {
    const uint8_t* data;
    size_t size, position;
};

void on_error(png_structp png, png_const_charp message) {
    fail(static_cast<char*>(png_get_error_ptr(png)), message);
    png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void read_bytes(png_structp png, png_bytep target, size_t count) {
    auto* source = static_cast<Source*>(png_get_io_ptr(png));
    if (count > source->size - source->position) png_error(png, "it is truncated");
    memcpy(target, source->data + source->position, count);
    source->position += count;
}

void write_bytes(png_structp png, png_bytep bytes, size_t count) {
    if (!append(static_cast<Encoded*>(png_get_io_ptr(png)), bytes, count)) png_error(png, "there is not enough memory");
}

void flush(png_structp) {}

// Texts, profiles and the like are read by others or not at all: none may cost memory or stop a decode.
void skip_ancillary_chunks(png_structp png) {
    static const png_byte names[] = "bKGD\0cHRM\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0sRGB\0tEXt\0tIME\0zTXt\0eXIf";
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, names, sizeof names / 5);
}

// The colour that tRNS declares transparent, at 8 bits.
void keep_key(png_structp png, png_infop info, int depth, Decoded* out) {
    png_color_16p key = nullptr;
    png_get_tRNS(png, info, nullptr, nullptr, &key);
    if (!key) return;
    const int top = (1 << depth) - 1;
    out->has_key = 1;
    if (out->mode == kRgb) {
        out->key[0] = key->red, out->key[1] = key->green, out->key[2] = key->blue;
    } else {
        out->key[0] = static_cast<uint8_t>((key->gray & top) * 255 / top);
    }
}

void keep_palette(png_structp png, png_infop info, Decoded* out) {
    png_colorp colours = nullptr;
    png_bytep alphas = nullptr;
    int count = 0, alpha_count = 0;
    png_get_PLTE(png, info, &colours, &count);
    if (png_get_valid(png, info, PNG_INFO_tRNS)) png_get_tRNS(png, info, &alphas, &alpha_count, nullptr);
    out->palette_count = count;
    for (int i = 0; i < count; i++) {
        out->palette[4 * i] = colours[i].red;
        out->palette[4 * i + 1] = colours[i].green;
        out->palette[4 * i + 2] = colours[i].blue;
        out->palette[4 * i + 3] = alphas && i < alpha_count ? alphas[i] : 255;
    }
}

bool decode(png_structp png, png_infop info, const Limits& limits, Decoded* out, char* error) {
    if (setjmp(png_jmpbuf(png))) return false;

    png_read_info(png, info);
    png_uint_32 width = 0, height = 0;
    int depth = 0, colour = 0;
    png_get_IHDR(png, info, &width, &height, &depth, &colour, nullptr, nullptr, nullptr);
    if (!within_limits(width, height, limits.deep ? 8 : 4, limits, error)) return false;

    const bool has_trns = png_get_valid(png, info, PNG_INFO_tRNS) != 0;
    out->mode = colour == PNG_COLOR_TYPE_PALETTE      ? kPalette
                : colour == PNG_COLOR_TYPE_GRAY_ALPHA ? kGreyAlpha
                : colour == PNG_COLOR_TYPE_RGB        ? kRgb
                : colour == PNG_COLOR_TYPE_RGB_ALPHA  ? kRgba
                : depth == 1                          ? kBilevel
                                                      : kGrey;
    if (limits.deep) {
        png_set_expand_16(png);
        const uint16_t one = 1;
        if (*reinterpret_cast<const uint8_t*>(&one)) png_set_swap(png);
    } else if (colour == PNG_COLOR_TYPE_PALETTE) {
        keep_palette(png, info, out);
        png_set_packing(png);
    } else if (depth == 16) {
        // A 16-bit key cannot be told apart at 8 bits, so it becomes alpha first; then the high byte, as Pillow reads it.
        if (has_trns) png_set_tRNS_to_alpha(png);
        png_set_strip_16(png);
    } else {
        if (has_trns) keep_key(png, info, depth, out);
        if (depth < 8) png_set_expand_gray_1_2_4_to_8(png);
    }
    const int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);

    out->width = static_cast<int32_t>(width);
    out->height = static_cast<int32_t>(height);
    out->channels = png_get_channels(png, info);
    if (limits.deep || (depth == 16 && has_trns)) {
        out->mode = out->channels;  // kGrey .. kRgba are numbered by their channels
    }
    const size_t row = png_get_rowbytes(png, info);
    out->size = static_cast<int64_t>(row) * height;
    if (!allocate(out, error)) return false;
    for (int pass = 0; pass < passes; pass++) {
        for (png_uint_32 y = 0; y < height; y++) png_read_row(png, out->pixels + y * row, nullptr);
    }
    png_read_end(png, nullptr);  // checks the sums behind the last row
    return true;
}

bool encode(png_structp png, png_infop info, const Decoded& picture, int depth, int level, Encoded* out) {
    if (setjmp(png_jmpbuf(png))) return false;

    static const int colours[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY,       PNG_COLOR_TYPE_GRAY_ALPHA,
                                  PNG_COLOR_TYPE_RGB,  PNG_COLOR_TYPE_RGB_ALPHA, PNG_COLOR_TYPE_PALETTE};
    png_set_write_fn(png, out, write_bytes, flush);
    png_set_compression_level(png, level);
    png_set_IHDR(png, info, picture.width, picture.height, depth, colours[picture.mode], PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (picture.mode == kPalette) {
        png_color entries[256];
        png_byte alphas[256];
        int alpha_count = 0;
        for (int i = 0; i < picture.palette_count; i++) {
            entries[i] = {picture.palette[4 * i], picture.palette[4 * i + 1], picture.palette[4 * i + 2]};
            alphas[i] = picture.palette[4 * i + 3];
            if (alphas[i] != 255) alpha_count = i + 1;
        }
        png_set_PLTE(png, info, entries, picture.palette_count);
        if (alpha_count) png_set_tRNS(png, info, alphas, alpha_count, nullptr);
    } else if (picture.has_key) {
        png_color_16 key = {};
        key.red = picture.key[0], key.green = picture.key[1], key.blue = picture.key[2];
        key.gray = depth == 1 ? picture.key[0] >> 7 : picture.key[0];
        png_set_tRNS(png, info, nullptr, 0, &key);
    }
    png_write_info(png, info);
    const uint16_t one = 1;
    if (depth == 16 && *reinterpret_cast<const uint8_t*>(&one)) png_set_swap(png);
    if (depth == 1) png_set_packing(png);
    const size_t row = static_cast<size_t>(picture.width) * picture.channels * (depth == 16 ? 2 : 1);
    for (int32_t y = 0; y < picture.height; y++) png_write_row(png, picture.pixels + y * row);
    png_write_end(png, nullptr);
    return true;
}

}  // namespace

PAGODA_EXPORT void pagoda_codecs_free(void* memory) { free(memory); }

PAGODA_EXPORT int pagoda_png_decode(const uint8_t* data, size_t size, const Limits* limits, Decoded* out, char* error) {
    memset(out, 0, sizeof *out);
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, error, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : nullptr;
    if (!info) {
        png_destroy_read_struct(&png, nullptr, nullptr);
        fail(error, "libpng cannot start");
        return 0;
    }
    Source source = {data, size, 0};
    png_set_read_fn(png, &source, read_bytes);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // ours are checked instead, with a clearer sentence
    skip_ancillary_chunks(png);
    const bool done = decode(png, info, *limits, out, error);
    png_destroy_read_struct(&png, &info, nullptr);
    if (!done) {
        free(out->pixels);
        out->pixels = nullptr;
    }
    return done;
}

// depth: bits per sample, 1 (pixels 0 or 1, kBilevel), 8, or 16 (native byte order).
PAGODA_EXPORT int pagoda_png_encode(const Decoded* picture, int depth, int level, Encoded* out, char* error) {
    memset(out, 0, sizeof *out);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, error, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : nullptr;
    if (!info) {
        png_destroy_write_struct(&png, nullptr);
        fail(error, "libpng cannot start");
        return 0;
    }
    const bool done = encode(png, info, *picture, depth, level, out);
    png_destroy_write_struct(&png, &info);
    if (!done) {
        free(out->data);
        out->data = nullptr;
    }
    return done;
}
