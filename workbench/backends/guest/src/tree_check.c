/* The tree's own check, while nobody works on it. */
#include <stdarg.h>
#include <stdio.h>

#include "tree.h"

struct checker {
	struct tree_shape *shape;
	char *wrong;
};

static const struct node *at(uint64_t ref)
{
	return (const struct node *)(uintptr_t)(ref & 0xffffffffffffu);
}

static bool complain(struct checker *c, const struct node *node, const char *what)
{
	snprintf(c->wrong, 256, "level %u, node with bound %llx: %s", (unsigned)node->level,
	         (unsigned long long)node->bound, what);
	return false;
}

/* Keys rise, and lie between the bounds. */
static bool check_keys(struct checker *c, const struct node *node, uint64_t low)
{
	if (node->count > NODE_ENTRIES || (node->level && !node->count))
		return complain(c, node, "count");
	for (unsigned i = 0; i < node->count; i++) {
		if (node->keys[i] < low || node->keys[i] >= node->bound)
			return complain(c, node, "a key outside of its bounds");
		if (i && node->keys[i] <= node->keys[i - 1])
			return complain(c, node, "keys out of order");
	}
	if (node->level && node->keys[0] != low)
		return complain(c, node, "its first child is not where it begins");
	return true;
}

/* Children of a node are a piece of the level below, in order and without gaps. */
static bool check_children(struct checker *c, const struct node *node)
{
	for (unsigned i = 0; i < node->count; i++) {
		const struct node *child = at(node->values[i]);
		uint64_t end = i + 1 < node->count ? node->keys[i + 1] : node->bound;
		if (child->level + 1 != node->level)
			return complain(c, node, "a child of another level");
		if (child->bound != end)
			return complain(c, node, "a child with another bound than its neighbour says");
		if (i + 1 < node->count && at(child->right) != at(node->values[i + 1]))
			return complain(c, node, "a child whose right neighbour is no child");
		/* The link up may lag behind, but only to the left. */
		const struct node *parent = at(child->parent);
		while (parent && parent != node)
			parent = at(parent->right);
		if (!parent)
			return complain(c, node, "a child whose link up lies too far right");
	}
	return true;
}

static bool check_level(struct checker *c, const struct node *first)
{
	uint64_t low = 0;
	for (const struct node *node = first; node; node = at(node->right)) {
		if (node->level != first->level)
			return complain(c, node, "neighbours of different levels");
		if (!check_keys(c, node, low) || (node->level && !check_children(c, node)))
			return false;
		if (!node->right != (node->bound == NO_BOUND))
			return complain(c, node, "only the last node has no bound");
		low = node->bound;
		*(node->level ? &c->shape->inner : &c->shape->leaves) += 1;
		for (unsigned i = 0; !node->level && i < node->count; i++, c->shape->keys++)
			c->shape->key_sum += node->keys[i];
	}
	return true;
}

void tree_check(const struct tree *tree, struct tree_shape *shape, char wrong[256])
{
	struct checker c = {.shape = shape, .wrong = wrong};
	const struct node *first = at(tree->root);
	*shape = (struct tree_shape){.height = first->level + 1u};
	wrong[0] = 0;
	if (first->right)
		complain(&c, first, "the root has a neighbour");
	while (!wrong[0] && check_level(&c, first) && first->level)
		first = at(first->values[0]);
}
