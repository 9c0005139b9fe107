/* Hardware counters of a thread, where machine and kernel allow them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { CYCLES, INSTRUCTIONS, CACHE_REFERENCES, CACHE_MISSES, HARDWARE_COUNTERS };

struct hardware {
	bool wanted, open;
	int fds[HARDWARE_COUNTERS];
};

/* Count the calling thread from now on; does nothing unless `wanted`. */
void hardware_start(struct hardware *);
void hardware_stop(struct hardware *, uint64_t values[HARDWARE_COUNTERS]);
