// SPDX-License-Identifier: Apache-2.0
/*
 * Process 1 of a lab guest: runs commands for the machine, and reaps what they leave behind.
 *
 * usage: exec-service PORT TOKEN-FILE
 *
 * One TCP connection is one command. Both directions carry frames: a type byte, a 32-bit big-endian
 * length, that many bytes.
 *
 *   to the guest    T token | C command | P rows(2) columns(2) command: on a terminal
 *                   I standard input | Z end of standard input | W rows(2) columns(2)
 *   to the machine  R ready: the guest speaks first, so that a connection that the network between
 *                   lost is known to have started nothing
 *                   O standard output | E standard error | X exit status(4) | F why it was refused
 *
 * A command ends when its shell ends, even if something it put in the background still holds the
 * pipes. If the connection breaks first, the command's process group is killed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_FRAME (8u << 20)
#define CHUNK 65536

struct frame {
	uint8_t type;
	uint32_t length;
	char *data;
};

struct command {
	pid_t pid;
	int input, output, error; /* -1 once closed; a terminal uses one descriptor for all */
	int terminal;
	struct frame unread; /* standard input that the command has not taken yet */
	uint32_t taken;
	int input_ended;
};

static int read_all(int fd, void *buffer, size_t length)
{
	char *at = buffer;

	while (length) {
		ssize_t n = read(fd, at, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		at += n;
		length -= n;
	}
	return 0;
}

static int write_all(int fd, const void *buffer, size_t length)
{
	const char *at = buffer;

	while (length) {
		ssize_t n = write(fd, at, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		at += n;
		length -= n;
	}
	return 0;
}

static int receive(int fd, struct frame *frame)
{
	uint8_t header[5];
	uint32_t length;

	if (read_all(fd, header, sizeof(header)))
		return -1;
	memcpy(&length, header + 1, sizeof(length));
	frame->type = header[0];
	frame->length = ntohl(length);
	if (frame->length > MAX_FRAME)
		return -1;
	frame->data = malloc(frame->length + 1);
	if (!frame->data || read_all(fd, frame->data, frame->length))
		return -1;
	frame->data[frame->length] = 0;
	return 0;
}

static int send_frame(int fd, uint8_t type, const void *data, uint32_t length)
{
	uint8_t header[5] = { type };
	uint32_t big_endian = htonl(length);

	memcpy(header + 1, &big_endian, sizeof(big_endian));
	return write_all(fd, header, sizeof(header)) || write_all(fd, data, length) ? -1 : 0;
}

static void refuse(int fd, const char *why)
{
	send_frame(fd, 'F', why, strlen(why));
	_exit(1);
}

static struct winsize window(const char *data)
{
	struct winsize size = { 0 };
	uint16_t rows, columns;

	memcpy(&rows, data, 2);
	memcpy(&columns, data + 2, 2);
	size.ws_row = ntohs(rows);
	size.ws_col = ntohs(columns);
	return size;
}

static void become_shell(const char *text, int interactive)
{
	signal(SIGPIPE, SIG_DFL);
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("LANG", "C.UTF-8", 1);
	setenv("TERM", interactive ? "xterm-256color" : "dumb", 1);
	execl("/bin/bash", "bash", "-c", text, (char *)NULL);
	_exit(127);
}

static void start_on_terminal(struct command *command, const struct frame *frame)
{
	struct winsize size = window(frame->data);

	command->pid = forkpty(&command->input, NULL, NULL, &size);
	if (command->pid == 0)
		become_shell(frame->data + 4, 1);
	command->output = command->input;
	command->error = -1;
	command->terminal = 1;
}

static void start_on_pipes(struct command *command, const struct frame *frame)
{
	int input[2], output[2], error[2];

	if (pipe2(input, O_CLOEXEC) || pipe2(output, O_CLOEXEC) || pipe2(error, O_CLOEXEC))
		return;
	command->pid = fork();
	if (command->pid == 0) {
		setsid();
		dup2(input[0], 0);
		dup2(output[1], 1);
		dup2(error[1], 2);
		become_shell(frame->data, 0);
	}
	close(input[0]);
	close(output[1]);
	close(error[1]);
	fcntl(input[1], F_SETFL, O_NONBLOCK);
	command->input = input[1];
	command->output = output[0];
	command->error = error[0];
}

/* Passes on what can be read now; closes the descriptor at its end. */
static void forward(int client, uint8_t type, int *fd)
{
	static char buffer[CHUNK];
	ssize_t n = read(*fd, buffer, sizeof(buffer));

	if (n > 0 && send_frame(client, type, buffer, n))
		_exit(1);
	if (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)))
		return;
	close(*fd);
	*fd = -1;
}

/* Only what is there already: a background process may keep the pipe open for ever. */
static void drain(int client, uint8_t type, int *fd)
{
	for (int reads = 0; reads < 64 && *fd >= 0; reads++) {
		struct pollfd readable = { .fd = *fd, .events = POLLIN };

		if (poll(&readable, 1, 0) <= 0)
			return;
		forward(client, type, fd);
	}
}

static void abandon(const struct command *command)
{
	kill(-command->pid, SIGKILL);
	_exit(1);
}

static int has_unread(const struct command *command)
{
	return command->taken < command->unread.length;
}

static void close_input(struct command *command)
{
	if (!command->terminal && command->input >= 0) {
		close(command->input);
		command->input = -1;
	}
}

static void feed(struct command *command)
{
	struct frame *unread = &command->unread;
	ssize_t n = write(command->input, unread->data + command->taken, unread->length - command->taken);

	if (n > 0)
		command->taken += n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		command->taken = unread->length;
	if (has_unread(command))
		return;
	free(unread->data);
	unread->data = NULL;
	unread->length = command->taken = 0;
	if (command->input_ended)
		close_input(command);
}

static void obey(int client, struct command *command)
{
	struct frame frame = { 0 };
	struct winsize size;

	if (receive(client, &frame))
		abandon(command);
	if (frame.type == 'I' && command->input >= 0) {
		command->unread = frame;
		return;
	}
	if (frame.type == 'Z') {
		command->input_ended = 1;
		close_input(command);
	} else if (frame.type == 'W' && frame.length == 4 && command->terminal) {
		size = window(frame.data);
		ioctl(command->input, TIOCSWINSZ, &size);
	}
	free(frame.data);
}

/* Input that was never read would reset the connection, and lose what is on its way. */
static void hang_up(int client)
{
	struct pollfd readable = { .fd = client, .events = POLLIN };
	static char buffer[CHUNK];

	shutdown(client, SHUT_WR);
	while (poll(&readable, 1, 5000) > 0 && read(client, buffer, sizeof(buffer)) > 0)
		;
	_exit(0);
}

static void finish(int client, struct command *command, int status)
{
	uint32_t code = htonl(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));

	drain(client, 'O', &command->output);
	drain(client, 'E', &command->error);
	send_frame(client, 'X', &code, sizeof(code));
	hang_up(client);
}

static int child_ended[2];

static void note_child(int signal_number)
{
	(void)signal_number;
	if (write(child_ended[1], "", 1) < 0)
		return;
}

static void converse(int client, struct command *command)
{
	for (;;) {
		int unread = has_unread(command);
		struct pollfd fds[] = {
			{ .fd = client, .events = unread ? POLLRDHUP : POLLIN },
			{ .fd = child_ended[0], .events = POLLIN },
			{ .fd = command->output, .events = POLLIN },
			{ .fd = command->error, .events = POLLIN },
			{ .fd = unread ? command->input : -1, .events = POLLOUT },
		};
		char ended[16];
		int status;

		if (poll(fds, 5, -1) < 0) {
			if (errno != EINTR)
				_exit(1);
			continue;
		}
		if (fds[2].revents)
			forward(client, 'O', &command->output);
		if (fds[3].revents)
			forward(client, 'E', &command->error);
		if (fds[1].revents && read(child_ended[0], ended, sizeof(ended)) > 0 &&
		    waitpid(command->pid, &status, WNOHANG) == command->pid)
			finish(client, command, status);
		if (fds[4].revents)
			feed(command);
		if (fds[0].revents && unread)
			abandon(command);
		else if (fds[0].revents)
			obey(client, command);
	}
}

static void serve(int client, const char *token)
{
	struct command command = { .pid = -1, .input = -1, .output = -1, .error = -1 };
	struct frame frame;

	signal(SIGPIPE, SIG_IGN);
	if (send_frame(client, 'R', NULL, 0))
		_exit(1);
	if (receive(client, &frame) || frame.type != 'T' || strcmp(frame.data, token))
		refuse(client, "the token is not this guest's");
	if (pipe2(child_ended, O_CLOEXEC | O_NONBLOCK) || receive(client, &frame))
		_exit(1);
	signal(SIGCHLD, note_child);
	if (frame.type == 'P' && frame.length >= 4)
		start_on_terminal(&command, &frame);
	else if (frame.type == 'C')
		start_on_pipes(&command, &frame);
	if (command.pid < 0)
		refuse(client, "the command could not be started");
	converse(client, &command);
}

static void read_token(const char *path, char *token, size_t size)
{
	FILE *file = fopen(path, "re");

	if (!file || !fgets(token, size, file)) {
		perror(path);
		exit(1);
	}
	token[strcspn(token, "\n")] = 0;
	fclose(file);
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 64)) {
		perror("exec-service");
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct rlimit files = { 65536, 65536 };
	char token[256];
	int listener;

	if (argc != 3)
		return 2;
	read_token(argv[2], token, sizeof(token));
	setrlimit(RLIMIT_NOFILE, &files);
	listener = listen_on(atoi(argv[1]));
	signal(SIGCHLD, SIG_IGN); /* the kernel then reaps orphans by itself */
	puts("LAB-READY");
	fflush(stdout);
	for (;;) {
		int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (client < 0)
			continue;
		if (fork() == 0) {
			signal(SIGCHLD, SIG_DFL);
			serve(client, token);
		}
		close(client);
	}
}
