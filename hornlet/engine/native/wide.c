/* Whether this processor runs what is marked WIDE. */
#include "wide.h"

#ifdef WIDE
int hornlet_wide(void) { return __builtin_cpu_supports("avx512f") != 0; }
#else
int hornlet_wide(void) { return 0; }
#endif
