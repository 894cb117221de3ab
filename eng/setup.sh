# Sourced by run and test: brings this checkout to a state in which Pagoda works, and costs next to nothing when it is in one.
#
#   setup_machine            compilers, libraries and the .NET SDK: installed where we may, named in one line where not
#   build_when_changed WHAT  the native half (native/ -> build/native) and the .NET project or solution WHAT
#   export_environment       what libtorch must find in the environment before it is loaded

repository=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
configuration=Release
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1

say() { printf 'pagoda: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# --- what is missing -------------------------------------------------------------------------------------------------

has_header() { printf '#include <stdio.h>\n#include <%s>\n' "$1" | g++ -E -x c++ - >/dev/null 2>&1; }

missing_packages() {
    command -v g++ >/dev/null || echo g++
    command -v cmake >/dev/null || echo cmake
    command -v ninja >/dev/null || command -v make >/dev/null || echo make
    if [ -z "${PAGODA_TORCH:-}" ]; then
        [ -e /usr/include/torch/library.h ] && ls /usr/lib/*/libtorch.so >/dev/null 2>&1 || echo libtorch-dev
        ls /usr/lib/*/openblas-openmp/libblas.so.3 >/dev/null 2>&1 || echo libopenblas0-openmp
        [ -e /usr/include/gloo/context.h ] || echo libgloo-dev
    fi
    if command -v g++ >/dev/null; then
        has_header jpeglib.h || echo libjpeg-dev
        has_header png.h || echo libpng-dev
        has_header webp/encode.h || echo libwebp-dev
    else
        echo libjpeg-dev libpng-dev libwebp-dev
    fi
}

install_packages() {
    local -a privileged=()
    local log=$repository/build/packages.log
    if [ "$(id -u)" != 0 ]; then
        privileged=(sudo -n)
        sudo -n true 2>/dev/null || die "missing on this machine: run  sudo apt-get install -y --no-install-recommends $*"
    fi
    command -v apt-get >/dev/null || die "missing on this machine: $* (Debian's names); install them, then run this again"
    say "installing $*"
    local -a apt=("${privileged[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
    {
        apt-cache show "$@" >/dev/null 2>&1 || "${apt[@]}" update
        "${apt[@]}" install -y --no-install-recommends "$@" ||
            { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "$@"; }
    } >"$log" 2>&1 </dev/null || { tail -n 20 "$log" >&2; die "could not install $*; the whole log is $log"; }
}

find_dotnet() {
    local candidate
    for candidate in "$(command -v dotnet)" "${DOTNET_ROOT:-}/dotnet" "$HOME/.dotnet/dotnet" /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet; do
        if [ -x "$candidate" ] && "$candidate" --list-sdks 2>/dev/null | grep -q '^10\.'; then
            dotnet=$candidate
            return 0
        fi
    done
    return 1
}

setup_machine() {
    mkdir -p "$repository/build"
    local -a missing
    mapfile -t missing < <(missing_packages | tr ' ' '\n')
    [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
    find_dotnet && return
    if command -v apt-cache >/dev/null && apt-cache show dotnet-sdk-10.0 >/dev/null 2>&1; then
        install_packages dotnet-sdk-10.0
    fi
    find_dotnet || die "missing on this machine: the .NET 10 SDK; install it from https://dotnet.microsoft.com/download/dotnet/10.0"
}

# --- building --------------------------------------------------------------------------------------------------------

# A name for everything that a build of WHAT reads: every source file's path, time and size, and the libtorch asked for.
fingerprint() {
    {
        printf '%s\n' "$1" "$configuration" "${PAGODA_TORCH:-}" "${CXX:-}"
        find "${@:2}" \( -name bin -o -name obj -o -name node_modules \) -prune -o -type f -printf '%p %T@ %s\n' | LC_ALL=C sort
    } | sha256sum
}

logged() { # LOG COMMAND...: quiet unless it fails
    local log=$repository/build/$1
    # Without the lock's descriptor: a compiler server that outlives the build would hold it.
    "${@:2}" >"$log" 2>&1 </dev/null 9>&- && return
    { grep -E '(error|Error)( [A-Z]+[0-9]+)?:' "$log" | sort -u | head -n 20 || true; echo '...'; tail -n 20 "$log"; } >&2
    die "the build failed; the whole log is $log"
}

# build_native and build_dotnet: what is to be built, as its fingerprint; nothing where all is built already.
native_change() {
    local now
    [ -e native/CMakeLists.txt ] || return 0
    now=$(fingerprint native native)
    [ -d build/native ] && [ "$(cat build/native.stamp 2>/dev/null)" = "$now" ] || echo "$now"
}

dotnet_change() { # WHAT SOURCE...
    local now
    now=$(fingerprint "$@" Directory.Build.props Directory.Packages.props global.json Pagoda.slnx)
    [ -e "$pagoda" ] && [ "$(cat "build/$(basename "$1").stamp" 2>/dev/null)" = "$now" ] || echo "$now"
}

build_native() { # FINGERPRINT
    local torch=${PAGODA_TORCH:-}
    say "building the native half (about a minute the first time)"
    if [ "$(cat build/cmake.torch 2>/dev/null)" != "torch=$torch" ]; then
        rm -rf build/cmake build/native
    fi
    local -a generator=()
    [ -e build/cmake/CMakeCache.txt ] || ! command -v ninja >/dev/null || generator=(-G Ninja)
    logged native-configure.log cmake -S native -B build/cmake "${generator[@]}" -DCMAKE_BUILD_TYPE=Release \
        ${torch:+"-DCMAKE_PREFIX_PATH=$torch;$torch/share/cmake"}
    logged native-build.log cmake --build build/cmake --parallel
    [ -d build/native ] || mkdir build/native
    printf '%s\n' "torch=$torch" >build/cmake.torch
    printf '%s\n' "$1" >build/native.stamp
}

build_dotnet() { # WHAT FINGERPRINT
    local what=$1
    say "building $(basename "$what")"
    local -a options=(-c "$configuration" -v q --nologo -nodeReuse:false --tl:off)
    # A compiler server outlives the build, and a build machine may wait for it.
    [ -z "${CI:-}" ] || options+=(-p:UseSharedCompilation=false)
    logged "$(basename "$what").log" "$dotnet" build "$what" "${options[@]}"
    printf '%s\n' "$2" >"build/$(basename "$what").stamp"
}

# The two halves need nothing of each other, and neither keeps all cores busy to its end.
build_halves() { # WHAT SOURCE...
    local native managed compiling=
    native=$(native_change)
    managed=$(dotnet_change "$@")
    [ -n "$native$managed" ] || return 0
    setup_machine
    if [ -n "$native" ]; then
        build_native "$native" &
        compiling=$!
    fi
    if [ -n "$managed" ]; then
        # Where one half cannot be built, the other is still waited for: it would hold the lock after this script's end.
        (build_dotnet "$1" "$managed") || { [ -z "$compiling" ] || wait "$compiling" || true; exit 1; }
    fi
    [ -z "$compiling" ] || wait "$compiling" || exit 1
}

# The program in machine code, in build/app, where .NET's compiler for that is at hand or can be fetched; without it the program starts
# more slowly.
compile_ahead() {
    local app=$repository/build/app built refused=build/app.refused
    built=$(dirname "$pagoda")
    if [ "$(cat build/app.stamp 2>/dev/null)" != "$(cat build/Pagoda.Cli.stamp)" ]; then
        rm -f build/app.stamp
        # Not asked for again at every build: where there is no network, asking takes long.
        [ -z "$(find "$refused" -mtime -1 2>/dev/null)" ] || return 0
        [ -n "${dotnet:-}" ] || find_dotnet
        local -a options=(-v q --nologo -nodeReuse:false --tl:off)
        if timeout 120 "$dotnet" build eng/ahead.proj -t:Restore "${options[@]}" &&
            "$dotnet" build eng/ahead.proj --no-restore -t:CompileAhead "${options[@]}" -p:Built="$built" -p:App="$app"; then
            cp build/Pagoda.Cli.stamp build/app.stamp
        else
            touch "$refused"
            return 0
        fi >build/ahead.log 2>&1 </dev/null 9>&-
    fi
    pagoda=$app/pagoda.dll
}

build_when_changed() { # program | solution
    cd "$repository" || exit 1
    mkdir -p build
    pagoda=$repository/src/Pagoda.Cli/bin/$configuration/net10.0/pagoda.dll
    exec 9>build/lock
    flock -n 9 || { say "waiting for another build of this checkout"; flock 9; }
    case $1 in
        program) build_halves src/Pagoda.Cli src configs && compile_ahead ;;
        solution) build_halves Pagoda.slnx src tests configs ;;
    esac
    exec 9>&-
    [ -n "${dotnet:-}" ] || dotnet=$(command -v dotnet) || find_dotnet || setup_machine
}

# What the tests of Studio need beyond a build: a browser, and the client libraries that speak to it. Where they cannot be had, those
# tests skip and say what is missing.
setup_studio_tests() {
    local stamp=build/studio-tests.stamp now
    now=$(sha256sum tests/studio/package-lock.json)
    if command -v node >/dev/null && command -v chromium >/dev/null && [ -d tests/studio/node_modules ] && [ "$(cat "$stamp" 2>/dev/null)" = "$now" ]; then
        return
    fi
    local -a missing=()
    command -v chromium >/dev/null || missing+=(chromium)
    command -v npm >/dev/null || missing+=(nodejs npm)
    [ ${#missing[@]} = 0 ] || ( install_packages "${missing[@]}" ) || { say "tests that need ${missing[*]} will be skipped"; return 0; }
    say "fetching the client libraries that tests use"
    npm ci --prefix tests/studio --no-audit --no-fund --ignore-scripts >build/npm.log 2>&1 </dev/null ||
        { say "they could not be fetched (build/npm.log); tests that need them will be skipped"; return 0; }
    printf '%s\n' "$now" >"$stamp"
}

# --- running ---------------------------------------------------------------------------------------------------------

export_environment() {
    local folder
    if [ -z "${PAGODA_TORCH:-}" ]; then
        # Where both of Debian's OpenBLAS are installed, the default is the one whose threads fight libtorch's.
        for folder in /usr/lib/*/openblas-openmp; do
            [ -d "$folder" ] && export LD_LIBRARY_PATH="$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
        done
    fi
    # libtorch's CPU kernels stop at AVX2 unless told otherwise before they are loaded.
    if [ -z "${ATEN_CPU_CAPABILITY:-}" ] && grep -qm1 -w avx512f /proc/cpuinfo && grep -qm1 -w avx512vl /proc/cpuinfo; then
        export ATEN_CPU_CAPABILITY=avx512
    fi
}
