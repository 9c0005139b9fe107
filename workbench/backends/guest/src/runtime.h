/* A task runtime after the ideas of MxTasking: one pinned worker per core that polls and
 * never blocks; every worker has a queue of its own and an inbox for what others send;
 * the data of a task is prefetched while the tasks before it run.
 *
 * Mühlig, Teubner, MxTasks: How to make efficient synchronization and prefetching easy,
 * SIGMOD 2021. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "hardware.h"
#include "histogram.h"
#include "inbox.h"
#include "link.h"

struct worker;

/* What a worker did in a phase. */
struct tally {
	uint64_t operations, tasks, delegated;
	uint64_t cpu_ns;
	uint64_t poll_ticks, wait_ticks, spin_ticks;
	uint64_t switches_voluntary, switches_involuntary, faults_minor, faults_major;
	uint64_t hardware[HARDWARE_COUNTERS];
};

/* How far a worker was at a moment; a series of them, coarser the longer it gets. */
struct sample {
	uint64_t at_ticks, operations, cpu_ns;
};

enum { MAX_SAMPLES = 2048 };

/* What the runtime runs. `issue` makes the next operation in the memory of an old one, or
 * returns false if there are no more; `run` takes one step of an operation. Both hand it on
 * with `worker_keep`, `worker_send` or, at its home, `worker_finish`. */
struct program {
	bool (*issue)(struct worker *, struct task *);
	void (*run)(struct worker *, struct task *);
	void (*finished)(struct worker *, struct task *);
	size_t task_size;
	size_t prefetch_bytes;
};

struct outbox {
	struct task *first, *last;
};

struct worker {
	struct runtime *runtime;
	void *context;               /* the program's */
	unsigned id;
	int cpu;

	struct task **ring;          /* own queue: slots head to tail - 1, modulo the mask */
	uint32_t head, tail, mask;
	struct outbox *outboxes;     /* by receiver, sent at the end of a round */
	unsigned short *receivers;
	unsigned receiver_count;

	uint64_t in_flight;
	struct tally tally;
	struct histogram latency;

	struct sample *samples;
	unsigned sample_count;
	uint64_t sample_interval, next_sample, last_round;

	char *tasks;                 /* memory of the window's operations */
	struct hardware hardware;
	pthread_t thread;
	struct inbox inbox;          /* last, and on a cache line of its own */
};

struct runtime {
	struct program program;
	struct worker *workers;
	unsigned count, window, prefetch;
	struct progress *progress;

	_Alignas(64) _Atomic unsigned open;  /* workers with unfinished operations */
	_Alignas(64) _Atomic uint64_t finish_ns;
	uint64_t gap_ticks;          /* longer between two rounds: it was off its core */
	uint64_t edges[LATENCY_BINS];
	double ticks_per_ns;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t round;              /* phases begun */
	unsigned at_work;
	bool closing;
};

/* Make workers on CPUs, dealt in turn; false if there is no memory for them. */
bool runtime_init(struct runtime *, unsigned workers, const int *cpus, int cpu_count, unsigned window);
/* Run operations until `issue` has no more and all are finished. */
void runtime_run(struct runtime *);
void runtime_close(struct runtime *);

/* For `run`: the operation goes on here. */
static inline void worker_keep(struct worker *worker, struct task *task)
{
	worker->ring[worker->tail++ & worker->mask] = task;
}

/* The operation goes on at another worker. */
static inline void worker_send(struct worker *worker, unsigned to, struct task *task)
{
	struct outbox *outbox = &worker->outboxes[to];
	task->next = outbox->first;
	if (!outbox->first) {
		outbox->last = task;
		worker->receivers[worker->receiver_count++] = (unsigned short)to;
	}
	outbox->first = task;
}

/* The operation has ended, and is at the worker that issued it. */
void worker_finish(struct worker *, struct task *);
