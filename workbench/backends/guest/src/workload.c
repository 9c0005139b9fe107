#include "workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"

static const char *const kinds[] = {"lookup", "insert", "update"};

/* The core workloads of YCSB: Cooper, Silberstein, Tam, Ramakrishnan, Sears, Benchmarking
 * cloud serving systems with YCSB, SoCC 2010. */
static const struct {
	const char *name, *parts;
} mixes[] = {
	{"ycsb-a", "lookup:50,update:50"},
	{"ycsb-b", "lookup:95,update:5"},
	{"ycsb-c", "lookup:100"},
};

static void read_part(const struct client *client, struct phase *phase, const char *part)
{
	const char *share = strchr(part, ':');
	size_t length = share ? (size_t)(share - part) : strlen(part);
	for (unsigned kind = 0; kind < 3; kind++)
		if (strlen(kinds[kind]) == length && !strncmp(kinds[kind], part, length)) {
			phase->percent[kind] += share ? (unsigned)atoi(share + 1) : 100;
			return;
		}
	client_fail(client, "Phase %s: there is no operation \"%s\".", phase->name, part);
}

static void read_mix(const struct client *client, struct phase *phase, const char *mix)
{
	char parts[256], *rest;
	for (size_t i = 0; i < sizeof mixes / sizeof *mixes; i++)
		if (!strcmp(mix, mixes[i].name))
			mix = mixes[i].parts;
	snprintf(parts, sizeof parts, "%s", mix);
	for (char *part = strtok_r(parts, ",", &rest); part; part = strtok_r(NULL, ",", &rest))
		read_part(client, phase, part);
	if (phase->percent[LOOKUP] + phase->percent[INSERT] + phase->percent[UPDATE] != 100)
		client_fail(client, "Phase %s: the parts of its mix are not 100 in all.", phase->name);
}

static uint64_t whole(const struct client *client, const struct phase *phase, const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end)
		client_fail(client, "Phase %s: \"%s\" is no number.", phase->name, text);
	return value;
}

static void read_value(const struct client *client, struct phase *phase, const char *word)
{
	const char *value = strchr(word, '=');
	size_t length = value ? (size_t)(value++ - word) : 0;
	if (length == 10 && !strncmp(word, "operations", length))
		phase->operations = whole(client, phase, value);
	else if (length == 4 && !strncmp(word, "keys", length))
		phase->keys = whole(client, phase, value);
	else if (length == 3 && !strncmp(word, "mix", length))
		read_mix(client, phase, value);
	else if (length == 5 && !strncmp(word, "theta", length))
		phase->theta = atof(value);
	else if (!strcmp(word, "pick=uniform") || !strcmp(word, "pick=zipf"))
		phase->zipf = !strcmp(value, "zipf");
	else
		client_fail(client, "Phase %s: \"%s\" is not understood.", phase->name, word);
}

void phase_read(const struct client *client, struct phase *phase, const char *words)
{
	char text[1024], *rest;
	*phase = (struct phase){.theta = 0.99};
	snprintf(text, sizeof text, "%s", words);
	char *word = strtok_r(text, " ", &rest);
	if (word)
		snprintf(phase->name, sizeof phase->name, "%s", word);
	while ((word = strtok_r(NULL, " ", &rest)))
		read_value(client, phase, word);
	if (!phase->operations || phase->operations > UINT32_MAX)
		client_fail(client, "Phase %s: operations has to be from 1 to 2^32 - 1.", phase->name);
	if (!(phase->percent[LOOKUP] + phase->percent[INSERT] + phase->percent[UPDATE]))
		client_fail(client, "Phase %s has no mix.", phase->name);
	if (!(phase->theta > 0.0 && phase->theta < 1.0))
		client_fail(client, "Phase %s: theta has to be above 0 and below 1.", phase->name);
}

void draw_inserts(struct draw *draw, uint64_t present, uint64_t count)
{
	free(draw->operations);
	*draw = (struct draw){.count = count, .present = present};
}

static enum operation_kind draw_one(const struct phase *phase, struct random *random)
{
	for (unsigned kind = 0; kind < 3; kind++)
		if (phase->percent[kind] == 100)
			return (enum operation_kind)kind;
	unsigned dice = (unsigned)random_below(random, 100);
	if (dice < phase->percent[LOOKUP])
		return LOOKUP;
	return dice < phase->percent[LOOKUP] + phase->percent[INSERT] ? INSERT : UPDATE;
}

void draw_phase(const struct client *client, struct draw *draw, const struct phase *phase,
                uint64_t present, uint64_t seed)
{
	static struct zipf zipf;
	struct random random = {.state = seed};
	if (!present && phase->percent[INSERT] < 100)
		client_fail(client, "Phase %s looks up keys, but the tree is empty: set keys=N.", phase->name);
	draw_inserts(draw, present, phase->operations);
	if (phase->percent[INSERT] == 100)
		return;
	if (phase->zipf)
		zipf_init(&zipf, present, phase->theta);
	uint64_t count = phase->operations < DRAWN ? phase->operations : DRAWN;
	draw->operations = malloc(count * sizeof *draw->operations);
	if (!draw->operations)
		client_out_of_memory(client, "the operations of a phase");
	for (uint64_t i = 0; i < count; i++) {
		enum operation_kind kind = draw_one(phase, &random);
		uint64_t index;
		if (kind == INSERT)
			index = draw->inserts++;
		else
			index = phase->zipf ? zipf_next(&zipf, &random) : random_below(&random, present);
		draw->operations[i] = index << 2 | kind;
	}
}
