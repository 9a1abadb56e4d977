# The palette knows what can be done to the selection.
see PAUSE
press j ctrl-k
type worker-2 power
see worker-2: Power off
press enter
see worker-2 loses power
