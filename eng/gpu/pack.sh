#!/usr/bin/env bash
# Makes a folder (or, when OUT ends in .tar.xz, an archive) with which Pagoda runs on a bare CUDA machine: see docs/gpu.md.
#   eng/gpu/pack.sh OUT [FILE-OR-FOLDER...]     what is named after OUT is carried along in data/
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,3p' "${BASH_SOURCE[0]}" >&2; exit 2; }
out=$(realpath -m -- "$1")
carried=()
for item in "${@:2}"; do carried+=("$(realpath -e -- "$item")"); done
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../setup.sh"

cd "$repository"
mkdir -p build
unset PAGODA_TORCH
setup_machine
folder=$out
[[ $out != *.tar.xz ]] || folder=$repository/build/gpu/pagoda
[ ! -e "$folder" ] || [ -e "$folder/on-machine.sh" ] || die "$folder exists and is no pack of Pagoda's: name another place"
rm -rf "$folder"
mkdir -p "$folder/app" "$folder/libraries" "$folder/build/native" "$folder/native"

say "publishing the program with its own .NET runtime"
# Apart from the checkout's own build, which has no runtime identifier and would be restored again after this.
logged gpu-publish.log "$dotnet" publish src/Pagoda.Cli -c Release -r linux-x64 --self-contained -v q --nologo -nodeReuse:false --tl:off \
    --artifacts-path build/gpu/artifacts -o "$folder/app" \
    -p:DebugType=none -p:PublishDocumentationFiles=false -p:PublishReferencesDocumentationFiles=false -p:SatelliteResourceLanguages=en

say "building the codecs"
logged gpu-codecs-configure.log cmake -S native -B build/gpu/codecs -DCMAKE_BUILD_TYPE=Release -DPAGODA_TORCH=OFF \
    -DPAGODA_OUTPUT="$folder/build/native"
logged gpu-codecs-build.log cmake --build build/gpu/codecs --parallel

# The libraries that the codecs need and a bare machine lacks; never those of the C library itself.
ldd "$folder/build/native/libpagoda_codecs.so" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' |
    grep -E '/lib(png|jpeg|turbojpeg|webp|sharpyuv|z)[^/]*$' | xargs -I{} cp -L {} "$folder/libraries/"

cp -r native/CMakeLists.txt native/torch "$folder/native/"
cp eng/gpu/on-machine.sh "$folder/"
for item in models configs; do
    if [ -d "$item" ] && [ -n "$(ls -A "$item")" ]; then cp -r "$item" "$folder/"; fi
done
for item in "${carried[@]}"; do
    mkdir -p "$folder/data"
    cp -rL "$item" "$folder/data/"
done
git rev-parse HEAD >"$folder/COMMIT" 2>/dev/null || true

if [ "$folder" != "$out" ]; then
    say "compressing"
    mkdir -p "$(dirname "$out")"
    tar -C "$(dirname "$folder")" -cf - "$(basename "$folder")" | xz -T0 -6 >"$out.new"
    mv "$out.new" "$out"
fi
say "$out: $(du -sh "$out" | cut -f1)"
