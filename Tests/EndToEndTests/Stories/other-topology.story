# The same scenario with etcd on hosts of its own, beside the one on the masters.
size 120 40
see PAUSE
press j f
see 1 fault
press B
see There is one future
see With etcd external
press enter
see etcd external
press 5
see etcd-1
press B
see Futures
see etcd external (here)
see With etcd stacked
press down
press enter
see parted at 0:00:00
see faults | 1 | 1
