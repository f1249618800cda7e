#!/bin/sh
# An older build of passo, from this repository's history: its modules for Lua 5.4, with SQLite, built once and kept.
#   sh spec/older.sh COMMIT     prints its folder; without history or tools it says why not, and ends with 1
set -u
commit=$1
folder=${XDG_CACHE_HOME:-$HOME/.cache}/passo/older-$commit
if [ -e "$folder/built" ]; then echo "$folder"; exit 0; fi
no() { echo "$1" >&2; exit 1; }
command -v git >/dev/null || no "there is no git"
command -v cmake >/dev/null || no "there is no cmake"
git cat-file -e "$commit^{commit}" 2>/dev/null || no "this is no clone with the commit $commit in its history"
made=$folder.$$
trap 'rm -rf "$made"' EXIT
mkdir -p "$made" && git archive "$commit" | tar -x -C "$made" || no "commit $commit cannot be unpacked"
targets="passo_core_5.4 passo_sqlite_core_5.4"
{ cmake -S "$made" -B "$made/build" -DCMAKE_BUILD_TYPE=Release -DPASSO_LTO=OFF &&
  cmake --build "$made/build" -j2 --target $targets; } >"$made/log" 2>&1 || {
  tail -n 3 "$made/log" >&2
  no "commit $commit cannot be built here"
}
touch "$made/built"
rm -rf "$folder"
mv "$made" "$folder"
trap - EXIT
echo "$folder"
