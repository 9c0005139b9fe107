/* Tasks from other workers: many producers, one consumer, lock-free.
 *
 * Producers push whole chains onto a stack; the consumer takes everything at once.
 * So there is no ABA problem, and a producer that is preempted half way keeps nobody
 * waiting, which matters where cores are shared. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct task;

struct inbox {
	_Alignas(64) _Atomic(struct task *) top;
};

/* A task is the resource it touches and a place in a queue; what it does is its owner's. */
struct task {
	struct task *next;
	void *resource;  /* prefetched ahead of the task's turn */
	unsigned short home;  /* worker that issued it */
};

/* Push a chain from `first` to `last`, linked by `next`; it will be taken in that order
 * reversed. */
static inline void inbox_push(struct inbox *inbox, struct task *first, struct task *last)
{
	struct task *top = atomic_load_explicit(&inbox->top, memory_order_relaxed);
	do
		last->next = top;
	while (!atomic_compare_exchange_weak_explicit(&inbox->top, &top, first, memory_order_release,
	                                              memory_order_relaxed));
}

static inline bool inbox_empty(const struct inbox *inbox)
{
	return !atomic_load_explicit(&inbox->top, memory_order_relaxed);
}

/* Take all tasks, the last one pushed first. */
static inline struct task *inbox_take(struct inbox *inbox)
{
	return atomic_exchange_explicit(&inbox->top, NULL, memory_order_acquire);
}
