#!/bin/bash
# Serves the dashboard from the sources, and loads it again at each change.
#
#   ./bazelw run //web:dev [-- --port=8000 --bridge=http://localhost:8080]
#
# The readings come from a bridge that runs already: ./bazelw run //service. For
# the page to record, too, start that with --allowed_origins=http://localhost:8000.
set -euo pipefail

port=8000
bridge=http://localhost:8080
for arg; do
  case $arg in
    --port=*) port=${arg#*=} ;;
    --bridge=*) bridge=${arg#*=} ;;
    *)
      sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      [[ $arg == --help ]] && exit 0
      printf '\nweb:dev: unknown argument %s\n' "$arg" >&2
      exit 2
      ;;
  esac
done

runfiles=$PWD/..
cd "${BUILD_WORKSPACE_DIRECTORY:?start it by: ./bazelw run //web:dev}/web"
site=$(mktemp -d)
trap 'rm -r "$site"' EXIT
ln -s "$PWD/index.html" "$PWD/favicon.svg" "$site"

echo "dashboard: http://localhost:$port/?bridge=$bridge"
NODE_PATH=$runfiles/npm/node_modules "$runfiles/npm/node" "$runfiles/npm/node_modules/esbuild/bin/esbuild" \
  app=src/main.ts map=src/map/atlas.ts app=styles/app.css \
  --bundle --sourcemap --target=es2022 --format=iife --outdir="$site" --log-level=warning \
  --footer:js='new EventSource("/esbuild").addEventListener("change", () => location.reload());' \
  --watch=forever --servedir="$site" --serve="localhost:$port"
