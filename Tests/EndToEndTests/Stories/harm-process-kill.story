# The kubelet of a node is killed, and its supervisor starts it again.
size 120 40
see PAUSE
press j F
see kubelet | running
press 2
see What happens to kubelet on worker-2?
press x
see kubelet on worker-2 is killed
