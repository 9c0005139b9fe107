#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 1U
#endif

/* Connect a component with the provider of a session. */
static bool connect_session(struct child *provider, int *end, int type, const char *label)
{
	int ends[2];
	if (provider->clients == MAX_CLIENTS || socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) < 0)
		return false;
	*end = ends[0];
	provider->client_ends[provider->clients] = ends[1];
	provider->client_labels[provider->clients++] = label;
	return true;
}

static bool share_progress(struct child *child)
{
	child->memory = (int)syscall(SYS_memfd_create, "progress", MFD_CLOEXEC);
	if (child->memory < 0 || ftruncate(child->memory, sizeof(struct progress)) < 0)
		return false;
	child->progress = mmap(NULL, sizeof(struct progress), PROT_READ | PROT_WRITE, MAP_SHARED,
	                       child->memory, 0);
	if (child->progress == MAP_FAILED)
		return false;
	atomic_store(&child->progress->phase, -1);
	return true;
}

static bool own_pipes(struct child *child)
{
	int control[2], output[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) < 0 ||
	    pipe2(output, O_CLOEXEC) < 0)
		return false;
	child->control = control[0];
	child->control_end = control[1];
	child->output = output[0];
	child->output_end = output[1];
	return share_progress(child);
}

bool launch_prepare(struct child *children, const struct plan *plan)
{
	for (int i = 0; i < plan->count; i++) {
		children[i] = (struct child){.plan = &plan->components[i], .index = i};
		children[i].control = children[i].output = children[i].timer_end = -1;
		if (!own_pipes(&children[i]))
			return false;
	}
	for (int i = 0; i < plan->count; i++) {
		struct child *child = &children[i];
		int timer = child->plan->timer ? plan_find(plan, child->plan->timer) : -1;
		int log = child->plan->log ? plan_find(plan, child->plan->log) : -1;
		if (timer >= 0 && !connect_session(&children[timer], &child->timer_end, SOCK_SEQPACKET,
		                                   child->plan->name))
			return false;
		if (log >= 0) {
			close(child->output_end);
			if (!connect_session(&children[log], &child->output_end, SOCK_STREAM, child->plan->name))
				return false;
		}
	}
	return true;
}

static void keep_open(int fd)
{
	fcntl(fd, F_SETFD, 0);
}

static bool pin(const struct planned *plan)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	for (int i = 0; i < plan->cpu_count; i++)
		CPU_SET(plan->cpus[i], &set);
	return !plan->cpu_count || sched_setaffinity(0, sizeof set, &set) == 0;
}

static char *word(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *word(const char *format, ...)
{
	char *text;
	va_list values;
	va_start(values, format);
	if (vasprintf(&text, format, values) < 0)
		abort();
	va_end(values);
	return text;
}

static char *cpu_word(const struct planned *plan)
{
	char *text = word("cpus=");
	for (int i = 0; i < plan->cpu_count; i++) {
		char *longer = word("%s%s%d", text, i ? "," : "", plan->cpus[i]);
		free(text);
		text = longer;
	}
	return text;
}

/* The component's arguments; what it is to inherit is kept open. */
static char **arguments(const struct child *child, uint64_t seed, uint64_t origin)
{
	const struct planned *plan = child->plan;
	char **argv = calloc((size_t)(plan->word_count + child->clients + 12), sizeof *argv);
	if (!argv)
		abort();
	int n = 0;
	argv[n++] = word("guest");
	argv[n++] = word("%s", plan->program);
	argv[n++] = word("name=%s", plan->name);
	/* Components differ in their keys, and a component has the same in all variants. */
	argv[n++] = word("seed=%llu", (unsigned long long)(seed + (uint64_t)child->index * 0x9e3779b97f4a7c15u));
	argv[n++] = word("origin=%llu", (unsigned long long)origin);
	argv[n++] = word("control=%d", child->control_end);
	argv[n++] = word("progress=%d", child->memory);
	keep_open(child->control_end);
	keep_open(child->memory);
	if (child->timer_end >= 0) {
		argv[n++] = word("timer=%d", child->timer_end);
		keep_open(child->timer_end);
	}
	if (plan->cpu_count)
		argv[n++] = cpu_word(plan);
	for (int i = 0; i < child->clients; i++) {
		argv[n++] = word("client=%d %s", child->client_ends[i], child->client_labels[i]);
		keep_open(child->client_ends[i]);
	}
	for (int i = 0; i < plan->word_count; i++)
		argv[n++] = plan->words[i];
	return argv;
}

/* The new process. What keeps it from starting is told on its socket. */
_Noreturn static void become(const struct child *child, const struct quota *quota, char **argv,
                             pid_t parent)
{
	char text[256] = "";
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	dup2(child->output_end, 1);
	dup2(child->output_end, 2);
	if (!pin(child->plan))
		snprintf(text, sizeof text, "%cIts CPUs are not to be had: %s.", SAY_FAILED, strerror(errno));
	else if (!quota_enter(quota, child->index, child->plan->ram))
		snprintf(text, sizeof text, "%cIts RAM quota cannot be set: %s.", SAY_FAILED, strerror(errno));
	else {
		execv("/proc/self/exe", argv);
		snprintf(text, sizeof text, "%cIt cannot be loaded: %s.",
		         errno == ENOMEM ? SAY_OUT_OF_MEMORY : SAY_FAILED, strerror(errno));
	}
	send(child->control_end, text, strlen(text), MSG_NOSIGNAL);
	_exit(127);
}

static void close_ends(struct child *child)
{
	close(child->control_end);
	close(child->output_end);
	close(child->memory);
	if (child->timer_end >= 0)
		close(child->timer_end);
	for (int i = 0; i < child->clients; i++)
		close(child->client_ends[i]);
}

bool launch(struct child *child, const struct quota *quota, uint64_t seed, uint64_t origin,
            char why[256])
{
	if (child->plan->denied) {
		snprintf(why, 256, "%s", child->plan->denied);
	} else if (!quota_make(quota, child->index, child->plan->ram)) {
		snprintf(why, 256, "Its RAM quota cannot be set: %s.", strerror(errno));
	} else {
		pid_t parent = getpid();
		child->pid = fork();
		if (child->pid == 0)
			become(child, quota, arguments(child, seed, origin), parent);
		if (child->pid < 0)
			snprintf(why, 256, "No process for it: %s.", strerror(errno));
		else
			setpgid(child->pid, child->pid);
	}
	close_ends(child);
	if (child->pid > 0)
		return true;
	child->pid = 0;
	return false;
}
