# The first session: run, kill a worker, ask why its pods are Pending, rewind, drain instead, compare.
size 120 40
run --masters 1 --workers 2
see RUN
see Try: | worker
press space
see PAUSE
press j f
see worker-2 loses power
press :
type goto 8m
press enter
see 0:08:00.0
see PAST
