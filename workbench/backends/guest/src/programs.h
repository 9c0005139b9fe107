/* The programs; each is a main of its own. */
#pragma once

int runner_main(int argc, char **argv);
int blinktree_main(int argc, char **argv);
int timer_main(int argc, char **argv);
int antagonist_main(int argc, char **argv);
int log_main(int argc, char **argv);
