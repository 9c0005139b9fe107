/* Provides LOG sessions: prints what its clients write, each line with the client's label. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "programs.h"

enum { MOST_SESSIONS = 256 };

struct session {
	const char *label;
	char line[1024];
	int length;
};

static struct session sessions[MOST_SESSIONS];

static void print(struct session *session)
{
	printf("[%s] %.*s\n", session->label, session->length, session->line);
	fflush(stdout);
	session->length = 0;
}

static void read_session(struct pollfd *fd, struct session *session)
{
	char text[1024];
	ssize_t got = read(fd->fd, text, sizeof text);
	if (got <= 0) {
		if (session->length)
			print(session);
		fd->fd = -1;
		return;
	}
	for (ssize_t i = 0; i < got; i++) {
		if (text[i] != '\n')
			session->line[session->length++] = text[i];
		if (text[i] == '\n' || session->length == (int)sizeof session->line)
			print(session);
	}
}

int log_main(int argc, char **argv)
{
	struct client client;
	struct pollfd fds[MOST_SESSIONS + 1];
	int count = 0;
	const char *word;
	client_init(&client, argc, argv);
	while (count < MOST_SESSIONS && (word = client_word(&client, "client", count))) {
		fds[count] = (struct pollfd){.fd = atoi(word), .events = POLLIN};
		sessions[count++].label = strchr(word, ' ') ? strchr(word, ' ') + 1 : "";
	}
	fds[count] = (struct pollfd){.fd = client.control, .events = POLLIN};
	/* What was written before the stop is printed before it. */
	while (poll(fds, (nfds_t)count + 1, -1) >= 0) {
		int ready = 0;
		for (int i = 0; i < count; i++)
			if (fds[i].revents) {
				read_session(&fds[i], &sessions[i]);
				ready++;
			}
		if (fds[count].revents && !ready)
			break;
	}
	return 0;
}
