/* Which keys an operation works on. Key i of an instance is `key_of(seed, i)`: random,
 * and different for different i, so no table of the keys is needed. */
#pragma once

#include <stdint.h>

struct random {
	uint64_t state;
};

uint64_t random_next(struct random *);
/* Uniform from 0 to n - 1. */
uint64_t random_below(struct random *, uint64_t n);

uint64_t key_of(uint64_t seed, uint64_t index);

/* Zipf distribution over 0 to n - 1, the smallest being the most frequent. */
struct zipf {
	uint64_t n;
	double theta, alpha, zeta_n, eta, half_power;
};

void zipf_init(struct zipf *, uint64_t n, double theta);
uint64_t zipf_next(const struct zipf *, struct random *);
