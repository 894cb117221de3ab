#!/usr/bin/env bash
# Runs a command of Pagoda's on a bare machine: ./on-machine.sh doctor, ./on-machine.sh generate "a cat", ...
# Compiles the native half once, against the folder PAGODA_TORCH, else Python's torch, else whatever libtorch CMake finds.
# PAGODA_PYTHON names another python3.
set -euo pipefail
here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
called_from=$PWD
cd "$here"

torch=${PAGODA_TORCH:-}
[ -n "$torch" ] || torch=$("${PAGODA_PYTHON:-python3}" -c 'import torch; print(torch.utils.cmake_prefix_path)' 2>/dev/null) || torch=
if [ "$(cat build/native.torch 2>/dev/null)" != "torch=$torch" ]; then
    echo "pagoda: compiling the native half against ${torch:-the libtorch that CMake finds}" >&2
    command -v cmake >/dev/null && command -v g++ >/dev/null || { echo "pagoda: this needs g++ and cmake" >&2; exit 1; }
    rm -rf build/cmake
    generator=()
    ! command -v ninja >/dev/null || generator=(-G Ninja)
    {
        cmake -S native -B build/cmake "${generator[@]}" -DCMAKE_BUILD_TYPE=Release -DPAGODA_CODECS=OFF ${torch:+"-DCMAKE_PREFIX_PATH=$torch;$torch/share/cmake"} &&
            cmake --build build/cmake --parallel
    } >build/native.log 2>&1 </dev/null || { tail -n 30 build/native.log >&2; echo "pagoda: the whole log is $here/build/native.log" >&2; exit 1; }
    echo "torch=$torch" >build/native.torch
fi

# The libraries that the pack's codecs were built with.
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/libraries"
export PAGODA_NATIVE=$here/build/native
[ ! -d models ] || export PAGODA_MODELS=${PAGODA_MODELS:-$here/models}
export PAGODA_CACHE=${PAGODA_CACHE:-$here/cache}
export PAGODA_COMMAND=${PAGODA_COMMAND:-$0}
# Of Debian's two OpenBLAS the default is the one whose threads fight libtorch's; pip's torch brings its own and does not look here.
for folder in /usr/lib/*/openblas-openmp; do
    [ ! -d "$folder" ] || export LD_LIBRARY_PATH="$folder:$LD_LIBRARY_PATH"
done
if [ -z "${ATEN_CPU_CAPABILITY:-}" ] && grep -qm1 -w avx512f /proc/cpuinfo && grep -qm1 -w avx512vl /proc/cpuinfo; then
    export ATEN_CPU_CAPABILITY=avx512
fi
cd "$called_from"
exec "$here/app/pagoda" "$@"
