/* The plan: what is to run, as README.md describes it. */
#pragma once

#include <stdint.h>

enum barriers { BARRIERS_NONE, BARRIERS_START, BARRIERS_PHASES };

enum quota_means { QUOTA_ANY, QUOTA_CGROUP_V2, QUOTA_CGROUP_V1, QUOTA_RLIMIT, QUOTA_NONE };

struct planned {
	char *name, *program;
	char *timer, *log;     /* provider, NULL is the parent */
	char *denied;          /* why it is not started, NULL if it is */
	int *cpus, cpu_count;  /* none is all */
	uint64_t ram;          /* bytes, 0 is no quota */
	uint64_t delay_ms;
	char **words;          /* parameters and phases, as arguments of the program */
	int word_count;
	int phases;
};

struct plan {
	uint64_t seed, heartbeat_ms, deadline_ms;
	enum barriers barriers;
	enum quota_means means;
	char *cgroup;
	struct planned *components;
	int count;
	char error[256];       /* what is wrong, "" if nothing */
};

/* Read a plan; look at `error` afterwards. */
void plan_read(struct plan *, const char *path);
int plan_find(const struct plan *, const char *name);
