#include "hardware.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_counter(uint64_t which)
{
	struct perf_event_attr wanted = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof wanted,
		.config = which,
		.disabled = 1,
		.exclude_kernel = 1,  /* unprivileged users may count no more */
		.exclude_hv = 1,
	};
	return (int)syscall(SYS_perf_event_open, &wanted, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static bool open_all(struct hardware *hardware)
{
	static const uint64_t events[HARDWARE_COUNTERS] = {
		[CYCLES] = PERF_COUNT_HW_CPU_CYCLES,
		[INSTRUCTIONS] = PERF_COUNT_HW_INSTRUCTIONS,
		[CACHE_REFERENCES] = PERF_COUNT_HW_CACHE_REFERENCES,
		[CACHE_MISSES] = PERF_COUNT_HW_CACHE_MISSES,
	};
	for (int i = 0; i < HARDWARE_COUNTERS; i++) {
		hardware->fds[i] = open_counter(events[i]);
		if (hardware->fds[i] < 0) {
			while (i--)
				close(hardware->fds[i]);
			return false;
		}
	}
	return true;
}

void hardware_start(struct hardware *hardware)
{
	if (!hardware->wanted)
		return;
	if (!hardware->open)
		hardware->open = open_all(hardware);
	hardware->wanted = hardware->open;
	for (int i = 0; i < HARDWARE_COUNTERS && hardware->open; i++) {
		ioctl(hardware->fds[i], PERF_EVENT_IOC_RESET, 0);
		ioctl(hardware->fds[i], PERF_EVENT_IOC_ENABLE, 0);
	}
}

void hardware_stop(struct hardware *hardware, uint64_t values[HARDWARE_COUNTERS])
{
	for (int i = 0; i < HARDWARE_COUNTERS; i++) {
		values[i] = 0;
		if (!hardware->open)
			continue;
		ioctl(hardware->fds[i], PERF_EVENT_IOC_DISABLE, 0);
		if (read(hardware->fds[i], &values[i], sizeof values[i]) != sizeof values[i])
			values[i] = 0;
	}
}
