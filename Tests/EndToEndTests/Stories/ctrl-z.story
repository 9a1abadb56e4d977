# Ctrl-Z gives the terminal to the shell; afterwards everything is drawn anew.
shell true
see PAUSE
press j f
see 1 fault
press ctrl-z
see Stopped
restored
type fg
press enter
see PAUSE | 1 fault
see worker-2
gone Stopped
press f
see no faults
