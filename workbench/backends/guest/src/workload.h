/* What an instance does in a phase. */
#pragma once

#include <stdint.h>

#include "client.h"
#include "tree.h"

struct phase {
	char name[64];
	uint64_t operations;
	unsigned percent[3];  /* by operation_kind */
	bool zipf;
	double theta;
	uint64_t keys;        /* in the tree when it begins; 0: as they are */
};

/* The operations of a phase. They are drawn before it, at most DRAWN of them, which are
 * then repeated, each time with other keys to insert. */
enum { DRAWN_BITS = 22, DRAWN = 1 << DRAWN_BITS };

struct draw {
	uint64_t count;        /* operations */
	uint64_t present;      /* keys in the tree before */
	uint64_t inserts;      /* among those drawn */
	uint64_t *operations;  /* drawn: index of the key or number of the insert, and kind; NULL:
	                        * all are inserts */
};

struct drawn {
	enum operation_kind kind;
	uint64_t index;        /* of the key */
};

static inline struct drawn draw_at(const struct draw *draw, uint64_t number)
{
	if (!draw->operations)
		return (struct drawn){INSERT, draw->present + number};
	uint64_t drawn = draw->operations[number & (DRAWN - 1)];
	struct drawn one = {(enum operation_kind)(drawn & 3), drawn >> 2};
	if (one.kind == INSERT)
		one.index += draw->present + (number >> DRAWN_BITS) * draw->inserts;
	return one;
}

/* Read the words of a phase; ends the program if they cannot be read. */
void phase_read(const struct client *, struct phase *, const char *words);
/* Inserts of new keys after the first `present`. */
void draw_inserts(struct draw *, uint64_t present, uint64_t count);
void draw_phase(const struct client *, struct draw *, const struct phase *, uint64_t present,
                uint64_t seed);
