/* A B-link tree: Lehman, Yao, Efficient locking for concurrent operations on B-trees,
 * TODS 1981. Every node knows its right neighbour and the bound of its keys, so whoever
 * comes too late moves right; a split is visible before the parent knows of it. A task
 * touches one node, so nobody ever holds two of them.
 *
 * Nothing is deleted, so nodes live as long as the tree and need no reclamation. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "runtime.h"
#include "sync.h"

#ifndef NODE_ENTRIES  /* tests make small nodes */
#define NODE_ENTRIES 60
#endif

#define NO_BOUND UINT64_MAX  /* above all keys; no key itself */

/* A node's address, with its owner in the upper 16 bits: who has to write it is known
 * before its memory is touched. */
typedef uint64_t node_ref;

struct node {
	_Atomic uint64_t word;      /* see sync.h */
	_Atomic uint64_t bound;     /* keys of this node are below */
	_Atomic node_ref right;     /* 0 at the end of a level */
	_Atomic node_ref parent;    /* 0 at the root; else the parent, or left of it */
	_Atomic uint32_t count;
	uint16_t level;             /* 0 is a leaf */
	uint16_t owner;
	_Alignas(64) _Atomic uint64_t keys[NODE_ENTRIES];  /* inner: lower bound of the child */
	_Atomic uint64_t values[NODE_ENTRIES];             /* inner: node_ref of the child */
};

_Static_assert(NODE_ENTRIES != 60 || sizeof(struct node) == 1024, "a node has 1024 bytes");

enum operation_kind { LOOKUP, INSERT, UPDATE };
enum operation_step { STEP_VISIT, STEP_ADD_CHILD, STEP_DONE };

/* An operation is one task that goes from node to node, down and, after a split, up. */
struct operation {
	struct task task;
	uint64_t key, value;     /* of STEP_ADD_CHILD: its lower bound, the child */
	uint64_t begin_ticks;    /* 0 if its latency is not wanted */
	uint32_t number;         /* in its phase */
	uint8_t kind, step;
	uint8_t found;           /* whether the key was there before */
	uint8_t level;           /* of the node it goes to */
	uint8_t moves;           /* to the right since it left the level above */
};

_Static_assert(sizeof(struct operation) <= 64, "an operation fills a cache line");

struct arena {
	char *next, *end;
	uint64_t nodes;          /* made so far; deals them to the owners in turn */
	char padding[40];
};

struct tree {
	_Atomic node_ref root;
	enum sync_mode mode;
	unsigned workers;
	struct arena *arenas;    /* one for each worker */
	void (*no_memory)(void); /* does not return */
};

struct tree_shape {
	uint64_t keys, leaves, inner, key_sum;
	unsigned height;
};

/* False if there is no memory. */
bool tree_init(struct tree *, enum sync_mode, unsigned workers, void (*no_memory)(void));

/* Send an operation to the root; `key`, `value`, `kind` are set. */
void tree_begin(struct tree *, struct worker *, struct operation *);
/* Take one step of it. When it has ended, `step` is STEP_DONE and it is at its home. */
void tree_step(struct tree *, struct worker *, struct operation *);

/* Check the whole tree while nobody works on it: "" or what is wrong. */
void tree_check(const struct tree *, struct tree_shape *, char wrong[256]);
