/* What machine this is. */
#pragma once

#include "json.h"

/* Add `model`, `memory_bytes`, `cpus` and `nodes`. */
void topology_report(struct json *);
/* First line of a file without its end; "" if it cannot be read. */
const char *first_line(const char *path, char *text, int room);
