// Standard normal numbers, drawn by all threads: the same numbers that libtorch draws with one. Its generator makes one number after
// another, but stepping over them is less work than making normal numbers of them, and it makes normal numbers 16 by 16: so each thread
// gets a part, a multiple of 16, and a generator that has been stepped to it.
#include "guarded.h"
#include "handles.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <mutex>
#include <vector>

namespace {

constexpr int64_t TOGETHER = 16;
constexpr int64_t WORTH_A_THREAD = 1 << 14;

void fill(float* data, int64_t count, at::Generator& generator) {
    auto& source = *generator.get<at::CPUGeneratorImpl>();
    std::lock_guard<std::mutex> lock(generator.mutex());
    int64_t parts = std::max<int64_t>(1, std::min<int64_t>(at::get_num_threads(), count / WORTH_A_THREAD));
    // The last part takes what is over: then it has 16 or more, as libtorch's way needs.
    int64_t part = count / parts / TOGETHER * TOGETHER;
    std::vector<at::Generator> own;
    at::mt19937 engine = source.engine();
    for (int64_t i = 0; i < parts; i++) {
        own.push_back(at::detail::createCPUGenerator());
        auto& here = *own[i].get<at::CPUGeneratorImpl>();
        here.set_engine(engine);
        // Of numbers fewer than 16 one may be left over from before, and leave one over.
        here.set_next_float_normal_sample(source.next_float_normal_sample());
        here.set_next_double_normal_sample(source.next_double_normal_sample());
        if (i + 1 < parts) {
            for (int64_t n = 0; n < part; n++) engine();
        }
    }
#pragma omp parallel for schedule(static) if (parts > 1)
    for (int64_t i = 0; i < parts; i++) {
        int64_t first = i * part, size = i + 1 < parts ? part : count - first;
        at::NoGradGuard constant;
        at::from_blob(data + first, {size}, at::kFloat).normal_(0, 1, own[i]);
    }
    auto& last = *own.back().get<at::CPUGeneratorImpl>();
    source.set_engine(last.engine());
    source.set_next_float_normal_sample(last.next_float_normal_sample());
    source.set_next_double_normal_sample(last.next_double_normal_sample());
}

}  // namespace

/// float32 numbers of mean 0 and deviation 1 on the processor, from a generator or, where that is null, the default one.
PG_API void* pg_normal(const int64_t* shape, int64_t dimensions, void* generator) {
    return pagoda::guarded<void*>(nullptr, [&] {
        at::Generator source = generator ? *static_cast<at::Generator*>(generator) : at::detail::getDefaultCPUGenerator();
        at::Tensor numbers = at::empty(at::IntArrayRef(shape, dimensions), at::kFloat);
        if (numbers.numel() > 0) fill(numbers.data_ptr<float>(), numbers.numel(), source);
        return pagoda::give(numbers);
    });
}
