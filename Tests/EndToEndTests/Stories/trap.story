# A bug of the engine's own: the terminal comes back, one line says it, the recording is there.
run --paused --masters 1 --workers 2 --record $DIR/mine.yaml
size 200 60
set SWIFT_BACKTRACE=enable=no
set ORRERY_TRAP_AT=7m
see PAUSE
press j f
see 1 fault
press :
type goto 8m
press enter
see orrery: a bug in the program ended it | mine.yaml
restored
dies
replays mine.yaml
holds mine.yaml fault: "node/worker-2 power"
