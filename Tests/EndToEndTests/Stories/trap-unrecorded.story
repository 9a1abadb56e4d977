# A bug of the engine's own where nothing is recorded: how to keep it next time.
size 200 60
set SWIFT_BACKTRACE=enable=no
set ORRERY_TRAP_AT=7m
see PAUSE
press :
type goto 8m
press enter
see a bug in the program ended it | --record
restored
dies
