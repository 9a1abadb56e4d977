# SIGTERM while time passes: the recording ends with what the world had become.
run --masters 1 --workers 2 --record $DIR/mine.yaml
see RUN
press j f
see 1 fault
signal TERM
replays mine.yaml
holds mine.yaml digest:
