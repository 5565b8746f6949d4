/* Products of float32 matrices of middling size, on the thread that asks for them.
 *
 * c[m, n] = a[m, k] @ b[k, n], with any steps in a and b. A panel of b, 32 columns wide, is laid out
 * so that it stays in the first-level cache; a is read where it lies. Needs AVX-512; elsewhere NumPy
 * serves.
 */
#include <stdint.h>

#include "wide.h"

#ifdef WIDE
enum { DEPTH = 256, WIDTH = 32, ROWS = 8 };

/* Steps are in elements; the rows of c lie one behind the other. */
typedef struct {
    const float *a, *b;
    float *c;
    int64_t m, k, n, a_row, a_column, b_row, b_column;
} Product;

/* `panel` gets `deep` rows of b from (k, n) on; columns beyond the last are zero. */
WIDE static void lay_out(float *panel, const Product *p, int64_t k, int64_t n, int64_t deep) {
    const int64_t wide = p->n - n < WIDTH ? p->n - n : WIDTH;
    const float *b = p->b + k * p->b_row + n * p->b_column;
    const int64_t row = p->b_row, column = p->b_column;
    if (column == 1 && wide == WIDTH) {
        for (int64_t i = 0; i < deep; i++, b += row, panel += WIDTH) {
            _mm512_store_ps(panel, _mm512_loadu_ps(b));
            _mm512_store_ps(panel + 16, _mm512_loadu_ps(b + 16));
        }
        return;
    }
    if (row == 1 && wide == WIDTH)
        for (; deep >= 4; deep -= 4, b += 4, panel += 4 * WIDTH)
            for (int64_t j = 0; j < WIDTH; j += 4) {
                __m128 x[4];
                for (int64_t i = 0; i < 4; i++) x[i] = _mm_loadu_ps(b + (j + i) * column);
                _MM_TRANSPOSE4_PS(x[0], x[1], x[2], x[3]);
                for (int64_t i = 0; i < 4; i++) _mm_store_ps(panel + i * WIDTH + j, x[i]);
            }
    for (int64_t j = 0; j < WIDTH; j++)
        for (int64_t i = 0; i < deep; i++)
            panel[i * WIDTH + j] = j < wide ? b[i * row + j * column] : 0;
}

/* Rows of c, each 32 columns: what the panel adds to them. */
WIDE static void tile(const float *const *a, int64_t a_column, const float *panel, int64_t deep,
                      float *const *c, int64_t rows, int first, __mmask16 left, __mmask16 right) {
    __m512 sum[ROWS][2];
    for (int r = 0; r < ROWS; r++) {
        sum[r][0] = first ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(left, c[r]);
        sum[r][1] = first ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(right, c[r] + 16);
    }
    for (int64_t i = 0, at = 0; i < deep; i++, at += a_column, panel += WIDTH) {
        const __m512 b0 = _mm512_load_ps(panel), b1 = _mm512_load_ps(panel + 16);
        for (int r = 0; r < ROWS; r++) {
            const __m512 v = _mm512_set1_ps(a[r][at]);
            sum[r][0] = _mm512_fmadd_ps(v, b0, sum[r][0]);
            sum[r][1] = _mm512_fmadd_ps(v, b1, sum[r][1]);
        }
    }
    for (int r = 0; r < ROWS && r < rows; r++) {
        _mm512_mask_storeu_ps(c[r], left, sum[r][0]);
        _mm512_mask_storeu_ps(c[r] + 16, right, sum[r][1]);
    }
}

WIDE void hornlet_product_float32(const Product *p) {
    _Alignas(64) float panel[DEPTH * WIDTH];
    for (int64_t n = 0; n < p->n; n += WIDTH) {
        const int64_t wide = p->n - n < WIDTH ? p->n - n : WIDTH;
        const uint32_t mask = wide == WIDTH ? UINT32_MAX : (1u << wide) - 1;
        for (int64_t k = 0; k < p->k; k += DEPTH) {
            const int64_t deep = p->k - k < DEPTH ? p->k - k : DEPTH;
            lay_out(panel, p, k, n, deep);
            for (int64_t m = 0; m < p->m; m += ROWS) {
                const float *a[ROWS];
                float *c[ROWS];
                for (int64_t r = 0; r < ROWS; r++) {
                    const int64_t row = m + r < p->m ? m + r : p->m - 1;
                    a[r] = p->a + row * p->a_row + k * p->a_column;
                    c[r] = p->c + row * p->n + n;
                }
                tile(a, p->a_column, panel, deep, c, p->m - m, k == 0, (__mmask16)mask,
                     (__mmask16)(mask >> 16));
            }
        }
    }
}
#endif
