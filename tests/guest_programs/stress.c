/* Random operations on few keys, and the history of what each of them saw.
 *
 * Prints a line for each: kind, key, value it writes, begin, end, whether the key was
 * there, value it read. First the operations all at once, then, when they have ended, a
 * lookup of every key. A last line says what the tree's own check finds.
 *
 * Compiled with a small NODE_ENTRIES few keys make a high tree that splits all the time.
 * Compiled with INTERLEAVE=hesitate, workers now and then stop half way, so that others
 * meet what is half done. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "clock.h"
#include "keys.h"
#include "runtime.h"
#include "tree.h"

struct record {
	uint64_t key, value, begin, end, result;
	int kind, found;
};

static struct client client;
static struct runtime runtime;
static struct tree tree;
static struct progress progress;
static struct record *records;
static uint64_t seed, keys, front, first, count;
static _Atomic uint64_t next;
static bool looking;

void hesitate(void);
void hesitate(void)
{
	static _Thread_local struct random random;
	if (!random.state)
		random.state = (uint64_t)(uintptr_t)&random ^ now_ns();
	uint64_t dice = random_next(&random) & 1023;
	if (dice == 0)
		sched_yield();
	for (int i = 0; dice < 16 && i < 200; i++)
		relax();
}

static void no_memory(void)
{
	abort();
}

/* Anywhere; or close to a front that moves up through the keys, so that all workers meet
 * in the few leaves that are just being split. */
static uint64_t draw_key(struct random *random, uint64_t number)
{
	if (!front)
		return random_below(random, keys);
	uint64_t key = number * keys / count + random_below(random, front);
	return key < keys ? key : keys - 1;
}

static bool issue(struct worker *worker, struct task *task)
{
	struct operation *op = (struct operation *)task;
	uint64_t number = atomic_fetch_add(&next, 1);
	if (number >= first + count)
		return false;
	struct record *record = &records[number];
	struct random random = {.state = seed ^ number * 0x9e3779b97f4a7c15u};
	uint64_t index = looking ? number - first : draw_key(&random, number);
	record->kind = looking ? LOOKUP : (int)random_below(&random, 3);
	record->key = index;
	record->value = number + 1;
	op->number = (uint32_t)number;
	op->kind = (uint8_t)record->kind;
	op->key = front ? index : key_of(seed, index);
	op->value = record->value;
	record->begin = now_ns();
	tree_begin(&tree, worker, op);
	return true;
}

static void run(struct worker *worker, struct task *task)
{
	tree_step(&tree, worker, (struct operation *)task);
}

static void finished(struct worker *worker, struct task *task)
{
	struct operation *op = (struct operation *)task;
	struct record *record = &records[op->number];
	(void)worker;
	record->end = now_ns();
	record->found = op->found;
	record->result = op->found && op->kind == LOOKUP ? op->value : 0;
}

static void run_all(bool lookups, uint64_t from, uint64_t operations)
{
	looking = lookups;
	first = from;
	count = operations;
	atomic_store(&next, from);
	runtime_run(&runtime);
}

static void print(void)
{
	struct tree_shape shape;
	char wrong[256];
	for (uint64_t i = 0; i < first + count; i++) {
		const struct record *r = &records[i];
		printf("%d %llu %llu %llu %llu %d %llu\n", r->kind, (unsigned long long)r->key,
		       (unsigned long long)r->value, (unsigned long long)r->begin,
		       (unsigned long long)r->end, r->found, (unsigned long long)r->result);
	}
	tree_check(&tree, &shape, wrong);
	printf("keys %llu height %u check %s\n", (unsigned long long)shape.keys, shape.height,
	       wrong[0] ? wrong : "ok");
}

int main(int argc, char **argv)
{
	static const char *const modes[] = {"queue", "exclusive", "latched", "spinlock",
	                                    "olfit", "sync4me",   NULL};
	int cpus[MAX_WORKERS];
	client_init(&client, argc, argv);
	int cpu_count = client_cpus(&client, cpus, MAX_WORKERS);
	unsigned workers = (unsigned)client_number(&client, "workers", 2);
	uint64_t operations = client_number(&client, "operations", 1000);
	seed = client_number(&client, "seed", 1);
	keys = client_number(&client, "keys", 50);
	front = client_number(&client, "front", 0);
	records = calloc(operations + keys, sizeof *records);
	runtime.program = (struct program){.issue = issue, .run = run, .finished = finished,
	                                   .task_size = 64, .prefetch_bytes = 64};
	runtime.prefetch = (unsigned)client_number(&client, "prefetch", 2);
	runtime.progress = &progress;
	enum sync_mode mode = (enum sync_mode)client_choice(&client, "sync", modes);
	if (!records || !tree_init(&tree, mode, workers, no_memory) ||
	    !runtime_init(&runtime, workers, cpus, cpu_count,
	                  (unsigned)client_number(&client, "window", 8)))
		return 3;
	run_all(false, 0, operations);
	run_all(true, operations, keys);
	runtime_close(&runtime);
	print();
	return 0;
}
