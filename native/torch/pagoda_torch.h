// The plain C interface between Pagoda.Torch (C#) and libtorch.
//
// Every operator is reached through one function, pg_call, that passes tagged values to libtorch's dispatcher
// ("boxed" calls), with autograd and autocast, on every device. Tensors cross as owned pointers to their
// TensorImpl; each one returned must be given back with pg_tensor_free.
// Functions that can fail return a negative number or null; pg_last_error then has libtorch's own message.
#pragma once
#include <cstdint>

#define PG_API extern "C" __attribute__((visibility("default")))

enum PgTag : int64_t {
    PG_NONE = 0,
    PG_TENSOR = 1,
    PG_INT = 2,
    PG_DOUBLE = 3,
    PG_BOOL = 4,
    PG_STRING = 5,
    PG_INT_LIST = 6,
    PG_DOUBLE_LIST = 7,
    PG_BOOL_LIST = 8,
    PG_TENSOR_LIST = 9,
    PG_OPTIONAL_TENSOR_LIST = 10,
    PG_DEVICE = 11,     // integer: type * 65536 + index + 1
    PG_GENERATOR = 12,
};

struct PgValue {
    int64_t tag;
    union {
        int64_t integer;
        double real;
        void* pointer;
    };
    int64_t length;     // of lists and strings
};

namespace pagoda {

/// Runs `body`, keeping the message of what it throws for pg_last_error.
template <class Result, class Body>
Result guarded(Result failed, Body&& body) noexcept;

void keep_error(const char* message) noexcept;

}  // namespace pagoda
