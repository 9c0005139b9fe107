// Well-known in-memory indexes under the guest's benchmark: the same keys, the same
// operations, one pinned thread for each worker.
//
//     indexes INDEX WORKERS OPERATIONS SEED     prints: phase wall_ns cpu_ns missing
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include <absl/container/btree_map.h>
#include <oneapi/tbb/concurrent_map.h>

extern "C" {
struct random {
	uint64_t state;
};
uint64_t random_below(struct random *, uint64_t);
uint64_t key_of(uint64_t, uint64_t);
}

namespace {

constexpr uint64_t kChunk = 256;  // as the guest deals them

struct TbbMap {
	oneapi::tbb::concurrent_map<uint64_t, uint64_t> map;
	void insert(uint64_t key, uint64_t value) { map.emplace(key, value); }
	bool lookup(uint64_t key, uint64_t *value)
	{
		auto at = map.find(key);
		if (at == map.end())
			return false;
		*value = at->second;
		return true;
	}
};

struct AbseilMap {
	absl::btree_map<uint64_t, uint64_t> map;
	std::shared_mutex lock;
	void insert(uint64_t key, uint64_t value)
	{
		std::unique_lock hold(lock);
		map.emplace(key, value);
	}
	bool lookup(uint64_t key, uint64_t *value)
	{
		std::shared_lock hold(lock);
		auto at = map.find(key);
		if (at == map.end())
			return false;
		*value = at->second;
		return true;
	}
};

int64_t now(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

void pin(unsigned cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

template <typename Work>
void phase(const char *name, unsigned workers, const std::vector<uint64_t> &keys, Work work)
{
	std::atomic<uint64_t> next{0}, missing{0};
	std::atomic<int64_t> cpu{0};
	std::vector<std::thread> threads;
	int64_t begin = now(CLOCK_MONOTONIC);
	for (unsigned i = 0; i < workers; i++)
		threads.emplace_back([&, i] {
			pin(i);
			uint64_t bad = 0, from;
			while ((from = next.fetch_add(kChunk)) < keys.size())
				for (uint64_t n = from; n < from + kChunk && n < keys.size(); n++)
					bad += !work(keys[n], n);
			missing += bad;
			cpu += now(CLOCK_THREAD_CPUTIME_ID);
		});
	for (auto &thread : threads)
		thread.join();
	std::printf("%s %lld %lld %llu\n", name, (long long)(now(CLOCK_MONOTONIC) - begin),
	            (long long)cpu, (unsigned long long)missing);
}

template <typename Map>
void run(unsigned workers, uint64_t operations, uint64_t seed)
{
	static Map map;
	struct random random = {seed};
	std::vector<uint64_t> keys(operations);
	for (uint64_t i = 0; i < operations; i++)
		keys[i] = key_of(seed, i);
	phase("insert", workers, keys, [](uint64_t key, uint64_t n) {
		map.insert(key, n << 32 | (key & 0xffffffffu));
		return true;
	});
	for (uint64_t i = 0; i < operations; i++)
		keys[i] = key_of(seed, random_below(&random, operations));
	phase("lookup", workers, keys, [](uint64_t key, uint64_t) {
		uint64_t value = 0;
		return map.lookup(key, &value) && ((value ^ key) & 0xffffffffu) == 0;
	});
}

}  // namespace

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	std::string index = argv[1];
	unsigned workers = (unsigned)std::atoi(argv[2]);
	uint64_t operations = std::strtoull(argv[3], nullptr, 10);
	uint64_t seed = std::strtoull(argv[4], nullptr, 10);
	if (index == "tbb")
		run<TbbMap>(workers, operations, seed);
	else if (index == "abseil")
		run<AbseilMap>(workers, operations, seed);
	else
		return 2;
	return 0;
}
