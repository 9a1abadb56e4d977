# A bad image holds up a rollout.
size 120 40
see PAUSE | no faults
press 4 F i
see image updated
press esc : 
type goto 2m
press enter
see ImagePullBackOff
