#!/usr/bin/env bash
# Lets each peering of the project know the ranges that the network behind it has today. A deployment does not, and
# until then new ranges of a network are out of reach of its peers. What others keep they must do themselves.
# Reads: FOLDER, RESOURCE_GROUP.
set -euo pipefail

here=$(dirname "$0")
level() {
  bash "$here/retry.sh" 3 20 az network vnet peering show --ids "$1" --query peeringSyncLevel --output tsv
}
found=$(bash "$here/retry.sh" 3 20 az deployment group show --name "$(basename "$FOLDER")" \
  --resource-group "$RESOURCE_GROUP" --query properties.outputs.peerings.value --output tsv)
mapfile -t peerings <<<"$found"
for id in "${peerings[@]}"; do
  own=$(level "$id")
  case $own in
    LocalNotInSync | LocalAndRemoteNotInSync)
      echo "${id##*/virtualNetworks/} does not know all ranges behind it yet: it learns them"
      bash "$here/retry.sh" 3 20 az network vnet peering sync --ids "$id" --output none
      ;;
  esac
done
for id in "${peerings[@]}"; do
  own=$(level "$id")
  case $own in
    RemoteNotInSync | LocalAndRemoteNotInSync)
      echo "##vso[task.logissue type=warning]the other side of ${id##*/virtualNetworks/} is not there, or does not" \
        "know the ranges of today: whoever keeps that network peers it, or runs az network vnet peering sync"
      ;;
  esac
done
