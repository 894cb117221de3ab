// Several processes as one: c10d's TCP store and its process groups (Gloo on the processor, NCCL on CUDA devices).
// Compiled with PAGODA_C10D where libtorch has c10d, with PAGODA_GLOO and PAGODA_NCCL where the headers of those libraries
// are at hand (CMakeLists.txt decides); otherwise the same functions say what is missing. libtorch's own USE_C10D_GLOO and
// USE_C10D_NCCL say what is inside it, with or without headers.
#include "guarded.h"
#include "handles.h"

#include <unistd.h>

#include <string>

/// The backends compiled in: "gloo", "nccl", "gloo, nccl", or nothing.
PG_API const char* pg_distributed_backends() {
#if defined(PAGODA_C10D) && defined(PAGODA_GLOO) && defined(PAGODA_NCCL)
    return "gloo, nccl";
#elif defined(PAGODA_C10D) && defined(PAGODA_GLOO)
    return "gloo";
#elif defined(PAGODA_C10D) && defined(PAGODA_NCCL)
    return "nccl";
#else
    return "";
#endif
}

/// Ends the process at once, without the destructors that a hung collective would block.
PG_API void pg_exit_now(int32_t code) { _exit(code); }

#ifdef PAGODA_C10D

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#ifdef PAGODA_GLOO
#ifndef USE_C10D_GLOO
#define USE_C10D_GLOO
#endif
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif
#ifdef PAGODA_NCCL
#ifndef USE_C10D_NCCL
#define USE_C10D_NCCL
#endif
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#if PG_TORCH_AT_LEAST(2, 0)
#include <torch/csrc/distributed/c10d/Backend.hpp>
#else
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#endif

#include <c10/core/DeviceGuard.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <memory>
#include <sstream>

namespace {

#if PG_TORCH_AT_LEAST(2, 0)
using Backend = c10d::Backend;
#else
using Backend = c10d::ProcessGroup;
#endif

using Work = c10::intrusive_ptr<c10d::Work>;
using StoreHandle = c10::intrusive_ptr<c10d::Store>;
using std::chrono::milliseconds;

thread_local std::string stored;

struct Group {
    c10::intrusive_ptr<Backend> backend;
    std::atomic<bool> aborted{false};
};

StoreHandle& store_of(void* store) { return *static_cast<StoreHandle*>(store); }

/// Waits for a collective in slices: a peer that hangs must not hang this process beyond pg_group_abort.
void finish(Group& group, const Work& work) {
    while (true) {
        try {
            TORCH_CHECK(work->wait(milliseconds(1000)), "The collective was aborted.");
            return;
        } catch (...) {
            if (work->isCompleted()) throw;
            TORCH_CHECK(!group.aborted, "The collective was given up.");
        }
    }
}

/// NCCL's waits only order the current stream after the collective; Gloo's block.
void await(Group& group, const Work& work, bool cuda) {
    if (cuda) {
        work->wait();
    } else {
        finish(group, work);
    }
}

at::Tensor flat(const at::Tensor& tensor) { return tensor.detach().contiguous().view({-1}); }

/// Neither Gloo nor every NCCL knows every type; moving needs only bytes.
at::Tensor bytes_of(const at::Tensor& tensor) { return flat(tensor).view(at::kByte); }

/// c10d's backends write without telling autograd, nor whoever keeps packed weights.
void written(const at::Tensor& tensor) {
    if (!tensor.is_inference()) tensor.unsafeGetTensorImpl()->bump_version();
}

/// Gloo cannot add these two (and float32 sums of bfloat16 are the better ones).
bool adds_as_float(at::ScalarType type) { return type == at::kBFloat16 || type == at::kHalf; }

/// Tensors of one type and device, packed into one so that many small ones cost one collective.
struct Bucket {
    std::vector<at::Tensor> tensors;
    at::Tensor packed;
    bool in_place = false;
    Work work;

    void start(Group& group) {
        auto type = tensors.front().scalar_type();
        in_place = tensors.size() == 1 && tensors.front().is_contiguous() && !adds_as_float(type);
        if (in_place) {
            packed = flat(tensors.front());
        } else {
            std::vector<at::Tensor> parts;
            parts.reserve(tensors.size());
            for (const auto& tensor : tensors) parts.push_back(flat(tensor));
            packed = at::cat(parts);
            if (adds_as_float(type)) packed = packed.to(at::kFloat);
        }
        std::vector<at::Tensor> list{packed};
        work = group.backend->allreduce(list);
    }

    void end(Group& group) {
        await(group, work, packed.is_cuda());
        if (in_place) return written(tensors.front());
        int64_t at = 0;
        for (auto& tensor : tensors) {
            tensor.copy_(packed.narrow(0, at, tensor.numel()).view(tensor.sizes()));
            at += tensor.numel();
        }
    }
};

constexpr int64_t bucket_bytes = 25 << 20;

std::vector<Bucket> buckets_of(const std::vector<at::Tensor>& tensors) {
    std::vector<Bucket> buckets;
    int64_t bytes = 0;
    for (const auto& tensor : tensors) {
        if (tensor.numel() == 0) continue;
        auto size = static_cast<int64_t>(tensor.nbytes());
        auto fits = !buckets.empty() && bytes + size <= bucket_bytes &&
                    buckets.back().tensors.front().scalar_type() == tensor.scalar_type() &&
                    buckets.back().tensors.front().device() == tensor.device();
        if (!fits) {
            buckets.emplace_back();
            bytes = 0;
        }
        buckets.back().tensors.push_back(tensor.detach());
        bytes += size;
    }
    return buckets;
}

#ifdef PAGODA_GLOO
c10::intrusive_ptr<Backend> open_gloo(const StoreHandle& store, int rank, int size, const std::string& address, milliseconds timeout) {
    auto options = c10d::ProcessGroupGloo::Options::create(timeout);
    // The variable that PyTorch reads too; several interfaces are separated by commas.
    if (auto interfaces = std::getenv("GLOO_SOCKET_IFNAME")) {
        std::istringstream names(interfaces);
        for (std::string name; std::getline(names, name, ',');) {
            options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForInterface(name));
        }
    } else if (!address.empty()) {
        options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(address));
    } else {
        options->devices.push_back(c10d::ProcessGroupGloo::createDefaultDevice());
    }
    options->threads = static_cast<int>(options->devices.size()) * 2;
    return c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, options);
}
#endif

#ifdef PAGODA_NCCL
c10::intrusive_ptr<Backend> open_nccl(const StoreHandle& store, int rank, int size, milliseconds timeout) {
    // c10d's own watchdog would abort the process with a dump; Pagoda's says which rank was lost.
    setenv("NCCL_ASYNC_ERROR_HANDLING", "0", 0);
    setenv("TORCH_NCCL_ASYNC_ERROR_HANDLING", "0", 0);
    auto options = c10d::ProcessGroupNCCL::Options::create();
    options->timeout = timeout;
    return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size, options);
}
#endif

}  // namespace

// ---- the store ------------------------------------------------------------------------------------------------

/// A connection to the store at host:port; `serve` also makes this process its host.
PG_API void* pg_store_open(const char* host, int32_t port, int32_t serve, int64_t timeout) {
    return pagoda::guarded<void*>(nullptr, [&] {
        c10d::TCPStoreOptions options;
        options.port = static_cast<uint16_t>(port);
        options.isServer = serve != 0;
        options.waitWorkers = false;
        options.timeout = milliseconds(timeout);
        return new StoreHandle(c10::make_intrusive<c10d::TCPStore>(host, options));
    });
}

PG_API void pg_store_free(void* store) { delete static_cast<StoreHandle*>(store); }

PG_API int32_t pg_store_set(void* store, const char* key, const char* value) {
    return pagoda::guarded<int32_t>(-1, [&] {
        std::string text = value;
        store_of(store)->set(key, std::vector<uint8_t>(text.begin(), text.end()));
        return 0;
    });
}

/// Waits for a key that is not there; ask pg_store_has first.
PG_API const char* pg_store_get(void* store, const char* key) {
    return pagoda::guarded<const char*>(nullptr, [&] {
        auto value = store_of(store)->get(key);
        stored.assign(value.begin(), value.end());
        return stored.c_str();
    });
}

PG_API int32_t pg_store_has(void* store, const char* key) {
    return pagoda::guarded<int32_t>(-1, [&] { return store_of(store)->check({key}) ? 1 : 0; });
}

/// Adds to a counter and returns what it is then; negative numbers are errors.
PG_API int64_t pg_store_add(void* store, const char* key, int64_t amount) {
    return pagoda::guarded<int64_t>(-1, [&] { return store_of(store)->add(key, amount); });
}

PG_API int32_t pg_store_delete(void* store, const char* key) {
    return pagoda::guarded<int32_t>(-1, [&] { return store_of(store)->deleteKey(key) ? 1 : 0; });
}

// ---- process groups -------------------------------------------------------------------------------------------

/// All ranks must open it; `address` is the one Gloo listens on, or empty for the machine's own.
PG_API void* pg_group_open(const char* backend, void* store, const char* prefix, int32_t rank, int32_t size,
                           const char* address, int64_t timeout) {
    return pagoda::guarded<void*>(nullptr, [&]() -> void* {
        StoreHandle prefixed = c10::make_intrusive<c10d::PrefixStore>(prefix, store_of(store));
        prefixed->setTimeout(milliseconds(timeout));
        auto group = std::make_unique<Group>();
#ifdef PAGODA_GLOO
        if (std::string(backend) == "gloo") group->backend = open_gloo(prefixed, rank, size, address, milliseconds(timeout));
#endif
#ifdef PAGODA_NCCL
        if (std::string(backend) == "nccl") group->backend = open_nccl(prefixed, rank, size, milliseconds(timeout));
#endif
        TORCH_CHECK(group->backend, "This build of Pagoda has no ", backend, ".");
        return group.release();
    });
}

/// Threads inside collectives of this group give up within a second. NCCL's kernels cannot be called back.
PG_API void pg_group_abort(void* group) { static_cast<Group*>(group)->aborted = true; }

PG_API void pg_group_free(void* group) { delete static_cast<Group*>(group); }

/// What every rank has, [size, ...shape].
PG_API void* pg_group_all_gather(void* group, void* tensor) {
    return pagoda::guarded<void*>(nullptr, [&] {
        at::NoGradGuard no_grad;
        auto& own = *static_cast<Group*>(group);
        auto input = pagoda::borrow(tensor);
        c10::OptionalDeviceGuard device(input.device());
        std::vector<int64_t> shape{own.backend->getSize()};
        shape.insert(shape.end(), input.sizes().begin(), input.sizes().end());
        auto output = at::empty(shape, input.options());
        if (input.numel() > 0) {
            std::vector<std::vector<at::Tensor>> outputs(1);
            for (int64_t i = 0; i < shape[0]; i++) outputs[0].push_back(bytes_of(output[i]));
            std::vector<at::Tensor> inputs{bytes_of(input)};
            await(own, own.backend->allgather(outputs, inputs), input.is_cuda());
        }
        return pagoda::give(output);
    });
}

/// Every tensor becomes its sum over all ranks.
PG_API int32_t pg_group_all_reduce(void* group, void* const* tensors, int32_t count) {
    return pagoda::guarded<int32_t>(-1, [&] {
        at::NoGradGuard no_grad;
        auto& own = *static_cast<Group*>(group);
        auto buckets = buckets_of(pagoda::borrow_all(tensors, count));
        c10::OptionalDeviceGuard device;
        std::deque<Bucket*> started;
        for (auto& bucket : buckets) {
            device.reset_device(bucket.tensors.front().device());
            bucket.start(own);
            started.push_back(&bucket);
            // A few in flight overlap packing with sending; all of them would double the memory of the gradients.
            if (started.size() > 2) {
                started.front()->end(own);
                *started.front() = Bucket();
                started.pop_front();
            }
        }
        for (auto bucket : started) {
            device.reset_device(bucket->packed.device());
            bucket->end(own);
        }
        return 0;
    });
}

/// Every tensor becomes what the root's is.
PG_API int32_t pg_group_broadcast(void* group, void* const* tensors, int32_t count, int32_t root) {
    return pagoda::guarded<int32_t>(-1, [&] {
        at::NoGradGuard no_grad;
        auto& own = *static_cast<Group*>(group);
        c10d::BroadcastOptions options;
        options.rootRank = root;
        options.rootTensor = 0;
        for (auto& tensor : pagoda::borrow_all(tensors, count)) {
            if (tensor.numel() == 0) continue;
            c10::OptionalDeviceGuard device(tensor.device());
            auto dense = tensor.detach().contiguous();
            std::vector<at::Tensor> list{bytes_of(dense)};
            await(own, own.backend->broadcast(list, options), tensor.is_cuda());
            if (!tensor.is_contiguous()) tensor.detach().copy_(dense);
            else written(tensor);
        }
        return 0;
    });
}

#else

namespace {
void absent() { pagoda::keep_error("This libtorch was built without c10d, or without headers for it, so a run is one process: see docs/distributed.md."); }
}  // namespace

PG_API void* pg_store_open(const char*, int32_t, int32_t, int64_t) { absent(); return nullptr; }
PG_API void pg_store_free(void*) {}
PG_API int32_t pg_store_set(void*, const char*, const char*) { absent(); return -1; }
PG_API const char* pg_store_get(void*, const char*) { absent(); return nullptr; }
PG_API int32_t pg_store_has(void*, const char*) { absent(); return -1; }
PG_API int64_t pg_store_add(void*, const char*, int64_t) { absent(); return -1; }
PG_API int32_t pg_store_delete(void*, const char*) { absent(); return -1; }
PG_API void* pg_group_open(const char*, void*, const char*, int32_t, int32_t, const char*, int64_t) { absent(); return nullptr; }
PG_API void pg_group_abort(void*) {}
PG_API void pg_group_free(void*) {}
PG_API void* pg_group_all_gather(void*, void*) { absent(); return nullptr; }
PG_API int32_t pg_group_all_reduce(void*, void* const*, int32_t) { absent(); return -1; }
PG_API int32_t pg_group_broadcast(void*, void* const*, int32_t, int32_t) { absent(); return -1; }

#endif
