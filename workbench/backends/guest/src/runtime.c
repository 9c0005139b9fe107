#include "runtime.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
	ROUND_TASKS = 64,           /* tasks between two looks at the inbox */
	STACK_BYTES = 256 * 1024,   /* RLIMIT_AS counts stacks in full */
	/* Between samples, at first. Each reads the CPU time, at which Linux notices that a slice
	 * is over, and not at its next tick only; calibration/probe.c does the same. */
	FIRST_INTERVAL_NS = 100000,
	OFF_CORE_NS = 50000,        /* an empty round takes far less */
	CALIBRATION_NS = 5000000,
};

static double measure_ticks_per_ns(void)
{
	uint64_t from_ns = now_ns(), from = ticks(), to_ns;
	do
		to_ns = now_ns();
	while (to_ns - from_ns < CALIBRATION_NS);
	return (double)(ticks() - from) / (double)(to_ns - from_ns);
}

static void take_sample(struct worker *worker, uint64_t now)
{
	if (worker->sample_count == MAX_SAMPLES) {
		for (unsigned i = 0; i < MAX_SAMPLES / 2; i++)
			worker->samples[i] = worker->samples[2 * i];
		worker->sample_count = MAX_SAMPLES / 2;
		worker->sample_interval *= 2;
	}
	worker->samples[worker->sample_count++] = (struct sample){
		.at_ticks = now,
		.operations = worker->tally.operations,
		.cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID),
	};
	worker->next_sample = now + worker->sample_interval;
	atomic_store_explicit(&worker->runtime->progress->worker[worker->id].done,
	                      worker->tally.operations, memory_order_relaxed);
}

static void close_if_done(struct worker *worker)
{
	struct runtime *runtime = worker->runtime;
	if (worker->in_flight == 0 && atomic_fetch_sub(&runtime->open, 1) == 1)
		atomic_store(&runtime->finish_ns, now_ns());
}

static void issue_or_close(struct worker *worker, struct task *task)
{
	if (worker->runtime->program.issue(worker, task))
		return;
	worker->in_flight--;
	close_if_done(worker);
}

void worker_finish(struct worker *worker, struct task *task)
{
	worker->tally.operations++;
	worker->runtime->program.finished(worker, task);
	issue_or_close(worker, task);
}

/* Put what others sent behind the own tasks, oldest first. */
static void read_inbox(struct worker *worker)
{
	struct task *oldest = NULL;
	for (struct task *task = inbox_take(&worker->inbox); task;) {
		struct task *next = task->next;
		task->next = oldest;
		oldest = task;
		task = next;
	}
	for (; oldest; oldest = oldest->next)
		worker_keep(worker, oldest);
}

static void send_outboxes(struct worker *worker)
{
	for (unsigned i = 0; i < worker->receiver_count; i++) {
		unsigned to = worker->receivers[i];
		struct outbox *outbox = &worker->outboxes[to];
		inbox_push(&worker->runtime->workers[to].inbox, outbox->first, outbox->last);
		outbox->first = NULL;
	}
	worker->receiver_count = 0;
}

static void open_window(struct worker *worker)
{
	struct runtime *runtime = worker->runtime;
	worker->in_flight = runtime->window;
	for (unsigned i = 0; i < runtime->window; i++) {
		struct task *task = (struct task *)(worker->tasks + i * runtime->program.task_size);
		task->home = (unsigned short)worker->id;
		issue_or_close(worker, task);
	}
	send_outboxes(worker);
}

static inline void prefetch(const struct worker *worker, uint32_t slot)
{
	const char *data = worker->ring[slot & worker->mask]->resource;
	for (size_t at = 0; at < worker->runtime->program.prefetch_bytes; at += 64) {
		/* Without an effect it can see, gcc drops the whole function. */
		__asm__ volatile("" ::"r"(at));
		__builtin_prefetch(data + at);
	}
}

static void run_tasks(struct worker *worker, uint32_t count)
{
	const struct runtime *runtime = worker->runtime;
	uint32_t ahead = runtime->prefetch;
	for (uint32_t i = 0; i < count; i++) {
		if (ahead && worker->tail - worker->head > ahead)
			prefetch(worker, worker->head + ahead);
		struct task *task = worker->ring[worker->head++ & worker->mask];
		runtime->program.run(worker, task);
	}
	worker->tally.tasks += count;
}

/* Account an empty round, unless the worker was off its core in between. */
static void idle(struct worker *worker, uint64_t since_last)
{
	if (since_last < worker->runtime->gap_ticks)
		*(worker->in_flight ? &worker->tally.wait_ticks : &worker->tally.poll_ticks) += since_last;
	relax();
}

static void work(struct worker *worker)
{
	struct runtime *runtime = worker->runtime;
	open_window(worker);
	for (;;) {
		uint64_t now = ticks();
		if (now >= worker->next_sample)
			take_sample(worker, now);
		if (!inbox_empty(&worker->inbox))
			read_inbox(worker);
		uint32_t count = worker->tail - worker->head;
		if (count) {
			run_tasks(worker, count < ROUND_TASKS ? count : ROUND_TASKS);
			send_outboxes(worker);
		} else {
			idle(worker, now - worker->last_round);
			if (!atomic_load_explicit(&runtime->open, memory_order_acquire))
				return;
		}
		worker->last_round = now;
	}
}

static void add_usage(struct tally *tally, const struct rusage *from, const struct rusage *to)
{
	tally->switches_voluntary = (uint64_t)(to->ru_nvcsw - from->ru_nvcsw);
	tally->switches_involuntary = (uint64_t)(to->ru_nivcsw - from->ru_nivcsw);
	tally->faults_minor = (uint64_t)(to->ru_minflt - from->ru_minflt);
	tally->faults_major = (uint64_t)(to->ru_majflt - from->ru_majflt);
}

static void phase(struct worker *worker)
{
	struct rusage before, after;
	memset(&worker->tally, 0, sizeof worker->tally);
	memset(&worker->latency, 0, sizeof worker->latency);
	worker->sample_count = 0;
	worker->sample_interval = (uint64_t)(FIRST_INTERVAL_NS * worker->runtime->ticks_per_ns);
	getrusage(RUSAGE_THREAD, &before);
	hardware_start(&worker->hardware);
	worker->last_round = ticks();
	take_sample(worker, worker->last_round);
	work(worker);
	take_sample(worker, ticks());
	hardware_stop(&worker->hardware, worker->tally.hardware);
	getrusage(RUSAGE_THREAD, &after);
	add_usage(&worker->tally, &before, &after);
	worker->tally.cpu_ns = worker->samples[worker->sample_count - 1].cpu_ns - worker->samples[0].cpu_ns;
}

static void *thread(void *argument)
{
	struct worker *worker = argument;
	struct runtime *runtime = worker->runtime;
	uint64_t seen = 0;
	pthread_mutex_lock(&runtime->lock);
	for (;;) {
		while (runtime->round == seen && !runtime->closing)
			pthread_cond_wait(&runtime->changed, &runtime->lock);
		if (runtime->closing)
			break;
		seen = runtime->round;
		pthread_mutex_unlock(&runtime->lock);
		phase(worker);
		pthread_mutex_lock(&runtime->lock);
		if (--runtime->at_work == 0)
			pthread_cond_broadcast(&runtime->changed);
	}
	pthread_mutex_unlock(&runtime->lock);
	return NULL;
}

void runtime_run(struct runtime *runtime)
{
	atomic_store(&runtime->open, runtime->count);
	pthread_mutex_lock(&runtime->lock);
	runtime->at_work = runtime->count;
	runtime->round++;
	pthread_cond_broadcast(&runtime->changed);
	while (runtime->at_work)
		pthread_cond_wait(&runtime->changed, &runtime->lock);
	pthread_mutex_unlock(&runtime->lock);
}

static uint32_t power_of_two(uint32_t least)
{
	uint32_t size = 64;
	while (size < least)
		size *= 2;
	return size;
}

/* All memory is taken before any thread runs: a thread's own malloc would reserve
 * address space that RLIMIT_AS counts. */
static bool allocate(struct runtime *runtime, struct worker *worker)
{
	uint32_t ring = power_of_two(runtime->count * runtime->window + 1);
	worker->mask = ring - 1;
	worker->ring = malloc(ring * sizeof *worker->ring);
	worker->outboxes = calloc(runtime->count, sizeof *worker->outboxes);
	worker->receivers = calloc(runtime->count, sizeof *worker->receivers);
	worker->samples = calloc(MAX_SAMPLES, sizeof *worker->samples);
	size_t bytes = (runtime->window * runtime->program.task_size + 63) / 64 * 64;
	worker->tasks = aligned_alloc(64, bytes);
	if (worker->tasks)
		memset(worker->tasks, 0, bytes);
	return worker->ring && worker->outboxes && worker->receivers && worker->samples && worker->tasks;
}

static bool start(struct worker *worker)
{
	pthread_attr_t attributes;
	cpu_set_t cpu;
	CPU_ZERO(&cpu);
	CPU_SET(worker->cpu, &cpu);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	bool started = pthread_create(&worker->thread, &attributes, thread, worker) == 0;
	pthread_attr_destroy(&attributes);
	return started && pthread_setaffinity_np(worker->thread, sizeof cpu, &cpu) == 0;
}

bool runtime_init(struct runtime *runtime, unsigned workers, const int *cpus, int cpu_count,
                  unsigned window)
{
	runtime->count = workers;
	runtime->window = window / workers ? window / workers : 1;
	runtime->ticks_per_ns = measure_ticks_per_ns();
	runtime->gap_ticks = (uint64_t)(OFF_CORE_NS * runtime->ticks_per_ns);
	histogram_edges(runtime->edges, runtime->ticks_per_ns);
	pthread_mutex_init(&runtime->lock, NULL);
	pthread_cond_init(&runtime->changed, NULL);
	runtime->workers = aligned_alloc(64, workers * sizeof *runtime->workers);
	if (!runtime->workers)
		return false;
	memset(runtime->workers, 0, workers * sizeof *runtime->workers);
	for (unsigned i = 0; i < workers; i++) {
		struct worker *worker = &runtime->workers[i];
		worker->runtime = runtime;
		worker->id = i;
		worker->cpu = cpus[i % (unsigned)cpu_count];
		if (!allocate(runtime, worker))
			return false;
	}
	for (unsigned i = 0; i < workers; i++)
		if (!start(&runtime->workers[i]))
			return false;
	return true;
}

void runtime_close(struct runtime *runtime)
{
	pthread_mutex_lock(&runtime->lock);
	runtime->closing = true;
	pthread_cond_broadcast(&runtime->changed);
	pthread_mutex_unlock(&runtime->lock);
	for (unsigned i = 0; i < runtime->count; i++)
		pthread_join(runtime->workers[i].thread, NULL);
}
