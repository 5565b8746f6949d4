/* WIDE before a function: compiled for AVX-512. Undefined where the compiler cannot. */
#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>
#define WIDE __attribute__((target("avx512f")))
#endif
