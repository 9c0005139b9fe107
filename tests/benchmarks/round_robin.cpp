// The model of round_robin.yaml as a plain loop: what the engine is measured against.
//
// Same structure (packed keys in a min-tree, one pending event per core, integer time), same
// random numbers (a hash), same books (buckets per core and component, raster, histogram of
// latencies). It prints what it found, for the benchmark to compare, and nanoseconds of
// CPU time per event.
//
// Usage: round_robin CORES COMPONENTS EVENTS QUANTUM_PS SWITCH_PS < keys and phases

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

using i64 = std::int64_t;
using u64 = std::uint64_t;

constexpr i64 FOREVER = i64(1) << 53;
constexpr int BITS = 9, NOBODY = -1, RASTER = 256, LATENCY = 96;
enum Bucket { USEFUL, POLL, OWNER, SPIN, SWITCH, REFILL, REMOTE, BANDWIDTH, IDLE, BUCKETS };

struct Worker {
    i64 component, core, operation, start, remaining;
    int state, next;  // of its lock: 0 none, 1 spins, 2 holds
    bool wants, current;
};
struct Core {
    i64 first, last, running, last_ran, activity, since, busy, slice_end, held, switches, phase;
};
struct Component {
    u64 key;
    i64 issued, done, holder, first, last;
    double below, latency;
};

static u64 bits(u64 stream, i64 operation, i64 purpose) {
    u64 x = stream + u64(operation + 1) * 0x9E3779B97F4A7C15ull +
            u64(purpose + 1) * 0xD1B54A32D192ED03ull;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}
static double uniform(u64 stream, i64 operation, i64 purpose) {
    return double((bits(stream, operation, purpose) >> 11) + 1) * 0x1p-53;
}

struct Run {
    int cores, components;
    i64 quantum, switch_cost, now = 0, bin = 5000000000;
    std::vector<Worker> workers;
    std::vector<Core> core;
    std::vector<Component> component;
    std::vector<i64> tree, books, raster, histogram;
    std::vector<int> agenda;
    size_t leaves = 1;

    void post(int c) {
        size_t node = leaves + c;
        tree[node] = (std::min(core[c].busy, core[c].slice_end) << BITS) | c;
        while (node > 1) {
            node >>= 1;
            i64 earliest = std::min(tree[2 * node], tree[2 * node + 1]);
            if (tree[node] == earliest) break;
            tree[node] = earliest;
        }
    }
    void account(int c) {
        Core& k = core[c];
        if (k.activity == IDLE) books[c * BUCKETS + IDLE] += now - k.since;
        else books[(workers[k.running].component * cores + c) * BUCKETS + k.activity] += now - k.since;
        k.since = now;
    }
    void set(int c, i64 activity) {
        if (core[c].activity != activity) { account(c); core[c].activity = activity; }
    }
    void occupy(int c) {
        Core& k = core[c];
        i64* bins = &raster[(workers[k.running].component * cores + c) * RASTER];
        while (now > bin * RASTER) {
            for (size_t row = 0; row < raster.size(); row += RASTER) {
                for (int b = 0; b < RASTER / 2; b++)
                    raster[row + b] = raster[row + 2 * b] + raster[row + 2 * b + 1];
                for (int b = RASTER / 2; b < RASTER; b++) raster[row + b] = 0;
            }
            bin *= 2;
        }
        for (i64 at = k.held; at < now;) {
            i64 b = at / bin, until = std::min((b + 1) * bin, now);
            bins[b] += until - at;
            at = until;
        }
    }
    void issue(Worker& w) {
        Component& it = component[w.component];
        w.operation = it.issued++;
        w.start = now;
        w.wants = uniform(it.key, w.operation, (1 << 20) + 1) > it.below;
    }
    void leave_queue(Component& it, i64 w, i64 before) {
        if (before == NOBODY) it.first = workers[w].next; else workers[before].next = workers[w].next;
        if (it.last == w) it.last = before;
    }
    bool acquire(i64 w) {
        Worker& one = workers[w];
        Component& it = component[one.component];
        if (it.holder == NOBODY) {
            if (one.state == 1) {
                i64 before = NOBODY;
                for (i64 v = it.first; v != w; v = workers[v].next) before = v;
                leave_queue(it, w, before);
            }
            it.holder = w;
            one.state = 2;
            return true;
        }
        if (one.state != 1) {
            one.state = 1;
            one.next = NOBODY;
            if (it.first == NOBODY) it.first = w; else workers[it.last].next = int(w);
            it.last = w;
        }
        return false;
    }
    void release(i64 w) {
        Component& it = component[workers[w].component];
        workers[w].state = 0;
        it.holder = NOBODY;
        for (i64 v = it.first, before = NOBODY; v != NOBODY; before = v, v = workers[v].next) {
            Core& k = core[workers[v].core];
            if (k.running != v || k.activity != SPIN) continue;
            leave_queue(it, v, before);
            it.holder = v;
            workers[v].state = 2;
            agenda.push_back(int(workers[v].core));
            return;
        }
    }
    void run(int c) {
        Core& k = core[c];
        Worker& w = workers[k.running];
        double chance = uniform(component[w.component].key, w.operation, (2 * w.component + w.wants) * 64);
        set(c, USEFUL);
        k.busy = now + i64(-1e6 * std::log(chance));
    }
    void begin(int c) {
        Worker& w = workers[core[c].running];
        w.current = true;
        w.remaining = -1;
        if (w.wants && !acquire(core[c].running)) set(c, SPIN); else run(c);
    }
    void work(int c) {
        Core& k = core[c];
        Worker& w = workers[k.running];
        if (!w.current) begin(c);
        else if (w.state == 1 && !acquire(k.running)) set(c, SPIN);
        else if (w.remaining < 0) run(c);
        else { set(c, USEFUL); k.busy = now + w.remaining; }
    }
    void complete(int c) {
        i64 number = core[c].running;
        Worker& w = workers[number];
        if (w.state == 2) release(number);
        Component& it = component[w.component];
        i64 latency = std::max<i64>(now - w.start, 1);
        int b = int(std::log2(latency / 1e5) * 4);
        histogram[w.component * LATENCY + std::min(std::max(b, 0), LATENCY - 1)]++;
        it.latency += double(latency);
        it.done++;
        w.current = false;
        issue(w);
    }
    void reschedule(int c, bool expired) {
        Core& k = core[c];
        i64 w = k.running;
        if (w == NOBODY || expired) {
            w = std::max(k.last_ran, k.first - 1);
            w = w + 1 < k.last ? w + 1 : k.first;
        }
        i64 length = k.slice_end == FOREVER ? k.phase : quantum, ready = now;
        if (w != k.running) {
            account(c);
            if (k.running != NOBODY) {
                occupy(c);
                if (k.activity == USEFUL && k.busy < FOREVER) workers[k.running].remaining = k.busy - now;
            }
            k.running = w;
            k.held = now;
            k.busy = FOREVER;
            k.activity = POLL;
            if (k.last_ran != NOBODY) {
                k.switches++;
                k.activity = SWITCH;
                k.busy = ready = now + switch_cost;
            }
            k.last_ran = w;
        }
        k.slice_end = ready + length;
    }
    void settle() {
        while (!agenda.empty()) {
            int c = agenda.back();
            agenda.pop_back();
            if (core[c].busy == FOREVER) work(c);
            post(c);
        }
    }
};

static double cpu_ns() {
    std::timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1e9 + now.tv_nsec;
}

int main(int, char** argv) {
    Run r;
    r.cores = std::atoi(argv[1]);
    r.components = std::atoi(argv[2]);
    i64 events = std::atoll(argv[3]);
    r.quantum = std::atoll(argv[4]);
    r.switch_cost = std::atoll(argv[5]);
    while (r.leaves < size_t(r.cores)) r.leaves *= 2;
    r.tree.assign(2 * r.leaves, INT64_MAX);
    r.books.assign(size_t(r.components) * r.cores * BUCKETS, 0);
    r.raster.assign(size_t(r.components) * r.cores * RASTER, 0);
    r.histogram.assign(size_t(r.components) * LATENCY, 0);
    for (int i = 0; i < r.components; i++) {
        u64 key;
        if (std::scanf("%lu", &key) != 1) return 1;
        r.component.push_back({key, 0, 0, NOBODY, NOBODY, NOBODY, 0.8, 0.0});
    }
    for (int c = 0; c < r.cores; c++) {
        i64 phase;
        if (std::scanf("%ld", &phase) != 1) return 1;
        i64 first = i64(c) * r.components;
        r.core.push_back({first, first + r.components, NOBODY, NOBODY, IDLE, 0, FOREVER, FOREVER, 0, 0, phase});
        for (int i = 0; i < r.components; i++)
            r.workers.push_back({i, c, 0, 0, -1, 0, NOBODY, false, false});
    }
    for (int i = 0; i < r.components; i++)
        for (int c = 0; c < r.cores; c++) r.issue(r.workers[c * r.components + i]);
    for (int c = 0; c < r.cores; c++) {
        r.reschedule(c, false);
        r.agenda.push_back(c);
        r.settle();
    }
    double begin = cpu_ns();
    for (i64 count = 0; count < events; count++) {
        i64 key = r.tree[1];
        r.now = key >> BITS;
        int c = key & ((1 << BITS) - 1);
        Core& k = r.core[c];
        if (k.busy <= r.now) {
            k.busy = FOREVER;
            if (k.activity == USEFUL) r.complete(c);
        }
        if (k.slice_end <= r.now) r.reschedule(c, true);
        r.agenda.push_back(c);
        r.settle();
    }
    double ns = cpu_ns() - begin;
    for (int c = 0; c < r.cores; c++) r.account(c);
    i64 switches = 0, useful = 0, spin = 0;
    for (auto& k : r.core) switches += k.switches;
    for (size_t row = 0; row < r.books.size(); row += BUCKETS) {
        useful += r.books[row + USEFUL];
        spin += r.books[row + SPIN];
    }
    std::printf("%f %ld %ld %ld %ld", ns / double(events), r.now, switches, useful, spin);
    for (auto& it : r.component) std::printf(" %ld", it.done);
    std::printf("\n");
}
