/* A chain of elementwise operations over blocks that stay in the cache.
 *
 * Values are registers: inputs, outputs and temporaries, each with a pointer for the current block.
 * A register's kind says how it moves along the rows: 0 a full array, 1 one row that repeats,
 * 2 one number, 3 a temporary, 4 one number for each row. Every operation is IEEE's own, so results
 * equal NumPy's bit for bit, except for denormals, which count as zero, and where NumPy itself differs
 * between machines.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "clones.h"
#include "denormals.h"

enum {
    COPY, NEGATIVE, ABS, SQUARE, SQRT, RECIPROCAL, RSQRT, RELU,
    ADD, SUBTRACT, MULTIPLY, DIVIDE, MAXIMUM, MINIMUM, RELU_GRAD, ABOVE
};

/* As in chain.py. `memory` has room for a block per register, `now` for a pointer. */
typedef struct {
    const int32_t *code, *kinds; /* `steps` operations: number, out, a, b */
    void *data, *memory, *now;
    int64_t steps, registers, block, columns, start, stop;
} Chain;

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
        case ABOVE: LOOP(((a[i] > b[i]) + (a[i] >= b[i])) * (T)0.5)                                \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    CLONES static void fill_##NAME(T *y, const T *numbers, int64_t rows, int64_t columns) {        \
        for (int64_t row = 0; row < rows; row++, y += columns)                                     \
            for (int64_t i = 0; i < columns; i++) y[i] = numbers[row];                             \
    }                                                                                              \
                                                                                                   \
    /* Runs the operations on the rows from `start` to `stop`. */                                  \
    void hornlet_chain_##NAME(const Chain *job) {                                                  \
        const Chain c = *job;                                                                      \
        T **data = c.data, **now = c.now;                                                          \
        const unsigned before = flush_denormals();                                                 \
        int64_t across = c.columns < c.block ? c.columns : c.block;                                \
        int64_t together = c.block / across, width = together * across;                            \
        for (int64_t r = 0; r < c.registers; r++) {                                                \
            T *own = (T *)c.memory + r * c.block;                                                  \
            if (c.kinds[r] == 2)                                                                   \
                for (int64_t i = 0; i < width; i++) own[i] = data[r][0];                           \
            else if (c.kinds[r] == 1 && c.columns < c.block)                                       \
                for (int64_t i = 0; i < width; i += c.columns)                                     \
                    memcpy(own + i, data[r], c.columns * sizeof(T));                               \
            now[r] = own;                                                                          \
        }                                                                                          \
        for (int64_t row = c.start; row < c.stop; row += together) {                               \
            int64_t rows = c.stop - row < together ? c.stop - row : together;                      \
            int64_t whole = together > 1 ? rows * c.columns : c.columns;                           \
            for (int64_t r = 0; r < c.registers; r++)                                              \
                if (c.kinds[r] == 4)                                                               \
                    fill_##NAME(now[r], data[r] + row, rows, across);                              \
            for (int64_t at = 0; at < whole; at += c.block) {                                      \
                int64_t n = whole - at < c.block ? whole - at : c.block;                           \
                for (int64_t r = 0; r < c.registers; r++) {                                        \
                    if (c.kinds[r] == 0)                                                           \
                        now[r] = data[r] + row * c.columns + at;                                   \
                    else if (c.kinds[r] == 1 && c.columns >= c.block)                              \
                        now[r] = data[r] + at;                                                     \
                }                                                                                  \
                for (int64_t s = 0; s < c.steps; s++) {                                            \
                    const int32_t *o = c.code + 4 * s;                                             \
                    operate_##NAME(o[0], now[o[1]], now[o[2]], now[o[3]], n);                      \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
        restore_denormals(before);                                                                 \
    }

DEFINE(float32, float, sqrtf)
DEFINE(float64, double, sqrt)
