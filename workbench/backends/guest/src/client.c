#include "client.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

static void say(const struct client *client, const void *message, size_t length)
{
	while (send(client->control, message, length, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			_exit(1);  /* the runner is gone */
}

void client_init(struct client *client, int argc, char **argv)
{
	*client = (struct client){.words = argv + 1, .count = argc - 1};
	client->name = client_text(client, "name", argv[0]);
	client->control = (int)client_number(client, "control", (uint64_t)-1);
	client->timer = (int)client_number(client, "timer", (uint64_t)-1);
	client->origin = client_number(client, "origin", now_ns());
	int shared = (int)client_number(client, "progress", (uint64_t)-1);
	int flags = shared < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
	client->progress = mmap(NULL, sizeof(struct progress), PROT_READ | PROT_WRITE, flags, shared, 0);
	if (client->progress == MAP_FAILED)
		client_out_of_memory(client, "its counters");
}

const char *client_word(const struct client *client, const char *name, int nth)
{
	size_t length = strlen(name);
	for (int i = 0; i < client->count; i++) {
		const char *word = client->words[i];
		if (!strncmp(word, name, length) && word[length] == '=' && nth-- == 0)
			return word + length + 1;
	}
	return NULL;
}

const char *client_text(const struct client *client, const char *name, const char *otherwise)
{
	const char *text = client_word(client, name, 0);
	return text ? text : otherwise;
}

uint64_t client_number(const struct client *client, const char *name, uint64_t otherwise)
{
	const char *text = client_word(client, name, 0);
	if (!text)
		return otherwise;
	char *end;
	uint64_t value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end)
		client_fail(client, "%s is \"%s\", which is no number.", name, text);
	return value;
}

int client_choice(const struct client *client, const char *name, const char *const *names)
{
	const char *text = client_text(client, name, names[0]);
	for (int i = 0; names[i]; i++)
		if (!strcmp(text, names[i]))
			return i;
	client_fail(client, "%s cannot be \"%s\".", name, text);
}

bool client_yes(const struct client *client, const char *name, bool otherwise)
{
	static const char *const answers[] = {"no", "yes", NULL};
	return client_word(client, name, 0) ? client_choice(client, name, answers) == 1 : otherwise;
}

int client_cpus(const struct client *client, int *cpus, int room)
{
	int count = 0;
	const char *list = client_word(client, "cpus", 0);
	if (!list) {
		cpu_set_t allowed;
		sched_getaffinity(0, sizeof allowed, &allowed);
		for (int cpu = 0; cpu < CPU_SETSIZE && count < room; cpu++)
			if (CPU_ISSET(cpu, &allowed))
				cpus[count++] = cpu;
		return count;
	}
	while (*list && count < room) {
		char *end;
		cpus[count++] = (int)strtoul(list, &end, 10);
		list = *end == ',' ? end + 1 : end;
		if (*end && *end != ',')
			client_fail(client, "cpus has to be numbers with commas.");
	}
	return count;
}

uint64_t client_clock(const struct client *client)
{
	return now_ns() - client->origin;
}

int64_t client_timer(const struct client *client)
{
	uint64_t time;
	if (client->timer < 0)
		return (int64_t)(client_clock(client) / PARENT_TIMER_STEP_NS * PARENT_TIMER_STEP_NS);
	if (send(client->timer, "?", 1, MSG_NOSIGNAL) != 1)
		return -1;
	return recv(client->timer, &time, sizeof time, 0) == sizeof time ? (int64_t)time : -1;
}

void client_report(const struct client *client, struct json *line)
{
	if (client->control < 0) {
		fputs(line->text, stdout);
		fflush(stdout);
		return;
	}
	char *message = malloc(line->length + 1);
	if (!message)
		client_out_of_memory(client, "a report");
	message[0] = SAY_LINE;
	memcpy(message + 1, line->text, line->length);
	say(client, message, line->length + 1);
	free(message);
}

uint64_t client_begin_phase(const struct client *client, int phase)
{
	struct link_go go = {.at_ns = now_ns()};
	if (client->control >= 0) {
		struct link_ready ready = {.kind = SAY_READY, .phase = phase};
		say(client, &ready, sizeof ready);
		ssize_t got;
		while ((got = recv(client->control, &go, sizeof go, 0)) < 0 && errno == EINTR)
			;
		if (got != sizeof go || go.kind != SAY_GO)
			_exit(1);
		struct timespec at = {.tv_sec = (time_t)(go.at_ns / 1000000000u),
		                      .tv_nsec = (long)(go.at_ns % 1000000000u)};
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
			;
	}
	return client_clock(client);
}

void client_wait_for_stop(const struct client *client)
{
	char kind = 0;
	while (client->control >= 0 && kind != SAY_STOP)
		if (recv(client->control, &kind, 1, 0) == 0)
			_exit(1);
}

static void last_words(const struct client *client, char kind, const char *text)
{
	char message[512];
	int length = snprintf(message, sizeof message, "%c%s", kind, text);
	if (client->control < 0)
		fprintf(stderr, "%s: %s\n", client->name, text);
	else
		say(client, message, (size_t)length < sizeof message ? (size_t)length : sizeof message - 1);
}

void client_fail(const struct client *client, const char *format, ...)
{
	char text[400];
	va_list values;
	va_start(values, format);
	vsnprintf(text, sizeof text, format, values);
	va_end(values);
	last_words(client, SAY_FAILED, text);
	_exit(1);
}

void client_out_of_memory(const struct client *client, const char *for_what)
{
	char text[200];
	snprintf(text, sizeof text, "Its RAM quota has no room for %s.", for_what);
	last_words(client, SAY_OUT_OF_MEMORY, text);
	_exit(3);
}
