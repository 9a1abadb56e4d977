# A bad image holds up a rollout: the pod can't start, whenever one looks.
size 120 40
see PAUSE | no faults
press 4 F i
see image updated
press esc :
type speed 20
press enter
see speed 20x
press space
see ImagePullBackOff | 0/1
