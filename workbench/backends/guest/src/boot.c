#include "boot.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void mount_all(void)
{
	static const struct {
		const char *type, *path;
	} mounts[] = {
		{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"},
		{"tmpfs", "/tmp"}, {"cgroup2", "/sys/fs/cgroup"},
	};
	for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
		mkdir(mounts[i].path, 0755);
		if (mount(mounts[i].type, mounts[i].path, mounts[i].type, 0, NULL) < 0)
			perror(mounts[i].path);
	}
}

static void open_console(void)
{
	int console = open("/dev/console", O_RDWR);
	for (int fd = 0; console >= 0 && fd < 3; fd++)
		dup2(console, fd);
}

static void load_modules(void)
{
	char name[256], path[512];
	FILE *order = fopen("/modules/order", "re");
	while (order && fgets(name, sizeof name, order)) {
		name[strcspn(name, "\n")] = 0;
		snprintf(path, sizeof path, "/modules/%s", name);
		int module = open(path, O_RDONLY | O_CLOEXEC);
		if (module < 0 || syscall(SYS_finit_module, module, "", 0) < 0)
			perror(path);
		if (module >= 0)
			close(module);
	}
	if (order)
		fclose(order);
}

/* The port that the host named "results", or -1. */
static int results_port(void)
{
	DIR *ports = opendir("/sys/class/virtio-ports");
	struct dirent *entry;
	int port = -1;
	while (ports && port < 0 && (entry = readdir(ports))) {
		char path[512], name[64] = "";
		snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", entry->d_name);
		FILE *file = fopen(path, "re");
		if (!file)
			continue;
		if (fgets(name, sizeof name, file) && !strcmp(name, "results\n")) {
			snprintf(path, sizeof path, "/dev/%s", entry->d_name);
			port = open(path, O_WRONLY | O_CLOEXEC);
		}
		fclose(file);
	}
	if (ports)
		closedir(ports);
	return port;
}

int boot_machine(void)
{
	mount_all();
	open_console();
	load_modules();
	for (int tries = 0; tries < 50; tries++) {
		int port = results_port();
		if (port >= 0)
			return port;
		usleep(100000);
	}
	puts("No virtio-serial port is named \"results\": they go to the console.");
	return 1;
}

void power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
