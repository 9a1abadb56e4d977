# Targets and effects of faults are completed.
see PAUSE
press :
type fail node/worker-2 
press tab
see :fail node/worker-2 power
press enter
see worker-2 loses power
