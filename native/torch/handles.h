// Tensors as they cross the C interface: owned pointers to their TensorImpl.
#pragma once
#include <ATen/ATen.h>
#include <torch/version.h>

#include <vector>

#define PG_TORCH_AT_LEAST(major, minor) \
    (TORCH_VERSION_MAJOR > (major) || (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))

namespace pagoda {

/// The caller keeps its reference: the pointer is borrowed.
inline at::Tensor borrow(void* handle) {
    return at::Tensor(c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>::reclaim_copy(
        static_cast<at::TensorImpl*>(handle)));
}

inline at::Tensor borrow_or_undefined(void* handle) {
    return handle ? borrow(handle) : at::Tensor();
}

inline std::vector<at::Tensor> borrow_all(void* const* handles, int64_t count) {
    std::vector<at::Tensor> tensors;
    tensors.reserve(count);
    for (int64_t i = 0; i < count; i++) tensors.push_back(borrow_or_undefined(handles ? handles[i] : nullptr));
    return tensors;
}

/// The caller owns the reference.
inline void* give(at::Tensor tensor) {
    return tensor.defined() ? tensor.unsafeReleaseTensorImpl() : nullptr;
}

}  // namespace pagoda
