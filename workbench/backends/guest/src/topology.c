#include "topology.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CPUS "/sys/devices/system/cpu"
#define NODES "/sys/devices/system/node"

enum { MAX_NODES = 64 };

const char *first_line(const char *path, char *text, int room)
{
	FILE *file = fopen(path, "re");
	text[0] = 0;
	if (file) {
		if (!fgets(text, room, file))
			text[0] = 0;
		fclose(file);
	}
	text[strcspn(text, "\n")] = 0;
	return text;
}

static int number_in(const char *path)
{
	char text[64];
	return *first_line(path, text, sizeof text) ? atoi(text) : -1;
}

static bool exists(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0;
}

static int node_of(int cpu)
{
	for (int node = 0; node < MAX_NODES; node++) {
		char path[128];
		snprintf(path, sizeof path, CPUS "/cpu%d/node%d", cpu, node);
		if (exists(path))
			return node;
	}
	return 0;
}

static void report_cpu(struct json *line, int cpu)
{
	char path[128];
	json_open(line, NULL, '{');
	json_int(line, "cpu", cpu);
	json_int(line, "node", node_of(cpu));
	snprintf(path, sizeof path, CPUS "/cpu%d/topology/physical_package_id", cpu);
	json_int(line, "package", number_in(path));
	snprintf(path, sizeof path, CPUS "/cpu%d/topology/core_id", cpu);
	json_int(line, "core", number_in(path));
	json_close(line, '}');
}

/* The kilobytes in a line such as "Node 0 MemTotal:  2010648 kB", in bytes. */
static int64_t memory_in(const char *path)
{
	char text[256];
	int64_t bytes = 0;
	FILE *file = fopen(path, "re");
	while (file && !bytes && fgets(text, sizeof text, file)) {
		const char *total = strstr(text, "MemTotal:");
		if (total)
			bytes = strtoll(total + strlen("MemTotal:"), NULL, 10) * 1024;
	}
	if (file)
		fclose(file);
	return bytes;
}

static void report_node(struct json *line, int node)
{
	char path[128], text[1024], *rest;
	json_open(line, NULL, '{');
	json_int(line, "node", node);
	snprintf(path, sizeof path, NODES "/node%d/meminfo", node);
	json_int(line, "memory_bytes", memory_in(path));
	json_open(line, "distances", '[');
	snprintf(path, sizeof path, NODES "/node%d/distance", node);
	first_line(path, text, sizeof text);
	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		json_int(line, NULL, atoi(word));
	json_close(line, ']');
	json_close(line, '}');
}

static void report_model(struct json *line)
{
	char text[256] = "", *name = NULL;
	FILE *file = fopen("/proc/cpuinfo", "re");
	while (file && !name && fgets(text, sizeof text, file))
		if (!strncmp(text, "model name", 10) && (name = strchr(text, ':')))
			name += 2;
	if (file)
		fclose(file);
	text[strcspn(text, "\n")] = 0;
	json_string(line, "model", name ? name : "");
}

void topology_report(struct json *line)
{
	report_model(line);
	json_int(line, "memory_bytes", memory_in("/proc/meminfo"));
	json_open(line, "cpus", '[');
	long count = sysconf(_SC_NPROCESSORS_CONF);
	for (int cpu = 0; cpu < count && cpu < CPU_SETSIZE; cpu++)
		report_cpu(line, cpu);
	json_close(line, ']');
	json_open(line, "nodes", '[');
	for (int node = 0; node < MAX_NODES; node++) {
		char path[64];
		snprintf(path, sizeof path, NODES "/node%d", node);
		if (exists(path))
			report_node(line, node);
	}
	json_close(line, ']');
}
