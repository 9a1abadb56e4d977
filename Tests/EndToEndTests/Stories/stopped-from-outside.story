# Stopped from outside by SIGTSTP, and continued at another size; then by SIGSTOP.
shell true
see PAUSE
signal TSTP
see Stopped
restored
resize 120 40
type fg
press enter
see 1 Overview | 2 Topology
gone Stopped
signal STOP
see Stopped
type fg
press ctrl-j
see 1 Overview | 2 Topology
gone Stopped
press ?
see Run or pause
