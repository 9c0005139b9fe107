#include "plan.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	struct plan *plan;
	struct planned *open;  /* the component whose lines these are, or NULL */
	const char *path;
	int line;
};

static void fail(struct reader *r, const char *format, ...)
{
	if (r->plan->error[0])
		return;
	char *text = r->plan->error;
	size_t room = sizeof r->plan->error;
	int used = r->line ? snprintf(text, room, "%s, line %d: ", r->path, r->line)
	                   : snprintf(text, room, "%s: ", r->path);
	if (used < 0 || (size_t)used >= room)
		return;
	va_list values;
	va_start(values, format);
	vsnprintf(text + used, room - (size_t)used, format, values);
	va_end(values);
}

static uint64_t number(struct reader *r, const char *text)
{
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno)
		fail(r, "\"%s\" is no number", text);
	return value;
}

static void *grown(void *list, int count, size_t size)
{
	void *more = realloc(list, (size_t)(count + 1) * size);
	if (!more)
		abort();
	return more;
}

static int chosen(struct reader *r, const char *text, const char *const *names)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(text, names[i]))
			return i;
	fail(r, "unknown value \"%s\"", text);
	return 0;
}

static void global(struct reader *r, const char *word, const char *rest)
{
	static const char *const barriers[] = {"none", "start", "phases", NULL};
	static const char *const means[] = {"any", "cgroup-v2", "cgroup-v1", "rlimit-as", "none", NULL};
	struct plan *plan = r->plan;
	if (!strcmp(word, "seed"))
		plan->seed = number(r, rest);
	else if (!strcmp(word, "barriers"))
		plan->barriers = (enum barriers)chosen(r, rest, barriers);
	else if (!strcmp(word, "heartbeat_ms"))
		plan->heartbeat_ms = number(r, rest);
	else if (!strcmp(word, "deadline_ms"))
		plan->deadline_ms = number(r, rest);
	else if (!strcmp(word, "cgroup"))
		plan->cgroup = strdup(rest);
	else if (!strcmp(word, "quota"))
		plan->means = (enum quota_means)chosen(r, rest, means);
	else if (!strcmp(word, "component")) {
		if (plan_find(plan, rest) >= 0 || !*rest)
			fail(r, "component \"%s\": a second one, or no name", rest);
		plan->components = grown(plan->components, plan->count, sizeof *plan->components);
		r->open = &plan->components[plan->count++];
		*r->open = (struct planned){.name = strdup(rest)};
	} else
		fail(r, "unknown word \"%s\"", word);
}

static void cpus(struct reader *r, char *list)
{
	struct planned *one = r->open;
	for (char *rest, *cpu = strtok_r(list, " ", &rest); cpu; cpu = strtok_r(NULL, " ", &rest)) {
		uint64_t value = number(r, cpu);
		if (value >= CPU_SETSIZE)
			fail(r, "CPU %s is out of range", cpu);
		one->cpus = grown(one->cpus, one->cpu_count, sizeof *one->cpus);
		one->cpus[one->cpu_count++] = (int)value;
	}
}

static void argument(struct planned *one, const char *name, const char *value)
{
	char *text;
	if (asprintf(&text, "%s=%s", name, value) < 0)
		abort();
	one->words = grown(one->words, one->word_count, sizeof *one->words);
	one->words[one->word_count++] = text;
}

static char *provider(const char *name)
{
	return strcmp(name, "parent") ? strdup(name) : NULL;
}

static void of_component(struct reader *r, const char *word, char *rest)
{
	struct planned *one = r->open;
	if (!strcmp(word, "program"))
		one->program = strdup(rest);
	else if (!strcmp(word, "cpus"))
		cpus(r, rest);
	else if (!strcmp(word, "ram"))
		one->ram = number(r, rest);
	else if (!strcmp(word, "timer"))
		one->timer = provider(rest);
	else if (!strcmp(word, "log"))
		one->log = provider(rest);
	else if (!strcmp(word, "denied"))
		one->denied = strdup(rest);
	else if (!strcmp(word, "delay_ms"))
		one->delay_ms = number(r, rest);
	else if (!strcmp(word, "set")) {
		char *value = strchr(rest, ' ');
		if (!value)
			fail(r, "set needs a name and a value");
		else {
			*value = 0;
			argument(one, rest, value + 1);
		}
	} else if (!strcmp(word, "phase")) {
		argument(one, "phase", rest);
		one->phases++;
	} else if (!strcmp(word, "end")) {
		if (!one->program)
			fail(r, "component \"%s\" without a program", one->name);
		r->open = NULL;
	} else
		fail(r, "unknown word \"%s\" in component \"%s\"", word, one->name);
}

static void read_line(struct reader *r, char *text)
{
	text[strcspn(text, "\r\n")] = 0;
	while (*text == ' ' || *text == '\t')
		text++;
	if (!*text || *text == '#')
		return;
	char *rest = text + strcspn(text, " \t");
	if (*rest)
		*rest++ = 0;
	if (r->open)
		of_component(r, text, rest);
	else
		global(r, text, rest);
}

static void check_providers(struct reader *r)
{
	struct plan *plan = r->plan;
	r->line = 0;
	for (int i = 0; i < plan->count; i++) {
		struct planned *one = &plan->components[i];
		const char *wanted[] = {one->timer, one->log};
		const char *programs[] = {"timer", "log"};
		for (int k = 0; k < 2; k++) {
			int at = wanted[k] ? plan_find(plan, wanted[k]) : -1;
			if (wanted[k] && (at < 0 || strcmp(plan->components[at].program, programs[k])))
				fail(r, "component \"%s\": \"%s\" is no %s", one->name, wanted[k], programs[k]);
		}
	}
}

void plan_read(struct plan *plan, const char *path)
{
	*plan = (struct plan){.seed = 1, .heartbeat_ms = 500, .barriers = BARRIERS_START};
	struct reader r = {.plan = plan, .path = path};
	FILE *file = fopen(path, "re");
	if (!file) {
		fail(&r, "%s", strerror(errno));
		return;
	}
	char line[4096];
	while (!plan->error[0] && fgets(line, sizeof line, file)) {
		r.line++;
		bool whole = strchr(line, '\n') || feof(file);
		if (!whole)
			fail(&r, "longer than 4095 bytes");
		else if (r.line == 1 && strcmp(line, "plan 1\n"))
			fail(&r, "not a plan of version 1");
		else if (r.line > 1)
			read_line(&r, line);
	}
	fclose(file);
	if (!r.line)
		fail(&r, "empty");
	if (r.open)
		fail(&r, "component \"%s\" has no end", r.open->name);
	check_providers(&r);
}

int plan_find(const struct plan *plan, const char *name)
{
	for (int i = 0; i < plan->count; i++)
		if (!strcmp(plan->components[i].name, name))
			return i;
	return -1;
}
