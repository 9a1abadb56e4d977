# A recording that finds the disk full: said at once, and the session goes on.
link mine.yaml /dev/full
see PAUSE
press :
type record $DIR/mine.yaml
press enter
see No space left on device
press j f
see 1 fault
