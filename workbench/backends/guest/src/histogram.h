/* Latencies in the bins of workbench.results.schema: upper edges 100 ns * 2^(k/4). */
#pragma once

#include <stdint.h>

enum { LATENCY_BINS = 96 };

struct histogram {
	uint64_t count[LATENCY_BINS];
};

/* Edges in ticks, for a number of ticks in a nanosecond. */
void histogram_edges(uint64_t edges[LATENCY_BINS], double ticks_per_ns);
void histogram_add(struct histogram *, const uint64_t edges[LATENCY_BINS], uint64_t latency);
