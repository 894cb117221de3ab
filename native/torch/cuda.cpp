// What only a CUDA libtorch has: memory figures, events and graphs. Against a CPU libtorch the same functions say so.
#include "guarded.h"

#ifdef PAGODA_CUDA

#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <cstring>
#include <string>

namespace {

thread_local std::string device_name;

/// A graph is captured on a stream of its own: the default stream cannot capture.
struct Graph {
    at::cuda::CUDAGraph graph;
    c10::cuda::CUDAStream stream = c10::cuda::getStreamFromPool();
    c10::cuda::CUDAStream before = c10::cuda::getCurrentCUDAStream();
};

}  // namespace

PG_API const char* pg_cuda_device_name(int32_t device) {
    return pagoda::guarded<const char*>(nullptr, [&] {
        device_name = at::cuda::getDeviceProperties(device)->name;
        return device_name.c_str();
    });
}

/// Bytes free and in all on a device, and the peak that tensors took since the last reset.
PG_API int32_t pg_cuda_memory(int32_t device, int64_t* free_bytes, int64_t* total_bytes, int64_t* peak_bytes) {
    return pagoda::guarded<int32_t>(-1, [&] {
        c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device));
        size_t available = 0, total = 0;
        C10_CUDA_CHECK(cudaMemGetInfo(&available, &total));
        auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(static_cast<c10::DeviceIndex>(device));
        *free_bytes = static_cast<int64_t>(available);
        *total_bytes = static_cast<int64_t>(total);
        *peak_bytes = stats.allocated_bytes[0].peak;
        return 0;
    });
}

PG_API int32_t pg_cuda_empty_cache() {
    return pagoda::guarded<int32_t>(-1, [&] {
        c10::cuda::CUDACachingAllocator::emptyCache();
        return 0;
    });
}

PG_API void* pg_cuda_event_record() {
    return pagoda::guarded<void*>(nullptr, [&]() -> void* {
        auto event = new at::cuda::CUDAEvent(cudaEventDefault);
        event->record(c10::cuda::getCurrentCUDAStream());
        return event;
    });
}

/// Milliseconds between two recorded events; waits for the second.
PG_API float pg_cuda_event_elapsed(void* start, void* end) {
    return pagoda::guarded<float>(-1.0f, [&] {
        static_cast<at::cuda::CUDAEvent*>(end)->synchronize();
        return static_cast<float>(static_cast<at::cuda::CUDAEvent*>(start)->elapsed_time(*static_cast<at::cuda::CUDAEvent*>(end)));
    });
}

PG_API void pg_cuda_event_free(void* event) { delete static_cast<at::cuda::CUDAEvent*>(event); }

PG_API void* pg_cuda_graph_begin() {
    return pagoda::guarded<void*>(nullptr, [&]() -> void* {
        auto graph = new Graph();
        c10::cuda::setCurrentCUDAStream(graph->stream);
        graph->graph.capture_begin();
        return graph;
    });
}

PG_API int32_t pg_cuda_graph_end(void* handle) {
    return pagoda::guarded<int32_t>(-1, [&] {
        auto graph = static_cast<Graph*>(handle);
        graph->graph.capture_end();
        c10::cuda::setCurrentCUDAStream(graph->before);
        return 0;
    });
}

PG_API int32_t pg_cuda_graph_replay(void* handle) {
    return pagoda::guarded<int32_t>(-1, [&] {
        static_cast<Graph*>(handle)->graph.replay();
        return 0;
    });
}

PG_API void pg_cuda_graph_free(void* handle) { delete static_cast<Graph*>(handle); }

PG_API int32_t pg_has_cuda() { return 1; }

#else

namespace {

int32_t refused() {
    pagoda::keep_error("This libtorch was built without CUDA.");
    return -1;
}

void* refused_pointer() {
    refused();
    return nullptr;
}

}  // namespace

PG_API const char* pg_cuda_device_name(int32_t) { return static_cast<const char*>(refused_pointer()); }
PG_API int32_t pg_cuda_memory(int32_t, int64_t*, int64_t*, int64_t*) { return refused(); }
PG_API int32_t pg_cuda_empty_cache() { return refused(); }
PG_API void* pg_cuda_event_record() { return refused_pointer(); }
PG_API float pg_cuda_event_elapsed(void*, void*) { return static_cast<float>(refused()); }
PG_API void pg_cuda_event_free(void*) {}
PG_API void* pg_cuda_graph_begin() { return refused_pointer(); }
PG_API int32_t pg_cuda_graph_end(void*) { return refused(); }
PG_API int32_t pg_cuda_graph_replay(void*) { return refused(); }
PG_API void pg_cuda_graph_free(void*) {}
PG_API int32_t pg_has_cuda() { return 0; }

#endif
