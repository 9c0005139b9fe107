// Micro-benchmarks of this machine; one figure a line: name, size or 0, value.
//
//   chase BYTES ns      time of a load that depends on the one before, over so much memory
//   refill BYTES us     extra time to read so much again after other data went through the caches
//   stream 0 GB/s       sum of a large array by one thread
//   switch 0 us         direct cost of a context switch: two processes, pipes, one CPU
//   slice 0 ms          how long the scheduler lets one of two busy processes run on one CPU,
//                       both looking at their CPU time as often as the guest's workers do
//
// What one process does is timed by its own CPU time, so that others on the machine disturb
// it by what they do to the caches only.

#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINE 64
#define LOOK_NS 1e5  // between two looks at the CPU time; as in guest/src/runtime.c

static double clock_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static double now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

static double cpu_ns(void) { return clock_ns(CLOCK_PROCESS_CPUTIME_ID); }

static double children_ns(void) {
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    double seconds = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec);
    return 1e9 * seconds + 1e3 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static void pin(void) {
    cpu_set_t all, one;
    sched_getaffinity(0, sizeof all, &all);
    int cpu = 0;
    while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &all)) cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
}

// A random cycle through all lines (Sattolo), so that no prefetcher can follow.
static void **cycle(char *memory, size_t bytes) {
    size_t n = bytes / LINE;
    size_t *order = malloc(n * sizeof *order);
    if (!order) exit(1);
    for (size_t i = 0; i < n; i++) order[i] = i;
    uint64_t seed = 88172645463325252u;
    for (size_t i = n - 1; i > 0; i--) {
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        size_t j = seed % i, t = order[i];
        order[i] = order[j], order[j] = t;
    }
    for (size_t i = 0; i < n; i++)
        *(void **)(memory + order[i] * LINE) = memory + order[(i + 1) % n] * LINE;
    free(order);
    return (void **)memory;
}

static double walk(void **at, size_t steps) {
    double begin = cpu_ns();
    // Volatile, so that each load is made, and made before the clock is read.
    for (size_t i = 0; i < steps; i++) at = *(void **volatile *)at;
    return cpu_ns() - begin;
}

// Makes the compiler believe that the memory has changed, so that it is read again.
static void touched(const void *memory) { __asm__ volatile("" : : "r"(memory) : "memory"); }

static uint64_t sum(const uint64_t *memory, size_t bytes) {
    touched(memory);
    uint64_t a = 0, b = 0, c = 0, d = 0;
    for (size_t i = 0; i < bytes / 8; i += 4)
        a += memory[i], b += memory[i + 1], c += memory[i + 2], d += memory[i + 3];
    return a + b + c + d;
}

static void chase(size_t bytes) {
    char *memory = aligned_alloc(4096, bytes);
    if (!memory) exit(1);
    void **start = cycle(memory, bytes);
    size_t lines = bytes / LINE, steps = lines < 200000 ? 200000 : lines;
    if (steps > 2000000) steps = 2000000;
    walk(start, lines < steps ? lines : steps);
    printf("chase %zu %.3f\n", bytes, walk(start, steps) / (double)steps);
    free(memory);
}

// Each load waits for the one before: an upper bound, real programs have several under way.
static void refill(size_t bytes, size_t others) {
    char *memory = aligned_alloc(4096, bytes), *other = aligned_alloc(4096, others);
    if (!memory || !other) exit(1);
    memset(other, 1, others);
    void **start = cycle(memory, bytes);
    size_t lines = bytes / LINE;
    double warm = 1e18, cold = 1e18;
    for (int i = 0; i < 9; i++) {
        walk(start, lines);
        double took = walk(start, lines);
        if (took < warm) warm = took;
        volatile uint64_t sink = sum((uint64_t *)other, others);
        (void)sink;
        took = walk(start, lines);
        if (took < cold) cold = took;
    }
    printf("refill %zu %.3f\n", bytes, (cold - warm) * 1e-3);
    free(memory), free(other);
}

static void stream(void) {
    size_t bytes = 128u << 20;
    uint64_t *memory = aligned_alloc(4096, bytes);
    if (!memory) exit(1);
    memset(memory, 1, bytes);
    double begin = cpu_ns();
    volatile uint64_t sink = sum(memory, bytes);
    (void)sink;
    printf("stream 0 %.3f\n", (double)bytes / (cpu_ns() - begin));
    free(memory);
}

static void switches(void) {
    int there[2], back[2], rounds = 4000;
    char byte = 0;
    if (pipe(there) || pipe(back)) exit(1);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < rounds; i++)
            if (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1) _exit(1);
        _exit(0);
    }
    double begin = cpu_ns(), before = children_ns();
    for (int i = 0; i < rounds; i++)
        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) exit(1);
    double took = cpu_ns() - begin;
    waitpid(child, NULL, 0);
    took += children_ns() - before;
    printf("switch 0 %.4f\n", took / rounds / 2 * 1e-3);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Now and then this reads the CPU time, at which Linux notices that a slice is over; else it
// does so at its next tick only, which makes the slices of busy processes longer.
static double busy_ns(void) {
    static double next;
    double now = now_ns();
    if (now < next) return now;
    next = now + LOOK_NS;
    cpu_ns();
    return now;
}

static void slice(void) {
    static double turns[4096];
    int count = 0;
    pid_t child = fork();
    if (child == 0)
        for (;;) busy_ns();
    double begin = now_ns(), resumed = 0, before = begin, now;
    while ((now = busy_ns()) - begin < 8e8 && count < 4096) {
        if (now - before > 2e5) {  // somebody else ran
            if (resumed > 0) turns[count++] = before - resumed;
            resumed = now;
        }
        before = now;
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    qsort(turns, (size_t)count, sizeof *turns, ascending);
    if (count) printf("slice 0 %.4f\n", turns[count / 2] * 1e-6);
}

int main(int count, char **words) {
    setvbuf(stdout, NULL, _IONBF, 0);
    pin();
    size_t private_bytes = count > 1 ? strtoull(words[1], NULL, 10) : 512u << 10;
    size_t most = count > 2 ? strtoull(words[2], NULL, 10) : 64u << 20;
    for (size_t bytes = 16u << 10; bytes <= most; bytes *= 2) chase(bytes);
    refill(private_bytes, 4 * private_bytes);
    stream();
    switches();
    slice();
    return 0;
}
