// How many threads the operators called by one thread use. libtorch's own number is the process's.
#include "guarded.h"

#include <ATen/Parallel.h>

#ifdef _OPENMP
#include <omp.h>
#endif

/// Sets the number for the calling thread, where libtorch's threads are OpenMP's; returns what it was.
PG_API int32_t pg_set_own_threads(int32_t threads) {
    return pagoda::guarded<int32_t>(-1, [&] {
        // A thread takes the process's number when it first asks, which must not come after ours.
        int32_t before = at::get_num_threads();
#ifdef _OPENMP
        omp_set_num_threads(threads);
#endif
        return before;
    });
}
