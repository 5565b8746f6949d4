/* Moves between the arrays that a loop steps through and the memory of its body. */
#include <stdint.h>
#include <string.h>

/* At step t: `bytes` from `from + t * from_step` to `to + t * to_step`. */
typedef struct {
    char *to;
    const char *from;
    int64_t to_step, from_step, bytes;
} Move;

void hornlet_moves(const Move *moves, int64_t count, int64_t t) {
    for (int64_t i = 0; i < count; i++) {
        const Move *m = moves + i;
        memmove(m->to + t * m->to_step, m->from + t * m->from_step, (size_t)m->bytes);
    }
}
