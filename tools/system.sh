#!/usr/bin/env bash
# What the tests need from the system and no Python package brings: a Chromium for the browser tests.
# CHROMIUM names another one.
set -euo pipefail

if command -v "${CHROMIUM:-chromium}" >/dev/null; then
  exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "The browser tests need Chromium. Install it, or set CHROMIUM to its path; with Debian's packages:" >&2
  echo "  sudo apt-get install --no-install-recommends chromium fonts-dejavu-core" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core
