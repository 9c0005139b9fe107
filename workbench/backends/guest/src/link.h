/* What runner and components say to each other.
 *
 * Each component has a socket that keeps messages apart (SOCK_SEQPACKET), and
 * shares a page of counters with the runner. The first byte of a message is its kind. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

enum {
	/* component to runner */
	SAY_LINE = 'J',           /* a line of JSON, to be handed on as it is */
	SAY_READY = 'R',          /* struct link_ready: wants to begin a phase */
	SAY_FAILED = 'F',         /* a sentence; the component exits */
	SAY_OUT_OF_MEMORY = 'M',  /* a sentence; the component exits */
	/* runner to component */
	SAY_GO = 'G',             /* struct link_go */
	SAY_STOP = 'S',
};

enum { LINE_LIMIT = 131072, MAX_WORKERS = 256 };

struct link_ready {
	char kind;
	int32_t phase;
};

struct link_go {
	char kind;
	uint64_t at_ns;  /* CLOCK_MONOTONIC at which the phase begins */
};

/* The shared page. Each worker has a cache line of its own. */
struct progress {
	_Atomic int32_t phase;  /* -1 in none */
	_Atomic uint64_t of;    /* operations of the phase */
	struct {
		_Alignas(64) _Atomic uint64_t done;
	} worker[MAX_WORKERS];
};

/* A timer answers any one-byte request with its time in ns. */
enum { PARENT_TIMER_STEP_NS = 1000000 };
