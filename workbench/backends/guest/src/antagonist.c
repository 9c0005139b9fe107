/* Disturbs its neighbours: keeps its CPUs busy, or their caches and the memory. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "client.h"
#include "clock.h"
#include "programs.h"

enum { STACK = 256 * 1024, LINE = 64, PER_LOOK = 4096 };

struct disturber {
	const struct client *client;
	volatile char *memory;  /* NULL: the CPU alone */
	uint64_t bytes;
	int cpu;
	unsigned number;
	pthread_t thread;
};

static atomic_bool stop;

/* Write a line here and there, too far apart for the hardware's prefetchers. */
static void disturb_memory(const struct disturber *one, uint64_t *at)
{
	for (int i = 0; i < PER_LOOK; i++) {
		*at = *at * 6364136223846793005u + 1442695040888963407u;  /* Knuth's MMIX */
		one->memory[(*at >> 20) % (one->bytes / LINE) * LINE]++;
	}
}

static void *disturb(void *argument)
{
	struct disturber *one = argument;
	_Atomic uint64_t *done = &one->client->progress->worker[one->number].done;
	uint64_t at = one->number;
	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		if (one->memory)
			disturb_memory(one, &at);
		else
			for (int i = 0; i < PER_LOOK; i++)
				relax();
		atomic_fetch_add_explicit(done, PER_LOOK, memory_order_relaxed);
	}
	return NULL;
}

static void start(struct disturber *one)
{
	pthread_attr_t attributes;
	cpu_set_t cpu;
	CPU_ZERO(&cpu);
	CPU_SET(one->cpu, &cpu);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	if (pthread_create(&one->thread, &attributes, disturb, one))
		client_out_of_memory(one->client, "its threads");
	if (pthread_setaffinity_np(one->thread, sizeof cpu, &cpu))
		client_fail(one->client, "CPU %d is not to be had.", one->cpu);
	pthread_attr_destroy(&attributes);
}

static void *memory_for(const struct client *client, uint64_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		client_out_of_memory(client, "its memory");
	return memory;
}

int antagonist_main(int argc, char **argv)
{
	static const char *const kinds[] = {"cpu", "memory", NULL};
	static struct disturber all[MAX_WORKERS];
	struct client client;
	int cpus[MAX_WORKERS];
	client_init(&client, argc, argv);
	bool memory = client_choice(&client, "kind", kinds) == 1;
	uint64_t bytes = client_number(&client, "bytes", 67108864);
	int cpu_count = client_cpus(&client, cpus, MAX_WORKERS), count = cpu_count;
	if (strcmp(client_text(&client, "threads", "per-cpu"), "per-cpu"))
		count = (int)client_number(&client, "threads", 1);
	if (count < 1 || count > MAX_WORKERS || bytes < LINE)
		client_fail(&client, "threads has to be from 1 to %d, bytes at least 64.", MAX_WORKERS);
	for (int i = 0; i < count; i++) {
		all[i] = (struct disturber){.client = &client, .cpu = cpus[i % cpu_count], .bytes = bytes,
		                            .number = (unsigned)i};
		if (memory)
			all[i].memory = memory_for(&client, bytes);
		start(&all[i]);
	}
	client_wait_for_stop(&client);
	atomic_store(&stop, true);
	for (int i = 0; i < count; i++)
		pthread_join(all[i].thread, NULL);
	return 0;
}
