# The session is cast for asciinema.
run --paused --masters 1 --workers 2 --cast $DIR/s.cast
see PAUSE
press j f
see 1 fault
holds s.cast "version": 2
