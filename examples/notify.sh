#!/usr/bin/env bash
#
# Tells the catalog what was deployed, and prints the id of the delivery.
# Needs bash 3.2, openssl 1.0 and curl 7.52, or newer; nothing else.
#
#   CATALOG_WEBHOOK_URL      https://<backstage>/api/catalog/custom-data/webhooks/<sender>
#   CATALOG_WEBHOOK_SECRET   a secret of that sender; whsec_ and base64 where DIALECT
#                            is standard-webhooks
#   SERVICE, ENVIRONMENT
#   VERSION                  not needed where EVENT is deployment.removed
#
# Optional:
#
#   DIALECT          that of the sender: catalog (the default) or standard-webhooks
#   EVENT            deployment.success (the default), .started, .failure,
#                    .rollback or .removed
#   TARGET           what it was deployed to within ENVIRONMENT, such as a cluster
#                    or a region
#   TIME             when it happened, such as 2026-11-22T12:00:00Z; now by default
#   SEQUENCE         a number that is higher for what is deployed later. Leave it
#                    out unless it is one row of numbers for all that deploys this
#                    service to this environment, roll-backs too
#   COMMIT, DEPLOYMENT_URL
#   COMMIT_TIME      when the commit was made, for the lead time of changes:
#                    git show -s --format=%cI
#   CATALOG_REFRESH  true fetches the entity's record again; false by default
#   DELIVERY         id of this deployment, the same whenever it is told again.
#                    By default made of the rest: with TIME set, or within the
#                    attempts of one run, telling it again is a repeat
#
# Exits with 1, and says why, where the catalog has not taken it.

# A trace would show the secret.
set +x
set -euo pipefail
umask 077

fail() {
  printf 'notify: %s\n' "$1" >&2
  exit 1
}

for tool in curl openssl od sed tr; do
  command -v "$tool" > /dev/null || fail "\"$tool\" is needed, install it"
done
DIALECT=${DIALECT:-catalog}
[[ $DIALECT == catalog || $DIALECT == standard-webhooks ]] ||
  fail "DIALECT is neither catalog nor standard-webhooks: \"$DIALECT\""
EVENT=${EVENT:-deployment.success}
VERSION=${VERSION-}
required='CATALOG_WEBHOOK_URL CATALOG_WEBHOOK_SECRET SERVICE VERSION ENVIRONMENT'
case $EVENT in
  deployment.removed) required=${required/ VERSION/} ;;
  deployment.success | deployment.started | deployment.failure | deployment.rollback) ;;
  *) fail "EVENT is not deployment.success, .started, .failure, .rollback or .removed: \"$EVENT\"" ;;
esac
for name in $required; do
  [[ -n ${!name-} ]] || fail "$name is not set"
done

TARGET=${TARGET-}
TIME=${TIME:-$(date -u +%Y-%m-%dT%H:%M:%SZ)}
SEQUENCE=${SEQUENCE-}
COMMIT=${COMMIT-}
COMMIT_TIME=${COMMIT_TIME-}
DEPLOYMENT_URL=${DEPLOYMENT_URL-}
CATALOG_REFRESH=${CATALOG_REFRESH:-false}

# The dot keeps a line break at the end, which $(...) would take off.
for name in CATALOG_WEBHOOK_SECRET SERVICE VERSION ENVIRONMENT TARGET TIME COMMIT COMMIT_TIME DEPLOYMENT_URL; do
  printable=$(printf '%s.' "${!name}" | LC_ALL=C tr -d '\000-\037\177')
  [[ $printable == "${!name}." ]] ||
    fail "$name has a line break or another control character in it, maybe at its end"
done
[[ -z $SEQUENCE || $SEQUENCE =~ ^(0|[1-9][0-9]*)$ ]] ||
  fail "SEQUENCE is not a whole number: \"$SEQUENCE\""
[[ $CATALOG_REFRESH == true || $CATALOG_REFRESH == false ]] ||
  fail "CATALOG_REFRESH is neither true nor false: \"$CATALOG_REFRESH\""

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A string of JSON; control characters are not in it.
quote() {
  printf '"%s"' "$(printf '%s' "$1" | LC_ALL=C sed 's/[\\"]/\\&/g')"
}

# Of bytes: hex, with spaces between.
bytes() {
  LC_ALL=C od -An -v -tx1
}

hex() {
  bytes | tr -d ' \n'
}

# $key is not quoted behind "set", here and below, so that each byte is a word.
if [[ $DIALECT == catalog ]]; then
  key=$(printf '%s' "$CATALOG_WEBHOOK_SECRET" | bytes)
  set -- $key
  if (($# > 64)); then
    key=$(printf '%s' "$CATALOG_WEBHOOK_SECRET" | openssl dgst -sha256 -binary | bytes)
  fi
else
  key=$(printf '%s' "${CATALOG_WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | bytes) || key=
  set -- $key
  (($# >= 24 && $# <= 64)) ||
    fail 'CATALOG_WEBHOOK_SECRET is not whsec_ and the base64 of 24 to 64 bytes'
fi

# The key, filled up to a block of 64 bytes, each with the bits of $1 turned.
pad() {
  local mask=$1 byte octal
  set -- $key
  while (($# < 64)); do
    set -- "$@" 00
  done
  for byte; do
    printf -v octal '%03o' $((0x$byte ^ mask))
    printf "\\$octal"
  done
}

# The HMAC-SHA256 (RFC 2104) of what comes in. `openssl dgst -hmac` has the
# secret on its command line, where everybody on the machine can read it;
# before OpenSSL 4 it takes none in another way.
hmac() {
  { pad 0x5c && { pad 0x36 && cat; } | openssl dgst -sha256 -binary; } |
    openssl dgst -sha256 -binary
}

# The body is made once: what is signed has to be what is sent, to the byte.
{
  printf '{"event":%s' "$(quote "$EVENT")"
  printf ',"service":%s' "$(quote "$SERVICE")"
  [[ -z $VERSION ]] || printf ',"version":%s' "$(quote "$VERSION")"
  printf ',"metadata":{"environment":%s' "$(quote "$ENVIRONMENT")"
  [[ -z $TARGET ]] || printf ',"target":%s' "$(quote "$TARGET")"
  printf '}'
  printf ',"catalog_refresh":%s' "$CATALOG_REFRESH"
  printf ',"time":%s' "$(quote "$TIME")"
  [[ -z $SEQUENCE ]] || printf ',"sequence":%s' "$SEQUENCE"
  [[ -z $COMMIT ]] || printf ',"commit":%s' "$(quote "$COMMIT")"
  [[ -z $COMMIT_TIME ]] || printf ',"commitTime":%s' "$(quote "$COMMIT_TIME")"
  [[ -z $DEPLOYMENT_URL ]] || printf ',"url":%s' "$(quote "$DEPLOYMENT_URL")"
  printf '}'
} > "$work/event.json"

DELIVERY=${DELIVERY:-$(openssl dgst -sha256 -binary < "$work/event.json" | hex)}
# tr takes off the dot that is added here, and whatever else must not be there.
[[ $(printf '%s.' "$DELIVERY" | LC_ALL=C tr -d '.\000-\040\177-\377') == "$DELIVERY" && ${#DELIVERY} -le 255 ]] ||
  fail 'DELIVERY has to have 1 to 255 visible ASCII characters, and no "."'

timestamp=$(date +%s)
# The signature of $1 and the body, as the rest of the arguments encodes it.
sign() {
  { printf '%s' "$1" && cat "$work/event.json"; } | hmac | "${@:2}" ||
    fail 'could not sign, see above'
}

if [[ $DIALECT == catalog ]]; then
  signature=$(sign "v1:$timestamp.$DELIVERY." hex)
  headers=(
    --header "X-Catalog-Timestamp: $timestamp"
    --header "X-Catalog-Delivery: $DELIVERY"
    --header "X-Catalog-Signature: sha256=$signature"
  )
else
  signature=$(sign "$DELIVERY.$timestamp." openssl base64 -A)
  headers=(
    --header "webhook-id: $DELIVERY"
    --header "webhook-timestamp: $timestamp"
    --header "webhook-signature: v1,$signature"
  )
fi

# curl tries again where nobody answers on the port, and after 408, 429, 500, 502,
# 503 and 504; waits for as long as Retry-After says. Not after 4 minutes: the
# signature is good for 5.
: > "$work/answer"
status=$(curl --silent --show-error --globoff --output "$work/answer" --write-out '%{http_code}' \
  --max-time 20 --retry 5 --retry-connrefused --retry-max-time 240 \
  --header 'Content-Type: application/json' "${headers[@]}" \
  --data-binary "@$work/event.json" \
  --url "$CATALOG_WEBHOOK_URL") ||
  fail 'no answer, so nobody knows whether it was taken; run it again'

# A page of something in front of the catalog has no id.
id=$(LC_ALL=C sed -n 's/^{"id":"\([0-9A-Za-z-]*\)"}$/\1/p' "$work/answer")
answer=$(LC_ALL=C tr -d '\000-\037\177' < "$work/answer" | LC_ALL=C cut -c 1-1000)
case $status${id:+ with id} in
  '200 with id' | '202 with id')
    printf '%s\n' "$id"
    exit
    ;;
  400) advice='correct what it names' ;;
  401) advice="look at the sender's name at the end of CATALOG_WEBHOOK_URL, at CATALOG_WEBHOOK_SECRET, and at the clock here ($(date -u)); the log of the backend says which it is" ;;
  403) advice="have the sender's services or environments widened, or correct SERVICE, ENVIRONMENT or TARGET" ;;
  413) advice="send less, or have the sender's maxBodyBytes raised" ;;
  408 | 429 | 5??) advice='run it again later' ;;
  *) advice='look at CATALOG_WEBHOOK_URL: the webhook does not answer so' ;;
esac
fail "answered $status, $advice: $answer"
