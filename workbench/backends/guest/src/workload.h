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

/* The operations of a phase, drawn before it: index of the key, and kind. */
struct draw {
	uint64_t *operations;
	uint64_t count;
};

static inline enum operation_kind draw_kind(uint64_t drawn)
{
	return (enum operation_kind)(drawn & 3);
}

static inline uint64_t draw_index(uint64_t drawn)
{
	return drawn >> 2;
}

/* Read the words of a phase; ends the program if they cannot be read. */
void phase_read(const struct client *, struct phase *, const char *words);
/* Draw inserts of new keys after the first `present`. */
void draw_inserts(const struct client *, struct draw *, uint64_t present, uint64_t count);
void draw_phase(const struct client *, struct draw *, const struct phase *, uint64_t present,
                uint64_t seed);
