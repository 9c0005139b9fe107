/* What the benchmark reports; README.md describes it. */
#include "blinktree.h"

enum { SERIES_CHARACTERS = 48000, NUMBER_CHARACTERS = 12, MOST_POINTS = 128 };

/* Converts ticks to the common clock, by two moments known on both. */
struct scale {
	const struct span *span;
	double ns_per_tick;
};

static uint64_t to_ns(const struct scale *scale, uint64_t at_ticks)
{
	double since = (double)(int64_t)(at_ticks - scale->span->start_ticks) * scale->ns_per_tick;
	return scale->span->start_ns + (uint64_t)(since > 0 ? since : 0);
}

/* One field of a worker's samples at a time, between two samples in proportion. */
static uint64_t value_at(const struct worker *worker, const struct scale *scale, uint64_t t,
                         uint64_t (*field)(const struct sample *))
{
	const struct sample *samples = worker->samples;
	unsigned low = 0, high = worker->sample_count - 1;
	if (t >= to_ns(scale, samples[high].at_ticks))
		return field(&samples[high]);
	if (t <= to_ns(scale, samples[low].at_ticks))
		return field(&samples[low]);
	while (high - low > 1) {
		unsigned middle = (low + high) / 2;
		*(to_ns(scale, samples[middle].at_ticks) <= t ? &low : &high) = middle;
	}
	double from = (double)to_ns(scale, samples[low].at_ticks);
	double to = (double)to_ns(scale, samples[high].at_ticks);
	double part = to > from ? ((double)t - from) / (to - from) : 0.0;
	return field(&samples[low]) +
	       (uint64_t)(part * (double)(field(&samples[high]) - field(&samples[low])));
}

static uint64_t operations_of(const struct sample *sample)
{
	return sample->operations;
}

static uint64_t cpu_of(const struct sample *sample)
{
	return sample->cpu_ns;
}

void report_progress(struct bench *bench, int phase, uint64_t operations)
{
	struct progress *progress = bench->client.progress;
	for (unsigned i = 0; phase >= 0 && i < bench->runtime.count; i++)
		atomic_store(&progress->worker[i].done, 0);
	atomic_store(&progress->of, operations);
	atomic_store(&progress->phase, phase);
}

static void begin_event(struct bench *bench, struct json *line, const char *event, uint64_t t,
                        const struct phase *phase)
{
	json_event(line, event, t);
	json_string(line, "component", bench->client.name);
	json_string(line, "phase", phase->name);
}

static void send_event(struct bench *bench, struct json *line)
{
	json_end(line);
	client_report(&bench->client, line);
	json_free(line);
}

void report_phase_start(struct bench *bench, const struct phase *phase, int index, uint64_t start_ns)
{
	struct json line = {0};
	begin_event(bench, &line, "phase-started", start_ns, phase);
	json_int(&line, "index", index);
	send_event(bench, &line);
}

static void put_operations(struct bench *bench, struct json *line)
{
	struct source sum = {0};
	uint64_t tasks = 0, delegated = 0;
	for (unsigned i = 0; i < bench->runtime.count; i++) {
		for (int kind = 0; kind < 3; kind++)
			sum.done[kind] += bench->sources[i].done[kind];
		sum.missing += bench->sources[i].missing;
		tasks += bench->runtime.workers[i].tally.tasks;
		delegated += bench->runtime.workers[i].tally.delegated;
	}
	json_int(line, "operations", (int64_t)(sum.done[0] + sum.done[1] + sum.done[2]));
	json_int(line, "inserts", (int64_t)sum.done[INSERT]);
	json_int(line, "lookups", (int64_t)sum.done[LOOKUP]);
	json_int(line, "updates", (int64_t)sum.done[UPDATE]);
	json_int(line, "missing", (int64_t)sum.missing);
	json_int(line, "tasks", (int64_t)tasks);
	json_int(line, "delegated", (int64_t)delegated);
}

static void put_latency(struct bench *bench, struct json *line)
{
	json_int(line, "latency_every", (int64_t)bench->latency_every);
	json_open(line, "latency", '[');
	for (int bin = 0; bin < LATENCY_BINS; bin++) {
		uint64_t count = 0;
		for (unsigned i = 0; i < bench->runtime.count; i++)
			count += bench->runtime.workers[i].latency.count[bin];
		json_int(line, NULL, (int64_t)count);
	}
	json_close(line, ']');
}

static void put_hardware(struct bench *bench, struct json *line)
{
	static const char *const names[HARDWARE_COUNTERS] = {"cycles", "instructions",
	                                                     "cache_references", "cache_misses"};
	bool counted = true;
	for (unsigned i = 0; i < bench->runtime.count; i++)
		counted &= bench->runtime.workers[i].hardware.open;
	json_open(line, "hardware", '{');
	for (int which = 0; counted && which < HARDWARE_COUNTERS; which++) {
		uint64_t sum = 0;
		for (unsigned i = 0; i < bench->runtime.count; i++)
			sum += bench->runtime.workers[i].tally.hardware[which];
		json_int(line, names[which], (int64_t)sum);
	}
	json_close(line, '}');
}

static int points_of(const struct bench *bench)
{
	unsigned room = SERIES_CHARACTERS / NUMBER_CHARACTERS / (bench->runtime.count + 2);
	return room > MOST_POINTS ? MOST_POINTS : room < 2 ? 2 : (int)room;
}

static uint64_t grid(const struct span *span, int point, int points)
{
	return span->start_ns + (span->finish_ns - span->start_ns) * (uint64_t)point / (uint64_t)(points - 1);
}

static void put_series(struct bench *bench, struct json *line, const struct scale *scale)
{
	int points = points_of(bench);
	json_open(line, "grid_ns", '[');
	for (int p = 0; p < points; p++)
		json_int(line, NULL, (int64_t)grid(scale->span, p, points));
	json_close(line, ']');
	json_open(line, "done", '[');
	for (int p = 0; p < points; p++) {
		uint64_t done = 0;
		for (unsigned i = 0; i < bench->runtime.count; i++) {
			const struct worker *worker = &bench->runtime.workers[i];
			done += p + 1 < points ? value_at(worker, scale, grid(scale->span, p, points), operations_of)
			                       : worker->tally.operations;
		}
		json_int(line, NULL, (int64_t)done);
	}
	json_close(line, ']');
}

static void put_worker(const struct worker *worker, struct json *line, const struct scale *scale,
                       int points)
{
	const struct tally *tally = &worker->tally;
	json_open(line, NULL, '{');
	json_int(line, "cpu", worker->cpu);
	json_int(line, "operations", (int64_t)tally->operations);
	json_int(line, "tasks", (int64_t)tally->tasks);
	json_int(line, "delegated", (int64_t)tally->delegated);
	json_int(line, "cpu_ns", (int64_t)tally->cpu_ns);
	json_int(line, "poll_ns", (int64_t)((double)tally->poll_ticks * scale->ns_per_tick));
	json_int(line, "wait_ns", (int64_t)((double)tally->wait_ticks * scale->ns_per_tick));
	json_int(line, "spin_ns", (int64_t)((double)tally->spin_ticks * scale->ns_per_tick));
	json_int(line, "switches_voluntary", (int64_t)tally->switches_voluntary);
	json_int(line, "switches_involuntary", (int64_t)tally->switches_involuntary);
	json_int(line, "faults_minor", (int64_t)tally->faults_minor);
	json_int(line, "faults_major", (int64_t)tally->faults_major);
	json_open(line, "on_cpu_ns", '[');
	for (int p = 0; p < points; p++)
		json_int(line, NULL, (int64_t)(value_at(worker, scale, grid(scale->span, p, points), cpu_of) -
		                               worker->samples[0].cpu_ns));
	json_close(line, ']');
	json_close(line, '}');
}

void report_phase(struct bench *bench, const struct phase *phase, int index, const struct span *span)
{
	struct json line = {0};
	struct scale scale = {
		.span = span,
		.ns_per_tick = (double)(span->end_ns - span->start_ns) /
		               (double)(span->end_ticks - span->start_ticks),
	};
	begin_event(bench, &line, "phase", client_clock(&bench->client), phase);
	json_int(&line, "index", index);
	json_int(&line, "start_ns", (int64_t)span->start_ns);
	json_int(&line, "finish_ns", (int64_t)span->finish_ns);
	json_int(&line, "reported_ns", span->reported_ns);
	json_int(&line, "serial_ns", (int64_t)bench->serial_ns);
	put_operations(bench, &line);
	put_latency(bench, &line);
	put_series(bench, &line, &scale);
	json_open(&line, "workers", '[');
	for (unsigned i = 0; i < bench->runtime.count; i++)
		put_worker(&bench->runtime.workers[i], &line, &scale, points_of(bench));
	json_close(&line, ']');
	put_hardware(bench, &line);
	send_event(bench, &line);
}

void report_check(struct bench *bench, const struct phase *phase, const struct tree_shape *shape,
                  const char *wrong, uint64_t span_ns)
{
	struct json line = {0};
	begin_event(bench, &line, "check", client_clock(&bench->client), phase);
	json_bool(&line, "ok", !wrong[0]);
	json_int(&line, "keys", (int64_t)shape->keys);
	json_int(&line, "height", shape->height);
	json_int(&line, "leaves", (int64_t)shape->leaves);
	json_int(&line, "inner", (int64_t)shape->inner);
	json_string(&line, "detail", wrong);
	json_int(&line, "span_ns", (int64_t)span_ns);
	send_event(bench, &line);
}
