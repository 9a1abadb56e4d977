# The first session: run, kill a worker, ask why, see its pods go, rewind, drain instead, compare the two futures.
size 120 40
run --masters 1 --workers 2
see RUN
see Try: | worker
press space
see PAUSE
press m . j f
see worker-2 loses power
press N
see worker-2 | NotReady
press w
see Why? worker-2
see heartbeat
press esc :
type goto 8m
press enter
see 0:08:00.0
press :
type branch lost
press enter
press ' enter
see PAST
see no faults
press F D
see node/worker-2 drained
see branch 1
press esc :
type branch drained
press enter
press :
type goto 8m
press enter
see 0:08:00.0
press B
see Compare with what is shown
see drained and lost
press end up enter
see drained and lost
see What differs
