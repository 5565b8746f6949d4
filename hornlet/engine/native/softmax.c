/* What a softmax does to each row before and after its exponential. */
#include <stdint.h>

#include "clones.h"

#define LANES 16 /* numbers found at a time along a row, and put together at its end */
#define LARGER(a, b) ((a) > (b) ? (a) : (b)) /* NaN may be lost here: the sum of its row is NaN */
#define TOTAL(a, b) ((a) + (b))

/* `found` = the numbers x[0], ..., x[n - 1] put together, beginning with `first`. */
#define ALONG(found, T, JOIN, first, x, n)                                                         \
    T found = (first), lanes[LANES];                                                               \
    int64_t at = 0;                                                                                \
    if ((n) >= LANES) {                                                                            \
        for (int k = 0; k < LANES; k++) lanes[k] = (x)[k];                                         \
        for (at = LANES; at + LANES <= (n); at += LANES)                                           \
            for (int k = 0; k < LANES; k++) lanes[k] = JOIN((x)[at + k], lanes[k]);                \
        for (int k = 0; k < LANES; k++) found = JOIN(lanes[k], found);                             \
    }                                                                                              \
    for (; at < (n); at++) found = JOIN((x)[at], found)

/* x, y: (rows, columns); y may be the memory of x. */
#define DEFINE(NAME, T)                                                                            \
    CLONES void hornlet_below_maximum_##NAME(const T *x, T *y, int64_t rows, int64_t columns) {    \
        for (int64_t row = 0; row < rows; row++, x += columns, y += columns) {                     \
            ALONG(most, T, LARGER, x[0], x, columns);                                              \
            for (int64_t i = 0; i < columns; i++) y[i] = x[i] - most;                              \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    CLONES void hornlet_shares_##NAME(T *y, int64_t rows, int64_t columns) {                       \
        for (int64_t row = 0; row < rows; row++, y += columns) {                                   \
            ALONG(sum, T, TOTAL, (T)0, y, columns);                                                \
            for (int64_t i = 0; i < columns; i++) y[i] /= sum;                                     \
        }                                                                                          \
    }

DEFINE(float32, float)
DEFINE(float64, double)
