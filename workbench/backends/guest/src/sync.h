/* How tasks that touch the same node are kept apart. One word of the node serves all
 * modes: a version that is odd while somebody writes, or the state of a latch.
 *
 * Optimistic reading is after Cha, Hwang, Kim, Kwon, Cache-conscious concurrency control
 * (OLFIT), VLDB 2001; its fences are those of Boehm, Can seqlocks get along with
 * programming language memory models?, MSPC 2012. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "clock.h"

enum sync_mode {
	SYNC_QUEUE,      /* read anywhere, checking the version; only the owner writes */
	SYNC_EXCLUSIVE,  /* only the owner reads and writes */
	SYNC_LATCHED,    /* reader-writer latch */
	SYNC_SPINLOCK,
	SYNC_OLFIT,      /* read anywhere, checking the version; write under its lock bit */
	SYNC_SYNC4ME,    /* inner nodes as queue, leaves as olfit */
};

/* How one node is kept apart; follows from the mode and the node's level. */
enum guard { GUARD_NOTHING, GUARD_OWNER_VERSION, GUARD_LOCKED_VERSION, GUARD_LATCH, GUARD_SPINLOCK };

static inline enum guard guard_of(enum sync_mode mode, bool leaf)
{
	switch (mode) {
	case SYNC_QUEUE:
		return GUARD_OWNER_VERSION;
	case SYNC_EXCLUSIVE:
		return GUARD_NOTHING;
	case SYNC_LATCHED:
		return GUARD_LATCH;
	case SYNC_SPINLOCK:
		return GUARD_SPINLOCK;
	case SYNC_OLFIT:
		return GUARD_LOCKED_VERSION;
	case SYNC_SYNC4ME:
		return leaf ? GUARD_LOCKED_VERSION : GUARD_OWNER_VERSION;
	}
	return GUARD_NOTHING;
}

/* Whether a task has to run at the node's owner. */
static inline bool runs_at_owner(enum guard guard, bool writes)
{
	return guard == GUARD_NOTHING || (guard == GUARD_OWNER_VERSION && writes);
}

enum { LATCH_WRITER = 1, LATCH_WRITER_WAITS = 2, LATCH_READER = 4 };

/* Wait a moment; what is spent is added to `spent_ticks`, unless it is so long that this
 * worker must have been off its core. */
static inline void spin(uint64_t *spent_ticks)
{
	uint64_t begin = ticks();
	relax();
	uint64_t spent = ticks() - begin;
	*spent_ticks += spent < 100000 ? spent : 0;
}

/* Begin to read; returns the version that `read_valid` wants. */
static inline uint64_t read_begin(enum guard guard, _Atomic uint64_t *word, uint64_t *spent)
{
	uint64_t seen;
	switch (guard) {
	case GUARD_NOTHING:
		return 0;
	case GUARD_OWNER_VERSION:
	case GUARD_LOCKED_VERSION:
		while ((seen = atomic_load_explicit(word, memory_order_acquire)) & 1)
			spin(spent);
		return seen;
	case GUARD_LATCH:
		for (;;) {
			seen = atomic_load_explicit(word, memory_order_relaxed);
			if (!(seen & (LATCH_WRITER | LATCH_WRITER_WAITS)) &&
			    atomic_compare_exchange_weak_explicit(word, &seen, seen + LATCH_READER,
			                                          memory_order_acquire, memory_order_relaxed))
				return 0;
			spin(spent);
		}
	case GUARD_SPINLOCK:
		while (atomic_load_explicit(word, memory_order_relaxed) ||
		       atomic_exchange_explicit(word, 1, memory_order_acquire))
			spin(spent);
		return 0;
	}
	return 0;
}

/* End reading. False: a writer was there meanwhile, what was read is void. */
static inline bool read_valid(enum guard guard, _Atomic uint64_t *word, uint64_t version)
{
	switch (guard) {
	case GUARD_NOTHING:
		return true;
	case GUARD_OWNER_VERSION:
	case GUARD_LOCKED_VERSION:
		atomic_thread_fence(memory_order_acquire);
		return atomic_load_explicit(word, memory_order_relaxed) == version;
	case GUARD_LATCH:
		atomic_fetch_sub_explicit(word, LATCH_READER, memory_order_release);
		return true;
	case GUARD_SPINLOCK:
		atomic_store_explicit(word, 0, memory_order_release);
		return true;
	}
	return true;
}

static inline void latch_exclusively(_Atomic uint64_t *word, uint64_t *spent)
{
	for (;;) {
		uint64_t seen = atomic_load_explicit(word, memory_order_relaxed);
		/* Free, but for another writer that may wait too. */
		if (!(seen & ~(uint64_t)LATCH_WRITER_WAITS)) {
			if (atomic_compare_exchange_weak_explicit(word, &seen, LATCH_WRITER,
			                                          memory_order_acquire, memory_order_relaxed))
				return;
		} else if (!(seen & LATCH_WRITER_WAITS)) {
			atomic_fetch_or_explicit(word, LATCH_WRITER_WAITS, memory_order_relaxed);
		}
		spin(spent);
	}
}

static inline void write_begin(enum guard guard, _Atomic uint64_t *word, uint64_t *spent)
{
	uint64_t seen;
	switch (guard) {
	case GUARD_NOTHING:
		return;
	case GUARD_OWNER_VERSION:
		seen = atomic_load_explicit(word, memory_order_relaxed);
		atomic_store_explicit(word, seen + 1, memory_order_relaxed);
		break;
	case GUARD_LOCKED_VERSION:
		for (;;) {
			seen = atomic_load_explicit(word, memory_order_relaxed);
			if (!(seen & 1) && atomic_compare_exchange_weak_explicit(
			                           word, &seen, seen + 1, memory_order_acquire,
			                           memory_order_relaxed))
				break;
			spin(spent);
		}
		break;
	case GUARD_LATCH:
		latch_exclusively(word, spent);
		return;
	case GUARD_SPINLOCK:
		read_begin(GUARD_SPINLOCK, word, spent);
		return;
	}
	/* Nobody may see a change before the odd version. */
	atomic_thread_fence(memory_order_release);
}

static inline void write_end(enum guard guard, _Atomic uint64_t *word)
{
	switch (guard) {
	case GUARD_NOTHING:
		return;
	case GUARD_OWNER_VERSION:
	case GUARD_LOCKED_VERSION:
		/* Only the writer changes an odd version. */
		atomic_store_explicit(word, atomic_load_explicit(word, memory_order_relaxed) + 1,
		                      memory_order_release);
		return;
	case GUARD_LATCH:
		atomic_fetch_and_explicit(word, ~(uint64_t)LATCH_WRITER, memory_order_release);
		return;
	case GUARD_SPINLOCK:
		atomic_store_explicit(word, 0, memory_order_release);
		return;
	}
}
