/* Acts as init: starts the components, keeps the barriers, reports, reaps. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot.h"
#include "client.h"
#include "clock.h"
#include "launch.h"
#include "programs.h"
#include "topology.h"

/* Time for a `go` to reach all components before the phase begins; a guess that
 * leaves room for wake-ups on busy cores. */
#define GO_LEAD_NS 3000000u
#define STOP_PATIENCE_NS 1000000000u

struct component {
	struct child child;
	int ready;            /* phase it waits for or is in, -1 before the first */
	bool waiting;
	bool told_to_stop;
	char said;            /* SAY_FAILED, SAY_OUT_OF_MEMORY or 0 */
	char detail[512];
	char log[1024];       /* a line of output that is not whole yet */
	int log_length;
};

struct runner {
	struct plan plan;
	struct quota quota;
	struct component *components;
	int alive;
	int out, watch, signals;
	uint64_t origin, next_heartbeat, stop_deadline;
	const char *ended;    /* why the run ends before its time, or NULL */
	struct json line;
};

static uint64_t clock_of(const struct runner *r)
{
	return now_ns() - r->origin;
}

static void end_early(struct runner *r, const char *why);

static void send_out(struct runner *r, const char *text, size_t length)
{
	while (length) {
		ssize_t written = write(r->out, text, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			end_early(r, "failed");
			return;
		}
		text += written;
		length -= (size_t)written;
	}
}

static void event(struct runner *r, const char *name)
{
	json_event(&r->line, name, clock_of(r));
}

static void send_event(struct runner *r)
{
	json_end(&r->line);
	send_out(r, r->line.text, r->line.length);
}

static void report_log(struct runner *r, const char *component, const char *text)
{
	event(r, "log");
	json_string(&r->line, "component", component);
	json_string(&r->line, "text", text);
	send_event(r);
}

static void report_hello(struct runner *r)
{
	struct utsname names = {0};
	char source[64];
	uname(&names);
	event(r, "hello");
	json_int(&r->line, "protocol", 1);
	json_string(&r->line, "compiler", __VERSION__);
	json_string(&r->line, "kernel", names.release);
	json_string(&r->line, "architecture", names.machine);
	json_string(&r->line, "clock_source",
	            first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource",
	                       source, sizeof source));
	json_int(&r->line, "origin_ns", (int64_t)r->origin);
	json_int(&r->line, "pid", getpid());
	json_bool(&r->line, "init", getpid() == 1);
	send_event(r);
	event(r, "topology");
	topology_report(&r->line);
	send_event(r);
}

static void report_quota(struct runner *r, const struct planned *plan)
{
	event(r, "quota");
	json_string(&r->line, "component", plan->name);
	json_int(&r->line, "bytes", (int64_t)plan->ram);
	json_string(&r->line, "means", quota_name(&r->quota, plan->ram));
	json_string(&r->line, "limits", quota_limits(&r->quota, plan->ram));
	json_string(&r->line, "passed_over", plan->ram ? r->quota.passed_over : "");
	send_event(r);
}

static void report_started(struct runner *r, const struct child *child)
{
	event(r, "started");
	json_string(&r->line, "component", child->plan->name);
	json_int(&r->line, "pid", child->pid);
	json_open(&r->line, "cpus", '[');
	for (int i = 0; i < child->plan->cpu_count; i++)
		json_int(&r->line, NULL, child->plan->cpus[i]);
	json_close(&r->line, ']');
	send_event(r);
}

static uint64_t done_by(const struct progress *progress)
{
	uint64_t done = 0;
	for (int i = 0; i < MAX_WORKERS; i++)
		done += atomic_load_explicit(&progress->worker[i].done, memory_order_relaxed);
	return done;
}

static void report_heartbeat(struct runner *r)
{
	event(r, "heartbeat");
	json_open(&r->line, "components", '[');
	for (int i = 0; i < r->plan.count; i++) {
		const struct child *child = &r->components[i].child;
		int phase = child->pid ? atomic_load(&child->progress->phase) : -1;
		if (phase < 0)
			continue;
		json_open(&r->line, NULL, '{');
		json_string(&r->line, "component", child->plan->name);
		json_int(&r->line, "index", phase);
		json_int(&r->line, "done", (int64_t)done_by(child->progress));
		json_int(&r->line, "of", (int64_t)atomic_load(&child->progress->of));
		json_close(&r->line, '}');
	}
	json_close(&r->line, ']');
	send_event(r);
}

static int64_t in_ns(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000000 + (int64_t)t.tv_usec * 1000;
}

static void report_exit(struct runner *r, struct component *one, const char *reason,
                        const char *detail, int status, const struct rusage *used, uint64_t peak)
{
	const struct progress *progress = one->child.progress;
	uint64_t resident = (uint64_t)used->ru_maxrss * 1024;
	event(r, "exit");
	json_string(&r->line, "component", one->child.plan->name);
	json_string(&r->line, "reason", reason);
	json_string(&r->line, "detail", detail);
	json_int(&r->line, "phase", atomic_load(&progress->phase));
	json_int(&r->line, "done", (int64_t)done_by(progress));
	json_int(&r->line, "status", status);
	json_int(&r->line, "cpu_user_ns", in_ns(used->ru_utime));
	json_int(&r->line, "cpu_system_ns", in_ns(used->ru_stime));
	json_int(&r->line, "switches_voluntary", used->ru_nvcsw);
	json_int(&r->line, "switches_involuntary", used->ru_nivcsw);
	json_int(&r->line, "faults_minor", used->ru_minflt);
	json_int(&r->line, "faults_major", used->ru_majflt);
	json_int(&r->line, "peak_ram_bytes", (int64_t)(peak ? peak : resident));
	send_event(r);
}

static void report_not_started(struct runner *r, struct component *one)
{
	struct rusage nothing = {0};
	report_exit(r, one, "not-started", one->detail, 0, &nothing, 0);
}

static bool is_benchmark(const struct component *one)
{
	return one->child.plan->phases > 0;
}

static void kill_all(struct runner *r)
{
	for (int i = 0; i < r->plan.count; i++)
		if (r->components[i].child.pid)
			kill(-r->components[i].child.pid, SIGKILL);
}

static void end_early(struct runner *r, const char *why)
{
	if (!r->ended)
		r->ended = why;
	kill_all(r);
}

/* Whether a waiting component may begin: see `barriers` in README.md. */
static bool may_go(const struct runner *r, const struct component *one)
{
	if (r->plan.barriers == BARRIERS_NONE)
		return true;
	int wanted = r->plan.barriers == BARRIERS_START ? 0 : one->ready;
	for (int i = 0; i < r->plan.count; i++) {
		const struct component *other = &r->components[i];
		if (other->child.pid && is_benchmark(other) && other->ready < wanted)
			return false;
	}
	return true;
}

static void release(struct runner *r)
{
	uint64_t start = now_ns() + GO_LEAD_NS;
	for (int i = 0; i < r->plan.count; i++) {
		struct component *one = &r->components[i];
		if (!one->child.pid || !one->waiting || !may_go(r, one))
			continue;
		struct link_go go = {.kind = SAY_GO, .at_ns = start};
		if (one->ready == 0)
			go.at_ns += one->child.plan->delay_ms * 1000000u;
		one->waiting = false;
		send(one->child.control, &go, sizeof go, MSG_NOSIGNAL);
	}
}

/* Once no benchmark runs, the others are told to stop. */
static void stop_services(struct runner *r)
{
	for (int i = 0; i < r->plan.count; i++)
		if (r->components[i].child.pid && is_benchmark(&r->components[i]))
			return;
	for (int i = 0; i < r->plan.count; i++) {
		struct component *one = &r->components[i];
		char stop = SAY_STOP;
		if (!one->child.pid || one->told_to_stop)
			continue;
		one->told_to_stop = true;
		r->stop_deadline = now_ns() + STOP_PATIENCE_NS;
		send(one->child.control, &stop, 1, MSG_NOSIGNAL);
	}
}

static void hear(struct runner *r, struct component *one, const char *message, size_t length)
{
	switch (message[0]) {
	case SAY_LINE:
		send_out(r, message + 1, length - 1);
		break;
	case SAY_READY: {
		struct link_ready ready;
		memcpy(&ready, message, sizeof ready);
		one->ready = ready.phase;
		one->waiting = true;
		release(r);
		break;
	}
	case SAY_FAILED:
	case SAY_OUT_OF_MEMORY:
		one->said = message[0];
		snprintf(one->detail, sizeof one->detail, "%.*s", (int)length - 1, message + 1);
		break;
	}
}

static void close_once(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void read_control(struct runner *r, struct component *one)
{
	static char message[LINE_LIMIT + 2];
	while (one->child.control >= 0) {
		ssize_t got = recv(one->child.control, message, LINE_LIMIT + 1, MSG_DONTWAIT);
		if (got > 0) {
			message[got] = 0;
			hear(r, one, message, (size_t)got);
		} else if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
			return;
		} else {
			close_once(&one->child.control);
		}
	}
}

static void flush_log(struct runner *r, struct component *one)
{
	one->log[one->log_length] = 0;
	if (one->log_length)
		report_log(r, one->child.plan->name, one->log);
	one->log_length = 0;
}

static void read_output(struct runner *r, struct component *one)
{
	char text[4096];
	ssize_t got = read(one->child.output, text, sizeof text);
	if (got <= 0) {
		if (got == 0 || (errno != EAGAIN && errno != EINTR))
			close_once(&one->child.output);
		return;
	}
	for (ssize_t i = 0; i < got; i++) {
		if (text[i] != '\n')
			one->log[one->log_length++] = text[i];
		if (text[i] == '\n' || one->log_length == (int)sizeof one->log - 1)
			flush_log(r, one);
	}
}

/* What an ended component's status means; `detail` gets a sentence. */
static const char *reason_of(const struct runner *r, struct component *one, int status,
                             bool out_of_memory)
{
	char *detail = one->detail;
	size_t room = sizeof one->detail;
	bool killed = WIFSIGNALED(status);
	if (one->told_to_stop && !one->said)
		return "finished";
	if (one->said == SAY_OUT_OF_MEMORY || (killed && out_of_memory)) {
		if (!one->said)
			snprintf(detail, room, "Its data outgrew its RAM quota of %llu bytes.",
			         (unsigned long long)one->child.plan->ram);
		return "out-of-memory";
	}
	if (killed && r->ended) {
		snprintf(detail, room, "The run was ended: %s.", r->ended);
		return "cancelled";
	}
	if (one->said == SAY_FAILED)
		return WEXITSTATUS(status) == 127 ? "not-started" : "failed";
	if (!killed && WEXITSTATUS(status) == 0)
		return "finished";
	if (killed)
		snprintf(detail, room, "It was killed by signal %d (%s).", WTERMSIG(status),
		         strsignal(WTERMSIG(status)));
	else
		snprintf(detail, room, "It ended with status %d.", WEXITSTATUS(status));
	return "failed";
}

static void bury(struct runner *r, struct component *one, int status, const struct rusage *used)
{
	bool out_of_memory;
	uint64_t peak;
	/* Flags that its pipes do not block: what it said last is still in them. */
	read_control(r, one);
	while (one->child.output >= 0)
		read_output(r, one);
	flush_log(r, one);
	kill(-one->child.pid, SIGKILL);
	one->child.pid = 0;
	r->alive--;
	quota_end(&r->quota, one->child.index, &out_of_memory, &peak);
	const char *reason = reason_of(r, one, status, out_of_memory);
	int code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
	report_exit(r, one, reason, one->detail, code, used, peak);
	close_once(&one->child.control);
}

static void reap(struct runner *r)
{
	int status;
	struct rusage used;
	pid_t pid;
	while ((pid = wait4(-1, &status, WNOHANG, &used)) > 0)
		for (int i = 0; i < r->plan.count; i++)
			if (r->components[i].child.pid == pid)
				bury(r, &r->components[i], status, &used);
	release(r);
	stop_services(r);
}

static void start_all(struct runner *r)
{
	struct child *children = calloc((size_t)r->plan.count + 1, sizeof *children);
	if (!children || !launch_prepare(children, &r->plan)) {
		snprintf(r->plan.error, sizeof r->plan.error, "sockets of the components: %s",
		         strerror(errno));
		r->ended = "failed";
		r->plan.count = 0;
		return;
	}
	for (int i = 0; i < r->plan.count; i++) {
		struct component *one = &r->components[i];
		one->ready = -1;
		one->child = children[i];
		if (launch(&one->child, &r->quota, r->plan.seed, r->origin, one->detail)) {
			r->alive++;
			report_quota(r, one->child.plan);
			report_started(r, &one->child);
		} else {
			report_not_started(r, one);
		}
	}
	free(children);
}

static void read_signals(struct runner *r)
{
	struct signalfd_siginfo signal;
	while (read(r->signals, &signal, sizeof signal) == sizeof signal)
		if (signal.ssi_signo != SIGCHLD)
			end_early(r, "cancelled");
	reap(r);
}

static int poll_timeout_ms(const struct runner *r)
{
	uint64_t now = now_ns(), next = r->next_heartbeat;
	if (r->stop_deadline && r->stop_deadline < next)
		next = r->stop_deadline;
	return next <= now ? 0 : (int)((next - now) / 1000000u) + 1;
}

static void look_at_the_clock(struct runner *r)
{
	uint64_t now = now_ns();
	if (now >= r->next_heartbeat) {
		report_heartbeat(r);
		r->next_heartbeat = now + r->plan.heartbeat_ms * 1000000u;
	}
	if (r->plan.deadline_ms && now - r->origin >= r->plan.deadline_ms * 1000000u && !r->ended)
		end_early(r, "deadline");
	if (r->stop_deadline && now >= r->stop_deadline) {
		kill_all(r);
		r->stop_deadline = 0;
	}
}

static void serve(struct runner *r, struct pollfd *fds)
{
	while (r->alive) {
		int n = 0;
		fds[n++] = (struct pollfd){.fd = r->signals, .events = POLLIN};
		fds[n++] = (struct pollfd){.fd = r->watch, .events = POLLIN};
		for (int i = 0; i < r->plan.count; i++) {
			fds[n++] = (struct pollfd){.fd = r->components[i].child.control, .events = POLLIN};
			fds[n++] = (struct pollfd){.fd = r->components[i].child.output, .events = POLLIN};
		}
		poll(fds, (nfds_t)n, poll_timeout_ms(r));
		for (int i = 0; i < r->plan.count; i++) {
			if (fds[2 + 2 * i].revents)
				read_control(r, &r->components[i]);
			if (fds[3 + 2 * i].revents)
				read_output(r, &r->components[i]);
		}
		char byte;
		if (fds[1].revents && read(r->watch, &byte, 1) <= 0) {
			close_once(&r->watch);
			end_early(r, "cancelled");
		}
		if (fds[0].revents)
			read_signals(r);
		look_at_the_clock(r);
	}
}

static void report_final(struct runner *r)
{
	const char *ended = r->ended ? r->ended : r->plan.error[0] ? "bad-plan" : "finished";
	event(r, "final");
	json_bool(&r->line, "ok", !strcmp(ended, "finished"));
	json_string(&r->line, "ended", ended);
	json_string(&r->line, "detail", r->plan.error);
	json_int(&r->line, "elapsed_ns", (int64_t)clock_of(r));
	send_event(r);
}

static int watch_signals(void)
{
	static const int wanted[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		sigaddset(&set, wanted[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void run(struct runner *r)
{
	quota_open(&r->quota, &r->plan);
	r->components = calloc((size_t)r->plan.count + 1, sizeof *r->components);
	struct pollfd *fds = calloc((size_t)r->plan.count * 2 + 2, sizeof *fds);
	if (!r->components || !fds)
		abort();
	start_all(r);
	stop_services(r);
	serve(r, fds);
	quota_close(&r->quota);
	free(fds);
}

int runner_main(int argc, char **argv)
{
	struct client words = {.words = argv + 1, .count = argc - 1, .control = -1, .name = "runner"};
	bool init = getpid() == 1;
	struct runner r = {.origin = now_ns(), .signals = watch_signals()};
	r.out = init ? boot_machine() : (int)client_number(&words, "out", 1);
	r.watch = init ? -1 : (int)client_number(&words, "watch", (uint64_t)-1);
	fcntl(r.out, F_SETFD, FD_CLOEXEC);
	if (r.watch >= 0)
		fcntl(r.watch, F_SETFD, FD_CLOEXEC);
	r.next_heartbeat = now_ns();
	report_hello(&r);
	plan_read(&r.plan, init ? "/plan" : client_text(&words, "plan", "/plan"));
	if (!r.plan.error[0])
		run(&r);
	report_final(&r);
	if (init)
		power_off();
	return r.plan.error[0] ? 2 : 0;
}
