/* RAM quotas by the best means there is: cgroup v2, cgroup v1, RLIMIT_AS. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan.h"

struct quota {
	enum quota_means means;
	char folder[512];       /* of the cgroups of this run, "" if none is used */
	char passed_over[512];  /* why better means are not used */
};

void quota_open(struct quota *, const struct plan *);
void quota_close(struct quota *);

const char *quota_name(const struct quota *, uint64_t bytes);
const char *quota_limits(const struct quota *, uint64_t bytes);

/* In the runner, before component `index` is forked: make its folder. */
bool quota_make(const struct quota *, int index, uint64_t bytes);
/* In the new process: put itself under it. */
bool quota_enter(const struct quota *, int index, uint64_t bytes);
/* After its end: whether it ran out of memory, its peak (0 if unknown); removes the folder. */
void quota_end(const struct quota *, int index, bool *out_of_memory, uint64_t *peak);
