#include "keys.h"

#include <math.h>

/* SplitMix64: Steele, Lea, Flood, Fast splittable pseudorandom number generators, 2014.
 * The mixing is a bijection of 64-bit numbers. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

uint64_t random_next(struct random *random)
{
	return mix(random->state += 0x9e3779b97f4a7c15u);
}

uint64_t random_below(struct random *random, uint64_t n)
{
	return (uint64_t)(((unsigned __int128)random_next(random) * n) >> 64);
}

uint64_t key_of(uint64_t seed, uint64_t index)
{
	uint64_t key = mix(index + mix(seed));
	/* The largest number stands for "above all keys"; that one index gives a key that
	 * may be another's, once in 2^64. */
	return key == UINT64_MAX ? 0 : key;
}

/* Gray, Sundaresan, Englert, Baclawski, Weinberger, Quickly generating billion-record
 * synthetic databases, SIGMOD 1994; as in YCSB. */
void zipf_init(struct zipf *zipf, uint64_t n, double theta)
{
	if (zipf->n == n && zipf->theta == theta)
		return;
	double zeta = 0.0;
	for (uint64_t i = 1; i <= n; i++)
		zeta += pow((double)i, -theta);
	zipf->n = n;
	zipf->theta = theta;
	zipf->alpha = 1.0 / (1.0 - theta);
	zipf->zeta_n = zeta;
	zipf->half_power = 1.0 + pow(0.5, theta);
	zipf->eta = (1.0 - pow(2.0 / (double)n, 1.0 - theta)) / (1.0 - zipf->half_power / zeta);
}

uint64_t zipf_next(const struct zipf *zipf, struct random *random)
{
	double u = (double)(random_next(random) >> 11) * 0x1p-53;
	double uz = u * zipf->zeta_n;
	if (uz < 1.0 || zipf->n < 2)
		return 0;
	if (uz < zipf->half_power)
		return 1;
	uint64_t rank = (uint64_t)((double)zipf->n * pow(zipf->eta * u - zipf->eta + 1.0, zipf->alpha));
	return rank < zipf->n ? rank : zipf->n - 1;
}
