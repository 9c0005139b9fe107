/* One file for all programs: the first word says which one. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "programs.h"

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int, char **);
	} programs[] = {
		{"runner", runner_main},         {"blinktree", blinktree_main}, {"timer", timer_main},
		{"antagonist", antagonist_main}, {"log", log_main},
	};
	if (getpid() == 1)
		return runner_main(argc, argv);
	for (size_t i = 0; argc > 1 && i < sizeof programs / sizeof *programs; i++)
		if (!strcmp(argv[1], programs[i].name))
			return programs[i].run(argc - 1, argv + 1);
	fputs("usage: guest runner|blinktree|timer|antagonist|log [NAME=VALUE ...]\n", stderr);
	return 2;
}
