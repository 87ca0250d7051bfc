#!/usr/bin/env bash
# Does what the Dockerfile does, in a clean folder and an environment of its own: copies what it
# copies, installs what it installs, serves as it serves, and asks the server about its health.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
work="$(mktemp -d)"
port="${PORT:-8599}"
server=""
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
unset PYTHONPATH

"${PYTHON:-python3.11}" -m venv "$work/venv"
export PATH="$work/venv/bin:$PATH" HOME="$work/home" PIP_DISABLE_PIP_VERSION_CHECK=1
mkdir -p "$work/srv" "$HOME"
cd "$work/srv"
while read -r word rest; do
  case "$word" in
    COPY)
      read -ra parts <<<"$rest"
      target="${parts[-1]}"
      for source in "${parts[@]:0:${#parts[@]}-1}"; do
        if [ -d "$root/$source" ]; then cp -r "$root/$source" "$target"; else cp "$root/$source" "$target"; fi
      done ;;
    RUN) case "$rest" in pip*) bash -c "${rest/--no-cache-dir/--quiet}" ;; esac ;;
    CMD) command="$(python -c 'import json, sys; print(" ".join(json.loads(sys.argv[1])))' "$rest")" ;;
  esac
done <"$root/deploy/Dockerfile"

export MHKD_ASSETS="$work/srv/assets" STREAMLIT_SERVER_ADDRESS=127.0.0.1
export STREAMLIT_SERVER_ALLOWED_HOSTS="clinic.example 127.0.0.1"
mhkd bundles
${command/8501/$port} >"$work/log" 2>&1 &
server=$!
for _ in $(seq 120); do
  curl -fs "http://127.0.0.1:$port/_stcore/health" >/dev/null && break
  sleep 1
done
curl -fs "http://127.0.0.1:$port/_stcore/health"
echo
for expected in clinic.example=101 other.example=403; do
  host="${expected%=*}"
  status="$(curl -s -o /dev/null -w '%{http_code}' -m 5 -H "Host: $host" -H "Origin: http://$host" \
    -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
    -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' "http://127.0.0.1:$port/_stcore/stream" || true)"
  echo "session as $host: $status"
  if [ "$status" != "${expected#*=}" ]; then
    echo "image: expected ${expected#*=}" >&2
    cat "$work/log" >&2
    exit 1
  fi
done
cat "$work/log"
