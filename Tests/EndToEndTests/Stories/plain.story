# --plain needs no screen: sentences.
run --plain --masters 1 --workers 2 --speed max --for 2s
see The cluster is up: 3 of 3 nodes Ready
ends 0
