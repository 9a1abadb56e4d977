# Without colours a lost node is told by its shape and its word.
run --paused --masters 1 --workers 2 --color none
see PAUSE
press j f N
see ✖ worker-2 | NotReady
