#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(struct json *line, const char *text, size_t length)
{
	if (line->length + length + 1 > line->capacity) {
		size_t capacity = (line->length + length + 1) * 2;
		char *grown = realloc(line->text, capacity);
		if (!grown)
			abort();
		line->text = grown;
		line->capacity = capacity;
	}
	memcpy(line->text + line->length, text, length);
	line->length += length;
	line->text[line->length] = 0;
}

static void quoted(struct json *line, const char *text)
{
	put(line, "\"", 1);
	for (const char *c = text; *c; c++) {
		char escaped[8];
		if (*c == '"' || *c == '\\') {
			snprintf(escaped, sizeof escaped, "\\%c", *c);
			put(line, escaped, 2);
		} else if ((unsigned char)*c < 0x20) {
			snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)*c);
			put(line, escaped, 6);
		} else {
			put(line, c, 1);
		}
	}
	put(line, "\"", 1);
}

static void begin_value(struct json *line, const char *name)
{
	if (line->comma)
		put(line, ",", 1);
	line->comma = true;
	if (name) {
		quoted(line, name);
		put(line, ":", 1);
	}
}

void json_free(struct json *line)
{
	free(line->text);
	*line = (struct json){0};
}

void json_event(struct json *line, const char *event, uint64_t t)
{
	line->length = 0;
	line->comma = false;
	json_open(line, NULL, '{');
	json_string(line, "event", event);
	json_int(line, "t", (int64_t)t);
}

void json_end(struct json *line)
{
	json_close(line, '}');
	put(line, "\n", 1);
}

void json_string(struct json *line, const char *name, const char *value)
{
	begin_value(line, name);
	quoted(line, value);
}

void json_int(struct json *line, const char *name, int64_t value)
{
	char digits[24];
	int length = snprintf(digits, sizeof digits, "%lld", (long long)value);
	begin_value(line, name);
	put(line, digits, (size_t)length);
}

void json_bool(struct json *line, const char *name, bool value)
{
	begin_value(line, name);
	put(line, value ? "true" : "false", value ? 4 : 5);
}

void json_open(struct json *line, const char *name, char bracket)
{
	begin_value(line, name);
	put(line, &bracket, 1);
	line->comma = false;
}

void json_close(struct json *line, char bracket)
{
	put(line, &bracket, 1);
	line->comma = true;
}
