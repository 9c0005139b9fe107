#include "quota.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUR_FOLDER "workbench-guest-"

/* The path is what the format makes; false if it does not fit. */
static bool path_of(char path[1024], const char *format, ...)
{
	va_list values;
	va_start(values, format);
	int length = vsnprintf(path, 1024, format, values);
	va_end(values);
	return length > 0 && length < 1024;
}

static bool write_text(const char *folder, const char *file, const char *text)
{
	char path[1024];
	if (!path_of(path, "%s/%s", folder, file))
		return false;
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool whole = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return whole;
}

static bool write_number(const char *folder, const char *file, uint64_t value)
{
	char text[24];
	snprintf(text, sizeof text, "%llu", (unsigned long long)value);
	return write_text(folder, file, text);
}

/* The number after `key` in a file, or the first one if the key is "". */
static uint64_t read_number(const char *folder, const char *file, const char *key)
{
	char path[1024], line[256];
	uint64_t value = 0;
	if (!path_of(path, "%s/%s", folder, file))
		return 0;
	FILE *in = fopen(path, "re");
	if (!in)
		return 0;
	while (fgets(line, sizeof line, in))
		if (!strncmp(line, key, strlen(key))) {
			value = strtoull(line + strlen(key), NULL, 10);
			break;
		}
	fclose(in);
	return value;
}

static bool has(const char *folder, const char *file)
{
	char path[1024];
	return path_of(path, "%s/%s", folder, file) && access(path, F_OK) == 0;
}

/* Where a hierarchy is mounted: of type cgroup2, or cgroup with the memory controller. */
static bool mount_point(const char *type, char path[512])
{
	char line[2048];
	FILE *in = fopen("/proc/self/mountinfo", "re");
	bool found = false;
	while (in && !found && fgets(line, sizeof line, in)) {
		char *tail = strstr(line, " - ");
		char kind[64], source[256], options[512];
		if (!tail || sscanf(tail + 3, "%63s %255s %511s", kind, source, options) != 3)
			continue;
		if (strcmp(kind, type) || (!strcmp(type, "cgroup") && !strstr(options, "memory")))
			continue;
		found = sscanf(line, "%*s %*s %*s %*s %511s", path) == 1;
	}
	if (in)
		fclose(in);
	return found;
}

/* The runner's own folder below a mount point; the mount point itself if it is not visible. */
static void own_folder(const char *key, const char *mounted, char folder[1024])
{
	char line[1024];
	FILE *in = fopen("/proc/self/cgroup", "re");
	path_of(folder, "%s", mounted);
	while (in && fgets(line, sizeof line, in)) {
		line[strcspn(line, "\n")] = 0;
		char *name = strchr(line, ':');
		char *path = name ? strchr(name + 1, ':') : NULL;
		if (!path)
			continue;
		*path++ = 0;
		char candidate[1024];
		bool same = !strcmp(name + 1, key) && path_of(candidate, "%s%s", mounted, path);
		if (same && access(candidate, F_OK) == 0)
			path_of(folder, "%s", candidate);
	}
	if (in)
		fclose(in);
}

static void remove_folders(const char *folder)
{
	DIR *listing = opendir(folder);
	struct dirent *entry;
	while (listing && (entry = readdir(listing))) {
		char path[1024];
		if (entry->d_name[0] == 'c' && path_of(path, "%s/%s", folder, entry->d_name))
			rmdir(path);  /* files of a cgroup cannot be removed, and need not be */
	}
	if (listing)
		closedir(listing);
	rmdir(folder);
}

/* Remove what a runner left that was killed. */
static void remove_stale(const char *base)
{
	DIR *listing = opendir(base);
	struct dirent *entry;
	while (listing && (entry = readdir(listing))) {
		char path[1024];
		if (strncmp(entry->d_name, OUR_FOLDER, strlen(OUR_FOLDER)))
			continue;
		int pid = atoi(entry->d_name + strlen(OUR_FOLDER));
		if (pid > 0 && kill(pid, 0) < 0 && errno == ESRCH &&
		    path_of(path, "%s/%s", base, entry->d_name))
			remove_folders(path);
	}
	if (listing)
		closedir(listing);
}

static void pass_over(struct quota *quota, const char *means, const char *why)
{
	size_t used = strlen(quota->passed_over);
	snprintf(quota->passed_over + used, sizeof quota->passed_over - used, "%s%s: %s",
	         used ? "; " : "", means, why);
}

static bool make_ours(struct quota *quota, const char *base)
{
	remove_stale(base);
	int length = snprintf(quota->folder, sizeof quota->folder, "%s/" OUR_FOLDER "%d", base, getpid());
	if (length > 0 && (size_t)length < sizeof quota->folder && mkdir(quota->folder, 0755) == 0)
		return true;
	quota->folder[0] = 0;
	return false;
}

static bool try_v2(struct quota *quota, const char *base, const char *title)
{
	if (!make_ours(quota, base)) {
		pass_over(quota, title, "no folder may be made there");
		return false;
	}
	if (!has(quota->folder, "memory.max"))
		write_text(base, "cgroup.subtree_control", "+memory");
	if (has(quota->folder, "memory.max") &&
	    write_text(quota->folder, "cgroup.subtree_control", "+memory"))
		return true;
	pass_over(quota, title, "the memory controller is not available there");
	quota_close(quota);
	return false;
}

static bool open_v2(struct quota *quota, const struct plan *plan)
{
	char mounted[512], own[1024];
	if (plan->cgroup && try_v2(quota, plan->cgroup, "cgroup v2 of the plan"))
		return true;
	if (!mount_point("cgroup2", mounted)) {
		pass_over(quota, "cgroup v2", "not mounted");
		return false;
	}
	own_folder("", mounted, own);
	return try_v2(quota, own, "cgroup v2");
}

static bool open_v1(struct quota *quota)
{
	char mounted[512], own[1024];
	if (!mount_point("cgroup", mounted)) {
		pass_over(quota, "cgroup v1", "no memory hierarchy");
		return false;
	}
	own_folder("memory", mounted, own);
	if (make_ours(quota, own))
		return true;
	pass_over(quota, "cgroup v1", "only root may use it");
	return false;
}

void quota_open(struct quota *quota, const struct plan *plan)
{
	enum quota_means want = plan->means;
	*quota = (struct quota){.means = QUOTA_RLIMIT};
	if (want == QUOTA_NONE)
		quota->means = QUOTA_NONE;
	else if ((want == QUOTA_ANY || want == QUOTA_CGROUP_V2) && open_v2(quota, plan))
		quota->means = QUOTA_CGROUP_V2;
	else if ((want == QUOTA_ANY || want == QUOTA_CGROUP_V1) && open_v1(quota))
		quota->means = QUOTA_CGROUP_V1;
}

void quota_close(struct quota *quota)
{
	if (quota->folder[0])
		remove_folders(quota->folder);
	quota->folder[0] = 0;
}

const char *quota_name(const struct quota *quota, uint64_t bytes)
{
	static const char *const names[] = {
		[QUOTA_CGROUP_V2] = "cgroup-v2",
		[QUOTA_CGROUP_V1] = "cgroup-v1",
		[QUOTA_RLIMIT] = "rlimit-as",
		[QUOTA_NONE] = "none",
	};
	return names[bytes ? quota->means : QUOTA_NONE];
}

const char *quota_limits(const struct quota *quota, uint64_t bytes)
{
	if (!bytes || quota->means == QUOTA_NONE)
		return "nothing";
	if (quota->means == QUOTA_RLIMIT)
		return "address space, not resident memory";
	return "resident memory and page cache of the component";
}

static void folder_of(const struct quota *quota, int index, char path[1024])
{
	path_of(path, "%s/c%d", quota->folder, index);
}

bool quota_make(const struct quota *quota, int index, uint64_t bytes)
{
	if (!quota->folder[0] || !bytes)
		return true;
	char path[1024];
	folder_of(quota, index, path);
	if (mkdir(path, 0755) < 0)
		return false;
	if (quota->means == QUOTA_CGROUP_V2) {
		write_number(path, "memory.swap.max", 0);  /* absent without swap */
		return write_number(path, "memory.max", bytes);
	}
	bool limited = write_number(path, "memory.limit_in_bytes", bytes);
	write_number(path, "memory.memsw.limit_in_bytes", bytes);  /* absent without swap */
	return limited;
}

bool quota_enter(const struct quota *quota, int index, uint64_t bytes)
{
	if (!bytes || quota->means == QUOTA_NONE)
		return true;
	if (quota->means == QUOTA_RLIMIT) {
		struct rlimit limit = {.rlim_cur = bytes, .rlim_max = bytes};
		return setrlimit(RLIMIT_AS, &limit) == 0;
	}
	char path[1024];
	folder_of(quota, index, path);
	return write_text(path, "cgroup.procs", "0");
}

void quota_end(const struct quota *quota, int index, bool *out_of_memory, uint64_t *peak)
{
	char path[1024];
	*out_of_memory = false;
	*peak = 0;
	if (!quota->folder[0])
		return;
	folder_of(quota, index, path);
	if (quota->means == QUOTA_CGROUP_V2) {
		*out_of_memory = read_number(path, "memory.events", "oom_kill ") > 0;
		*peak = read_number(path, "memory.peak", "");
	} else {
		*out_of_memory = read_number(path, "memory.oom_control", "oom_kill ") > 0;
		*peak = read_number(path, "memory.max_usage_in_bytes", "");
	}
	rmdir(path);
}
