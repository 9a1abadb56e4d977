# The only worker is lost: its pods' successors are Pending, and w says why.
run --paused --masters 1 --workers 1
see PAUSE
press f
see worker-1 loses power
press :
type goto 8m
press enter
see 0:08:00.0
see is Pending: select it (4) and press w
press 4
gone MEMBER
click Pending
press w
see not running?
see worker-1: TaintToleration
