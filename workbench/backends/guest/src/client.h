/* A component's view of the runner: its parameters, reports, barriers and timer. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "json.h"
#include "link.h"

struct client {
	const char *name;
	char **words;
	int count;
	int control;         /* -1 without a runner: reports go to stdout */
	int timer;           /* -1: the parent's clock */
	uint64_t origin;     /* CLOCK_MONOTONIC at which the common clock is 0 */
	struct progress *progress;
};

void client_init(struct client *, int argc, char **argv);

/* Parameters: words NAME=VALUE. The `nth` of several, or NULL. */
const char *client_word(const struct client *, const char *name, int nth);
const char *client_text(const struct client *, const char *name, const char *otherwise);
uint64_t client_number(const struct client *, const char *name, uint64_t otherwise);
bool client_yes(const struct client *, const char *name, bool otherwise);
/* Which of the names a parameter has; the list ends with NULL, the first is the default. */
int client_choice(const struct client *, const char *name, const char *const *names);
/* The CPUs of the component, at most `room`; returns how many. */
int client_cpus(const struct client *, int *cpus, int room);

uint64_t client_clock(const struct client *);
/* Time of the Timer session in ns, -1 if its provider is gone. */
int64_t client_timer(const struct client *);

void client_report(const struct client *, struct json *);
/* Tell the runner, and wait until the phase may begin; the time on the common clock. */
uint64_t client_begin_phase(const struct client *, int phase);
/* Wait until the runner says stop. */
void client_wait_for_stop(const struct client *);

_Noreturn void client_fail(const struct client *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
_Noreturn void client_out_of_memory(const struct client *, const char *for_what);
