/* Provides Timer sessions: answers each request with its time, which goes by in steps. */
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "client.h"
#include "programs.h"

enum { MOST_CLIENTS = 256 };

static void answer(struct client *client, struct pollfd *session, uint64_t step_ns)
{
	char request;
	if (recv(session->fd, &request, 1, MSG_DONTWAIT) != 1) {
		session->fd = -1;  /* the client is gone */
		return;
	}
	uint64_t time = client_clock(client) / step_ns * step_ns;
	send(session->fd, &time, sizeof time, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int timer_main(int argc, char **argv)
{
	struct client client;
	struct pollfd fds[MOST_CLIENTS + 1];
	int count = 1;
	const char *word;
	client_init(&client, argc, argv);
	uint64_t step_ns = client_number(&client, "period_us", 1000) * 1000;
	if (!step_ns)
		client_fail(&client, "period_us has to be at least 1.");
	fds[0] = (struct pollfd){.fd = client.control, .events = POLLIN};
	while (count <= MOST_CLIENTS && (word = client_word(&client, "client", count - 1)))
		fds[count++] = (struct pollfd){.fd = atoi(word), .events = POLLIN};
	while (poll(fds, (nfds_t)count, -1) >= 0 && !fds[0].revents)
		for (int i = 1; i < count; i++)
			if (fds[i].revents)
				answer(&client, &fds[i], step_ns);
	return 0;
}
