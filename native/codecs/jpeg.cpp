// JPEG through libjpeg(-turbo), with its defaults: accurate integer DCT, fancy upsampling.
// Errors leave libjpeg by longjmp; the functions that call setjmp hold only plain data.
#include "codecs.h"

#include <csetjmp>
#include <jpeglib.h>
#include <jerror.h>

namespace {

// More scans than any real progressive picture has; hostile ones repeat a scan for hours of work.
constexpr int kMaximumScans = 500;

struct Errors {
    jpeg_error_mgr base;  // first: libjpeg hands this address back
    jmp_buf jump;
    char* text;
    bool data_ran_out;  // the entropy decoder went on with zeros
};

struct Source {
    jpeg_source_mgr base;
    bool ended;  // libjpeg asked for more than there is
};

struct Target {
    jpeg_destination_mgr base;
    Encoded* out;
    JOCTET buffer[16384];
};

void on_error(j_common_ptr info) {
    auto* errors = reinterpret_cast<Errors*>(info->err);
    char message[JMSG_LENGTH_MAX];
    info->err->format_message(info, message);
    fail(errors->text, message);
    longjmp(errors->jump, 1);
}

void on_message(j_common_ptr info, int level) {
    if (level < 0 && info->err->msg_code == JWRN_HIT_MARKER) reinterpret_cast<Errors*>(info->err)->data_ran_out = true;
}

void watch_scans(j_common_ptr info) {
    if (info->is_decompressor && reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMaximumScans) {
        auto* errors = reinterpret_cast<Errors*>(info->err);
        fail(errors->text, "it has more than 500 scans");
        longjmp(errors->jump, 1);
    }
}

void start_source(j_decompress_ptr) {}

boolean fill_source(j_decompress_ptr info) {
    static const JOCTET end_of_image[] = {0xFF, JPEG_EOI};
    reinterpret_cast<Source*>(info->src)->ended = true;
    info->src->next_input_byte = end_of_image;
    info->src->bytes_in_buffer = 2;
    return TRUE;
}

void skip_source(j_decompress_ptr info, long count) {
    if (count <= 0) return;
    if (static_cast<size_t>(count) > info->src->bytes_in_buffer) {
        fill_source(info);
        return;
    }
    info->src->next_input_byte += count;
    info->src->bytes_in_buffer -= count;
}

void end_source(j_decompress_ptr) {}

void rewind_target(j_compress_ptr info) {
    auto* target = reinterpret_cast<Target*>(info->dest);
    target->base.next_output_byte = target->buffer;
    target->base.free_in_buffer = sizeof target->buffer;
}

boolean empty_target(j_compress_ptr info) {
    auto* target = reinterpret_cast<Target*>(info->dest);
    if (!append(target->out, target->buffer, sizeof target->buffer)) ERREXIT1(info, JERR_OUT_OF_MEMORY, 0);
    rewind_target(info);
    return TRUE;
}

void end_target(j_compress_ptr info) {
    auto* target = reinterpret_cast<Target*>(info->dest);
    if (!append(target->out, target->buffer, sizeof target->buffer - target->base.free_in_buffer)) {
        ERREXIT1(info, JERR_OUT_OF_MEMORY, 0);
    }
}

void prepare(Errors* errors, char* text) {
    jpeg_std_error(&errors->base);
    errors->base.error_exit = on_error;
    errors->base.emit_message = on_message;
    errors->text = text;
    errors->data_ran_out = false;
}

int divide_by_255(int product) {
    product += 128;
    return ((product >> 8) + product) >> 8;
}

// Four stored samples (inverted, as Adobe's programs write them) to RGB in place, with Pillow's arithmetic.
void cmyk_to_rgb(uint8_t* row, int32_t width) {
    for (int32_t x = 0; x < width; x++) {
        const int key = row[4 * x + 3];
        for (int c = 0; c < 3; c++) row[3 * x + c] = static_cast<uint8_t>(key - divide_by_255((255 - row[4 * x + c]) * key));
    }
}

bool decode(jpeg_decompress_struct* info, Errors* errors, Source* source, const Limits& limits, uint8_t* volatile* row,
            Decoded* out, char* error) {
    if (setjmp(errors->jump)) return false;

    jpeg_create_decompress(info);
    info->src = &source->base;
    jpeg_progress_mgr progress = {};
    progress.progress_monitor = watch_scans;
    info->progress = &progress;
    jpeg_read_header(info, TRUE);
    if (!within_limits(info->image_width, info->image_height, 3, limits, error)) return false;
    info->mem->max_memory_to_use = static_cast<long>(limits.bytes);
    if (info->num_components != 1 && info->num_components != 3 && info->num_components != 4) {
        snprintf(error, kErrorSize, "it has %d components; only 1 (grey), 3 (colour) and 4 (CMYK) can be read", info->num_components);
        return false;
    }
    info->out_color_space = info->num_components == 1 ? JCS_GRAYSCALE : info->num_components == 3 ? JCS_RGB : JCS_CMYK;
    if (limits.minimum_size > 0) {
        const int64_t side = info->image_width < info->image_height ? info->image_width : info->image_height;
        unsigned eighths = 1;
        while (eighths < 8 && (side * eighths + 7) / 8 < limits.minimum_size) eighths++;
        info->scale_num = eighths;
        info->scale_denom = 8;
    }
    jpeg_start_decompress(info);

    const bool cmyk = info->num_components == 4;
    out->width = static_cast<int32_t>(info->output_width);
    out->height = static_cast<int32_t>(info->output_height);
    out->channels = info->num_components == 1 ? 1 : 3;
    out->mode = out->channels;
    const size_t stride = static_cast<size_t>(out->width) * out->channels;
    out->size = static_cast<int64_t>(stride * out->height);
    if (!allocate(out, error)) return false;
    if (cmyk && !(*row = static_cast<uint8_t*>(malloc(static_cast<size_t>(out->width) * 4)))) {
        fail(error, "there is not enough memory for its pixels");
        return false;
    }
    while (info->output_scanline < info->output_height && !(source->ended && errors->data_ran_out)) {
        uint8_t* target = out->pixels + info->output_scanline * stride;
        JSAMPROW rows[] = {cmyk ? *row : target};
        jpeg_read_scanlines(info, rows, 1);
        if (cmyk) {
            cmyk_to_rgb(*row, out->width);
            memcpy(target, *row, stride);
        }
    }
    // Data may stop right after the last row, where only the end marker is missing; earlier, pixels are missing too.
    const bool several_scans = jpeg_has_multiple_scans(info);
    if (!(source->ended && errors->data_ran_out)) jpeg_finish_decompress(info);
    if (source->ended && (errors->data_ran_out || several_scans)) {
        fail(error, "it is truncated");
        return false;
    }
    return true;
}

bool encode(jpeg_compress_struct* info, Errors* errors, Target* target, const Decoded& picture, int quality) {
    if (setjmp(errors->jump)) return false;

    jpeg_create_compress(info);
    target->base.init_destination = rewind_target;
    target->base.empty_output_buffer = empty_target;
    target->base.term_destination = end_target;
    info->dest = &target->base;
    info->image_width = picture.width;
    info->image_height = picture.height;
    info->input_components = picture.channels;
    info->in_color_space = picture.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(info);
    jpeg_set_quality(info, quality, TRUE);
    info->optimize_coding = TRUE;
    jpeg_start_compress(info, TRUE);
    while (info->next_scanline < info->image_height) {
        JSAMPROW rows[] = {picture.pixels + static_cast<size_t>(info->next_scanline) * picture.width * picture.channels};
        jpeg_write_scanlines(info, rows, 1);
    }
    jpeg_finish_compress(info);
    return true;
}

}  // namespace

PAGODA_EXPORT int pagoda_jpeg_decode(const uint8_t* data, size_t size, const Limits* limits, Decoded* out, char* error) {
    memset(out, 0, sizeof *out);
    jpeg_decompress_struct info = {};
    Errors errors = {};
    prepare(&errors, error);
    info.err = &errors.base;
    Source source = {};
    source.base = {data, size, start_source, fill_source, skip_source, jpeg_resync_to_restart, end_source};
    uint8_t* volatile row = nullptr;
    const bool done = decode(&info, &errors, &source, *limits, &row, out, error);
    jpeg_destroy_decompress(&info);
    free(row);
    if (!done) {
        free(out->pixels);
        out->pixels = nullptr;
    }
    return done;
}

PAGODA_EXPORT int pagoda_jpeg_encode(const Decoded* picture, int quality, Encoded* out, char* error) {
    memset(out, 0, sizeof *out);
    jpeg_compress_struct info = {};
    Errors errors = {};
    prepare(&errors, error);
    info.err = &errors.base;
    Target target = {};
    target.out = out;
    const bool done = encode(&info, &errors, &target, *picture, quality);
    jpeg_destroy_compress(&info);
    if (!done) {
        free(out->data);
        out->data = nullptr;
    }
    return done;
}
