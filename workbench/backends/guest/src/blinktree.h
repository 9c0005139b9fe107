/* The benchmark's state, and what it reports. */
#pragma once

#include "client.h"
#include "runtime.h"
#include "tree.h"
#include "workload.h"

/* A worker's part of the operations, and what became of them. */
struct source {
	_Alignas(64) uint64_t next;
	uint64_t end;
	uint64_t done[3];  /* by operation_kind */
	uint64_t missing;
};

struct bench {
	struct client client;
	struct runtime runtime;
	struct tree tree;
	struct draw draw;
	struct source *sources;
	uint64_t seed, latency_every, chunk;
	uint64_t present;    /* keys in the tree: those of index 0 to present - 1 */
	uint64_t serial_ns;  /* single-threaded work since the last phase */
	_Alignas(64) _Atomic uint64_t next;
};

/* A phase on both clocks; `end` is a moment after its finish. */
struct span {
	uint64_t start_ns, start_ticks, end_ns, end_ticks, finish_ns;
	int64_t reported_ns;
};

void report_progress(struct bench *, int phase, uint64_t operations);
void report_phase_start(struct bench *, const struct phase *, int index, uint64_t start_ns);
void report_phase(struct bench *, const struct phase *, int index, const struct span *);
void report_check(struct bench *, const struct phase *, const struct tree_shape *, const char *wrong,
                  uint64_t span_ns);
