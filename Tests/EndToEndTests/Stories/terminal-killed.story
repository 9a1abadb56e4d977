# The terminal's window is killed: the program ends, and recording and cast are whole.
run --paused --masters 1 --workers 2 --record $DIR/mine.yaml --cast $DIR/mine.cast
see PAUSE
press j f
see 1 fault
press A
see node/worker-2
hangup
replays mine.yaml
holds mine.yaml digest:
plays mine.cast 1 fault
