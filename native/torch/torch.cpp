#include "pagoda_torch.h"
#include "guarded.h"
#include "handles.h"
#include "kernels/packed_weights.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/cuda.h>

#include <cstring>
#include <sstream>
#include <string>
#include <vector>

namespace {

using pagoda::borrow;
using pagoda::borrow_all;
using pagoda::borrow_or_undefined;
using pagoda::give;

thread_local std::string last_error;
thread_local std::string last_text;

c10::Device device_of(int64_t code) {
    return c10::Device(static_cast<c10::DeviceType>(code >> 16), static_cast<c10::DeviceIndex>((code & 0xffff) - 1));
}

int64_t code_of(c10::Device device) {
    return (static_cast<int64_t>(device.type()) << 16) + device.index() + 1;
}

c10::IValue value_of(const PgValue& value) {
    switch (value.tag) {
        case PG_TENSOR: return c10::IValue(borrow(value.pointer));
        case PG_INT: return c10::IValue(value.integer);
        case PG_DOUBLE: return c10::IValue(value.real);
        case PG_BOOL: return c10::IValue(value.integer != 0);
        case PG_STRING: return c10::IValue(std::string(static_cast<const char*>(value.pointer), value.length));
        case PG_DEVICE: return c10::IValue(device_of(value.integer));
        case PG_GENERATOR: return c10::IValue(*static_cast<at::Generator*>(value.pointer));
        case PG_INT_LIST: {
            auto items = static_cast<const int64_t*>(value.pointer);
            return c10::IValue(c10::List<int64_t>(c10::ArrayRef<int64_t>(items, value.length)));
        }
        case PG_DOUBLE_LIST: {
            auto items = static_cast<const double*>(value.pointer);
            return c10::IValue(c10::List<double>(c10::ArrayRef<double>(items, value.length)));
        }
        case PG_BOOL_LIST: {
            auto items = static_cast<const uint8_t*>(value.pointer);
            c10::List<bool> list;
            for (int64_t i = 0; i < value.length; i++) list.push_back(items[i] != 0);
            return c10::IValue(std::move(list));
        }
        case PG_TENSOR_LIST: {
            auto items = static_cast<void* const*>(value.pointer);
            c10::List<at::Tensor> list;
            list.reserve(value.length);
            for (int64_t i = 0; i < value.length; i++) list.push_back(borrow(items[i]));
            return c10::IValue(std::move(list));
        }
        case PG_OPTIONAL_TENSOR_LIST: {
            auto items = static_cast<void* const*>(value.pointer);
            c10::List<c10::optional<at::Tensor>> list;
            list.reserve(value.length);
            for (int64_t i = 0; i < value.length; i++) {
                list.push_back(items[i] ? c10::optional<at::Tensor>(borrow(items[i])) : c10::nullopt);
            }
            return c10::IValue(std::move(list));
        }
        default: return c10::IValue();
    }
}

void result_of(c10::IValue value, PgValue& result) {
    result.length = 0;
    result.integer = 0;
    if (value.isTensor()) {
        result.tag = PG_TENSOR;
        result.pointer = give(std::move(value).toTensor());
    } else if (value.isInt()) {
        result.tag = PG_INT;
        result.integer = value.toInt();
    } else if (value.isDouble()) {
        result.tag = PG_DOUBLE;
        result.real = value.toDouble();
    } else if (value.isBool()) {
        result.tag = PG_BOOL;
        result.integer = value.toBool();
    } else if (value.isTensorList()) {
        auto tensors = value.toTensorVector();
        auto handles = new void*[tensors.size()];
        for (size_t i = 0; i < tensors.size(); i++) handles[i] = give(std::move(tensors[i]));
        result.tag = PG_TENSOR_LIST;
        result.pointer = handles;
        result.length = static_cast<int64_t>(tensors.size());
    } else {
        TORCH_CHECK(value.isNone(), "Pagoda cannot return a value of type ", value.tagKind());
        result.tag = PG_NONE;
    }
}

const char* text(std::string value) {
    last_text = std::move(value);
    return last_text.c_str();
}

at::Generator default_generator(int64_t device) {
    auto where = device_of(device);
    return where.is_cpu() ? at::detail::getDefaultCPUGenerator() : at::globalContext().defaultGenerator(where);
}

}  // namespace

void pagoda::keep_error(const char* message) noexcept {
    last_error = message;
}

PG_API const char* pg_last_error() { return last_error.c_str(); }

// ---- operators ------------------------------------------------------------------------------------------------

/// The operator's handle, valid for the life of the process, or null when this libtorch has no such operator.
PG_API void* pg_operator(const char* name, const char* overload) {
    return pagoda::guarded<void*>(nullptr, [&]() -> void* {
        auto found = c10::Dispatcher::singleton().findSchema({name, overload});
        return found ? new c10::OperatorHandle(*found) : nullptr;
    });
}

PG_API const char* pg_operator_schema(void* op) {
    return pagoda::guarded<const char*>(nullptr, [&] {
        std::ostringstream schema;
        schema << static_cast<c10::OperatorHandle*>(op)->schema();
        return text(schema.str());
    });
}

/// Calls an operator; returns how many results were written, or -1.
PG_API int32_t pg_call(void* op, const PgValue* arguments, int32_t count, PgValue* results, int32_t capacity) {
    return pagoda::guarded<int32_t>(-1, [&] {
        // The memory of the stack before, unless this call happens within another.
        thread_local torch::jit::Stack spare;
        torch::jit::Stack stack = std::move(spare);
        stack.clear();
        stack.reserve(count < 8 ? 8 : count);
        for (int32_t i = 0; i < count; i++) stack.push_back(value_of(arguments[i]));
        auto handle = static_cast<c10::OperatorHandle*>(op);
        // Later versions of libtorch append parameters with defaults.
        const auto& parameters = handle->schema().arguments();
        for (size_t i = count; i < parameters.size(); i++) {
            TORCH_CHECK(parameters[i].default_value().has_value(), "The operator has a new parameter without a default: ", parameters[i].name());
            stack.push_back(*parameters[i].default_value());
        }
        handle->callBoxed(&stack);
        auto returned = static_cast<int32_t>(stack.size());
        TORCH_CHECK(returned <= capacity, "The operator returned ", returned, " values; ", capacity, " were expected.");
        for (int32_t i = 0; i < returned; i++) result_of(std::move(stack[i]), results[i]);
        stack.clear();
        spare = std::move(stack);
        return returned;
    });
}

PG_API void pg_free_handles(void* handles) { delete[] static_cast<void**>(handles); }

// ---- tensors --------------------------------------------------------------------------------------------------

PG_API void pg_tensor_free(void* tensor) {
    c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>::reclaim(static_cast<at::TensorImpl*>(tensor));
    pagoda::left(tensor);
}

/// A tensor over the caller's memory, which must outlive it and every view of it.
PG_API void* pg_tensor_from_blob(void* data, const int64_t* sizes, int32_t dimensions, int32_t type) {
    return pagoda::guarded<void*>(nullptr, [&] {
        auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(type));
        return give(at::from_blob(data, at::IntArrayRef(sizes, dimensions), options));
    });
}

PG_API int32_t pg_tensor_dimensions(void* tensor) {
    return static_cast<int32_t>(static_cast<at::TensorImpl*>(tensor)->dim());
}

PG_API void pg_tensor_sizes(void* tensor, int64_t* sizes) {
    auto shape = static_cast<at::TensorImpl*>(tensor)->sizes();
    std::memcpy(sizes, shape.data(), shape.size() * sizeof(int64_t));
}

PG_API int64_t pg_tensor_elements(void* tensor) { return static_cast<at::TensorImpl*>(tensor)->numel(); }

PG_API int32_t pg_tensor_type(void* tensor) {
    return static_cast<int32_t>(c10::typeMetaToScalarType(static_cast<at::TensorImpl*>(tensor)->dtype()));
}

PG_API int64_t pg_tensor_device(void* tensor) { return code_of(static_cast<at::TensorImpl*>(tensor)->device()); }

PG_API int32_t pg_tensor_is_contiguous(void* tensor) {
    return static_cast<at::TensorImpl*>(tensor)->is_contiguous();
}

PG_API void* pg_tensor_data(void* tensor) {
    return pagoda::guarded<void*>(nullptr, [&] { return borrow(tensor).data_ptr(); });
}

PG_API int32_t pg_tensor_requires_grad(void* tensor) {
    return static_cast<at::TensorImpl*>(tensor)->requires_grad();
}

PG_API int32_t pg_tensor_set_requires_grad(void* tensor, int32_t value) {
    return pagoda::guarded<int32_t>(-1, [&] {
        borrow(tensor).requires_grad_(value != 0);
        return 0;
    });
}

PG_API void* pg_tensor_grad(void* tensor) {
    return pagoda::guarded<void*>(nullptr, [&] { return give(borrow(tensor).grad()); });
}

PG_API int32_t pg_tensor_set_grad(void* tensor, void* grad) {
    return pagoda::guarded<int32_t>(-1, [&] {
        borrow(tensor).mutable_grad() = borrow_or_undefined(grad);
        return 0;
    });
}

// ---- autograd -------------------------------------------------------------------------------------------------

PG_API int32_t pg_grad(void* const* outputs, int32_t output_count, void* const* output_grads, void* const* inputs,
                       int32_t input_count, int32_t retain_graph, int32_t create_graph, int32_t allow_unused,
                       void** results) {
    return pagoda::guarded<int32_t>(-1, [&] {
        auto grads = torch::autograd::grad(
            borrow_all(outputs, output_count), borrow_all(inputs, input_count),
            output_grads ? borrow_all(output_grads, output_count) : std::vector<at::Tensor>{},
            retain_graph != 0, create_graph != 0, allow_unused != 0);
        for (int32_t i = 0; i < input_count; i++) results[i] = give(std::move(grads[i]));
        return input_count;
    });
}

PG_API int32_t pg_backward(void* const* outputs, int32_t count, void* const* output_grads, int32_t retain_graph,
                           int32_t create_graph) {
    return pagoda::guarded<int32_t>(-1, [&] {
        torch::autograd::backward(
            borrow_all(outputs, count),
            output_grads ? borrow_all(output_grads, count) : std::vector<at::Tensor>{},
            retain_graph != 0, create_graph != 0);
        return 0;
    });
}

PG_API int32_t pg_grad_mode() { return c10::GradMode::is_enabled(); }

PG_API void pg_set_grad_mode(int32_t enabled) { c10::GradMode::set_enabled(enabled != 0); }

PG_API void* pg_enter_inference_mode() { return new c10::InferenceMode(true); }

PG_API void pg_leave_inference_mode(void* guard) { delete static_cast<c10::InferenceMode*>(guard); }

// ---- autocast -------------------------------------------------------------------------------------------------

/// Sets autocast for a device type (0 cpu, 1 cuda) and returns what it was: type * 2 + enabled.
PG_API int32_t pg_set_autocast(int32_t device_type, int32_t enabled, int32_t type) {
    return pagoda::guarded<int32_t>(-1, [&] {
        auto to = static_cast<at::ScalarType>(type);
#if PG_TORCH_AT_LEAST(2, 4)
        auto where = static_cast<c10::DeviceType>(device_type);
        auto before = static_cast<int32_t>(at::autocast::get_autocast_dtype(where)) * 2 +
                      (at::autocast::is_autocast_enabled(where) ? 1 : 0);
        at::autocast::set_autocast_enabled(where, enabled != 0);
        at::autocast::set_autocast_dtype(where, to);
#else
        int32_t before;
        if (device_type == 0) {
            before = static_cast<int32_t>(at::autocast::get_autocast_cpu_dtype()) * 2 +
                     (at::autocast::is_cpu_enabled() ? 1 : 0);
            at::autocast::set_cpu_enabled(enabled != 0);
            at::autocast::set_autocast_cpu_dtype(to);
        } else {
            before = static_cast<int32_t>(at::autocast::get_autocast_gpu_dtype()) * 2 +
                     (at::autocast::is_enabled() ? 1 : 0);
            at::autocast::set_enabled(enabled != 0);
            at::autocast::set_autocast_gpu_dtype(to);
        }
#endif
        return before;
    });
}

/// Casts of weights are cached until the outermost autocast region ends.
PG_API void pg_autocast_nesting(int32_t change) {
    if (change > 0) {
        at::autocast::increment_nesting();
    } else if (at::autocast::decrement_nesting() == 0) {
        at::autocast::clear_cache();
    }
}

// ---- randomness -----------------------------------------------------------------------------------------------

/// Seeds the default generator of every device.
PG_API int32_t pg_manual_seed(uint64_t seed) {
    return pagoda::guarded<int32_t>(-1, [&] {
        at::manual_seed(seed);
        return 0;
    });
}

/// A CPU generator of its own.
PG_API void* pg_generator_new(uint64_t seed) {
    return pagoda::guarded<void*>(nullptr, [&] { return new at::Generator(at::detail::createCPUGenerator(seed)); });
}

PG_API void pg_generator_free(void* generator) { delete static_cast<at::Generator*>(generator); }

/// The state of a generator, or of a device's default generator when `generator` is null.
PG_API void* pg_generator_state(void* generator, int64_t device) {
    return pagoda::guarded<void*>(nullptr, [&] {
        auto which = generator ? *static_cast<at::Generator*>(generator) : default_generator(device);
        std::lock_guard<std::mutex> lock(which.mutex());
        return give(which.get_state());
    });
}

PG_API int32_t pg_generator_set_state(void* generator, int64_t device, void* state) {
    return pagoda::guarded<int32_t>(-1, [&] {
        auto which = generator ? *static_cast<at::Generator*>(generator) : default_generator(device);
        std::lock_guard<std::mutex> lock(which.mutex());
        which.set_state(borrow(state));
        return 0;
    });
}

// ---- the library ----------------------------------------------------------------------------------------------

PG_API const char* pg_version() { return TORCH_VERSION; }

PG_API const char* pg_build_information() {
    return pagoda::guarded<const char*>("", [&] { return text(at::show_config() + "\n" + at::get_parallel_info()); });
}

PG_API int32_t pg_threads() { return at::get_num_threads(); }

PG_API void pg_set_threads(int32_t threads) { at::set_num_threads(threads); }

PG_API int32_t pg_cuda_devices() {
    return pagoda::guarded<int32_t>(0, [&] { return static_cast<int32_t>(torch::cuda::device_count()); });
}

PG_API int32_t pg_synchronize(int64_t device) {
    return pagoda::guarded<int32_t>(-1, [&] {
        auto where = device_of(device);
        if (where.is_cuda()) torch::cuda::synchronize(where.index());
        return 0;
    });
}

/// Makes runs repeat to the bit: deterministic kernels where libtorch has them (CUDA; the CPU kernels are).
PG_API int32_t pg_set_deterministic(int32_t enabled) {
    return pagoda::guarded<int32_t>(-1, [&] {
        at::globalContext().setDeterministicAlgorithms(enabled != 0, /*warn_only=*/true);
        at::globalContext().setDeterministicCuDNN(enabled != 0);
        at::globalContext().setBenchmarkCuDNN(enabled == 0);
        return 0;
    });
}
