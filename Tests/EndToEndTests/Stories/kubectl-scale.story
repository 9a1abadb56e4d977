# A deployment is scaled, and its pods come.
size 120 40
see PAUSE | no faults
press :
type scale deployment web --replicas 9
press enter
see deployment.apps/web scaled
press esc :
type goto 90s
press enter
see 11 of 11 ready
