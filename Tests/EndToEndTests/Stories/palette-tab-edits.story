# Tab puts what a line would do on the command line.
see PAUSE
press j F down down
press tab
see :fail node/worker-2
press esc
see no faults
