#!/bin/sh
# unneeded.sh LIBRARY USER STUB: libraries that LIBRARY (a libtorch_cpu.so) was linked with but takes no function from need not be loaded with
# it. Debian's names OpenCV and FFmpeg so, which bring some 240 more. Beside USER, whose search path begins there, `unneeded` gets
# the name of each as a link to STUB, an empty library. Whatever another library needs is left alone, and what brings nothing more.
# Where nobody can tell, or something would be missing, there is no such folder.
set -eu
export LC_ALL=C LD_LIBRARY_PATH=
library=$1 user=$2 stub=$3
folder=$(dirname "$user")/unneeded
rm -rf "$folder"
names() { awk '$2 == "=>" {print $1; next} $1 ~ /^\// {n = split($1, parts, "/"); print parts[n]}' | sort -u; }
# `ldd -u` ends with 1 when there are any.
unused=$(ldd -u "$library" 2>/dev/null | sed '1d; s/^[[:space:]]*//' | names) || true
[ -n "$unused" ] || exit 0
paths=$(ldd "$library" | awk '$2 == "=>" {print $1, $3}')
path_of() { printf '%s\n' "$paths" | awk -v name="$1" '$1 == name {print $2}'; }
direct=$(objdump -p "$library" | awk '$1 == "NEEDED" {print $2}')
needed=$(for name in $(printf '%s\n' "$direct" | grep -Fvx "$unused"); do
    path=$(path_of "$name")
    [ -z "$path" ] || { echo "$name"; ldd "$path" | names; }
done)
for name in $(printf '%s\n' "$unused" | grep -Fvx "$needed"); do
    [ -n "$(ldd "$(path_of "$name")" | names | grep -Fvx "$needed")" ] || continue
    mkdir -p "$folder"
    ln -s none.so "$folder/$name"
done
[ -d "$folder" ] || exit 0
cp "$stub" "$folder/none.so"
if ldd -r "$user" 2>&1 | grep -Eq 'undefined symbol|not found'; then rm -rf "$folder"; fi
