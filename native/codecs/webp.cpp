// WebP through libwebp: still pictures, and animations put together one frame at a time.
#include "codecs.h"

#include <webp/decode.h>
#include <webp/demux.h>
#include <webp/encode.h>
#include <webp/mux.h>

namespace {

const char* decode_problem(VP8StatusCode status) {
    switch (status) {
        case VP8_STATUS_OUT_OF_MEMORY: return "there is not enough memory for its pixels";
        case VP8_STATUS_UNSUPPORTED_FEATURE: return "it uses a WebP feature that libwebp does not know";
        case VP8_STATUS_NOT_ENOUGH_DATA: return "it is truncated";
        default: return "its WebP data is damaged";
    }
}

const char* encode_problem(WebPEncodingError code) {
    switch (code) {
        case VP8_ENC_ERROR_OUT_OF_MEMORY:
        case VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY: return "there is not enough memory";
        case VP8_ENC_ERROR_BAD_DIMENSION: return "WebP pictures have at most 16383 x 16383 pixels";
        default: return "libwebp refused it";
    }
}

// The canvas as it looks when the first frame is shown.
bool decode_first_frame(const WebPData& data, Decoded* out, char* error) {
    WebPAnimDecoderOptions options;
    WebPAnimDecoder* decoder = nullptr;
    if (WebPAnimDecoderOptionsInit(&options)) {
        options.color_mode = MODE_RGBA;
        decoder = WebPAnimDecoderNew(&data, &options);
    }
    uint8_t* canvas = nullptr;
    int timestamp = 0;
    if (!decoder || !WebPAnimDecoderGetNext(decoder, &canvas, &timestamp)) {
        WebPAnimDecoderDelete(decoder);
        fail(error, "its first frame is damaged or missing");
        return false;
    }
    for (int64_t i = 0; i < static_cast<int64_t>(out->width) * out->height; i++) {
        memcpy(out->pixels + i * out->channels, canvas + i * 4, out->channels);
    }
    WebPAnimDecoderDelete(decoder);
    return true;
}

bool configure(WebPConfig* config, float quality, int lossless, char* error) {
    if (!WebPConfigInit(config)) {
        fail(error, "libwebp is of another version than the one Pagoda was built with");
        return false;
    }
    config->quality = quality;
    if (lossless) {
        config->lossless = 1;
        config->exact = 1;  // colours under full transparency are kept
    }
    return true;
}

bool import(WebPPicture* target, const Decoded& picture, char* error) {
    if (!WebPPictureInit(target)) {
        fail(error, "libwebp is of another version than the one Pagoda was built with");
        return false;
    }
    target->use_argb = 1;
    target->width = picture.width;
    target->height = picture.height;
    const int stride = picture.width * picture.channels;
    const bool done = picture.channels == 4 ? WebPPictureImportRGBA(target, picture.pixels, stride)
                                            : WebPPictureImportRGB(target, picture.pixels, stride);
    if (!done) fail(error, encode_problem(target->error_code));
    return done;
}

int write_bytes(const uint8_t* bytes, size_t count, const WebPPicture* picture) {
    return append(static_cast<Encoded*>(picture->custom_ptr), bytes, count);
}

}  // namespace

PAGODA_EXPORT int pagoda_webp_decode(const uint8_t* data, size_t size, const Limits* limits, Decoded* out, char* error) {
    memset(out, 0, sizeof *out);
    WebPBitstreamFeatures features;
    VP8StatusCode status = WebPGetFeatures(data, size, &features);
    if (status != VP8_STATUS_OK) {
        fail(error, decode_problem(status));
        return 0;
    }
    // An animation is composed on two canvases of four channels beside the result.
    if (!within_limits(features.width, features.height, features.has_animation ? 12 : 4, *limits, error)) return 0;
    out->width = features.width;
    out->height = features.height;
    out->channels = features.has_alpha ? 4 : 3;
    out->mode = out->channels;
    out->size = static_cast<int64_t>(out->width) * out->height * out->channels;
    if (!allocate(out, error)) return 0;

    bool done;
    if (features.has_animation) {
        done = decode_first_frame({data, size}, out, error);
    } else {
        const int stride = out->width * out->channels;
        uint8_t* written = features.has_alpha ? WebPDecodeRGBAInto(data, size, out->pixels, out->size, stride)
                                              : WebPDecodeRGBInto(data, size, out->pixels, out->size, stride);
        done = written != nullptr;
        if (!done) fail(error, "its WebP data is damaged or truncated");
    }
    if (!done) {
        free(out->pixels);
        out->pixels = nullptr;
    }
    return done;
}

PAGODA_EXPORT int pagoda_webp_encode(const Decoded* picture, float quality, int lossless, Encoded* out, char* error) {
    memset(out, 0, sizeof *out);
    WebPConfig config;
    WebPPicture target;
    if (!configure(&config, quality, lossless, error)) return 0;
    bool done = import(&target, *picture, error);
    if (done) {
        target.writer = write_bytes;
        target.custom_ptr = out;
        done = WebPEncode(&config, &target);
        if (!done) fail(error, encode_problem(target.error_code));
    }
    WebPPictureFree(&target);
    if (!done) {
        free(out->data);
        out->data = nullptr;
    }
    return done;
}

// An animation under construction, or null. loops: 0 repeats for ever.
PAGODA_EXPORT void* pagoda_webp_animation_new(int32_t width, int32_t height, int32_t loops, char* error) {
    WebPAnimEncoderOptions options;
    WebPAnimEncoder* encoder = nullptr;
    if (WebPAnimEncoderOptionsInit(&options)) {
        options.anim_params.loop_count = loops;
        encoder = WebPAnimEncoderNew(width, height, &options);
    }
    if (!encoder) fail(error, "libwebp cannot start an animation of this size");
    return encoder;
}

PAGODA_EXPORT int pagoda_webp_animation_add(void* animation, const Decoded* frame, int32_t timestamp_ms, float quality,
                                            int lossless, char* error) {
    WebPConfig config;
    WebPPicture target;
    if (!configure(&config, quality, lossless, error)) return 0;
    bool done = import(&target, *frame, error);
    if (done) {
        auto* encoder = static_cast<WebPAnimEncoder*>(animation);
        done = WebPAnimEncoderAdd(encoder, &target, timestamp_ms, &config);
        if (!done) fail(error, WebPAnimEncoderGetError(encoder));
    }
    WebPPictureFree(&target);
    return done;
}

// end_ms: when the last frame's time is over.
PAGODA_EXPORT int pagoda_webp_animation_finish(void* animation, int32_t end_ms, Encoded* out, char* error) {
    memset(out, 0, sizeof *out);
    auto* encoder = static_cast<WebPAnimEncoder*>(animation);
    WebPData data;
    WebPDataInit(&data);
    bool done = WebPAnimEncoderAdd(encoder, nullptr, end_ms, nullptr) && WebPAnimEncoderAssemble(encoder, &data);
    if (!done) {
        fail(error, WebPAnimEncoderGetError(encoder));
    } else if (!append(out, data.bytes, data.size)) {
        fail(error, "there is not enough memory");
        done = false;
    }
    WebPDataClear(&data);
    return done;
}

PAGODA_EXPORT void pagoda_webp_animation_free(void* animation) { WebPAnimEncoderDelete(static_cast<WebPAnimEncoder*>(animation)); }
