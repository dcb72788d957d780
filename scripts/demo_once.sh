#!/bin/sh
# Run the demonstration once on an empty folder and throw the folder away: demo_once.sh ECLUSE
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM
"$1" demo --once --no-browser --data "$folder/data" </dev/null
