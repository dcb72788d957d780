#!/bin/sh
# Bill of materials of what is shipped: sbom.sh PYTHON CYCLONEDX FOLDER
# The wheel and its locked packages are installed alone, so that no tool of the workshop is listed.
set -eu
python=$1 cyclonedx=$2 folder=$3
venv=$(mktemp -d)
trap 'rm -rf "$venv"' EXIT INT TERM
"$python" -m venv --without-pip "$venv"
"$(dirname "$cyclonedx")/python" -m pip --python "$venv/bin/python" --disable-pip-version-check install -qq \
    --require-hashes -r requirements/runtime.txt
"$(dirname "$cyclonedx")/python" -m pip --python "$venv/bin/python" --disable-pip-version-check install -qq \
    --no-deps --no-index "$folder"/ecluse-*.whl
"$cyclonedx" environment "$venv/bin/python" --pyproject pyproject.toml --mc-type application \
    --output-reproducible --sv 1.6 --of JSON -o "$folder/ecluse.cdx.json"
echo "$folder/ecluse.cdx.json"
