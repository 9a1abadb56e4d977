# A taint is put on a node and taken off again.
size 120 40
see PAUSE
press :
type taint nodes worker-2 a=b:NoSchedule
press enter
see node/worker-2 tainted
press esc :
type taint nodes worker-2 a-
press enter
see node/worker-2 untainted
