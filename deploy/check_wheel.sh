#!/usr/bin/env bash
# Builds the wheel, installs it in an environment of its own, and asks it about a post, away from
# the checkout. Takes some minutes; needs a package index.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
unset PYTHONPATH MHKD_ASSETS

"${PYTHON:-python3.11}" -m venv "$work/venv"
pip=("$work/venv/bin/python" -m pip --quiet --disable-pip-version-check)
"${pip[@]}" wheel --no-deps --wheel-dir "$work" "$root"
"${pip[@]}" install -c "$root/constraints.txt" "$work"/mhkd-*.whl

cd "$work"
export HF_HUB_OFFLINE=1
post="It has been a long winter, and I am tired. My sister calls every evening, and that helps."
./venv/bin/mhkd --help >/dev/null
./venv/bin/python -m mhkd --help >/dev/null
versions="$(./venv/bin/python -c \
  'from importlib.metadata import version; print(version("torch"), version("torchaudio"))')"
case "$versions" in
  *+cpu\ *+cpu) state="whole" ;;
  *+cpu\ *) state="native parts set aside" ;;  # they are linked to CUDA
  *) state="whole" ;;
esac
./venv/bin/mhkd doctor >doctor.txt
grep -q "torchaudio: .*, $state\$" doctor.txt || {
  echo "wheel: torch and torchaudio are $versions; doctor should say '$state' and says:" >&2
  grep -i torchaudio doctor.txt >&2
  exit 1
}
./venv/bin/mhkd analyse --bundle "$root/assets/bundles/sdcnl" --explain none --json --text "$post" \
  >analysis.json
./venv/bin/python - <<'PY'
import json

found = json.load(open("analysis.json"))
models = {name: told is not None for name, told in found["predictions"].items()}
assert all(models.values()), models
print("wheel: every model answered,", found["input"]["audio"]["origin"], "sound")
PY
./venv/bin/python -m pip check
