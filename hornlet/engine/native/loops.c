/* Chains that are worth a loop of their own; which ones, and when, stands in chain.py.
 *
 * `data` holds the full arrays, the numbers and the results, in the order of the formulas. A result
 * may be the memory of an array, element for element. The operations and their order are the
 * chain's, so the results are too, bit for bit.
 */
#include <math.h>
#include <stdint.h>

#include "clones.h"
#include "denormals.h"

typedef struct {
    void *data;
    int64_t start, stop;
} Loop;

/* Four arrays side by side cross the borders of many pages, where the processor's own foresight ends.
 * What lies beyond the cache is asked for ahead, early enough for memory to answer, late enough to stay
 * near: a step of 6.7 million weights gains by it. What the cache holds is not: a step of 100,000
 * weights behind a product on two threads lost a fifth.
 */
enum { AHEAD = 2048, LINE = 64, CACHE = 1 << 21 }; /* bytes */
enum { PIECE = 64 };                               /* elements */

#define ask_for(p, written)                                                                        \
    for (int64_t k = 0; k < (int64_t)(PIECE * sizeof *(p)); k += LINE)                             \
        __builtin_prefetch((const char *)(p) + AHEAD + k, written)

/* Adam's step: m, v, w of the gradient g, the averages' shares a and b, the rate r, epsilon e. */
#define ADAM(NAME, T, ROOT)                                                                        \
    CLONES void hornlet_adam_##NAME(const Loop *job) {                                             \
        T **data = job->data;                                                                      \
        const int64_t start = job->start, stop = job->stop;                                        \
        const T *g = data[0], *m = data[1], *v = data[2], *w = data[3];                            \
        const T a = *data[4], b = *data[5], r = *data[6], e = *data[7];                            \
        T *m_new = data[8], *v_new = data[9], *w_new = data[10];                                   \
        const int beyond = 4 * (stop - start) * (int64_t)sizeof(T) > CACHE;                        \
        const unsigned before = flush_denormals();                                                 \
        for (int64_t at = start; at < stop; at += PIECE) {                                         \
            const int64_t end = at + PIECE < stop ? at + PIECE : stop;                             \
            if (beyond) {                                                                          \
                ask_for(g + at, 0);                                                                \
                ask_for(m + at, 1);                                                                \
                ask_for(v + at, 1);                                                                \
                ask_for(w + at, 1);                                                                \
            }                                                                                      \
            _Pragma("GCC ivdep")                                                                   \
            for (int64_t i = at; i < end; i++) {                                                   \
                T mi = m[i] + (g[i] - m[i]) * a;                                                   \
                T vi = v[i] + (g[i] * g[i] - v[i]) * b;                                            \
                T wi = w[i] - mi * r / (ROOT(vi) + e);                                             \
                m_new[i] = mi;                                                                     \
                v_new[i] = vi;                                                                     \
                w_new[i] = wi;                                                                     \
            }                                                                                      \
        }                                                                                          \
        restore_denormals(before);                                                                 \
    }

ADAM(float32, float, sqrtf)
ADAM(float64, double, sqrt)
