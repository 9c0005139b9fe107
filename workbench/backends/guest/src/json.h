/* Builds one line of JSON in a buffer that grows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json {
	char *text;
	size_t length, capacity;
	bool comma;
};

void json_free(struct json *);

/* Begin a line with its event and the time on the common clock. */
void json_event(struct json *, const char *event, uint64_t t);
/* Close it with a newline; text and length are then ready to be sent. */
void json_end(struct json *);

/* Members of an object have a name; items of a list have the name NULL. */
void json_string(struct json *, const char *name, const char *value);
void json_int(struct json *, const char *name, int64_t value);
void json_bool(struct json *, const char *name, bool value);
void json_open(struct json *, const char *name, char bracket);
void json_close(struct json *, char bracket);
