/* Numbers below the normal range count as zero between flush_denormals() and restore_denormals().
 *
 * What decays, such as Adam's average of a gradient that stays zero, ends there and never leaves,
 * and every operation on it takes the processor ten times as long.
 */
#if defined(__SSE2__) || defined(_M_X64)
#include <xmmintrin.h>

static unsigned flush_denormals(void) {
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040); /* flush to zero, and denormals are zeros */
    return before;
}

static void restore_denormals(unsigned before) { _mm_setcsr(before); }
#else
static unsigned flush_denormals(void) { return 0; }

static void restore_denormals(unsigned before) { (void)before; }
#endif
