// No C++ exception crosses into managed code: each entry point runs its body through this.
#pragma once
#include "pagoda_torch.h"

#include <c10/util/Exception.h>

#include <exception>

template <class Result, class Body>
Result pagoda::guarded(Result failed, Body&& body) noexcept {
    try {
        return body();
    } catch (const c10::Error& error) {
        keep_error(error.what_without_backtrace());
    } catch (const std::exception& error) {
        keep_error(error.what());
    } catch (...) {
        keep_error("libtorch threw something that is not an exception.");
    }
    return failed;
}
