/* A chain of elementwise operations over blocks that stay in the cache.
 *
 * Values are registers: inputs, outputs and temporaries, each with a pointer for the current block.
 * A register's kind says how it moves along the rows: 0 a full array, 1 one row that repeats,
 * 2 one number, 3 a temporary. Every operation is IEEE's own, so results equal NumPy's bit for bit
 * except where NumPy itself differs between machines.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define BLOCK 4096

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__gnu_linux__)
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CLONES
#endif

enum {
    COPY, NEGATIVE, ABS, SQUARE, SQRT, RECIPROCAL, RSQRT, RELU,
    ADD, SUBTRACT, MULTIPLY, DIVIDE, MAXIMUM, MINIMUM, RELU_GRAD
};

#define LOOP(expression)                    \
    for (int64_t i = 0; i < n; i++) {       \
        y[i] = (expression);                \
    }                                       \
    break;

#define DEFINE(NAME, T, ROOT)                                                                      \
    CLONES static void operate_##NAME(int op, T *y, const T *a, const T *b, int64_t n) {           \
        switch (op) {                                                                              \
        case COPY: LOOP(a[i])                                                                      \
        case NEGATIVE: LOOP(-a[i])                                                                 \
        case ABS: LOOP(a[i] < 0 ? -a[i] : a[i] + (T)0)                                             \
        case SQUARE: LOOP(a[i] * a[i])                                                             \
        case SQRT: LOOP(ROOT(a[i]))                                                                \
        case RECIPROCAL: LOOP((T)1 / a[i])                                                         \
        case RSQRT: LOOP((T)1 / ROOT(a[i]))                                                        \
        case RELU: LOOP(a[i] > 0 || a[i] != a[i] ? a[i] : (T)0)                                    \
        case ADD: LOOP(a[i] + b[i])                                                                \
        case SUBTRACT: LOOP(a[i] - b[i])                                                           \
        case MULTIPLY: LOOP(a[i] * b[i])                                                           \
        case DIVIDE: LOOP(a[i] / b[i])                                                             \
        case MAXIMUM: LOOP(a[i] > b[i] || a[i] != a[i] ? a[i] : b[i])                              \
        case MINIMUM: LOOP(a[i] < b[i] || a[i] != a[i] ? a[i] : b[i])                              \
        case RELU_GRAD: LOOP(b[i] > 0 ? a[i] : (T)0)                                               \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    /* Runs `steps` operations (op, out, a, b) on the rows from `start` to `stop`. Returns 0, or 1 \
     * when there is no memory for the temporaries. */                                             \
    int hornlet_chain_##NAME(const int32_t *code, int32_t steps, T **data, const int32_t *kinds,   \
                             int32_t registers, int64_t columns, int64_t start, int64_t stop) {    \
        int64_t together = columns < BLOCK ? BLOCK / columns : 1;                                  \
        int64_t width = columns < BLOCK ? together * columns : BLOCK;                              \
        T *memory = malloc((size_t)registers * width * sizeof(T));                                 \
        T **now = malloc((size_t)registers * sizeof(T *));                                         \
        if (!memory || !now) {                                                                     \
            free(memory);                                                                          \
            free(now);                                                                             \
            return 1;                                                                              \
        }                                                                                          \
        for (int32_t r = 0; r < registers; r++) {                                                  \
            T *own = memory + (int64_t)r * width;                                                  \
            if (kinds[r] == 2)                                                                     \
                for (int64_t i = 0; i < width; i++) own[i] = data[r][0];                           \
            else if (kinds[r] == 1 && columns < BLOCK)                                             \
                for (int64_t i = 0; i < width; i++) own[i] = data[r][i % columns];                 \
            now[r] = own;                                                                          \
        }                                                                                          \
        for (int64_t row = start; row < stop; row += together) {                                   \
            int64_t rows = stop - row < together ? stop - row : together;                          \
            int64_t whole = together > 1 ? rows * columns : columns;                               \
            for (int64_t at = 0; at < whole; at += BLOCK) {                                        \
                int64_t n = whole - at < BLOCK ? whole - at : BLOCK;                               \
                for (int32_t r = 0; r < registers; r++) {                                          \
                    if (kinds[r] == 0)                                                             \
                        now[r] = data[r] + row * columns + at;                                     \
                    else if (kinds[r] == 1 && columns >= BLOCK)                                    \
                        now[r] = data[r] + at;                                                     \
                }                                                                                  \
                for (int32_t s = 0; s < steps; s++) {                                              \
                    const int32_t *c = code + 4 * s;                                               \
                    operate_##NAME(c[0], now[c[1]], now[c[2]], now[c[3]], n);                      \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
        free(memory);                                                                              \
        free(now);                                                                                 \
        return 0;                                                                                  \
    }

DEFINE(float32, float, sqrtf)
DEFINE(float64, double, sqrt)
