#!/bin/sh
# Create a virtual environment: create_venv.sh PYTHON FOLDER
set -eu
python=$1 folder=$2
cd "$(dirname "$0")/.."

if ! command -v "$python" >/dev/null; then
    scripts/debian_packages.sh python3
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Écluse needs Python 3.11 or newer; $python is $("$python" --version). Try: make PYTHON=python3.11 …" >&2
    exit 2
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    scripts/debian_packages.sh python3-venv
fi
"$python" -m venv "$folder"
