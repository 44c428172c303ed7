#!/usr/bin/env bash
#
# Asks GitHub to deliver again what it could not deliver within the last three
# days, which is how long it keeps that. Needs the GitHub CLI (gh), logged in as
# an administrator of the repository or the organization.
#
#   bash redeliver-github.sh repos/acme/payments/hooks/123456
#   bash redeliver-github.sh orgs/acme/hooks/123456
#
# "gh api repos/acme/payments/hooks" lists the webhooks with their ids. What has
# arrived all the same is a repeat, and does no harm.

set -euo pipefail

fail() {
  printf 'redeliver-github: %s\n' "$1" >&2
  exit 1
}

hook=${1-}
[[ $hook =~ ^(repos/[^/]+/[^/]+|orgs/[^/]+)/hooks/[0-9]+$ ]] ||
  fail "give a webhook, such as repos/acme/payments/hooks/123456: \"$hook\""
command -v gh > /dev/null || fail '"gh" is needed, install it'

# By guid: a delivery that succeeded when it was sent again needs nothing.
# Deliveries come the newest first.
list=$(gh api --paginate "$hook/deliveries?per_page=100" \
  --jq '.[] | [.guid, .id, (.status_code >= 200 and .status_code < 300)] | @tsv')
failed=$(awk -F '\t' '
  $3 == "true" { done[$1] = 1 }
  !($1 in last) { last[$1] = $2; order[++count] = $1 }
  END {
    for (i = count; i > 0; i--) if (!(order[i] in done)) print last[order[i]]
  }' <<< "$list")

count=0
for id in $failed; do
  gh api --method POST --silent "$hook/deliveries/$id/attempts"
  count=$((count + 1))
done
printf 'asked for %s deliveries\n' "$count"
