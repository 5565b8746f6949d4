/* Convolution of float32 images without unfolding them: x is read where it lies.
 *
 * Layout as in engine/ops/conv.py: x (n, h, w, c) with its padding already in place, weights
 * (window, c, o), y (pixels, o). `taps` are the offsets in x of the window's places, in elements.
 * Sixteen output channels are one register; a tile of pixels times 16 to 64 channels is summed in
 * registers. Needs AVX-512; elsewhere NumPy serves.
 */
#include <stdint.h>

#include "wide.h"

#ifdef WIDE
typedef struct {
    int64_t channels, outputs, rows, columns; /* of the kernel; of y per image */
    int64_t image, row, column;               /* steps in x from one output pixel to the next */
    int64_t taps;
} Sizes;

static int64_t place(const Sizes *s, int64_t pixel) {
    int64_t column = pixel % s->columns, rest = pixel / s->columns;
    return rest / s->rows * s->image + rest % s->rows * s->row + column * s->column;
}

/* y[pixels, 16 * B channels] for a tile of P pixels. */
#define TILE(B, P)                                                                                 \
    WIDE static void tile_##B(const float *const *x, const float *w, float *const *y,              \
                              const int64_t *taps, const Sizes *s, int64_t count) {                \
        __m512 sum[P][B];                                                                          \
        for (int p = 0; p < P; p++)                                                                \
            for (int b = 0; b < B; b++) sum[p][b] = _mm512_setzero_ps();                           \
        for (int64_t t = 0; t < s->taps; t++)                                                      \
            for (int64_t c = 0; c < s->channels; c++, w += s->outputs) {                           \
                __m512 weight[B];                                                                  \
                for (int b = 0; b < B; b++) weight[b] = _mm512_loadu_ps(w + 16 * b);               \
                for (int p = 0; p < P; p++) {                                                      \
                    __m512 v = _mm512_set1_ps(x[p][taps[t] + c]);                                  \
                    for (int b = 0; b < B; b++)                                                    \
                        sum[p][b] = _mm512_fmadd_ps(v, weight[b], sum[p][b]);                      \
                }                                                                                  \
            }                                                                                      \
        for (int p = 0; p < P && p < count; p++)                                                   \
            for (int b = 0; b < B; b++) _mm512_storeu_ps(y[p] + 16 * b, sum[p][b]);                \
    }

TILE(4, 6)
TILE(2, 8)
TILE(1, 8)

/* y for the output pixels from `start` to `stop`, counted through all images. */
WIDE void hornlet_conv_float32(const float *x, const float *w, float *y, const int64_t *taps,
                               const Sizes *s, int64_t start, int64_t stop) {
    for (int64_t o = 0; o < s->outputs;) {
        int64_t left = s->outputs - o, blocks = left >= 64 ? 4 : left >= 32 ? 2 : 1;
        int64_t tile = blocks == 4 ? 6 : 8;
        for (int64_t pixel = start; pixel < stop; pixel += tile) {
            const float *from[8];
            float *to[8];
            for (int64_t p = 0; p < tile; p++) {
                int64_t at = pixel + p < stop ? pixel + p : stop - 1;
                from[p] = x + place(s, at);
                to[p] = y + at * s->outputs + o;
            }
            if (blocks == 4)
                tile_4(from, w + o, to, taps, s, stop - pixel);
            else if (blocks == 2)
                tile_2(from, w + o, to, taps, s, stop - pixel);
            else
                tile_1(from, w + o, to, taps, s, stop - pixel);
        }
        o += 16 * blocks;
    }
}

#define CHUNK 128

/* Adds to dw[tap, 4 channels, 16 * B outputs] what a chunk of pixels gives. */
#define GATHER(B)                                                                                  \
    WIDE static void gather_##B(const float *x, const float *dy, float *dw, const int64_t *places, \
                                int64_t count, int64_t outputs) {                                  \
        __m512 sum[4][B];                                                                          \
        for (int c = 0; c < 4; c++)                                                                \
            for (int b = 0; b < B; b++) sum[c][b] = _mm512_loadu_ps(dw + c * outputs + 16 * b);    \
        for (int64_t p = 0; p < count; p++, dy += outputs) {                                       \
            __m512 d[B];                                                                           \
            for (int b = 0; b < B; b++) d[b] = _mm512_loadu_ps(dy + 16 * b);                       \
            for (int c = 0; c < 4; c++) {                                                          \
                __m512 v = _mm512_set1_ps(x[places[p] + c]);                                       \
                for (int b = 0; b < B; b++) sum[c][b] = _mm512_fmadd_ps(v, d[b], sum[c][b]);       \
            }                                                                                      \
        }                                                                                          \
        for (int c = 0; c < 4; c++)                                                                \
            for (int b = 0; b < B; b++) _mm512_storeu_ps(dw + c * outputs + 16 * b, sum[c][b]);    \
    }

GATHER(4)
GATHER(2)
GATHER(1)

/* Adds to dw what the output pixels from `start` to `stop` give; channels come in fours. */
WIDE void hornlet_conv_filter_grad_float32(const float *x, const float *dy, float *dw,
                                           const int64_t *taps, const Sizes *s, int64_t start,
                                           int64_t stop) {
    int64_t places[CHUNK];
    for (int64_t pixel = start; pixel < stop; pixel += CHUNK) {
        int64_t count = stop - pixel < CHUNK ? stop - pixel : CHUNK;
        for (int64_t p = 0; p < count; p++) places[p] = place(s, pixel + p);
        const float *d = dy + pixel * s->outputs;
        for (int64_t t = 0; t < s->taps; t++)
            for (int64_t c = 0; c < s->channels; c += 4) {
                const float *from = x + taps[t] + c;
                float *to = dw + (t * s->channels + c) * s->outputs;
                for (int64_t o = 0; o < s->outputs;) {
                    int64_t left = s->outputs - o;
                    if (left >= 64)
                        gather_4(from, d + o, to + o, places, count, s->outputs), o += 64;
                    else if (left >= 32)
                        gather_2(from, d + o, to + o, places, count, s->outputs), o += 32;
                    else
                        gather_1(from, d + o, to + o, places, count, s->outputs), o += 16;
                }
            }
    }
}
#endif
