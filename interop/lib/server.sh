# Starts, feeds and stops the real binary for a scenario written in bash. Source it:
#
#     source "$(dirname "$0")/../lib/server.sh"
#     start_server                  # a fresh store with the user alice / secret
#     add_user bob secret           # through the running server
#     curl -u alice:secret "$ROLODAV_URL/dav/"
#     stop_server                   # must end in order and leave a clean store
#
# ROLODAV_URL, ROLODAV_DATA and ROLODAV_LOG are set. A scenario that ends early kills the server.

set -euo pipefail
INTEROP="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
ROLODAV="${ROLODAV_BIN:-$INTEROP/../target/release/rolodav}"
ROLODAV_PID=""

add_user() { printf '%s\n' "${2:-secret}" | "$ROLODAV" user add "$1" --password-stdin --data "$ROLODAV_DATA"; }

start_server() {
  ROLODAV_DIRECTORY="$(mktemp -d -t rolodav-interop-XXXXXX)"
  ROLODAV_DATA="$ROLODAV_DIRECTORY/data" ROLODAV_LOG="$ROLODAV_DIRECTORY/server.log"
  mkdir "$ROLODAV_DATA"
  trap give_up EXIT
  add_user alice secret
  local port
  port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
  ROLODAV_URL="http://127.0.0.1:$port"
  "$ROLODAV" serve --data "$ROLODAV_DATA" --listen "127.0.0.1:$port" </dev/null >"$ROLODAV_LOG" 2>&1 &
  ROLODAV_PID=$!
  for _ in $(seq 200); do
    python3 - "$ROLODAV_URL/readyz" <<'PY' 2>/dev/null && return 0
import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=2)
PY
    kill -0 "$ROLODAV_PID" 2>/dev/null || fail "the server ended at once"
    sleep 0.05
  done
  fail "/readyz did not answer"
}

stop_server() {
  kill -TERM "$ROLODAV_PID"
  wait "$ROLODAV_PID" || fail "the server ended with $? on SIGTERM"
  ROLODAV_PID=""
  ! grep -m1 "panicked at" "$ROLODAV_LOG" || fail "the server panicked"
  "$ROLODAV" check --data "$ROLODAV_DATA" || fail "rolodav check found faults"
}

fail() { echo "$*"; FAILED="$*"; exit 1; }

give_up() {
  local status=$?
  if [ -n "$ROLODAV_PID" ]; then kill -KILL "$ROLODAV_PID" 2>/dev/null || true; wait "$ROLODAV_PID" 2>/dev/null || true; fi
  if [ "$status" != 0 ]; then
    echo "--- the server's last lines"; tail -n 60 "$ROLODAV_LOG" 2>/dev/null || true; echo "---"
    echo "${FAILED:-a command failed with $status}"
  fi
  rm -rf "$ROLODAV_DIRECTORY"
}
