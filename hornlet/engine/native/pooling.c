/* The gradient of max pooling: dy goes to the first place of each window that holds its maximum. */
#include <stdint.h>
#include <string.h>

#include "clones.h"

#define LANES 256 /* channels handled at a time */

typedef struct {
    int64_t channels, rows, columns, out_rows, out_columns;
    int64_t window[2], strides[2], low[2];
} Sizes;

/* x, dx: (n, rows, columns, channels); y, dy: (n, out_rows, out_columns, channels). */
CLONES void hornlet_max_pool_grad_float32(const float *x, const float *y, const float *dy,
                                          float *dx, const Sizes *s, int64_t start, int64_t stop) {
    float left[LANES];
    int64_t image = s->rows * s->columns * s->channels;
    for (int64_t n = start; n < stop; n++) {
        const float *from = x + n * image;
        float *to = dx + n * image;
        memset(to, 0, (size_t)image * sizeof(float));
        for (int64_t i = 0; i < s->out_rows; i++)
            for (int64_t j = 0; j < s->out_columns; j++)
                for (int64_t c = 0; c < s->channels; c += LANES) {
                    int64_t lanes = s->channels - c < LANES ? s->channels - c : LANES;
                    int64_t at = ((n * s->out_rows + i) * s->out_columns + j) * s->channels + c;
                    const float *top = y + at;
                    memcpy(left, dy + at, (size_t)lanes * sizeof(float));
                    for (int64_t a = 0; a < s->window[0]; a++) {
                        int64_t row = i * s->strides[0] + a - s->low[0];
                        if (row < 0 || row >= s->rows) continue;
                        for (int64_t b = 0; b < s->window[1]; b++) {
                            int64_t column = j * s->strides[1] + b - s->low[1];
                            if (column < 0 || column >= s->columns) continue;
                            int64_t place = (row * s->columns + column) * s->channels + c;
                            const float *seen = from + place;
                            float *gets = to + place;
                            for (int64_t k = 0; k < lanes; k++) {
                                float part = seen[k] == top[k] ? left[k] : 0.0f;
                                gets[k] += part;
                                left[k] = seen[k] == top[k] ? 0.0f : left[k];
                            }
                        }
                    }
                }
    }
}
