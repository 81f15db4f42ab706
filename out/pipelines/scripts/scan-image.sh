#!/usr/bin/env bash
# Looks for known vulnerabilities that have a fix; high and critical ones stop the release. The scanner is pinned by
# digest and gets the image as a file, never the Docker socket. Exceptions, with reasons, go into .trivyignore.
# Reads: IMAGE, SCANNER_IMAGE, REPORTS.
set -euo pipefail

here=$(dirname "$0")
mkdir -p "$REPORTS"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
docker save "$IMAGE" --output "$work/image.tar"
chmod a+rx "$work"
chmod a+r "$work/image.tar"
if [[ -f .trivyignore ]]; then
  cp .trivyignore "$work/.trivyignore"
else
  : >"$work/.trivyignore"
fi

bash "$here/retry.sh" 3 20 docker pull --quiet "$SCANNER_IMAGE"
status=0
docker run --rm --volume "$work:/scan:ro" --volume "$REPORTS:/reports" "$SCANNER_IMAGE" image \
  --input /scan/image.tar \
  --scanners vuln,secret \
  --severity HIGH,CRITICAL \
  --ignore-unfixed \
  --ignorefile /scan/.trivyignore \
  --format json --output /reports/scan.json \
  --exit-code 10 || status=$?

if ((status == 10)); then
  jq -r '.Results[]? | .Vulnerabilities[]? |
    "\(.Severity) \(.VulnerabilityID): \(.PkgName) \(.InstalledVersion), fixed in \(.FixedVersion)"' \
    "$REPORTS/scan.json"
  jq -r '.Results[]? | .Secrets[]? | "\(.Severity) secret: \(.Title)"' "$REPORTS/scan.json"
  echo "##vso[task.logissue type=error]the scan found high or critical problems that have a fix"
  exit 1
fi
exit "$status"
