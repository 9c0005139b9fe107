#include "histogram.h"

#include <math.h>

void histogram_edges(uint64_t edges[LATENCY_BINS], double ticks_per_ns)
{
	for (int k = 0; k < LATENCY_BINS; k++)
		edges[k] = (uint64_t)(100.0 * exp2((k + 1) / 4.0) * ticks_per_ns);
}

void histogram_add(struct histogram *histogram, const uint64_t edges[LATENCY_BINS], uint64_t latency)
{
	int low = 0, high = LATENCY_BINS - 1;
	while (low < high) {
		int middle = (low + high) / 2;
		if (latency <= edges[middle])
			high = middle;
		else
			low = middle + 1;
	}
	histogram->count[low]++;
}
