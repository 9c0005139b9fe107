/* The benchmark: phases of inserts, lookups and updates on one B-link tree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blinktree.h"
#include "keys.h"
#include "programs.h"

enum { LARGEST_CHUNK = 256, MAX_PHASES = 32 };

static struct bench bench;  /* one a process; callbacks of the runtime have no argument for it */

static void no_memory(void)
{
	client_out_of_memory(&bench.client, "another node of the tree");
}

/* The lower half of a value follows from its key, so that a lookup can check it. */
static uint64_t value_of(uint64_t key, uint64_t number)
{
	return number << 32 | (key & 0xffffffffu);
}

static bool next_chunk(struct source *source)
{
	uint64_t from = atomic_fetch_add_explicit(&bench.next, bench.chunk, memory_order_relaxed);
	if (from >= bench.draw.count)
		return false;
	source->next = from;
	source->end = from + bench.chunk < bench.draw.count ? from + bench.chunk : bench.draw.count;
	return true;
}

static bool issue(struct worker *worker, struct task *task)
{
	struct operation *op = (struct operation *)task;
	struct source *source = worker->context;
	if (source->next == source->end && !next_chunk(source))
		return false;
	uint64_t number = source->next++;
	struct drawn drawn = draw_at(&bench.draw, number);
	op->number = (uint32_t)number;
	op->kind = (uint8_t)drawn.kind;
	op->key = key_of(bench.seed, drawn.index);
	op->value = value_of(op->key, number);
	op->begin_ticks = number % bench.latency_every == 0 ? ticks() : 0;
	tree_begin(&bench.tree, worker, op);
	return true;
}

static void run(struct worker *worker, struct task *task)
{
	tree_step(&bench.tree, worker, (struct operation *)task);
}

static void finished(struct worker *worker, struct task *task)
{
	struct operation *op = (struct operation *)task;
	struct source *source = worker->context;
	if (op->begin_ticks)
		histogram_add(&worker->latency, worker->runtime->edges, ticks() - op->begin_ticks);
	source->done[op->kind]++;
	/* A split leaves another key and value in its operation, but only inserts split. */
	if (op->kind == LOOKUP)
		source->missing += !op->found || (op->value ^ op->key) & 0xffffffffu;
	else
		source->missing += op->found != (op->kind == UPDATE);
}

static void run_operations(void)
{
	uint64_t share = bench.draw.count / (bench.runtime.count * 16u);
	bench.chunk = share < 1 ? 1 : share < LARGEST_CHUNK ? share : LARGEST_CHUNK;
	atomic_store(&bench.next, 0);
	for (unsigned i = 0; i < bench.runtime.count; i++)
		bench.sources[i] = (struct source){0};
	runtime_run(&bench.runtime);
}

static uint64_t summed_missing(void)
{
	uint64_t missing = 0;
	for (unsigned i = 0; i < bench.runtime.count; i++)
		missing += bench.sources[i].missing;
	return missing;
}

/* Put the keys in the tree that a phase wants there, untimed. */
static void load(const struct phase *phase)
{
	if (phase->keys <= bench.present)
		return;
	draw_inserts(&bench.draw, bench.present, phase->keys - bench.present);
	run_operations();
	bench.present = phase->keys;
	if (summed_missing())
		client_fail(&bench.client, "Loading the keys of phase %s found some already there.", phase->name);
}

static void check(const struct phase *phase)
{
	struct tree_shape shape;
	char wrong[256];
	uint64_t begin = now_ns(), sum = 0;
	tree_check(&bench.tree, &shape, wrong);
	for (uint64_t i = 0; i < bench.present; i++)
		sum += key_of(bench.seed, i);
	if (!wrong[0] && (shape.keys != bench.present || shape.key_sum != sum))
		snprintf(wrong, sizeof wrong, "%llu keys instead of %llu, or others than were inserted",
		         (unsigned long long)shape.keys, (unsigned long long)bench.present);
	report_check(&bench, phase, &shape, wrong, now_ns() - begin);
	if (wrong[0])
		client_fail(&bench.client, "The tree is damaged after phase %s: %s.", phase->name, wrong);
}

static void run_phase(int index, const struct phase *phase)
{
	struct span span = {0};
	uint64_t serial = now_ns();
	load(phase);
	draw_phase(&bench.client, &bench.draw, phase, bench.present, bench.seed * 1000003u + (unsigned)index);
	bench.serial_ns += now_ns() - serial;
	report_progress(&bench, index, phase->operations);
	client_begin_phase(&bench.client, index);
	int64_t shown = client_timer(&bench.client);
	span.start_ns = client_clock(&bench.client);
	span.start_ticks = ticks();
	report_phase_start(&bench, phase, index, span.start_ns);
	run_operations();
	int64_t shown_end = client_timer(&bench.client);
	span.end_ns = client_clock(&bench.client);
	span.end_ticks = ticks();
	span.finish_ns = atomic_load(&bench.runtime.finish_ns) - bench.client.origin;
	span.reported_ns = shown < 0 || shown_end < 0 ? -1 : shown_end - shown;
	report_progress(&bench, -1, 0);
	report_phase(&bench, phase, index, &span);
	if (summed_missing())
		client_fail(&bench.client, "%llu operations of phase %s did not find what they had to.",
		            (unsigned long long)summed_missing(), phase->name);
	for (unsigned i = 0; i < bench.runtime.count; i++)
		bench.present += bench.sources[i].done[INSERT];
	serial = now_ns();
	if (client_yes(&bench.client, "check", true))
		check(phase);
	bench.serial_ns = now_ns() - serial;
}

static unsigned worker_count(int cpus)
{
	const char *text = client_text(&bench.client, "workers", "per-cpu");
	if (!strcmp(text, "per-cpu"))
		return (unsigned)cpus;
	uint64_t workers = client_number(&bench.client, "workers", 1);
	if (workers < 1 || workers > MAX_WORKERS)
		client_fail(&bench.client, "workers has to be from 1 to %d.", MAX_WORKERS);
	return (unsigned)workers;
}

static void prepare(void)
{
	static const char *const modes[] = {"queue",    "exclusive", "latched", "spinlock",
	                                    "olfit",    "sync4me",   NULL};
	struct client *client = &bench.client;
	int cpus[MAX_WORKERS];
	int cpu_count = client_cpus(client, cpus, MAX_WORKERS);
	unsigned workers = worker_count(cpu_count);
	uint64_t window = client_number(client, "window", 1500);
	if (window < 1 || window > 1000000)
		client_fail(client, "window has to be from 1 to 1000000.");
	bench.seed = client_number(client, "seed", 1);
	bench.latency_every = client_number(client, "latency_every", 8);
	if (!bench.latency_every)
		client_fail(client, "latency_every has to be at least 1.");
	bench.runtime.program = (struct program){
		.issue = issue,
		.run = run,
		.finished = finished,
		.task_size = 64,
		.prefetch_bytes = client_number(client, "prefetch_bytes", 576),
	};
	bench.runtime.prefetch = (unsigned)client_number(client, "prefetch", 3);
	bench.runtime.progress = client->progress;
	bench.sources = aligned_alloc(64, workers * sizeof *bench.sources);
	if (!bench.sources || !runtime_init(&bench.runtime, workers, cpus, cpu_count, (unsigned)window))
		client_out_of_memory(client, "its workers");
	for (unsigned i = 0; i < workers; i++) {
		bench.runtime.workers[i].context = &bench.sources[i];
		bench.runtime.workers[i].hardware.wanted = client_yes(client, "hardware", false);
	}
	enum sync_mode mode = (enum sync_mode)client_choice(client, "sync", modes);
	if (!tree_init(&bench.tree, mode, workers, no_memory))
		client_out_of_memory(client, "its tree");
}

int blinktree_main(int argc, char **argv)
{
	static struct phase phases[MAX_PHASES];
	int count = 0;
	const char *words;
	client_init(&bench.client, argc, argv);
	while ((words = client_word(&bench.client, "phase", count))) {
		if (count == MAX_PHASES)
			client_fail(&bench.client, "More than %d phases.", MAX_PHASES);
		phase_read(&bench.client, &phases[count++], words);
	}
	prepare();
	for (int i = 0; i < count; i++)
		run_phase(i, &phases[i]);
	runtime_close(&bench.runtime);
	fputs("Finished.\n", stderr);
	return 0;
}
