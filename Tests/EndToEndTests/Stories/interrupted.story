# SIGINT from outside ends it as it ends others; the recording is kept.
run --paused --masters 1 --workers 2 --record $DIR/mine.yaml
see PAUSE
press j f
see 1 fault
signal INT
replays mine.yaml
holds mine.yaml digest:
