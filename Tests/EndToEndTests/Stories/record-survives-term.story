# SIGTERM: the terminal is given back and the recording kept.
run --paused --masters 1 --workers 2 --record $DIR/mine.yaml
see PAUSE
press j f
see 1 fault
holds mine.yaml fault: "node/worker-2 power"
signal TERM
