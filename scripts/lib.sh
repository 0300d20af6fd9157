# shellcheck shell=bash
# What ./run, ./test, .ci/run and scripts/setup share. Sourced, not run. $root is the checkout.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools="$root/.cache/tools"
# Where rustup puts cargo, and our own tools last, so that nothing of the machine is hidden by them.
PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin:$tools/bin"
export PATH
# uv trusts what the machine trusts, which is what matters behind a proxy of one's own.
export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}"

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "error: $*"
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
# True in continuous integration, where a missing piece is a failure and not a note.
in_ci() { [[ -n "${CI:-}" && "${CI:-}" != false ]]; }

# Several lines that nobody should overlook.
loud() {
  say ''
  say '  ****************************************************************'
  local line
  for line in "$@"; do say "  *  $line"; done
  say '  ****************************************************************'
  say ''
}

# The newest PostgreSQL server binaries on this machine, or nothing. Debian keeps them off PATH.
postgres_bin() {
  local found=''
  found=$(find /usr/lib/postgresql/*/bin -name postgres 2>/dev/null | sort -V | tail -n 1) || true
  if [[ -z "$found" ]] && have postgres && have initdb; then found=$(command -v postgres); fi
  if [[ -n "$found" ]]; then dirname "$found"; fi
}

chromium_path() { command -v chromium || command -v chromium-browser || true; }

# Asks Python itself: an environment does not survive that its folder is moved or its Python removed.
has_test_environment() { "$root/.venv/bin/python" -c 'import pytest' 2>/dev/null; }

# A uv that really runs (a version manager's stand-in on PATH may not), or nothing.
uv_path() {
  local candidate
  candidate=$(command -v uv) || return 0
  if "$candidate" --version >/dev/null 2>&1; then
    printf '%s\n' "$candidate"
  elif [[ -x "$tools/bin/uv" ]]; then
    printf '%s\n' "$tools/bin/uv"
  fi
}

# Portico looks for uv on PATH; ours is not on the PATH of whoever started us.
export_uv() {
  local uv
  uv=$(uv_path)
  if [[ -n "$uv" && "$uv" == "$tools"/* ]]; then export PORTICO_UV="${PORTICO_UV:-$uv}"; fi
}
