# An API server is overloaded: kubectl has to wait.
run --paused --masters 1 --workers 1
see PAUSE
press :
type fail process/master-1/kube-apiserver overload 2s
press enter
see is overloaded: 2s a request
press :
type get nodes
press enter
see kubectl get nodes
see worker-1 | Ready
