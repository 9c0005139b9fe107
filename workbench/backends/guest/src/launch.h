/* Starts a component as a process of its own. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "link.h"
#include "plan.h"
#include "quota.h"

enum { MAX_CLIENTS = 256 };

struct child {
	const struct planned *plan;
	int index;
	pid_t pid;                  /* 0 if it does not run */
	int control, output;        /* the runner's ends, -1 when closed */
	int control_end, output_end, timer_end, memory;  /* the component's ends */
	int client_ends[MAX_CLIENTS];                    /* of a timer or log: its clients */
	const char *client_labels[MAX_CLIENTS];
	int clients;
	struct progress *progress;
};

/* Make all sockets; after that `children` may be launched in any order. */
bool launch_prepare(struct child *children, const struct plan *);
/* False with a reason if it cannot be started. */
bool launch(struct child *, const struct quota *, uint64_t seed, uint64_t origin, char why[256]);
