# Questions by words: why a server is skipped, and why its load balancer does so.
size 120 40
run --paused --masters 3 --workers 1
see PAUSE
press :
type fail process/master-1/kube-apiserver
press enter
see 1 fault
press :
type goto 1m30s
press enter
see 0:01:30
press :
type why lb
press enter
see why does the load balancer skip kube-apiserver on master-1?
see FAULT kube-apiserver on master-1 is stopped
press esc 2
see lb-1
