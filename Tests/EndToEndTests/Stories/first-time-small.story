# The first session on a small screen: every step is found in what the bottom line says.
see Try: select worker-2 and press f
press j f
see worker-2 loses power
press esc
see Try: N: who notices that worker-2 is gone
press N
see worker-2 | NotReady
press esc
see Try: w on worker-2 asks why
press w
see Why? worker-2
see heartbeat
press esc :
type goto 8m
press enter
see 0:08:00.0
see Try: [ goes back to before it
press [
see PAST | no faults
press esc
see Try: before worker-2 is lost: F D drains it
press F D
see node/worker-2 drained
press esc
see Try: B: this future beside the one before
press B
see Compare with what is shown
press end up enter
see What differs
see pods Pending
