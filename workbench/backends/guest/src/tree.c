#include "tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { ARENA_BYTES = 1 << 20, OWNER_SHIFT = 48 };

static inline struct node *node_at(node_ref ref)
{
	return (struct node *)(uintptr_t)(ref & (((node_ref)1 << OWNER_SHIFT) - 1));
}

static inline node_ref ref_to(struct node *node)
{
	return (node_ref)(uintptr_t)node | (node_ref)node->owner << OWNER_SHIFT;
}

/* Tests let workers hesitate in the middle of what they do. */
#ifdef INTERLEAVE
void INTERLEAVE(void);
#else
#define INTERLEAVE() ((void)0)
#endif

/* Readers do not keep writers away, so everything both touch is atomic. */
static inline uint64_t peek(const _Atomic uint64_t *word)
{
	INTERLEAVE();
	return atomic_load_explicit(word, memory_order_relaxed);
}

static inline void poke(_Atomic uint64_t *word, uint64_t value)
{
	INTERLEAVE();
	atomic_store_explicit(word, value, memory_order_relaxed);
}

static inline unsigned count_of(const struct node *node)
{
	return atomic_load_explicit(&node->count, memory_order_relaxed);
}

static inline void set_count(struct node *node, unsigned count)
{
	atomic_store_explicit(&node->count, count, memory_order_relaxed);
}

static struct node *new_node(struct tree *tree, unsigned worker, unsigned level)
{
	struct arena *arena = &tree->arenas[worker];
	if (arena->end - arena->next < (ptrdiff_t)sizeof(struct node)) {
		/* Fresh memory is zero, and lies where its first user runs. */
		arena->next = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (arena->next == MAP_FAILED)
			tree->no_memory();
		arena->end = arena->next + ARENA_BYTES;
	}
	struct node *node = (struct node *)arena->next;
	arena->next += sizeof *node;
	node->level = (uint16_t)level;
	node->owner = (uint16_t)((worker + arena->nodes++) % tree->workers);
	poke(&node->bound, NO_BOUND);
	return node;
}

bool tree_init(struct tree *tree, enum sync_mode mode, unsigned workers, void (*no_memory)(void))
{
	*tree = (struct tree){.mode = mode, .workers = workers, .no_memory = no_memory};
	tree->arenas = calloc(workers, sizeof *tree->arenas);
	if (!tree->arenas)
		return false;
	atomic_store(&tree->root, ref_to(new_node(tree, 0, 0)));
	return true;
}

/* The last entry that is not above the key; 0 if there is none. A mask
 * instead of a branch, which would be mispredicted half of the time. */
static inline unsigned search(const struct node *node, uint64_t key)
{
	unsigned low = 0, left = count_of(node);
	while (left > 1) {
		unsigned half = left / 2;
		low += half & -(unsigned)(key >= peek(&node->keys[low + half]));
		left -= half;
	}
	return low;
}

static inline void go_to(struct tree *tree, struct worker *worker, struct operation *op, node_ref ref)
{
	bool leaf = op->level == 0;
	bool writes = op->step == STEP_ADD_CHILD || (leaf && op->kind != LOOKUP);
	unsigned owner = (unsigned)(ref >> OWNER_SHIFT);
	op->task.resource = node_at(ref);
	if (owner != worker->id && runs_at_owner(guard_of(tree->mode, leaf), writes)) {
		worker->tally.delegated++;
		worker_send(worker, owner, &op->task);
	} else {
		worker_keep(worker, &op->task);
	}
}

static inline void go_home(struct worker *worker, struct operation *op)
{
	op->step = STEP_DONE;
	if (op->task.home == worker->id)
		worker_finish(worker, &op->task);
	else
		worker_send(worker, op->task.home, &op->task);
}

void tree_begin(struct tree *tree, struct worker *worker, struct operation *op)
{
	node_ref root = atomic_load_explicit(&tree->root, memory_order_acquire);
	op->step = STEP_VISIT;
	op->found = 0;
	op->moves = 0;
	op->level = (uint8_t)node_at(root)->level;
	go_to(tree, worker, op, root);
}

/* The node was split while the operation was on its way. The neighbour is most likely the
 * right one; if not, the operation is late, and the way down from the root is shorter than
 * that along the leaves, each of which may mean waiting for another owner. */
static void move_right(struct tree *tree, struct worker *worker, struct operation *op, node_ref right)
{
	if (op->level == 0 && ++op->moves > 1)
		tree_begin(tree, worker, op);
	else
		go_to(tree, worker, op, right);
}

/* Read an inner node and go on to the child, or to the right. */
static void visit_inner(struct tree *tree, struct worker *worker, struct operation *op)
{
	struct node *node = op->task.resource;
	enum guard guard = guard_of(tree->mode, false);
	node_ref next;
	bool right;
	uint64_t version;
	do {
		version = read_begin(guard, &node->word, &worker->tally.spin_ticks);
		right = op->key >= peek(&node->bound);
		next = right ? peek(&node->right) : peek(&node->values[search(node, op->key)]);
	} while (!read_valid(guard, &node->word, version));
	op->level = (uint8_t)(op->level - !right);
	go_to(tree, worker, op, next);
}

static void look_up(struct tree *tree, struct worker *worker, struct operation *op)
{
	struct node *node = op->task.resource;
	enum guard guard = guard_of(tree->mode, true);
	node_ref right;
	uint64_t version;
	do {
		version = read_begin(guard, &node->word, &worker->tally.spin_ticks);
		right = op->key >= peek(&node->bound) ? peek(&node->right) : 0;
		unsigned at = search(node, op->key);
		op->found = count_of(node) > 0 && peek(&node->keys[at]) == op->key;
		op->value = peek(&node->values[at]);
	} while (!read_valid(guard, &node->word, version));
	if (right)
		move_right(tree, worker, op, right);
	else
		go_home(worker, op);
}

static void put_entry(struct node *node, unsigned at, uint64_t key, uint64_t value)
{
	unsigned count = count_of(node);
	for (unsigned i = count; i > at; i--) {
		poke(&node->keys[i], peek(&node->keys[i - 1]));
		poke(&node->values[i], peek(&node->values[i - 1]));
	}
	poke(&node->keys[at], key);
	poke(&node->values[at], value);
	set_count(node, count + 1);
}

/* Put a root above the old one, which its writer still holds. */
static void grow(struct tree *tree, struct worker *worker, struct node *left, struct node *right,
                 uint64_t key)
{
	struct node *root = new_node(tree, worker->id, left->level + 1u);
	put_entry(root, 0, 0, ref_to(left));
	put_entry(root, 1, key, ref_to(right));
	poke(&left->parent, ref_to(root));
	poke(&right->parent, ref_to(root));
	atomic_store_explicit(&tree->root, ref_to(root), memory_order_release);
}

/* Move the upper half to a new right neighbour. Nobody sees it before the writer of
 * `node` has ended. */
static struct node *split(struct tree *tree, struct worker *worker, struct node *node)
{
	struct node *right = new_node(tree, worker->id, node->level);
	unsigned kept = NODE_ENTRIES / 2;
	for (unsigned i = kept; i < NODE_ENTRIES; i++) {
		poke(&right->keys[i - kept], peek(&node->keys[i]));
		poke(&right->values[i - kept], peek(&node->values[i]));
		if (node->level)
			poke(&node_at(peek(&node->values[i]))->parent, ref_to(right));
	}
	set_count(right, NODE_ENTRIES - kept);
	poke(&right->bound, peek(&node->bound));
	poke(&right->right, peek(&node->right));
	poke(&right->parent, peek(&node->parent));
	set_count(node, kept);
	poke(&node->bound, peek(&right->keys[0]));
	poke(&node->right, ref_to(right));
	return right;
}

/* Add an entry to a node that is being written. Where that splits it below the root, the
 * operation has to tell the parent: then the parent, or a node left of it. */
static node_ref add_entry(struct tree *tree, struct worker *worker, struct operation *op,
                          struct node *node, unsigned at)
{
	if (count_of(node) < NODE_ENTRIES) {
		put_entry(node, at, op->key, op->value);
		return 0;
	}
	struct node *right = split(tree, worker, node);
	unsigned kept = count_of(node);
	if (at <= kept)
		put_entry(node, at, op->key, op->value);
	else
		put_entry(right, at - kept, op->key, op->value);
	uint64_t bound = peek(&right->keys[0]);
	if (!peek(&node->parent)) {
		grow(tree, worker, node, right, bound);
		return 0;
	}
	op->key = bound;
	op->value = ref_to(right);
	return peek(&node->parent);
}

static void go_up_or_home(struct tree *tree, struct worker *worker, struct operation *op,
                          node_ref parent)
{
	if (!parent) {
		go_home(worker, op);
		return;
	}
	op->step = STEP_ADD_CHILD;
	op->level++;
	go_to(tree, worker, op, parent);
}

/* Insert or update in a leaf; an insert of a key that is there updates it. */
static void write_leaf(struct tree *tree, struct worker *worker, struct operation *op)
{
	struct node *node = op->task.resource;
	enum guard guard = guard_of(tree->mode, true);
	node_ref right = 0, parent = 0;
	write_begin(guard, &node->word, &worker->tally.spin_ticks);
	if (op->key >= peek(&node->bound)) {
		right = peek(&node->right);
	} else {
		unsigned at = search(node, op->key);
		unsigned count = count_of(node);
		op->found = count > 0 && peek(&node->keys[at]) == op->key;
		if (op->found)
			poke(&node->values[at], op->value);
		else if (op->kind == INSERT)
			parent = add_entry(tree, worker, op, node, at + (count > 0 && op->key > peek(&node->keys[at])));
	}
	write_end(guard, &node->word);
	if (right)
		move_right(tree, worker, op, right);
	else
		go_up_or_home(tree, worker, op, parent);
}

/* Tell an inner node of a child that came from a split. */
static void add_child(struct tree *tree, struct worker *worker, struct operation *op)
{
	struct node *node = op->task.resource;
	enum guard guard = guard_of(tree->mode, false);
	node_ref right = 0, parent = 0;
	write_begin(guard, &node->word, &worker->tally.spin_ticks);
	if (op->key >= peek(&node->bound)) {
		right = peek(&node->right);
	} else {
		unsigned at = search(node, op->key);
		poke(&node_at(op->value)->parent, ref_to(node));
		parent = add_entry(tree, worker, op, node, at + 1);
	}
	write_end(guard, &node->word);
	if (right)
		go_to(tree, worker, op, right);
	else
		go_up_or_home(tree, worker, op, parent);
}

void tree_step(struct tree *tree, struct worker *worker, struct operation *op)
{
	if (op->step == STEP_DONE)
		worker_finish(worker, &op->task);
	else if (op->step == STEP_ADD_CHILD)
		add_child(tree, worker, op);
	else if (op->level > 0)
		visit_inner(tree, worker, op);
	else if (op->kind == LOOKUP)
		look_up(tree, worker, op);
	else
		write_leaf(tree, worker, op);
}
