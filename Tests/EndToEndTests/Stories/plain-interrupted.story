# Ctrl-C while it speaks plainly: what was recorded is kept.
run --plain --masters 1 --workers 2 --speed 10 --record $DIR/mine.yaml
see The cluster is up: 3 of 3 nodes Ready
type fail node/worker-2
press enter
see worker-2 loses power
press ctrl-c
ends 130
replays mine.yaml
holds mine.yaml fault: "node/worker-2 power"
